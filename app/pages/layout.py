"""All pages put together: the Blocks, its routes, and how it is mounted."""

import hashlib
import warnings
from pathlib import Path

import gradio as gr
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse

from app.auth.sessions import CurrentUser
from app.pages.account import AccountPage
from app.pages.admin import AdminPage
from app.pages.blocks import Pages
from app.pages.chat import ChatPage
from app.pages.instruct import InstructPage
from app.pages.models import ModelsPage
from app.pages.serving import StatusLine
from app.pages.switching import DeviceControl, Switching
from app.pages.theme import theme
from app.services import Services

MAX_EVENTS = 400
"""Events that run at once. Each streaming tab holds one; the inference service limits the rest."""

_SCRIPT = Path(__file__).with_name("static.js")
_STYLE = Path(__file__).with_name("style.css")
_SCRIPT_PATH = "/static/vinochat.js"


def build_pages(services: Services) -> gr.Blocks:
    """The app for people, one route for each page."""
    switching = Switching(services)
    devices = DeviceControl(services, switching)
    status = StatusLine(services)
    pages = Pages(title="VinoChat", analytics_enabled=False)
    with pages:
        InstructPage(services, devices).build(status.build(pages))
    with pages.route("Chat", "/chat"):
        ChatPage(services, devices).build(status.build(pages))
    with pages.route("Models", "/models"):
        ModelsPage(services, switching).build(status.build(pages))
    with pages.route("Account", "/account"):
        AccountPage(services).build(status.build(pages))
    with pages.route("Admin", "/admin", show_in_navbar=False):
        AdminPage(services).build(status.build(pages))
    return pages


def mount(app: FastAPI, pages: gr.Blocks) -> None:
    """Mount at `/`, after every other route: Gradio answers whatever is left."""
    # Gradio's check of file access is skipped for a mounted app that was not "launched", and
    # mount_gradio_app has no argument for the cap on running events (40).
    pages.has_launched = True
    pages.max_threads = MAX_EVENTS
    pages.queue(default_concurrency_limit=None, api_open=False)
    app.add_api_route(_SCRIPT_PATH, _script, methods=["GET"], include_in_schema=False)
    version = hashlib.sha256(_SCRIPT.read_bytes()).hexdigest()[:12]  # assets are cached for a day
    with warnings.catch_warnings():
        # Said to everybody who mounts several pages, also to those who did not ask for it.
        warnings.filterwarnings("ignore", "SSR mode is not supported", UserWarning)
        gr.mount_gradio_app(
            app,
            pages,
            path="/",
            auth_dependency=_username,
            footer_links=[],
            run_history=False,
            show_error=False,
            max_file_size=0,
            mcp_server=False,
            pwa=False,
            enable_monitoring=False,
            theme=theme(),
            css=_STYLE.read_text(encoding="utf-8"),
            head=f'<script defer src="{_SCRIPT_PATH}?v={version}"></script>',
        )


def _username(request: Request) -> str | None:
    """Gradio's own check, behind the gate: without the gate's finding nobody gets in."""
    user = getattr(request.state, "user", None)
    return user.username if isinstance(user, CurrentUser) else None


def _script() -> FileResponse:
    return FileResponse(_SCRIPT, media_type="text/javascript")
