"""Skipping costs nothing and changes nothing."""

import asyncio
from collections.abc import Sequence
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio import queueing
from gradio.state_holder import SessionState

from app.pages.blocks import Pages

pytestmark = pytest.mark.anyio

SKIP = gr.skip()


def build(kind: type[gr.Blocks], outputs: int) -> gr.Blocks:
    with kind() as blocks:
        parts = [gr.Markdown(str(number)) for number in range(outputs)]
        gr.Button().click(lambda: None, None, parts)
    return blocks


async def told(blocks: gr.Blocks, predictions: Any, state: SessionState | None = None) -> list[Any]:
    (function,) = blocks.fns.values()
    given = deepcopy(predictions)  # Gradio takes an update's value out of it
    return await blocks.postprocess_data(function, given, state or SessionState(blocks))


@pytest.mark.parametrize(
    "predictions",
    [
        (SKIP, SKIP, SKIP),
        ("one", SKIP, "three"),
        (SKIP, gr.update(value="two", visible=False), SKIP),
        ("one", "two", "three"),
        SKIP,
    ],
)
async def test_the_browser_is_told_the_same(predictions: Sequence[Any]) -> None:
    assert await told(build(Pages, 3), predictions) == await told(build(gr.Blocks, 3), predictions)


@pytest.mark.parametrize("prediction", [SKIP, "text", "", gr.update(visible=False)])
async def test_so_it_is_for_one_output(prediction: Any) -> None:
    assert await told(build(Pages, 1), prediction) == await told(build(gr.Blocks, 1), prediction)


async def test_what_is_skipped_is_not_made_anew() -> None:
    blocks = build(Pages, 3)
    (function,) = blocks.fns.values()
    state = SessionState(blocks)
    await told(blocks, ("one", gr.update(visible=False), SKIP), state)
    made_anew = [state[part._id] is not part for part in function.outputs]
    assert made_anew == [False, True, False]


async def test_no_web_app_is_made_before_the_pages_are_mounted() -> None:
    with Pages() as pages:
        pass
    with pages.route("More", "/more"):
        gr.Markdown("More")
    assert pages.app is None
    pages.queue()
    assert pages.app.get_blocks() is pages


async def test_nobody_at_the_pages_costs_next_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    sleep = asyncio.sleep

    async def counted(seconds: float) -> None:
        looks.append(seconds)
        await sleep(seconds)

    monkeypatch.setattr(queueing, "asyncio", SimpleNamespace(sleep=counted))
    with Pages() as pages:
        pass
    pages.queue()
    tasks = [
        asyncio.create_task(pages._queue.start_processing()),
        asyncio.create_task(pages._queue.start_progress_updates()),
    ]
    await sleep(0.5)
    for task in tasks:
        task.cancel()
    assert 2 <= len(looks) <= 30  # Gradio's own would make several hundreds
