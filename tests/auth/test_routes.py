"""The two forms, their cookies and their redirects, through the gate."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.auth.accounts import Accounts
from app.auth.routes import build_router
from app.config import Settings
from app.database import Database
from app.gate import Gate
from tests.web import PASSWORD, client_for, log_in, register

pytestmark = pytest.mark.anyio


def forms_app(accounts: Accounts, settings: Settings) -> Gate:
    """The forms alone, without Gradio."""
    app = FastAPI(openapi_url=None)
    app.include_router(build_router(accounts, settings))
    app.add_api_route("/chat", lambda: "the chat page")
    return Gate(app, settings=settings, accounts=accounts)


@pytest.fixture
async def client(accounts: Accounts, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(forms_app(accounts, settings)) as client:
        yield client


def _labels(html: str) -> dict[str, str]:
    """Each visible label and the input that it is for."""
    labels = re.findall(r'<label for="(\w+)">([^<]+)</label>', html)
    return {text: re.findall(rf'<input id="{name}"[^>]*>', html)[0] for name, text in labels}


async def test_the_login_form(client: httpx.AsyncClient) -> None:
    html = (await client.get("/login")).text
    labels = _labels(html)
    assert set(labels) == {"Username", "Password"}
    assert 'autocomplete="username"' in labels["Username"]
    assert 'autocomplete="current-password"' in labels["Password"]
    assert 'type="password"' in labels["Password"]
    assert '<button type="submit">Log in</button>' in html
    assert '<a href="/register">Create an account</a>' in html
    assert "<script" not in html
    assert 'href="/theme.css"' in html


async def test_the_register_form(client: httpx.AsyncClient) -> None:
    html = (await client.get("/register")).text
    labels = _labels(html)
    assert set(labels) == {"Username", "Password", "Confirm password"}
    assert 'autocomplete="new-password"' in labels["Confirm password"]
    assert '<button type="submit">Register</button>' in html
    assert "15 or more" in html


async def test_register_log_in_log_out(client: httpx.AsyncClient) -> None:
    form = {"username": "ada", "password": PASSWORD, "confirm_password": PASSWORD}
    registered = await client.post("/register", data=form)
    assert (registered.status_code, registered.headers["location"]) == (303, "/login")
    assert "vinochat_session" not in client.cookies
    assert "Your account is ready" in (await client.get("/login")).text
    assert "Your account is ready" not in (await client.get("/login")).text
    answer = await log_in(client, " Ada ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
    assert {"httponly", "path=/", "samesite=lax"} <= cookie
    assert "secure" not in cookie
    token = client.cookies["vinochat_session"]
    assert (await client.get("/chat")).status_code == 200
    out = await client.post("/logout")
    assert (out.status_code, out.headers["location"]) == (303, "/login")
    assert "vinochat_session" not in client.cookies
    client.cookies["vinochat_session"] = token
    assert (await client.get("/chat")).status_code == 303, "ended on the server, too"
    assert (await client.post("/logout")).status_code == 401


async def test_every_login_gets_a_new_token(accounts: Accounts, client: httpx.AsyncClient) -> None:
    await register(client, "ada")
    client.cookies["vinochat_session"] = "chosen-by-somebody-else"
    await log_in(client, "ada")
    first = client.cookies.get("vinochat_session", domain="vino.example")
    assert first not in (None, "chosen-by-somebody-else")
    client.cookies.clear()
    client.cookies.set("vinochat_session", str(first))
    answer = await log_in(client, "ada")
    assert str(first) not in answer.headers["set-cookie"]
    assert accounts.sessions.resolve(str(first)) is None, "the old login of this browser ended"
    assert len(accounts.sessions.list(accounts.users.find("ada").id)) == 1


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/chat", "/chat"),
        ("/", "/"),
        ("/models?x=1&y=%20", "/models?x=1&y=%20"),
        ("", "/"),
        ("/login", "/"),
        ("/logout", "/"),
        ("/config", "/"),
        ("//evil.example/chat", "/"),
        ("https://evil.example/chat", "/"),
        ("https:///chat", "/"),
        ("javascript:alert(1)", "/"),
        ("/\\evil.example", "/"),
        ("\\/evil.example", "/"),
        ("/chat\r\nSet-Cookie: a=b", "/"),
        ("/chat/../config", "/"),
        ("/chat#x", "/chat"),
        ("http://[", "/"),
        ("/ch\u0430t", "/"),
    ],
)
async def test_next_leads_to_our_pages_only(
    client: httpx.AsyncClient, target: str, location: str
) -> None:
    await register(client, "ada")
    answer = await log_in(client, "ada", next=target)
    assert answer.status_code == 303
    assert answer.headers["location"] == location


async def test_a_page_that_was_asked_for_comes_after_login(client: httpx.AsyncClient) -> None:
    await register(client, "ada")
    refused = await client.get("/chat?a=1")
    form = (await client.get(refused.headers["location"])).text
    hidden = re.search(r'name="next" value="([^"]*)"', form)
    assert hidden is not None
    assert (await log_in(client, "ada", next=hidden.group(1))).headers["location"] == "/chat?a=1"


async def test_failures_answer_the_same_page_with_a_message(client: httpx.AsyncClient) -> None:
    await register(client, "ada")
    wrong = await log_in(client, "ada", "wrong password", next="/chat")
    assert wrong.status_code == 401
    assert 'role="alert"' in wrong.text
    assert 'value="ada"' in wrong.text
    assert 'name="next" value="/chat"' in wrong.text
    assert "wrong password" not in wrong.text.replace("The username or the password is wrong", "")
    unknown = await log_in(client, "nobody", "wrong password", next="/chat")
    assert unknown.text.replace("nobody", "ada") == wrong.text
    for form, status, message in (
        ({"username": "ADA"}, 409, "taken"),
        ({"username": "b c"}, 422, "1 to 64"),
        ({"username": "x" * 65}, 422, "1 to 64"),
        ({"confirm_password": "different"}, 422, "differ"),
        ({"password": "short", "confirm_password": "short"}, 422, "too short"),
        ({"password": "x" * 1025, "confirm_password": "x" * 1025}, 422, "1024 bytes"),
        ({"password": "password", "confirm_password": "password"}, 422, "most common"),
    ):
        whole = {"username": "bob", "password": PASSWORD, "confirm_password": PASSWORD, **form}
        answer = await client.post("/register", data=whole)
        assert answer.status_code == status, form
        assert message in answer.text
        assert "<h1>Create an account</h1>" in answer.text
        assert PASSWORD not in answer.text


async def test_too_many_failures_are_429_with_a_time(client: httpx.AsyncClient) -> None:
    await register(client, "ada")
    await log_in(client, "ada")
    for _ in range(10):
        assert (await log_in(client, "ada", "wrong password")).status_code == 401
    answer = await log_in(client, "ada")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 901
    assert "minutes" in answer.text
    assert (await client.get("/chat")).status_code == 200, "who is logged in stays so"


async def test_parallel_guesses_are_throttled(
    accounts: Accounts, settings: Settings, client: httpx.AsyncClient
) -> None:
    await register(client, "ada")
    guesses = [log_in(client, "ada", f"wrong password {i}") for i in range(50)]
    statuses = [answer.status_code for answer in await asyncio.gather(*guesses)]
    assert sorted(statuses) == [401] * 10 + [429] * 40


async def test_approval_and_closed_registration_say_so(
    database: Database, settings: Settings
) -> None:
    for mode, status, message in (("approval", 303, "approve"), ("closed", 403, "closed")):
        changed = settings.model_copy(update={"registration": mode})
        accounts = Accounts(database, changed)
        if not accounts.users.list():
            accounts.users.add("root", PASSWORD)
        async with client_for(forms_app(accounts, changed)) as client:
            assert message in (await client.get("/register")).text
            form = {"username": mode, "password": PASSWORD, "confirm_password": PASSWORD}
            answer = await client.post("/register", data=form)
            assert answer.status_code == status
            page = answer if status == 403 else await client.get("/login")
            assert message in page.text
            if mode == "approval":
                refused = await log_in(client, mode)
                assert refused.status_code == 401
                assert "approve" in refused.text
        accounts.close()


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data", "text/x"])
async def test_forms_of_other_kinds_are_refused_calmly(
    client: httpx.AsyncClient, content_type: str
) -> None:
    for path in ("/login", "/register"):
        answer = await client.post(path, content=b"{}", headers={"content-type": content_type})
        assert 400 <= answer.status_code < 500


async def test_what_was_typed_is_escaped(client: httpx.AsyncClient) -> None:
    for name in ('"><script>alert(1)</script>', "\0", "x" * 5000):
        answer = await log_in(client, name)
        assert answer.status_code == 401
        assert "<script>" not in answer.text
        assert "\0" not in answer.text
        assert len(answer.text) < 10_000
    files = {"username": ("a.txt", b"x"), "password": ("b.txt", b"y")}
    assert (await client.post("/login", files=files)).status_code in (400, 401)
