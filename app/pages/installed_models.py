"""The first part of the Models page: what is installed, loading it, and deleting it."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import gradio as gr

from app.errors import InvalidParameter, VinoChatError
from app.inference import measurements
from app.inference.installed import InstalledModel
from app.inference.measurements import Measured
from app.inference.quantities import size, speed
from app.inference.types import ModelRef, ServiceState, Serving
from app.pages.errors import refusing, told
from app.pages.installing import Installing
from app.pages.serving import Frame, plain, status_line
from app.pages.switching import Switching
from app.pages.visitor import visitor
from app.services import Services

_HEAD = """| Model | Weight format | Size on disk | Context | Engine | Speed | |
|---|---|---:|---:|---|---:|---|
"""
_HINT = (
    "Another model is loaded beside the one that serves, which goes on answering until the new one "
    "is ready. Speed is what one person got here while the model ran."
)


class InstalledModels:
    """A table, a choice and two buttons; deleting asks once more."""

    def __init__(self, services: Services, switching: Switching, installing: Installing) -> None:
        self._inference, self._jobs = services.inference, services.jobs
        self._switching, self._installing = switching, installing
        self._data_dir = services.settings.data_dir

    def build(self, frame: Frame) -> None:
        gr.Markdown("## Installed models")
        self.table = gr.Markdown(elem_classes="table", container=True)
        with gr.Row(elem_classes="form-row"):
            self.model = refusing(
                gr.Dropdown(label="Model", choices=[], scale=3), "Choose a model from the list."
            )
            load = gr.Button("Load", variant="primary", min_width=100, scale=0)
            delete = gr.Button("Delete", min_width=100, scale=0, visible=False)
        with gr.Row(elem_classes="form-row", visible=False) as confirm:
            question = gr.Markdown(elem_classes="question")
            sure = gr.Button("Delete for good", variant="stop", min_width=140, scale=0)
            keep = gr.Button("Keep it", min_width=100, scale=0)
        gr.Markdown(_HINT, elem_classes="hint")
        quiet: dict[str, Any] = {"queue": False, "show_progress": "hidden"}
        frame.page.load(self.show, None, [self.table, self.model, delete], **quiet)
        load.click(self.load, self.model, frame.status, show_progress="hidden")
        keep.click(self.keep, None, confirm, **quiet)
        self.model.input(self.keep, None, confirm, **quiet)  # it asked about another one
        # Through the queue: without it, Gradio shows neither notes nor refusals.
        delete.click(self.ask, self.model, [confirm, question], show_progress="hidden")
        shown = [confirm, self.table, self.model]
        sure.click(self.delete, self.model, shown, show_progress="hidden")
        seen = [self.table, self.model]
        frame.status.change(self.look, seen, seen, **quiet)

    async def show(self, request: gr.Request) -> tuple[str, object, object]:
        """The table, the choices with the model that serves chosen, and whether one may delete."""
        with told():
            user = visitor(request)
            models, state = await self._inference.models(), self._inference.state
            table = await self._table(models)
            choices = gr.update(
                choices=_choices(models),
                value=_serving(models, state),
                interactive=self._may_choose(request),
            )
            return table, choices, gr.update(visible=self._installing.allowed(user))

    async def look(
        self, shown: str, chosen: str | None, request: gr.Request
    ) -> tuple[object, object]:
        """The table and the choices as they are now; a choice that was made stays."""
        with told():
            visitor(request)
            models = await self._inference.models()
            table = await self._table(models)
            if table == shown:
                return gr.skip(), gr.skip()
            if chosen:
                return table, gr.update(choices=_choices(models))
            # The page was opened before any model served.
            serving = _serving(models, self._inference.state)
            return table, gr.update(choices=_choices(models), value=serving)

    async def load(self, key: str | None, request: gr.Request) -> AsyncGenerator[str]:
        with told():
            user = visitor(request)
            try:
                async for line in self._switching.run(user, _ref(key)):
                    yield line
            except VinoChatError:
                yield status_line(self._inference.state)
                raise
            yield status_line(self._inference.state)

    async def ask(self, key: str | None, request: gr.Request) -> tuple[object, str]:
        """Whether it is meant, with what it frees."""
        with told():
            self._installing.check(visitor(request))
            ref = _ref(key)
            models = await self._inference.models()
            freed = sum(model.size_bytes for model in models if model.ref == ref)
            return gr.update(visible=True), f"Delete {plain(str(ref))}? This frees {size(freed)}."

    def keep(self) -> object:
        return gr.update(visible=False)

    async def delete(self, key: str | None, request: gr.Request) -> tuple[object, object, object]:
        with told():
            self._installing.check(visitor(request))
            ref = _ref(key)
            await self._jobs.delete(ref, self._inference.state)
            gr.Info(f"{ref} is deleted.")
            table, choices, _ = await self.show(request)
            return gr.update(visible=False), table, choices

    async def _table(self, models: list[InstalledModel]) -> str:
        measured = await asyncio.to_thread(measurements.read, self._data_dir)
        return _table(models, self._inference.state, measured)

    def _may_choose(self, request: gr.Request) -> bool:
        user = visitor(request)
        return self._switching.allowed(user) or self._installing.allowed(user)


def _key(ref: ModelRef) -> str:
    return f"{ref.model_id}/{ref.weight_format}"


def _serving(models: list[InstalledModel], state: ServiceState) -> str | None:
    current = _key(state.serving.model) if state.serving is not None else None
    return current if any(_key(model.ref) == current for model in models) else None


def _ref(key: str | None) -> ModelRef:
    if not key:
        raise InvalidParameter("Choose a model first.", "model")
    model_id, _, weight_format = key.rpartition("/")
    return ModelRef(model_id, weight_format)


def _choices(models: list[InstalledModel]) -> list[tuple[str, str]]:
    return [(str(model.ref), _key(model.ref)) for model in models]


def _table(models: list[InstalledModel], state: ServiceState, measured: list[Measured]) -> str:
    # The latest last: where a model ran on several devices, that is the one shown.
    speeds = {ModelRef(one.model_id, one.weight_format): one for one in measured}
    rows = "\n".join(
        f"| {plain(model.ref.model_id)} | {plain(model.ref.weight_format)} | {_size(model)} "
        f"| {model.context_length:,} tokens | {model.engine_kind} "
        f"| {_speed(speeds.get(model.ref))} | {_loaded(model.ref, state.serving)} |"
        for model in models
    )
    return _HEAD + rows if models else "Nothing is installed yet."


def _loaded(ref: ModelRef, serving: Serving | None) -> str:
    if serving is None or serving.model != ref:
        return ""
    return f"**loaded**, tuned: {plain(serving.tuning)}" if serving.tuning else "**loaded**"


def _size(model: InstalledModel) -> str:
    return size(model.size_bytes) if model.converted else "made when first loaded"


def _speed(measured: Measured | None) -> str:
    if measured is None:
        return "not measured yet"
    crowd = f", {measured.together:.0f} at once" if measured.together >= 2 else ""
    return f"{speed(measured.tokens_per_second)} ({plain(measured.device)}{crowd})"
