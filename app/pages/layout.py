"""All pages put together: the Blocks, its theme, and how it is mounted."""

import hashlib
import warnings
from pathlib import Path

import gradio as gr
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse

from app.auth.sessions import CurrentUser
from app.pages.account import AccountPage
from app.pages.admin import AdminPage
from app.pages.chat import ChatPage
from app.pages.instruct import InstructPage
from app.pages.models import ModelsPage
from app.pages.serving import StatusLine
from app.pages.switching import DeviceControl, Switching
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
    pages = gr.Blocks(title="VinoChat", analytics_enabled=False)
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


def theme() -> gr.themes.Base:
    """Calm: white or slate, one blue, hairlines for shadows, and the fonts of the system."""
    theme = gr.themes.Base(
        primary_hue=gr.themes.colors.blue,
        secondary_hue=gr.themes.colors.blue,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_md,
        font=("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"),
        font_mono=("ui-monospace", "SFMono-Regular", "Consolas", "Liberation Mono", "monospace"),
    )
    return theme.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        block_border_color="*neutral_200",
        block_border_color_dark="*neutral_800",
        block_title_text_weight="600",
        block_info_text_size="*text_sm",
        input_background_fill="*neutral_50",
        input_background_fill_dark="*neutral_950",
        input_border_color="*neutral_300",
        input_border_color_dark="*neutral_700",
        input_border_width="1px",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        button_primary_text_color="white",
        button_secondary_background_fill="white",
        button_secondary_background_fill_hover="*neutral_100",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_background_fill_hover_dark="*neutral_700",
        button_secondary_border_color="*neutral_300",
        button_secondary_border_color_dark="*neutral_700",
        button_border_width="1px",
        button_large_text_weight="500",
        slider_color="*primary_600",
        slider_color_dark="*primary_500",
    )


def _username(request: Request) -> str | None:
    """Gradio's own check, behind the gate: without the gate's finding nobody gets in."""
    user = getattr(request.state, "user", None)
    return user.username if isinstance(user, CurrentUser) else None


def _script() -> FileResponse:
    return FileResponse(_SCRIPT, media_type="text/javascript")
