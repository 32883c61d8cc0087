"""The gate: default deny over every route, other people's sessions, headers, bodies, errors."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Sequence
from urllib.parse import unquote

import httpx
import pytest
from anyio import to_thread
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from app.auth.accounts import Accounts
from app.config import Settings
from app.gate import Gate
from tests.web import (
    ORIGIN,
    PASSWORD,
    build_app,
    client_for,
    log_in,
    register,
    routes_of,
    running,
    signed_in,
)

pytestmark = pytest.mark.anyio

OPEN = {
    ("GET", "/healthz"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/register"),
    ("POST", "/register"),
    ("GET", "/theme.css"),
}
PAGES = {"/", "/chat"}


@pytest.fixture
async def app(accounts: Accounts, settings: Settings) -> AsyncIterator[Gate]:
    async with running(accounts, settings) as app:
        yield app


async def _answer_200(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("reached")(scope, receive, send)


@pytest.fixture
def bare(accounts: Accounts, settings: Settings) -> Gate:
    """The gate in front of an app that answers 200 to anything: what gets through shows."""
    return Gate(_answer_200, settings=settings, accounts=accounts)


@pytest.fixture
async def outside(bare: Gate) -> AsyncIterator[httpx.AsyncClient]:
    """A stranger at the bare gate."""
    async with client_for(bare) as client:
        yield client


@pytest.fixture
async def inside(bare: Gate, accounts: Accounts) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is logged in at the bare gate."""
    user_id = accounts.users.add("ada", PASSWORD).id  # the first account: an admin
    async with client_for(bare) as client:
        client.cookies["vinochat_session"] = accounts.sessions.create(user_id, "", "")
        yield client


@pytest.fixture
async def stranger(app: Gate) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(app) as client:
        yield client


@pytest.fixture
async def admin(app: Gate) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, "ada") as client:
        yield client


@pytest.fixture
async def user(app: Gate, admin: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, "bob") as client:
        yield client


def _join(session_hash: str, fn_index: int = 0, data: object = ("x",)) -> dict[str, object]:
    return {"data": data, "fn_index": fn_index, "session_hash": session_hash}


async def test_a_stranger_reaches_nothing_but_the_short_list(
    app: Gate, accounts: Accounts, settings: Settings, stranger: httpx.AsyncClient
) -> None:
    routes = set(routes_of(build_app(accounts, settings)))
    assert len(routes) > 60, "Gradio's own routes are part of the walk"
    for method, path in sorted(routes):
        response = await stranger.request(method, path)
        if (method, path) in OPEN:
            assert response.status_code in (200, 401, 422), (method, path)
        elif method in ("GET", "HEAD") and path in PAGES:
            assert response.status_code == 303, (method, path)
            assert response.headers["location"] == f"/login?next={path}"
        elif (method, path) == ("HEAD", "/theme.css"):
            assert response.status_code == 200
        else:
            assert response.status_code == 401, (method, path, response.text)
            assert response.headers["content-type"] == "application/json"


async def test_signed_in_people_reach_only_what_the_pages_need(
    accounts: Accounts, settings: Settings, inside: httpx.AsyncClient
) -> None:
    reached = set()
    for method, path in set(routes_of(build_app(accounts, settings))):
        response = await inside.request(method, path)
        if response.status_code == 200:
            reached.add(f"{method} {path}")
    assert reached == {
        "GET /",
        "HEAD /",
        "GET /chat",
        "GET /assets/x",
        "GET /static/x",
        "GET /config",
        "GET /favicon.ico",
        "GET /gradio_api/app_id",
        "GET /gradio_api/heartbeat/x",
        "GET /gradio_api/info",
        "GET /gradio_api/login_check",
        "GET /gradio_api/queue/data",
        "GET /gradio_api/queue/status",
        "GET /gradio_api/startup-events",
        "GET /gradio_api/theme.css",
        "GET /healthz",
        "GET /login",
        "GET /manifest.json",
        "GET /metrics",
        "GET /register",
        "GET /theme.css",
        "POST /login",
        "POST /logout",
        "POST /register",
    }
    for name in ("cancel", "queue/join", "reset", "run/predict"):
        response = await inside.post(f"/gradio_api/{name}", json={"data": []})
        assert response.text == "reached", name


async def test_look_alikes_of_open_paths_are_shut(bare: Gate) -> None:
    for path in (
        "/chat/",
        "//chat",
        "//",
        "/%63hat",
        "/chat%00",
        "/./chat",
        "/x/../chat",
        "/CHAT",
        "/login/",
        "//login",
        "/static/../login",
        "/static/%2e%2e/%2e%2e/secrets",
        "/healthz/",
        "/healthz//",
        "/healthz;x",
        "/healthz\\",
        "/theme.css/x",
        "/gradio_api//theme.css",
        "/static/fonts/Montserrat/Montserrat-Black.woff2",
        "/gradio_api/file=/etc/passwd",
        "login",
        "",
        "*",
    ):
        messages = await _raw(bare, path)
        assert messages[0]["status"] == 401, path


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "post"])
async def test_other_methods_do_not_open_a_page(outside: httpx.AsyncClient, method: str) -> None:
    assert (await outside.request(method, "/chat")).status_code == 401


@pytest.mark.parametrize("page", ["/", "/chat", "/models", "/account", "/admin"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_page_sends_strangers_to_the_login(
    outside: httpx.AsyncClient, method: str, page: str
) -> None:
    response = await outside.request(method, page + "?a=1&b=2", headers={"accept": "*/*"})
    assert response.status_code == 303
    assert response.headers["location"] == f"/login?next={page}%3Fa%3D1%26b%3D2"


async def test_head_of_a_page_is_its_get_without_the_body(user: httpx.AsyncClient) -> None:
    for page in ("/", "/chat", "/login"):
        response = await user.head(page)
        assert response.status_code == 200
        assert response.content == b""


async def test_the_admin_page_says_no_to_others(
    user: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    refused = await user.get("/admin")
    assert refused.status_code == 403
    assert refused.headers["content-type"].startswith("text/html")
    assert "admins only" in refused.text
    assert (await admin.get("/admin")).status_code == 404, "the stand-in app has no such page"


async def test_a_session_hash_belongs_to_the_login_that_used_it_first(
    app: Gate, admin: httpx.AsyncClient, user: httpx.AsyncClient
) -> None:
    joined = await admin.post("/gradio_api/queue/join", json=_join("hash1"))
    assert joined.status_code == 200
    event = {"event_id": joined.json()["event_id"], "fn_index": 0}
    cancel = {"session_hash": "hash1", **event}
    second_login = client_for(app)
    await log_in(second_login, "ada")
    for thief in (user, second_login):
        for response in (
            await thief.post("/gradio_api/queue/join", json=_join("hash1")),
            await thief.post("/gradio_api/run/predict", json=_join("hash1")),
            await thief.post("/gradio_api/cancel", json=cancel),
            await thief.get("/gradio_api/queue/data?session_hash=hash1"),
            await thief.get("/gradio_api/queue/data?session_hash=own&session_hash=hash1"),
            await thief.get("/gradio_api/queue/data?session_hash=hash1&session_hash=own"),
            await thief.get("/gradio_api/heartbeat/hash1"),
            # with an own session, another's event looks like one that does not exist
            await thief.post("/gradio_api/cancel", json={"session_hash": "own", **event}),
            await thief.post("/gradio_api/reset", json={"event_id": event["event_id"]}),
        ):
            assert response.status_code == 403, response.text
        unknown = {"session_hash": "own", "event_id": "0" * 32, "fn_index": 0}
        missing = await thief.post("/gradio_api/cancel", json=unknown)
        foreign = await thief.post("/gradio_api/cancel", json={"session_hash": "own", **event})
        assert missing.status_code == foreign.status_code
        assert missing.json()["detail"] == foreign.json()["detail"]
        await thief.post("/gradio_api/reset", json={"event_id": "x"})
    stream = await admin.get("/gradio_api/queue/data?session_hash=hash1")
    assert "Hello x" in stream.text
    assert (await admin.post("/gradio_api/cancel", json=cancel)).status_code == 200
    await second_login.aclose()


@pytest.mark.parametrize("name", ["", "a b", "a" * 65, "../x", "é", "a\0"])
async def test_malformed_session_hashes_are_refused(inside: httpx.AsyncClient, name: str) -> None:
    in_query = await inside.get("/gradio_api/queue/data", params={"session_hash": name})
    assert in_query.status_code == 400
    in_body = await inside.post("/gradio_api/queue/join", json=_join(name))
    assert in_body.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"session_hash": "a", "session_hash": "b", "data": []}',
        b'{"session_hash": 1, "data": []}',
        b'{"session_hash": "a", "data": ["\\ud800"]}',
        b"[" * 200_000,
        b'{"data": [' + b"9" * 5000 + b"]}",
    ],
)
async def test_bodies_that_gradio_could_trip_over_are_refused(
    inside: httpx.AsyncClient, body: bytes
) -> None:
    response = await inside.post("/gradio_api/queue/join", content=body)
    assert response.status_code == 400
    assert response.json()["error"]["message"]


@pytest.mark.parametrize(
    "value",
    [
        {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
        {"url": "http://169.254.169.254/", "path": None},
        [{"role": "user", "content": {"file": {"path": "/etc/passwd"}}}],
    ],
)
async def test_files_cannot_be_smuggled_in(inside: httpx.AsyncClient, value: object) -> None:
    for route in ("queue/join", "run/predict"):
        response = await inside.post(f"/gradio_api/{route}", json=_join("mine", data=[value]))
        assert response.status_code == 403
        assert "Files" in response.json()["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://vino.example.evil.example"},
        {"origin": "http://vino.example:81"},
        {"origin": "http://[", "sec-fetch-site": "same-origin"},
    ],
)
async def test_other_sites_change_nothing(
    inside: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    for path in ("/logout", "/login", "/register", "/gradio_api/queue/join"):
        response = await inside.post(path, headers=headers, data={})
        assert response.status_code == 403, path
    assert (await inside.get("/chat")).status_code == 200, "still logged in"


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": ORIGIN}, {"origin": ORIGIN + ":80"}, {"sec-fetch-site": "same-origin"}],
)
async def test_our_own_forms_work(inside: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await inside.post("/logout", headers=headers)).text == "reached"


async def test_no_origin_gets_a_cors_grant(user: httpx.AsyncClient) -> None:
    for origin in ("https://evil.example", "null", "http://localhost:3000"):
        headers = {"origin": origin, "access-control-request-method": "POST"}
        for response in (
            await user.get("/config", headers=headers),
            await user.get("/chat", headers=headers),
            await user.options("/gradio_api/queue/join", headers=headers),
        ):
            assert not [name for name in response.headers if name.startswith("access-control")]


async def test_every_answer_has_the_security_headers(
    user: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    ids = set()
    for response in (
        await user.get("/"),
        await user.get("/nowhere"),
        await user.get("/static/img/logo.svg"),
        await stranger.get("/"),
        await stranger.get("/config"),
        await stranger.get("/healthz"),
        await stranger.post("/login", headers={"origin": "null"}),
        await stranger.post("/login", content=b"x" * 2_000_000),
    ):
        policy = response.headers["content-security-policy"]
        scripts = re.search(r"script-src ([^;]*);", policy)
        assert scripts is not None
        assert re.fullmatch(r"'self' 'nonce-[\w-]{20,}'", scripts.group(1))
        for rule in (
            "default-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "frame-ancestors 'none'",
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "form-action 'self'",
        ):
            assert rule in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "same-origin"
        assert response.headers["cross-origin-opener-policy"] == "same-origin"
        assert "strict-transport-security" not in response.headers
        ids.add(response.headers["x-request-id"])
    assert len(ids) == 8


async def test_https_adds_hsts_and_the_host_cookie(app: Gate) -> None:
    async with client_for(app, "https://vino.example") as client:
        await register(client, "ada")
        response = await log_in(client, "ada")
        cookie = response.headers["set-cookie"]
        assert cookie.startswith("__Host-vinochat_session=")
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= {
            part.strip().lower() for part in cookie.split(";")
        }
        assert "domain" not in cookie.lower()
        page = await client.get("/chat")
        assert page.status_code == 200
        assert page.headers["strict-transport-security"].startswith("max-age=")
        plain = {"cookie": f"vinochat_session={client.cookies['__Host-vinochat_session']}"}
    async with client_for(app, "https://vino.example") as client:
        assert (await client.get("/chat", headers=plain)).status_code == 303
        plain_origin = await client.post("/login", headers={"origin": "http://vino.example"})
        assert plain_origin.status_code == 403


async def test_script_tags_carry_the_nonce_of_their_response(user: httpx.AsyncClient) -> None:
    seen = set()
    for _ in range(2):
        response = await user.get("/chat", headers={"accept-encoding": "br, gzip"})
        nonce = re.search(r"'nonce-([\w-]+)'", response.headers["content-security-policy"])
        assert nonce is not None
        tags = re.findall(r"<script[^>]*>", response.text)
        assert tags
        assert all(f'nonce="{nonce.group(1)}"' in tag for tag in tags)
        assert int(response.headers["content-length"]) == len(response.content)
        seen.add(nonce.group(1))
    assert len(seen) == 2


async def test_pages_are_not_cached_and_assets_are(user: httpx.AsyncClient) -> None:
    assert (await user.get("/chat")).headers["cache-control"] == "no-store"
    asset = await user.get("/static/img/logo.svg")
    assert asset.headers["cache-control"] == "private, max-age=86400"
    missing = await user.get("/static/img/none.svg")
    assert missing.headers["cache-control"] == "no-store"


async def test_bodies_over_the_limit_are_413(
    app: Gate, accounts: Accounts, user: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(2):
            yield b"x" * 600_000

    key = accounts.api_keys.create(accounts.users.find("ada").id, "test").plaintext
    bearer = {"authorization": f"Bearer {key}"}
    for response in (
        await stranger.post("/login", content=b"x" * 2_000_000),
        await stranger.post("/login", content=chunks()),
        await user.post("/gradio_api/queue/join", content=chunks()),
        await stranger.post("/v1/echo", content=chunks(), headers=bearer),
    ):
        assert response.status_code == 413
        assert "1,000,000" in response.text
    fits = await stranger.post("/v1/echo", content=b"x" * 1_000_000, headers=bearer)
    assert fits.json() == {"bytes": 1_000_000}


async def test_api_keys_open_v1_and_nothing_else(
    accounts: Accounts, user: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    user_id = accounts.users.find("bob").id
    key = accounts.api_keys.create(user_id, "test")
    bearer = {"authorization": f"Bearer {key.plaintext}"}
    assert (await stranger.get("/v1/models", headers=bearer)).json() == {"username": "bob"}
    assert (await stranger.get("/config", headers=bearer)).status_code == 401
    assert (await stranger.get("/chat", headers=bearer)).status_code == 303
    for wrong in ("", "Bearer ", "Bearer vc-wrong", f"Basic {key.plaintext}", key.plaintext):
        response = await stranger.get("/v1/models", headers={"authorization": wrong})
        assert response.status_code == 401
    assert (await user.get("/v1/models")).status_code == 401, "a cookie is not a key"
    accounts.api_keys.revoke(user_id, key.info.id)
    assert (await stranger.get("/v1/models", headers=bearer)).status_code == 401


async def test_metrics_are_for_admins_and_the_token(
    accounts: Accounts,
    settings: Settings,
    admin: httpx.AsyncClient,
    user: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
) -> None:
    assert (await admin.get("/metrics")).status_code == 200
    assert (await user.get("/metrics")).status_code == 403
    assert (await stranger.get("/metrics")).status_code == 401
    empty = await stranger.get("/metrics", headers={"authorization": "Bearer "})
    assert empty.status_code == 401
    with_token = settings.model_copy(update={"metrics_token": "tok"})
    async with client_for(Gate(_answer_200, settings=with_token, accounts=accounts)) as client:
        for token, status in (("tok", 200), ("to", 401), ("tok2", 401)):
            headers = {"authorization": f"Bearer {token}"}
            assert (await client.get("/metrics", headers=headers)).status_code == status


async def test_only_trusted_hosts_are_answered(accounts: Accounts, settings: Settings) -> None:
    strict = settings.model_copy(update={"trusted_hosts": "vino.example, *.lan"})
    app = Gate(_answer_200, settings=strict, accounts=accounts)
    for host, status in (
        ("vino.example", 200),
        ("VINO.example:8080", 200),
        ("box.lan", 200),
        ("evil.example", 400),
        ("vino.example.evil", 400),
        ("lan", 400),
        ("a b", 400),
        ("[::1", 400),
    ):
        async with client_for(app) as client:
            response = await client.get("/healthz", headers={"host": host})
            assert response.status_code == status, host


async def test_websockets_are_refused(bare: Gate) -> None:
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    await bare({"type": "websocket", "path": "/", "headers": []}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]


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
    failing = {**_join("mine", fn_index=2), "data": ["x"]}
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


async def test_no_request_breaks_the_gate(app: Gate) -> None:
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
            coroutine = _raw(app, target, method, query, [(header, value)], body)
            messages = asyncio.run_coroutine_threadsafe(coroutine, loop).result()
            assert messages[0]["status"] < 500, (target, messages)

    await to_thread.run_sync(attack)


async def _raw(
    app: Gate,
    path: str,
    method: str = "GET",
    query: bytes = b"",
    headers: Sequence[tuple[bytes, bytes]] = (),
    body: bytes = b"",
) -> list[Message]:
    """A request as no client library would send it."""
    messages: list[Message] = []
    scope = {
        "type": "http",
        "method": method,
        "path": unquote(path, errors="replace"),
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "query_string": query,
        "headers": list(headers),
        "scheme": "http",
        "client": None,
        "root_path": "",
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, send)
    return messages


async def test_errors_have_one_shape(outside: httpx.AsyncClient) -> None:
    body = (await outside.get("/config")).json()
    assert set(body) == {"error", "detail"}
    assert set(body["error"]) == {"message", "type", "code", "param", "request_id"}
    assert body["error"]["code"] == "not_authenticated"
