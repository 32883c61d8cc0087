"""Gradio's Blocks without what it does for nothing. Knows nothing of our pages.

Gradio makes a component anew, and describes all of it, for every output that a handler skips: on
pages that stream, that is most of what it does. Whenever a page has been built it makes a web app
of all pages so far, though only the mounted one is used: half a second at every start. And outside
of Windows its queue asks a thousand times a second whether somebody pressed something: a fifteenth
of a core, for ever, which the engine has better use for.
"""

from copy import copy
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.routes import App
from gradio.state_holder import SessionState

LOOK_FOR_EVENTS_S = 0.05
"""How soon what somebody pressed begins, at the latest; Gradio looks as often on Windows."""
_SKIPPED = gr.skip()


class Pages(gr.Blocks):
    """The one Blocks that every page is a route of."""

    def __exit__(self, *raised: Any) -> None:
        maker: Any = App
        create_app, maker.create_app = App.create_app, lambda *_, **__: None
        try:
            super().__exit__(*raised)
        finally:
            maker.create_app = create_app

    def queue(self, *args: Any, **options: Any) -> "Pages":
        super().queue(*args, **options)
        self._queue.sleep_when_free = LOOK_FOR_EVENTS_S
        self._queue.progress_update_sleep_when_free = LOOK_FOR_EVENTS_S
        return self

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: Any, state: SessionState | None
    ) -> list[Any]:
        """As the base class, which is shown only the outputs that are not skipped."""
        outputs = block_fn.outputs
        if predictions == _SKIPPED:
            return [gr.skip() for _ in outputs]
        several = isinstance(predictions, (list, tuple)) and len(predictions) == len(outputs)
        changed = [i for i in range(len(outputs)) if not several or predictions[i] != _SKIPPED]
        if len(changed) == len(outputs):
            return await super().postprocess_data(block_fn, predictions, state)
        told: list[Any] = [gr.skip() for _ in outputs]
        if changed:
            part = copy(block_fn)
            part.outputs = [outputs[i] for i in changed]
            values = [predictions[i] for i in changed]
            # A function with one output returns its value bare.
            shown = await super().postprocess_data(part, values if values[1:] else values[0], state)
            for i, value in zip(changed, shown, strict=True):
                told[i] = value
        return told
