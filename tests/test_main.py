"""The whole app behind its gate, on scripted engines: what strangers and neighbours can reach."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from app.main import create_app
from tests.scripted import Engines, SettingsFactory
from tests.web import client_for, join_call, routes_of, signed_in

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parent.parent
PAGES = ("/", "/chat", "/models", "/account", "/admin")
OPEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/register"),
    ("POST", "/register"),
    ("GET", "/theme.css"),
    ("HEAD", "/theme.css"),
}


@pytest.fixture
async def app(scripted_settings: SettingsFactory, engines: Engines) -> AsyncIterator[ASGIApp]:
    app = create_app(scripted_settings(), engines)
    inner = app._app
    async with inner.router.lifespan_context(inner):  # type: ignore[attr-defined]
        yield app


async def test_strangers_reach_nothing_but_what_is_meant_for_them(app: ASGIApp) -> None:
    routes = set(routes_of(app._app))  # type: ignore[attr-defined]
    assert {("GET", "/v1/models"), ("POST", "/logout")} <= routes
    assert len(routes) > 60, "Gradio's own routes are part of the walk"
    async with client_for(app) as stranger:
        for method, path in sorted(routes):
            status = (await stranger.request(method, path)).status_code
            if (method, path) in OPEN:
                assert status in (200, 401, 422, 503), (method, path)
            elif method in ("GET", "HEAD") and path in PAGES:
                assert status == 303, (method, path)
            else:
                assert status == 401, (method, path)
        for page in PAGES:
            answer = await stranger.get(page)
            assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={page}")


async def test_a_neighbour_gets_nothing_of_a_session_hash(app: ASGIApp) -> None:
    async with signed_in(app, "ada") as ada, signed_in(app, "bob") as bob:
        mine = await ada.post("/gradio_api/queue/join", json=join_call("tab1"))
        assert mine.status_code == 200
        event = mine.json()["event_id"]
        attempts = [
            ("POST", "/gradio_api/queue/join", join_call("tab1")),
            ("POST", "/gradio_api/run/predict", join_call("tab1")),
            ("POST", "/gradio_api/cancel", {"session_hash": "tab1", "event_id": event}),
            ("POST", "/gradio_api/cancel", {"session_hash": "tab2", "event_id": event}),
            ("POST", "/gradio_api/reset", {"event_id": event}),
            ("GET", "/gradio_api/queue/data?session_hash=tab1", None),
            ("GET", "/gradio_api/heartbeat/tab1", None),
        ]
        for method, path, body in attempts:
            answer = await bob.request(method, path, json=body)
            assert answer.status_code == 403, (path, answer.text)


CROSS_SITE = (
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://other.vino.example"},
)


async def test_a_cross_site_form_changes_nothing(app: ASGIApp) -> None:
    async with signed_in(app, "ada") as ada:
        for path in ("/login", "/register", "/logout", "/gradio_api/queue/join"):
            for headers in CROSS_SITE:
                answer = await ada.post(path, data={"username": "eve"}, headers=headers)
                assert answer.status_code == 403, (path, headers)
                assert "set-cookie" not in answer.headers
                assert "access-control-allow-origin" not in answer.headers
        assert (await ada.get("/")).status_code == 200


async def test_nothing_secret_stands_in_the_component_tree(app: ASGIApp) -> None:
    """Every signed-in person can read the whole tree, the Admin page's included."""
    async with signed_in(app, "zephyrine"), signed_in(app, "bob") as bob:
        tree = (await bob.get("/config")).text
        assert "Reset password" in tree
        assert "zephyrine" not in tree


async def test_the_admin_page_is_for_admins(app: ASGIApp) -> None:
    async with signed_in(app, "ada") as ada, signed_in(app, "bob") as bob:
        assert (await ada.get("/admin")).status_code == 200
        assert (await bob.get("/admin")).status_code == 403


def test_once_it_answers_a_server_looks_for_garbage_among_what_is_new() -> None:
    code = """
import asyncio, gc
import uvicorn
from app.main import Server
gc.disable()
server = Server(uvicorn.Config(lambda *_: None, port=0, lifespan="off", log_config=None))
server.config.load()
server.lifespan = server.config.lifespan_class(server.config)
asyncio.run(server.startup())
print(gc.isenabled(), gc.get_freeze_count() > 100_000)
"""
    command = [sys.executable, "-c", code]
    output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert output.splitlines()[-1] == "True True"
