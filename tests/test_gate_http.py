"""HTTP at the gate: bodies, other sites, headers, hosts."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse

from app.auth.accounts import Accounts
from app.config import Settings
from app.gate import Gate
from tests.web import ORIGIN, answer_200, client_for, join_call, log_in, register

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", ["", "a b", "a" * 65, "../x", "é", "a\0"])
async def test_malformed_session_hashes_are_refused(inside: httpx.AsyncClient, name: str) -> None:
    in_query = await inside.get("/gradio_api/queue/data", params={"session_hash": name})
    assert in_query.status_code == 400
    in_body = await inside.post("/gradio_api/queue/join", json=join_call(name))
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
        response = await inside.post(f"/gradio_api/{route}", json=join_call("mine", data=[value]))
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


async def test_https_adds_hsts_and_the_host_cookie(gated: Gate) -> None:
    async with client_for(gated, "https://vino.example") as client:
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
    async with client_for(gated, "https://vino.example") as client:
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
    gated: Gate, accounts: Accounts, user: httpx.AsyncClient, stranger: httpx.AsyncClient
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


async def test_only_trusted_hosts_are_answered(accounts: Accounts, settings: Settings) -> None:
    strict = settings.model_copy(update={"trusted_hosts": "vino.example, *.lan"})
    strict_gate = Gate(answer_200, settings=strict, accounts=accounts)
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
        async with client_for(strict_gate) as client:
            response = await client.get("/healthz", headers={"host": host})
            assert response.status_code == status, host


async def test_an_app_that_compresses_its_pages_keeps_its_scripts(
    accounts: Accounts, settings: Settings
) -> None:
    page = HTMLResponse("<script>1</script>" + "x" * 2000)
    gate = Gate(GZipMiddleware(page), settings=settings, accounts=accounts)
    async with client_for(gate) as client:
        response = await client.get("/login", headers={"accept-encoding": "gzip"})
    assert '<script nonce="' in response.text
