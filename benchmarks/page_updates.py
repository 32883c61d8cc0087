"""What one update of a streaming page costs the server, against Gradio's own way.

Both sides go through Gradio's own handling of an event, without HTTP and without a model: a
completion grows by a word at each update. One side is the pages' Blocks, which leaves out what a
handler skips, with values that are ready for the browser; the other is Gradio's Blocks and its
postprocessing. Processor time, so other work on the machine matters little.
"""

import argparse
import time
from collections.abc import AsyncGenerator, Callable
from typing import Any

import gradio as gr
from gradio.state_holder import SessionState

import app.pages  # noqa: F401  (it sets what Gradio reads when it is imported)
from app.pages.blocks import Pages
from app.pages.transcript import completion_bubbles, drawn, question_bubble
from benchmarks.harness.figures import Figure, Report, ratio
from benchmarks.harness.rounds import in_turns

ROUNDS = 9
_UPDATES = 100
_WARM = 5

Handler = Callable[[], AsyncGenerator[tuple[Any, ...]]]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=20, help="before the one that grows (20)")
    parser.add_argument("--characters", type=int, default=2000, help="of each of them (2000)")


async def measure(options: argparse.Namespace) -> Report:
    report = Report("page_updates", "Processor time of one update of a page")
    history = _history(options.messages, options.characters)
    for page, outputs, handlers in (
        ("Instruct", (gr.Markdown, gr.Markdown, gr.Accordion, gr.Markdown), (_instruct, _instruct)),
        ("Chat", (gr.Chatbot, gr.Markdown, gr.Textbox, gr.Radio), _chat(history)),
    ):
        names = (f"{page}, Gradio's own way", f"{page}, these pages")
        kinds = ((gr.Blocks, True), (Pages, False))
        runs = {
            name: _Run(kind, outputs, handler, postprocess)
            for name, (kind, postprocess), handler in zip(names, kinds, handlers, strict=True)
        }
        print(f"{page}, ms an update:", flush=True)
        costs = await in_turns({name: run.round for name, run in runs.items()}, options.rounds)
        for name, cost in costs.items():
            report.add(Figure.median(name, cost, "ms CPU/update"))
        report.add(ratio(f"{page}, Gradio / these pages", *(costs[name] for name in names)))
    report.notes.append(
        f"Chat with {options.messages} messages of {options.characters} characters before it."
    )
    return report


class _Run:
    """One event that streams, driven as Gradio's queue drives it."""

    def __init__(
        self, kind: type[gr.Blocks], outputs: tuple[Any, ...], handler: Handler, postprocess: bool
    ) -> None:
        with kind() as self._blocks:
            parts = [output() for output in outputs]
            gr.Button().click(handler, None, parts, postprocess=postprocess)
        self._blocks.queue()
        (self._function,) = self._blocks.fns.values()
        self._state, self._iterator = SessionState(self._blocks), None

    async def round(self, _number: int) -> float:
        for _ in range(_WARM):
            await self._update()
        began = time.process_time()
        for _ in range(_UPDATES):
            await self._update()
        return (time.process_time() - began) / _UPDATES * 1000

    async def _update(self) -> None:
        told = await self._blocks.process_api(
            self._function,
            [],
            state=self._state,
            iterator=self._iterator,
            session_hash="tab",
            event_id="event",
        )
        self._iterator = told["iterator"]


def _history(messages: int, characters: int) -> list[dict[str, Any]]:
    text = "word " * (characters // 5)
    turns = (
        completion_bubbles(text) if number % 2 else [question_bubble(text)]
        for number in range(messages)
    )
    return [bubble for turn in turns for bubble in turn]


async def _instruct() -> AsyncGenerator[tuple[Any, ...]]:
    text = ""
    while True:
        text += " word"
        yield text, "", gr.skip(), ""


def _chat(history: list[dict[str, Any]]) -> tuple[Handler, Handler]:
    async def gradios() -> AsyncGenerator[tuple[Any, ...]]:
        text = ""
        while True:
            text += " word"
            yield [*history, *completion_bubbles(text)], "", gr.skip(), gr.skip()

    async def ours() -> AsyncGenerator[tuple[Any, ...]]:
        text, before = "", drawn(history)
        while True:
            text += " word"
            yield [*before, *drawn(completion_bubbles(text))], "", gr.skip(), gr.skip()

    return gradios, ours
