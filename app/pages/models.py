"""The Models page: what is installed, what is loaded, and loading another one."""

from collections.abc import AsyncGenerator

import gradio as gr

from app.errors import InvalidParameter, VinoChatError
from app.inference.installed import InstalledModel
from app.inference.types import ModelRef, ServiceState
from app.pages.errors import told
from app.pages.serving import Frame, plain, status_line
from app.pages.switching import Switching
from app.pages.visitor import visitor
from app.services import Services

_HEAD = """| Model | Weight format | Size | Context | Architecture | Engine | |
|---|---|---|---|---|---|---|
"""
_HINT = (
    "Another model is loaded beside the one that serves, which goes on answering until the new one "
    "is ready. To install a model, put its OpenVINO files and tokenizer into "
    "`DATA_DIR/models/MODEL_ID/WEIGHT_FORMAT/`, where the server keeps its data; the README shows "
    "how to make them. Then reload this page."
)


class ModelsPage:
    def __init__(self, services: Services, switching: Switching) -> None:
        self._inference = services.inference
        self._switching = switching

    def build(self, frame: Frame) -> None:
        gr.Markdown("## Installed models")
        table = gr.Markdown(elem_classes="table", container=True)
        with gr.Row(elem_classes="form-row"):
            model = gr.Dropdown(label="Model", choices=[], scale=3)
            load = gr.Button("Load", variant="primary", min_width=100, scale=0)
        gr.Markdown(_HINT, elem_classes="hint")
        outputs = [table, model]
        frame.page.load(self.show, None, outputs, show_progress="hidden")
        # The table only: a choice that was made meanwhile stays.
        frame.status.change(self.look, None, table, show_progress="hidden")
        load.click(self.load, model, frame.status, show_progress="hidden")

    async def show(self, request: gr.Request) -> tuple[str, object]:
        """The table, and the choices with the model that serves chosen."""
        with told():
            user = visitor(request)
            models = await self._inference.models()
            state = self._inference.state
            choices = [(str(model.ref), _key(model.ref)) for model in models]
            current = _key(state.serving.model) if state.serving is not None else None
            known = current if any(key == current for _, key in choices) else None
            allowed = self._switching.allowed(user)
            return _table(models, state), gr.update(
                choices=choices, value=known, interactive=allowed
            )

    async def look(self, request: gr.Request) -> str:
        with told():
            visitor(request)
            return _table(await self._inference.models(), self._inference.state)

    async def load(self, key: str | None, request: gr.Request) -> AsyncGenerator[str]:
        with told():
            user = visitor(request)
            if not key:
                raise InvalidParameter("Choose a model first.", "model")
            model_id, _, weight_format = key.rpartition("/")
            try:
                async for line in self._switching.run(user, ModelRef(model_id, weight_format)):
                    yield line
            except VinoChatError:
                yield status_line(self._inference.state)
                raise
            yield status_line(self._inference.state)


def _key(ref: ModelRef) -> str:
    return f"{ref.model_id}/{ref.weight_format}"


def _table(models: list[InstalledModel], state: ServiceState) -> str:
    loaded = state.serving.model if state.serving is not None else None
    rows = "\n".join(
        f"| {plain(model.ref.model_id)} | {plain(model.ref.weight_format)} | {_size(model)} "
        f"| {model.context_length:,} tokens | {plain(model.architecture)} | {model.engine_kind} "
        f"| {'**loaded**' if model.ref == loaded else ''} |"
        for model in models
    )
    return _HEAD + rows if models else "Nothing is installed yet."


def _size(model: InstalledModel) -> str:
    if not model.converted:
        return "converted when first loaded"
    megabytes = model.size_bytes / 2**20
    return f"{megabytes / 1024:.1f} GiB" if megabytes >= 1024 else f"{megabytes:.1f} MiB"
