"""A small stand-in for the whole app: the forms, a few routes and two Gradio pages, gated.

`walk` tries every route of any gated app as a stranger; the tests of the real app use it too.
"""

import contextlib
import re
import warnings
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any
from urllib.parse import unquote

import anyio
import gradio as gr
import httpx
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import app.pages  # noqa: F401  # first: it sets what Gradio reads when it is imported
from app.auth.accounts import Accounts
from app.auth.routes import build_router
from app.config import Settings
from app.gate import Gate

PASSWORD = "a quiet harbour at dawn"
ORIGIN = "http://vino.example"


def build_pages(log: list[str]) -> gr.Blocks:
    """Two pages; `log` tells what became of the slow event."""

    async def count(name: str) -> AsyncIterator[str]:
        log.append("started")
        try:
            for number in range(600):
                yield f"{name} {number}"
                await anyio.sleep(0.05)
        finally:
            log.append("ended")

    with gr.Blocks() as demo:
        name = gr.Textbox(label="Name")
        out = gr.Textbox(label="Out")
        name.submit(lambda text: f"Hello {text}", name, out)
        gr.Button("Count").click(count, name, out)
        gr.Button("Fail").click(_fail, name, out, queue=False)
    with demo.route("Chat", "/chat"):
        gr.Textbox(label="Message")
    demo.max_threads = 40
    demo.queue(default_concurrency_limit=None)
    demo.has_launched = True
    return demo


def _fail(text: str) -> str:
    raise ValueError(f"secret {text}")


def build_app(accounts: Accounts, settings: Settings, log: list[str] | None = None) -> FastAPI:
    """The app behind the gate; wrap it with `Gate` to have it whole."""
    app = FastAPI()
    app.include_router(build_router(accounts, settings))
    app.add_api_route("/healthz", lambda: {"status": "ok"})
    app.add_api_route("/metrics", lambda: "metrics")
    app.add_api_route("/v1/models", _whoami)
    app.add_api_route("/v1/stream", _ticks)
    app.add_api_route("/v1/fail", _explode, methods=["GET", "POST"])
    app.add_api_route("/v1/echo", _echo, methods=["POST"])
    with warnings.catch_warnings():
        # Said of every mounted app with several pages, also when SSR is switched off.
        warnings.filterwarnings("ignore", "SSR mode is not supported", UserWarning)
        gr.mount_gradio_app(
            app,
            build_pages([] if log is None else log),
            path="/",
            theme=gr.themes.Soft(),
            auth_dependency=lambda request: request.state.user.username,
            footer_links=[],
            run_history=False,
            show_error=False,
            mcp_server=False,
        )
    return app


@contextlib.asynccontextmanager
async def running(
    accounts: Accounts, settings: Settings, log: list[str] | None = None
) -> AsyncIterator[Gate]:
    """The gated app with Gradio's queue running, as a server would have it."""
    app = build_app(accounts, settings, log)
    async with app.router.lifespan_context(app):
        yield Gate(app, settings=settings, accounts=accounts)


def _whoami(request: Request) -> dict[str, str]:
    return {"username": request.state.user.username}


async def _ticks() -> StreamingResponse:
    async def tick() -> AsyncIterator[str]:
        while True:
            yield "data: tick\n\n"
            await anyio.sleep(0.05)

    return StreamingResponse(tick(), media_type="text/event-stream")


def _explode() -> None:
    raise ValueError("secret text of an exception")


async def _echo(request: Request) -> dict[str, int]:
    return {"bytes": len(await request.body())}


def client_for(app: ASGIApp, origin: str = ORIGIN, address: str = "10.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 1234))
    return httpx.AsyncClient(transport=transport, base_url=origin)


async def register(client: httpx.AsyncClient, username: str, password: str = PASSWORD) -> None:
    form = {"username": username, "password": password, "confirm_password": password}
    response = await client.post("/register", data=form)
    assert response.status_code == 303, response.text


async def log_in(
    client: httpx.AsyncClient, username: str, password: str = PASSWORD, next: str = ""
) -> httpx.Response:
    form = {"username": username, "password": password, "next": next}
    return await client.post("/login", data=form)


@contextlib.asynccontextmanager
async def signed_in(app: ASGIApp, username: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose new account is logged in."""
    async with client_for(app) as client:
        await register(client, username)
        assert (await log_in(client, username)).status_code == 303
        yield client


def routes_of(app: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every (method, path) of an app and of what is mounted in it, with its parameters filled."""
    routes: list[BaseRoute] = app.routes
    for route in routes:
        if isinstance(route, Mount):
            yield from routes_of(route.app, prefix + route.path)
            continue
        if hasattr(route, "original_router"):
            yield from routes_of(route.original_router, prefix + route.include_context.prefix)
            continue
        path = re.sub(r"{[^}]*}", "x", prefix + route.path)  # type: ignore[attr-defined]
        for method in sorted(getattr(route, "methods", None) or {"GET"}):
            yield method, path


async def answer_200(scope: Scope, receive: Receive, send: Send) -> None:
    """An app behind the gate that shows what gets through."""
    await PlainTextResponse("reached")(scope, receive, send)


def join_call(session_hash: str, fn_index: int = 0, data: Sequence[object] = ("x",)) -> Any:
    """The body with which a page starts an event."""
    return {"data": data, "fn_index": fn_index, "session_hash": session_hash}


async def raw_request(
    app: ASGIApp,
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
