"""What serves, in words, and the frame that every page has: status line, name and "Log out"."""

import re
from dataclasses import dataclass

import gradio as gr
from gradio.components import Navbar

from app.inference.types import ServiceState, Serving
from app.pages.errors import told
from app.pages.visitor import visitor
from app.services import Services

LOOK_EVERY_S = 2.0

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~$@]|:(?=//)|(?<=www)\.)", re.IGNORECASE)

_WORDS = {
    "loading": "Loading",
    "ready": "Ready",
    "switching": "Switching",
    "failed": "No model",
    "stopped": "Shutting down",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """What a page hangs its own parts on: its status line follows what everybody sees."""

    page: gr.Blocks
    status: gr.Markdown


class StatusLine:
    """The top of every page."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def build(self, page: gr.Blocks) -> Frame:
        Navbar(main_page_name="Instruct")
        with gr.Row(elem_id="frame"):
            status = gr.Markdown(elem_id="status", container=True)
            name = gr.Markdown(elem_id="signed-in-as", container=True)
            gr.Button("Log out", elem_id="log-out", size="sm", min_width=0, scale=0)
        page.load(self.load, None, [status, name], queue=False, show_progress="hidden")
        timer = gr.Timer(LOOK_EVERY_S)
        timer.tick(self.look, status, status, queue=False, show_progress="hidden")
        return Frame(page, status)

    def load(self, request: gr.Request) -> tuple[str, str]:
        with told():
            user = visitor(request)
            # The path is shut for others anyway; this only spares them a dead link.
            link = " · [Admin](/admin)" if user.is_admin else ""
            return status_line(self._services.inference.state), plain(user.username) + link

    def look(self, shown: str) -> object:
        """What the status line says now; nothing at all if that is what the page shows."""
        line = status_line(self._services.inference.state)
        return gr.skip() if line == shown else line


def status_line(state: ServiceState) -> str:
    """One line of Markdown: what serves, what is being loaded and what went wrong."""
    parts = [f"**{_WORDS[state.status]}**"]
    if state.serving is not None:
        parts.append(plain(describe(state.serving)))
    if state.target is not None:
        parts.append(plain(f"loading {state.target.model} on {state.target.device}"))
    if state.detail:
        parts.append(plain(state.detail))
    return " · ".join(parts)


def describe(serving: Serving) -> str:
    """Like `built-in · int8 · AUTO (CPU)`."""
    concrete = serving.info.execution_device
    device = serving.device if serving.device == concrete else f"{serving.device} ({concrete})"
    return f"{serving.model.model_id} · {serving.model.weight_format} · {device}"


def plain(text: str) -> str:
    """Text that stands for itself in Markdown: no marks, and no links out of bare addresses."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))
