"""The Instruct page's handlers."""

import asyncio
from itertools import groupby, pairwise
from typing import Any

import gradio as gr
import pytest

from app.errors import EngineUnavailable
from app.inference.types import Message, SamplingParams
from app.pages import instruct
from app.pages.errors import BUG
from app.pages.instruct import InstructPage
from app.pages.switching import DeviceControl, Switching
from app.services import Services
from tests.pages.conftest import As, request_of, through_gradio
from tests.pages.fakes import FakeInference

pytestmark = pytest.mark.anyio

FOLDED_AWAY = gr.update(visible=False, open=False)
VALUES = (256, 0.92, 0, 0.8)  # in the order of the sliders


@pytest.fixture
def page(services: Services) -> InstructPage:
    return InstructPage(services, DeviceControl(services, Switching(services)))


async def submit(page: InstructPage, request: gr.Request, text: str, *values: Any) -> list[Any]:
    return [update async for update in page.submit(text, *(values or VALUES), request)]


async def test_text_grows_and_ends_with_the_performance_line(
    page: InstructPage, inference: FakeInference, asking: As
) -> None:
    inference.chunk_s = 0.1
    updates = await submit(page, asking(), "Say hello.")
    texts = [update[0] for update in updates if isinstance(update[0], str)]
    assert texts[0] == ""
    assert texts[-1] == "Hello, Ada."
    assert all(longer.startswith(text) for text, longer in pairwise(texts))
    assert " tokens/s · first token " in updates[-1][1]
    user, messages, params = inference.asked[0]
    assert messages == [Message("user", "Say hello.")]
    assert params == SamplingParams(0.8, 0.92, 0, 1.0, 256)
    assert user
    assert inference.instructed == [True]


async def test_reasoning_is_folded_once_the_answer_begins(
    page: InstructPage, inference: FakeInference, asking: As
) -> None:
    inference.script, inference.chunk_s = ["<think>\n", "Hm.", "\n</think>\n\n", "Yes."], 0.15
    updates = await submit(page, asking(), "Really?")
    assert updates[0][2:] == (FOLDED_AWAY, "")
    opened, closed = (gr.update(visible=True, open=open) for open in (True, False))
    folds = [update[2] for update in updates[1:] if update[2] != gr.skip()]
    assert [fold for fold, _ in groupby(folds)] == [opened, closed]
    assert updates[-1][2] == closed, "the last word holds, whatever the browser has missed"
    assert (updates[-1][0], updates[-1][3]) == ("Yes.", "Hm.")
    assert {update[0] for update in updates if update[3] == ""} == {""}
    assert not any("think" in str(update[0]) for update in updates)


@pytest.mark.parametrize(("seconds", "again"), [(60.0, True), (0.0, False)])
async def test_the_fold_is_told_again_only_at_first(
    monkeypatch: pytest.MonkeyPatch, seconds: float, again: bool
) -> None:
    """A busy browser misses updates, and who has closed the fold by hand wants it closed."""
    monkeypatch.setattr(instruct, "_REPEATED_S", seconds)
    fold, opened = instruct._Fold(), gr.update(visible=True, open=True)
    assert fold.update(False, False, last=False) == gr.skip()
    assert fold.update(True, True, last=False) == opened
    assert fold.update(True, True, last=False) == (opened if again else gr.skip())


async def test_reasoning_that_was_stopped_says_so(
    page: InstructPage, inference: FakeInference, asking: As
) -> None:
    inference.script, inference.ends_with = ["<think>", "Hm."], "length"
    text, line, fold, reasoning = (await submit(page, asking(), "Really?"))[-1]
    assert (text, reasoning) == ("", "Hm.")
    assert line.endswith("The model was still reasoning.")
    assert fold == gr.update(visible=True, open=False)


async def test_the_position_in_the_queue_is_shown(
    page: InstructPage, inference: FakeInference, asking: As
) -> None:
    inference.positions, inference.chunk_s = [3, 1], 0.15
    shown = [update[1] for update in await submit(page, asking(), "Hi")]
    assert "Waiting in the queue: position 3." in shown
    assert "Waiting in the queue: position 1." in shown


async def test_stop_keeps_the_text_and_the_line(
    page: InstructPage, inference: FakeInference, asking: As
) -> None:
    inference.script, inference.chunk_s = ["word "] * 500, 0.01
    request = asking()
    last: tuple[object, ...] = ("", "")
    async for update in page.submit("Talk.", *VALUES, request):
        last = update if isinstance(update[0], str) else last
        if len(str(last[0])) > 20:
            await page.stop(request)
    assert str(last[0]).startswith("word word ")
    assert len(str(last[0])) < 2000
    assert "tokens/s" in str(last[1])
    assert "Stopped." in str(last[1])


async def test_stop_reaches_the_stream_on_the_event_loop(
    page: InstructPage, inference: FakeInference, asking: As
) -> None:
    inference.chunk_s = 60
    running = asyncio.create_task(submit(page, asking(), "Talk."))
    await asyncio.sleep(0.1)
    await through_gradio(page, "stop", asking())
    assert "Stopped." in (await running)[-1][1]


@pytest.mark.parametrize(
    ("text", "values", "says"),
    [
        ("", VALUES, "instruction is empty"),
        ("  \n", VALUES, "instruction is empty"),
        ("Hi", (256, 0.92, -1, 0.8), "top_k must be a whole number from 0"),
        ("Hi", (256, 0.92, 0, float("nan")), "temperature must be a number from 0"),
        ("Hi", (None, 0.92, 0, 0.8), "max_new_tokens must be a whole number from 1"),
    ],
)
async def test_wrong_input_is_told_plainly(
    page: InstructPage, inference: FakeInference, asking: As, text: str, values: Any, says: str
) -> None:
    with pytest.raises(gr.Error, match=says):
        await submit(page, asking(), text, *values)
    assert inference.asked == []


async def test_a_failure_leaves_no_waiting_note_behind(
    page: InstructPage, inference: FakeInference, asking: As
) -> None:
    inference.error = EngineUnavailable("No model is ready yet. It is loading.")
    updates = page.submit("Hi", *VALUES, asking())
    assert (await anext(updates))[:2] == ("", "Reading the prompt …")
    assert (await anext(updates))[:2] == ("", "")
    with pytest.raises(gr.Error, match="No model is ready yet"):
        await anext(updates)


async def test_a_bug_is_told_without_its_text(
    page: InstructPage, inference: FakeInference, asking: As
) -> None:
    inference.error = ValueError("secret")  # type: ignore[assignment]
    with pytest.raises(gr.Error) as told:
        await submit(page, asking(), "Hi")
    assert BUG in str(told.value)
    assert "secret" not in str(told.value)


async def test_an_error_in_the_middle_keeps_the_text(
    page: InstructPage, inference: FakeInference, asking: As
) -> None:
    inference.ends_with = "error"
    text, line, *_ = (await submit(page, asking(), "Hi"))[-1]
    assert text == "Hello, Ada."
    assert "It \\*broke\\*." in line
    assert "tokens/s" in line


async def test_a_closed_tab_ends_the_completion(
    page: InstructPage, inference: FakeInference, asking: As
) -> None:
    inference.script, inference.chunk_s = ["word "] * 500, 0.01
    updates = page.submit("Talk.", *VALUES, asking())
    for _ in range(3):
        await anext(updates)
    await updates.aclose()
    assert inference.completions[0].closed


async def test_clear_ends_the_stream_and_empties_the_page(
    page: InstructPage, inference: FakeInference, asking: As
) -> None:
    inference.script, inference.chunk_s = ["word "] * 500, 0.01
    running = asyncio.create_task(submit(page, asking(), "Talk."))
    await asyncio.sleep(0.1)
    assert await page.clear(asking()) == ("", "", "", FOLDED_AWAY, "")
    assert inference.completions[0].closed
    await running


async def test_strangers_get_nothing(page: InstructPage, inference: FakeInference) -> None:
    with pytest.raises(gr.Error, match="logged out"):
        await submit(page, request_of(None), "Hi")
    assert inference.asked == []
