"""The gate: default deny over every route, and other people's sessions."""

import anyio
import httpx
import pytest

from app.auth.accounts import Accounts
from app.config import Settings
from app.gate import Gate
from app.web import bindings
from app.web.access import Access, access_of
from app.web.bindings import Bindings
from tests.web import answer_200, build_app, client_for, join_call, log_in, raw_request, routes_of

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


async def test_a_stranger_reaches_nothing_but_the_short_list(
    gated: Gate, accounts: Accounts, settings: Settings, stranger: httpx.AsyncClient
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
        "GET /docs",
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
        "GET /openapi.json",
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
        messages = await raw_request(bare, path)
        assert messages[0]["status"] == 401, path


def test_no_path_below_v1_means_two_things() -> None:
    for path in ("/v1//models", "/v1/../config", "/v1/./models", "/v1/%2e%2e/config", "/v1/a b"):
        assert access_of("GET", path, path.encode()) is Access.NOWHERE, path
    assert access_of("GET", "/v1/models", b"/v1/models") is Access.API_KEY


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
    gated: Gate, admin: httpx.AsyncClient, user: httpx.AsyncClient
) -> None:
    joined = await admin.post("/gradio_api/queue/join", json=join_call("hash1"))
    assert joined.status_code == 200
    event = {"event_id": joined.json()["event_id"], "fn_index": 0}
    cancel = {"session_hash": "hash1", **event}
    second_login = client_for(gated)
    await log_in(second_login, "ada")
    for thief in (user, second_login):
        with anyio.fail_after(30):  # what is not refused may stream for ever
            answers = (
                await thief.post("/gradio_api/queue/join", json=join_call("hash1")),
                await thief.post("/gradio_api/run/predict", json=join_call("hash1")),
                await thief.post("/gradio_api/cancel", json=cancel),
                await thief.get("/gradio_api/queue/data?session_hash=hash1"),
                await thief.get("/gradio_api/queue/data?session_hash=own&session_hash=hash1"),
                await thief.get("/gradio_api/queue/data?session_hash=hash1&session_hash=own"),
                await thief.get("/gradio_api/heartbeat/hash1"),
                # with an own session, another's event looks like one that does not exist
                await thief.post("/gradio_api/cancel", json={"session_hash": "own", **event}),
                await thief.post("/gradio_api/reset", json={"event_id": event["event_id"]}),
            )
        for response in answers:
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


async def test_api_keys_open_v1_and_nothing_else(
    accounts: Accounts, user: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    user_id = accounts.users.find("bob").id
    key = accounts.api_keys.create(user_id, "test")
    bearer = {"authorization": f"Bearer {key.plaintext}"}
    assert (await stranger.get("/v1/models", headers=bearer)).json() == {"username": "bob"}
    assert (await stranger.get("/config", headers=bearer)).status_code == 401
    assert (await stranger.get("/chat", headers=bearer)).status_code == 303
    # As OpenAI's client asks for a model with a slash in its name.
    assert (await stranger.get("/v1/models/a%2Fb", headers=bearer)).status_code == 404
    assert (await stranger.get("/v1/models/a%2Fb")).status_code == 401
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
    async with client_for(Gate(answer_200, settings=with_token, accounts=accounts)) as client:
        for token, status in (("tok", 200), ("to", 401), ("tok2", 401)):
            headers = {"authorization": f"Bearer {token}"}
            assert (await client.get("/metrics", headers=headers)).status_code == status


async def test_websockets_are_refused(bare: Gate) -> None:
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    await bare({"type": "websocket", "path": "/", "headers": []}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_bindings_are_bounded_and_forget_their_owners_names_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bindings, "MAX_PER_SESSION", 3)
    monkeypatch.setattr(bindings, "MAX_SESSIONS", 2)
    bound = Bindings()
    assert bound.claim("quiet", "ada")
    for number in range(10):
        assert bound.claim(f"loud {number}", "bob")
    assert not bound.claim("quiet", "bob")
    assert not bound.claim("loud 9", "ada")
    assert bound.claim("loud 0", "ada"), "forgotten by bob, so free"
    bound.claim("x", "cem")
    assert bound.owns("quiet", "ada"), "used last before cem, so bob is forgotten"
    assert not bound.owns("loud 9", "bob")
    assert bound.claim("loud 9", "cem")
