"""What only shows on a real server: streams that end with their login, large and slow requests."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
import uvicorn

from app.auth.accounts import Accounts
from app.config import Settings
from app.gate import Gate
from tests.web import PASSWORD, build_app, log_in, register

pytestmark = pytest.mark.anyio

ENDS_WITHIN_S = 5.0


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
async def origin(accounts: Accounts, settings: Settings, log: list[str]) -> AsyncIterator[str]:
    app = Gate(build_app(accounts, settings, log), settings=settings, accounts=accounts)
    config = uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task


@pytest.fixture
async def ada(origin: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=origin, timeout=20) as client:
        await register(client, "ada")
        await log_in(client, "ada")
        yield client


async def _read(response: httpx.Response, chunks: list[str]) -> None:
    async for chunk in response.aiter_text():
        chunks.append(chunk)


@contextlib.asynccontextmanager
async def _stream(
    client: httpx.AsyncClient, url: str, **arguments: object
) -> AsyncIterator[tuple[list[str], "asyncio.Task[None]"]]:
    """An open event stream that has already said something."""
    async with client.stream("GET", url, **arguments) as response:  # type: ignore[arg-type]
        assert response.status_code == 200
        chunks: list[str] = []
        reading = asyncio.create_task(_read(response, chunks))
        while len(chunks) < 3:
            await asyncio.sleep(0.02)
            assert not reading.done()
        yield chunks, reading
        if not reading.done():
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading


async def _ends(reading: "asyncio.Task[None]") -> float:
    started = time.monotonic()
    await asyncio.wait_for(reading, ENDS_WITHIN_S)
    return time.monotonic() - started


async def _join(client: httpx.AsyncClient, session_hash: str) -> None:
    call = {"data": ["x"], "fn_index": 1, "session_hash": session_hash}
    joined = await client.post("/gradio_api/queue/join", json=call)
    assert joined.status_code == 200, joined.text


ENDINGS: dict[str, Callable[[Accounts], object]] = {
    "password changed": lambda accounts: accounts.users.change_password(
        accounts.users.find("ada").id, PASSWORD, "another quiet harbour", None
    ),
    "password reset": lambda accounts: accounts.users.reset_password(
        accounts.users.find("ada").id, "another quiet harbour"
    ),
    "login ended elsewhere": lambda accounts: accounts.sessions.end_others(
        accounts.users.find("ada").id, None
    ),
    "disabled": lambda accounts: (
        accounts.users.add("root", PASSWORD),
        accounts.users.promote(accounts.users.find("root").id),
        accounts.users.disable(accounts.users.find("ada").id),
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_stream_ends_with_its_login(
    accounts: Accounts, ada: httpx.AsyncClient, log: list[str], ending: str
) -> None:
    await _join(ada, "mine")
    url = "/gradio_api/queue/data?session_hash=mine"
    async with _stream(ada, url) as (chunks, reading):
        assert log == ["started"]
        await asyncio.to_thread(ENDINGS[ending], accounts)
        assert await _ends(reading) < ENDS_WITHIN_S
        assert "process_generating" in "".join(chunks)
    for _ in range(100):
        if log == ["started", "ended"]:
            break
        await asyncio.sleep(0.05)
    assert log == ["started", "ended"], "the generator behind the stream has ended too"
    assert (await ada.get("/chat")).status_code == 303


async def test_logging_out_ends_the_streams_of_this_login_only(
    origin: str, ada: httpx.AsyncClient
) -> None:
    async with httpx.AsyncClient(base_url=origin, timeout=20) as other:
        await log_in(other, "ada")
        await _join(ada, "mine")
        await _join(other, "theirs")
        async with (
            _stream(ada, "/gradio_api/queue/data?session_hash=mine") as (_, mine),
            _stream(other, "/gradio_api/queue/data?session_hash=theirs") as (chunks, theirs),
        ):
            assert (await ada.post("/logout")).status_code == 303
            await _ends(mine)
            seen = len(chunks)
            await asyncio.sleep(1.5)
            assert len(chunks) > seen
            assert not theirs.done()


async def test_revoking_a_key_ends_its_streams(
    accounts: Accounts, origin: str, ada: httpx.AsyncClient
) -> None:
    user_id = accounts.users.find("ada").id
    key = accounts.api_keys.create(user_id, "test")
    headers = {"authorization": f"Bearer {key.plaintext}"}
    async with httpx.AsyncClient(base_url=origin, timeout=20) as program:
        async with _stream(program, "/v1/stream", headers=headers) as (chunks, reading):
            accounts.api_keys.revoke(user_id, key.info.id)
            await _ends(reading)
        last = json.loads("".join(chunks).rpartition("data: ")[2])
        assert "revoked" in last["error"]["message"], "it does not look like a whole completion"
        assert (await program.get("/v1/stream", headers=headers)).status_code == 401


async def test_a_large_body_gets_its_answer(origin: str, ada: httpx.AsyncClient) -> None:
    """The client must be able to read the 413: a reset connection would hide it."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100_000

    for content in (b"x" * 2_000_000, chunks()):
        response = await ada.post("/login", content=content)
        assert response.status_code == 413
        assert "1,000,000" in response.text
    response = await ada.post("/gradio_api/queue/join", content=b"x" * 2_000_000)
    assert response.status_code == 413
    assert json.loads(response.text)["error"]["code"] == "request_too_large"


async def test_many_logins_at_once_leave_the_server_awake(
    origin: str, ada: httpx.AsyncClient
) -> None:
    """100 people log in together while somebody asks for /healthz."""
    limits = httpx.Limits(max_connections=220)
    waits: list[float] = []
    async with httpx.AsyncClient(base_url=origin, timeout=60, limits=limits) as client:
        form = {"username": "ada", "password": PASSWORD}
        logins = [asyncio.create_task(client.post("/login", data=form)) for _ in range(100)]
        while not all(login.done() for login in logins):
            started = time.monotonic()
            assert (await ada.get("/healthz")).status_code == 200
            waits.append(time.monotonic() - started)
            await asyncio.sleep(0.02)
        statuses = {login.result().status_code for login in logins}
    assert statuses == {303}
    waits.sort()
    # Client and server share a thread here, so this is an upper bound of what a browser sees.
    assert waits[len(waits) * 99 // 100] < 0.5
