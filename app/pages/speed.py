"""The part of the Admin page that measures the model that serves: one click, a table, a picture."""

import asyncio
import base64
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import gradio as gr

from app.errors import RetryLater
from app.inference.bench import plot, served
from app.inference.bench.figures import Row
from app.inference.bench.served import Step
from app.inference.quantities import size
from app.pages.errors import told
from app.pages.serving import plain
from app.pages.streams import UPDATE_S, batches
from app.pages.visitor import admin
from app.services import Services

_HEAD = """| Prompt and users | First token | 95 of 100 by | Per token | One user | All users |
|---|---:|---:|---:|---:|---:|
"""
_HINT = (
    "Asks the model that serves for completions of random prompts, alone and several at once, in "
    "the same queue as everybody. Takes a few seconds, on a large model a few minutes; leaving the "
    "page ends it. `python launch.py bench` compares models, formats, devices and engines."
)


class SpeedPart:
    """One measurement at a time, whoever asks for it."""

    def __init__(self, services: Services) -> None:
        self._inference = services.inference
        self._measuring = False

    def build(self) -> None:
        gr.Markdown("## Speed")
        gr.Markdown(_HINT, elem_classes="hint")
        with gr.Row(elem_classes="buttons"):
            start = gr.Button("Measure", variant="primary", min_width=140, scale=0)
        shown = gr.Markdown(elem_id="speed", elem_classes="table", container=True)
        start.click(self.measure, None, shown, show_progress="hidden")

    async def measure(self, request: gr.Request) -> AsyncGenerator[object]:
        """Progress and rows as they come; at the end everything, with the picture."""
        with told():
            admin(request)
            if self._measuring:
                raise RetryLater("A measurement is under way already. Wait until it is done.")
            self._measuring = True
            try:
                async with aclosing(self._measure()) as texts:
                    async for text in texts:
                        yield text
            finally:
                self._measuring = False

    async def _measure(self) -> AsyncGenerator[object]:
        rows: list[Row] = []
        text = "Measuring…"
        measuring = served.run(self._inference, seed=secrets.randbits(32))
        async with aclosing(batches(measuring, lambda: UPDATE_S)) as news:
            async for batch in news:
                for event in batch:
                    if isinstance(event, Step):
                        text = f"Measuring {event.number} of {event.of}: {event.case}…"
                    else:
                        rows.append(event)
                # Also while nothing is new: a page that is gone shows only here.
                yield f"{text}\n\n{table(rows)}" if batch else gr.skip()
        yield f"{notes(rows)}\n\n{table(rows)}"
        if not any(row.measured for row in rows):
            return
        picture = await asyncio.to_thread(plot.render, plot.chart(rows), "svg")
        yield f"{notes(rows)}\n\n{table(rows)}\n\n{image(picture)}"


def table(rows: Sequence[Row]) -> str:
    return _HEAD + "\n".join(map(_line, rows)) if rows else ""


def notes(rows: Sequence[Row]) -> str:
    """What was measured, and what it has to be seen with."""
    if not rows:
        return "Nothing was measured."
    last = rows[-1]
    text = f"**{plain(str(last.setup))}**"
    if last.load_s:
        text += f" · loaded in {last.load_s:.1f} s"
    if last.peak_bytes:
        text += f" · up to {size(last.peak_bytes)} of memory in use"
    if others := max(row.others for row in rows):
        who = "1 other request" if others == 1 else f"{others} other requests"
        text += (
            f"\n\n**Up to {who} of other people ran at the same time**: alone, the model is faster."
        )
    return text


def image(svg: bytes) -> str:
    """Within the text: pages may show no files."""
    data = base64.b64encode(svg).decode()
    return f"![The figures of the table as bars](data:image/svg+xml;base64,{data})"


def _line(row: Row) -> str:
    measured = row.measured
    if measured is None:
        return f"| {row.case} | {plain(row.reason)} | | | | |"
    tpot, user = measured.tpot_s, measured.user_rate
    return (
        f"| {row.case} | {measured.ttft_s:.2f} s | {measured.ttft_p95_s:.2f} s "
        f"| {'' if tpot is None else f'{tpot * 1000:.1f} ms'} "
        f"| {'' if user is None else f'{user:.1f} tokens/s'} | {measured.total_rate:.1f} tokens/s |"
    )
