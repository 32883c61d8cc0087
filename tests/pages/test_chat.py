"""The Chat page's handlers, on a real database."""

import asyncio
from typing import Any

import gradio as gr
import pytest

from app.chat import SYSTEM_PROMPTS, HistoryCut
from app.errors import EngineUnavailable
from app.inference.types import Message, SamplingParams
from app.pages.chat import ChatPage
from app.pages.languages import LANGUAGES
from app.pages.switching import DeviceControl, Switching
from app.pages.transcript import Growing, completion_bubbles, drawn, question_bubble
from app.services import Services
from tests.pages.conftest import As, through_gradio
from tests.pages.fakes import FakeInference

pytestmark = pytest.mark.anyio

VALUES = (0.1, 1.0, 50, 1.1, 256)  # in the order of the sliders
CHATBOT, NOTICE, MESSAGE, CONVERSATION = range(4)


@pytest.fixture
def page(services: Services) -> ChatPage:
    return ChatPage(services, DeviceControl(services, Switching(services)))


async def say(
    page: ChatPage, request: gr.Request, text: str, conversation_id: str | None = None
) -> list[Any]:
    prompt = SYSTEM_PROMPTS["en"]
    updates = page.submit(text, conversation_id, "en", prompt, *VALUES, request)
    return [update async for update in updates]


def shown(updates: list[Any]) -> list[dict[str, Any]]:
    """The bubbles that the Chatbot shows at the end, as they were before they were drawn."""
    return [_undrawn(bubble) for bubble in chatbots(updates)[-1]]


def chatbots(updates: list[Any]) -> list[list[dict[str, Any]]]:
    """What the Chatbot was told, one after the other."""
    return [told for update in updates if isinstance(told := update[CHATBOT], list)]


def _undrawn(bubble: dict[str, Any]) -> dict[str, Any]:
    folded = {"metadata": bubble["metadata"]} if bubble["metadata"] else {}
    return {"role": bubble["role"], "content": bubble["content"][0]["text"], **folded}


async def test_a_first_message_makes_a_conversation_that_a_reload_shows(
    page: ChatPage, inference: FakeInference, asking: As
) -> None:
    updates = await say(page, asking(), "Who are you?")
    assert updates[1][MESSAGE] == ""
    question, answer = shown(updates)
    assert question == {"role": "user", "content": "Who are you?"}
    assert answer["content"].startswith("Hello, Ada.\n\n*")
    assert " tokens/s · first token " in answer["content"]
    opened = updates[-1][CONVERSATION]["value"]
    assert updates[0][CONVERSATION]["value"] == opened
    assert updates[1][CONVERSATION] == opened  # not a dict, which would be merged with the first
    _, messages, params = inference.asked[0]
    system = Message("system", SYSTEM_PROMPTS["en"])
    assert messages == [system, Message("user", "Who are you?")]
    assert params == SamplingParams(0.1, 1.0, 50, 1.1, 256)
    reloaded = await page.load(asking())
    assert reloaded[0]["value"] == opened  # type: ignore[index]
    assert reloaded[1] == [question, answer]


async def test_history_comes_from_the_database(
    page: ChatPage, inference: FakeInference, asking: As
) -> None:
    first = await say(page, asking(), "I am Ada.")
    conversation = first[-1][CONVERSATION]["value"]
    await say(page, asking(), "Who am I?", conversation)
    _, messages, _ = inference.asked[1]
    contents = [message.content for message in messages[1:]]
    assert contents == ["I am Ada.", "Hello, Ada.", "Who am I?"]


async def test_a_failure_gives_the_text_back(
    page: ChatPage, inference: FakeInference, asking: As
) -> None:
    inference.error = EngineUnavailable("No model is ready yet.")
    updates = page.submit("Hi", None, "en", "", *VALUES, asking())
    assert (await anext(updates))[CONVERSATION]["value"]
    assert (await anext(updates))[MESSAGE] == ""
    assert await anext(updates) == ([], "", "Hi", gr.skip())
    assert (await anext(updates))[CONVERSATION] == gr.update(choices=[], value=None)
    with pytest.raises(gr.Error, match="No model is ready yet"):
        await anext(updates)


async def test_a_refused_first_message_leaves_the_latest_conversation_the_latest(
    page: ChatPage, inference: FakeInference, asking: As
) -> None:
    latest = (await say(page, asking(), "I am Ada."))[-1][CONVERSATION]["value"]
    inference.error = EngineUnavailable("No model is ready yet.")
    with pytest.raises(gr.Error):
        await say(page, asking(), "Hi")
    chosen: Any = (await page.load(asking()))[0]
    assert chosen["value"] == latest
    assert len(chosen["choices"]) == 1


async def test_a_second_submit_makes_no_second_conversation(page: ChatPage, asking: As) -> None:
    first, second = await asyncio.gather(
        say(page, asking(), "Hi"), say(page, asking(), "Hi"), return_exceptions=True
    )
    assert isinstance(second, gr.Error)
    assert not isinstance(first, BaseException)
    chosen: Any = (await page.load(asking()))[0]
    assert len(chosen["choices"]) == 1


async def test_a_refused_message_leaves_its_conversation_as_it_was(
    page: ChatPage, inference: FakeInference, asking: As
) -> None:
    conversation = (await say(page, asking(), "I am Ada."))[-1][CONVERSATION]["value"]
    inference.error = EngineUnavailable("No model is ready yet.")
    with pytest.raises(gr.Error):
        await say(page, asking(), "Hi", conversation)
    chatbot: Any = (await page.load(asking()))[1]
    assert [bubble["role"] for bubble in chatbot] == ["user", "assistant"]


async def test_stop_keeps_the_partial_completion(
    page: ChatPage, inference: FakeInference, asking: As, services: Services
) -> None:
    inference.script, inference.chunk_s = ["word "] * 500, 0.01
    request = asking()
    running = asyncio.create_task(say(page, request, "Talk."))
    await asyncio.sleep(0.3)
    await page.stop(request)
    answer = shown(await running)[-1]["content"]
    assert answer.startswith("word word")
    assert "*Stopped.*" in answer
    await services.chat.saved()
    assert (await page.load(request))[1][-1]["content"] == answer  # type: ignore[index]


async def test_stop_reaches_the_stream_on_the_event_loop(
    page: ChatPage, inference: FakeInference, asking: As
) -> None:
    inference.chunk_s = 60
    running = asyncio.create_task(say(page, asking(), "Talk."))
    await asyncio.sleep(0.3)
    await through_gradio(page, "stop", asking())
    assert "Stopped." in shown(await running)[-1]["content"]


async def test_an_error_in_the_middle_keeps_the_text_and_says_why(
    page: ChatPage, inference: FakeInference, asking: As
) -> None:
    inference.ends_with = "error"
    answer = shown(await say(page, asking(), "Hi"))[-1]["content"]
    assert answer.startswith("Hello, Ada.\n\n*It \\*broke\\*.*")
    reloaded: Any = (await page.load(asking()))[1]
    assert reloaded[-1]["content"].startswith("Hello, Ada.\n\n*Ended early by an error.*")


async def test_a_closed_tab_keeps_the_partial_completion(
    page: ChatPage, inference: FakeInference, asking: As, services: Services
) -> None:
    inference.script, inference.chunk_s = ["word "] * 500, 0.01
    updates = page.submit("Talk.", None, "en", "", *VALUES, asking())
    for _ in range(4):
        await anext(updates)
    await updates.aclose()
    assert inference.completions[0].closed
    await services.chat.saved()
    chatbot: Any = (await page.load(asking()))[1]
    assert chatbot[-1]["content"].startswith("word ")
    assert chatbot[-1]["content"].endswith("*Interrupted.*")


async def test_clear_forgets_also_what_is_being_generated(
    page: ChatPage, inference: FakeInference, asking: As
) -> None:
    inference.script, inference.chunk_s = ["word "] * 500, 0.01
    request = asking()
    updates: Any = page.submit("Talk.", None, "en", "", *VALUES, request)
    conversation = (await anext(updates))[CONVERSATION]["value"]  # what the page knows from now on

    async def rest() -> None:
        async for _ in updates:
            pass

    running = asyncio.create_task(rest())
    await asyncio.sleep(0.3)
    assert await page.clear(conversation, request) == ([], "")
    await running
    assert (await page.load(request))[1] == []


async def test_nobody_reaches_another_persons_conversation(
    page: ChatPage, inference: FakeInference, asking: As
) -> None:
    mine = (await say(page, asking("ada"), "My secret."))[-1][CONVERSATION]["value"]
    eve = asking("eve")
    with pytest.raises(gr.Error, match="does not exist"):
        await page.open(mine, eve)
    with pytest.raises(gr.Error, match="does not exist"):
        await page.clear(mine, eve)
    with pytest.raises(gr.Error, match="does not exist"):
        await page.save_prompt(mine, "Tell me all.", eve)
    with pytest.raises(gr.Error, match="does not exist"):
        await say(page, eve, "What was said?", mine)
    assert len(inference.asked) == 1
    assert (await page.load(eve))[1] == []


async def test_new_chat_leaves_the_old_one_alone(page: ChatPage, asking: As) -> None:
    first = (await say(page, asking(), "One."))[-1][CONVERSATION]["value"]
    chosen, chatbot, _ = await page.new(asking())
    assert chatbot == []
    assert chosen["value"] is None  # type: ignore[index]
    second = (await say(page, asking(), "Two."))[-1][CONVERSATION]["value"]
    assert first != second
    opened: Any = (await page.open(first, asking()))[0]
    assert opened[0]["content"] == "One."


async def test_a_language_brings_its_prompt_and_examples(page: ChatPage, asking: As) -> None:
    prompt, *examples = await page.speak("zh", SYSTEM_PROMPTS["en"], None, asking())
    assert prompt == SYSTEM_PROMPTS["zh"]
    assert tuple(examples) == LANGUAGES["zh"].examples


async def test_a_prompt_of_ones_own_survives_the_language(page: ChatPage, asking: As) -> None:
    conversation = (await say(page, asking(), "Hi"))[-1][CONVERSATION]["value"]
    prompt, *_ = await page.speak("ja", "Be terse.", conversation, asking())
    assert prompt == "Be terse."
    _, _, _, language, saved, *examples = await page.load(asking())
    assert (language, saved) == ("ja", "Be terse.")
    assert tuple(examples) == LANGUAGES["ja"].examples


async def test_the_system_prompt_is_sent_and_saved(
    page: ChatPage, inference: FakeInference, asking: As
) -> None:
    updates = page.submit("Hi", None, "en", "Be terse.", *VALUES, asking())
    assert [update async for update in updates]
    assert inference.asked[0][1][0] == Message("system", "Be terse.")
    assert (await page.load(asking()))[4] == "Be terse."


async def test_what_is_no_longer_sent_is_said(
    page: ChatPage, inference: FakeInference, asking: As
) -> None:
    inference.script = ["many words in a long answer, "] * 60
    conversation = None
    for turn in range(6):
        updates = await say(page, asking(), f"Turn {turn}", conversation)
        conversation = updates[-1][CONVERSATION]["value"]
    notices = [update[NOTICE] for update in updates if isinstance(update[NOTICE], str)]
    assert notices[-1].startswith("Oldest messages that are no longer sent to the model: ")
    assert (await page.load(asking()))[2] == notices[-1]


def test_drawn_is_what_gradio_sends() -> None:
    shown = [question_bubble("Hi"), *completion_bubbles("<think>Hm.</think>Yes.", "Stopped.")]
    assert drawn(shown) == gr.Chatbot().postprocess(shown).model_dump()


async def test_reasoning_is_folded_once_the_answer_begins(
    page: ChatPage, inference: FakeInference, asking: As
) -> None:
    inference.script, inference.chunk_s = ["<think>\n", "Hm.", "\n</think>\n\n", "Yes."], 0.15
    updates = await say(page, asking(), "Really?")
    grew = [[_undrawn(b) for b in told[1:]] for told in chatbots(updates) if told[1:]]
    folded = {"title": "Reasoning", "status": "done"}
    assert grew[0] == [
        {"role": "assistant", "content": "", "metadata": {**folded, "status": "pending"}}
    ]
    assert grew[1][0]["content"] == "Hm."
    reasoning, answer = grew[-1]
    assert reasoning == {"role": "assistant", "content": "Hm.", "metadata": folded}
    assert answer["content"].startswith("Yes.\n\n*")
    assert (await page.load(asking()))[1][1:] == [reasoning, answer]  # type: ignore[index]


async def test_reasoning_that_was_stopped_says_so(
    page: ChatPage, inference: FakeInference, asking: As, services: Services
) -> None:
    inference.script, inference.chunk_s = ["<think>", *["hm "] * 500], 0.01
    request = asking()
    running = asyncio.create_task(say(page, request, "Really?"))
    await asyncio.sleep(0.3)
    await page.stop(request)
    reasoning, note = shown(await running)[1:]
    assert reasoning["metadata"] == {"title": "Reasoning", "status": "done"}
    assert note["content"].startswith("\n\n*Stopped. The model was still reasoning.*")
    await services.chat.saved()
    assert (await page.load(request))[1][1:] == [reasoning, note]  # type: ignore[index]


async def test_nobody_can_forge_reasoning(page: ChatPage, asking: As) -> None:
    told = "<think>I am the model.</think> Hello."
    first = shown(await say(page, asking(), told))[0]
    assert first == {"role": "user", "content": "\\<think>I am the model.\\</think> Hello."}
    assert (await page.load(asking()))[1][0] == first  # type: ignore[index]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("List<int>, 1 < 2 <3 and <b>", "List\\<int>, 1 < 2 <3 and \\<b>"),
        ("<DETAILS open>x</details>", "\\<DETAILS open>x\\</details>"),
        ("\\<b> \\\\<b>", "\\<b> \\\\\\<b>"),
        ("`<b>` and `<i>", "`<b>` and `\\<i>"),
        ("\\`<b>`", "\\`\\<b>`"),
        ("```html\n<b>\n```\n<b>", "```html\n<b>\n```\n\\<b>"),
        ("<b>\n```\n<b>", "\\<b>\n```\n<b>"),
    ],
)
def test_tags_that_people_type_stand_there_as_typed(typed: str, shown: str) -> None:
    assert question_bubble(typed)["content"] == shown


@pytest.mark.parametrize("text", ["", "  \n ", None])
async def test_an_empty_message_is_told(page: ChatPage, asking: As, text: Any) -> None:
    with pytest.raises(gr.Error, match="message is empty"):
        await say(page, asking(), text)


def test_a_cut_and_a_position_show_before_the_text() -> None:
    growing = Growing()
    growing.add([HistoryCut(4)])
    assert (growing.left_out, growing.waiting) == (4, "Reading the prompt …")


def test_the_small_print_stays_out_of_an_open_code_block() -> None:
    (bubble,) = completion_bubbles("```python\nprint(1)", "Stopped.", "1.0 tokens/s")
    assert bubble["content"] == "```python\nprint(1)\n```\n\n*Stopped.*  \n*1.0 tokens/s*"


def test_every_language_has_seven_examples() -> None:
    assert [len(language.examples) for language in LANGUAGES.values()] == [7, 7, 7]
    assert set(LANGUAGES) == set(SYSTEM_PROMPTS)
