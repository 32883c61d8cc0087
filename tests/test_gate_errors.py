"""What goes wrong at the gate or behind it: ids, shapes, logs, and hostile bytes."""

import asyncio
import logging

import httpx
import pytest
from anyio import to_thread
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.auth.accounts import Accounts
from app.config import Settings
from app.gate import Gate
from tests.web import client_for, join_call, raw_request

pytestmark = pytest.mark.anyio


async def test_the_text_of_an_exception_stays_here(
    accounts: Accounts,
    user: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    key = accounts.api_keys.create(accounts.users.find("bob").id, "test").plaintext
    response = await stranger.get("/v1/fail", headers={"authorization": f"Bearer {key}"})
    assert response.status_code == 500
    assert "secret" not in response.text
    assert response.headers["x-request-id"] in caplog.text
    caplog.clear()
    failing = {**join_call("mine", fn_index=2), "data": ["x"]}
    response = await user.post("/gradio_api/run/predict", json=failing)
    assert response.status_code == 500
    assert "secret" not in response.text


async def test_a_bug_in_front_of_the_app_is_a_500_with_an_id(
    accounts: Accounts, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(scope: object, receive: object, send: object) -> None:
        raise ValueError("secret")

    async with client_for(Gate(broken, settings=settings, accounts=accounts)) as client:
        response = await client.get("/healthz")
        assert response.status_code == 500
        assert "secret" not in response.text
        assert response.json()["error"]["request_id"] == response.headers["x-request-id"]
        assert response.headers["x-request-id"] in caplog.text
        page = await client.get("/login")
        assert page.headers["content-type"].startswith("text/html")


async def test_refusals_are_logged_with_their_id_and_without_the_query(
    outside: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "app.gate")
    response = await outside.get("/config?secret=1")
    assert response.headers["x-request-id"] in caplog.text
    assert "GET /config 401" in caplog.text
    assert "secret" not in caplog.text


async def test_no_request_breaks_the_gate(gated: Gate) -> None:
    """Strangers and their bytes: any answer will do, as long as it is not a 500."""
    loop = asyncio.get_running_loop()

    @hypothesis_settings(max_examples=150, deadline=None)
    @given(
        method=st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "DELETE"]),
        path=st.text(max_size=40).map(lambda text: "/" + text),
        query=st.binary(max_size=40),
        header=st.sampled_from([b"cookie", b"authorization", b"host", b"origin", b"content-type"]),
        value=st.binary(max_size=60),
        body=st.binary(max_size=200),
    )
    def attack(
        method: str, path: str, query: bytes, header: bytes, value: bytes, body: bytes
    ) -> None:
        for target in (path, "/login", "/register", "/gradio_api/queue/join", "/v1/models"):
            coroutine = raw_request(gated, target, method, query, [(header, value)], body)
            messages = asyncio.run_coroutine_threadsafe(coroutine, loop).result()
            assert messages[0]["status"] < 500, (target, messages)

    await to_thread.run_sync(attack)


async def test_errors_have_one_shape(outside: httpx.AsyncClient) -> None:
    body = (await outside.get("/config")).json()
    assert set(body) == {"error", "detail"}
    assert set(body["error"]) == {"message", "type", "code", "param", "request_id"}
    assert body["error"]["code"] == "not_authenticated"
