"""The "Device" dropdown, and switching with progress on the page."""

import asyncio
from collections.abc import AsyncGenerator

import gradio as gr

from app.auth.sessions import CurrentUser
from app.errors import Forbidden
from app.inference.devices import Device
from app.inference.service import InferenceService
from app.inference.types import ModelRef
from app.pages.errors import refusing, told
from app.pages.serving import Frame, status_line
from app.pages.visitor import visitor
from app.services import Services

PROGRESS_S = 0.3


class Switching:
    """Loads another model or device for everybody, on behalf of a page that may be closed."""

    def __init__(self, services: Services) -> None:
        self._inference: InferenceService = services.inference
        self._everyone = services.settings.who_may_switch == "everyone"

    def allowed(self, user: CurrentUser) -> bool:
        return self._everyone or user.is_admin

    async def run(
        self, user: CurrentUser, model: ModelRef | None = None, device: str | None = None
    ) -> AsyncGenerator[str]:
        """The status line while it lasts. Raises as InferenceService.switch, or Forbidden.

        The load is the service's own: it goes on when the page is closed, and everybody sees it in
        their own status line.
        """
        if not self.allowed(user):
            raise Forbidden("Only admins may switch the model or the device here. Ask one of them.")
        work = asyncio.create_task(self._inference.switch(model, device))
        try:
            while not (await asyncio.wait({work}, timeout=PROGRESS_S))[0]:
                yield status_line(self._inference.state)
            work.result()
        finally:
            work.cancel()  # of a closed page, only its waiting


class DeviceControl:
    """The dropdown that shows the device that serves and switches to another one."""

    def __init__(self, services: Services, switching: Switching) -> None:
        self._inference: InferenceService = services.inference
        self._switching = switching
        self._asked: set[tuple[str | None, str]] = set()

    def build(self, frame: Frame) -> None:
        device = refusing(
            gr.Dropdown(label="Device", choices=[], interactive=True, elem_id="device"),
            "Choose a device from the list.",
        )
        frame.page.load(self.load, None, device, show_progress="hidden")
        frame.status.change(self.follow, device, device, queue=False, show_progress="hidden")
        device.input(self.switch, device, [device, frame.status], show_progress="hidden")

    async def load(self, request: gr.Request) -> object:
        with told():
            user = visitor(request)
            choices = [(label(found), found.name) for found in await self._inference.devices()]
            allowed = self._switching.allowed(user)
            return gr.update(choices=choices, value=self._serving(), interactive=allowed)

    async def follow(self, shown: str | None, request: gr.Request) -> object:
        """Somebody else may have switched; while a switch is under way, the choice stays."""
        settled = self._inference.state.status not in ("switching", "loading")
        if not settled or self._serving() == shown:
            return gr.skip()
        return await self.load(request)  # with the choices, which a new page may not have yet

    async def switch(
        self, device: str, request: gr.Request
    ) -> AsyncGenerator[tuple[object, object]]:
        """Dropdown and status line while it lasts; at the end the dropdown says what serves."""
        # A choice by mouse arrives twice: Gradio's dropdown says "input" for the click and again
        # when it loses the focus.
        choice = (request.session_hash, device)
        if not device or choice in self._asked or device == self._serving():
            yield gr.skip(), gr.skip()  # without this, Gradio empties both
            return
        self._asked.add(choice)
        try:
            with told():
                async for line in self._switching.run(visitor(request), device=device):
                    yield gr.skip(), line
        except gr.Error:
            yield self._serving(), status_line(self._inference.state)
            raise
        finally:
            self._asked.discard(choice)
        yield self._serving(), status_line(self._inference.state)

    def _serving(self) -> str | None:
        serving = self._inference.state.serving
        return serving.device if serving is not None else None


def label(device: Device) -> str:
    """`CPU — Intel(R) Core(TM) Ultra 7`; some full names begin with the name already."""
    name, full_name = device.name, device.full_name
    return full_name if full_name.startswith(name) else f"{name} — {full_name}"
