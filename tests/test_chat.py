"""The chat use case: what is sent to the model, what is stored, and what is left out."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

import pytest
from tokenizers import Tokenizer

from app.auth.accounts import Accounts
from app.chat import Chat, HistoryCut
from app.conversations import Conversations, StoredMessage
from app.database import Database
from app.errors import EngineUnavailable, InvalidParameter, NotFound, PromptTooLong, RetryLater
from app.inference.service import InferenceService
from app.inference.types import Chunk, EngineInfo, Finished, Message, SamplingParams, StreamEvent
from tests.fakes import FakeEngine
from tests.scripted import Engines, MakeService, SettingsFactory, until

pytestmark = pytest.mark.anyio

PARAMS = SamplingParams(max_new_tokens=5)


@dataclass
class Room:
    """One user with one conversation."""

    inference: InferenceService
    conversations: Conversations
    chat: Chat
    user: str
    id: str

    async def say(
        self, text: str, params: SamplingParams = PARAMS
    ) -> list[StreamEvent | HistoryCut]:
        return [event async for event in self.chat.reply(self.user, self.id, text, params).events()]

    def stored(self) -> tuple[StoredMessage, ...]:
        return self.conversations.get(self.user, self.id).messages


OpenRoom = Callable[..., contextlib.AbstractAsyncContextManager[Room]]


@pytest.fixture
def open_room(make_service: MakeService, database: Database, accounts: Accounts) -> OpenRoom:
    @contextlib.asynccontextmanager
    async def open_room(system_prompt: str = "Be brief.", **values: object) -> AsyncGenerator[Room]:
        conversations = Conversations(database)
        user = accounts.users.add("ada", "a long enough phrase")
        conversation = conversations.create(user.id, "en", system_prompt)
        async with make_service(**values) as inference:
            chat = Chat(conversations, inference)
            yield Room(inference, conversations, chat, user.id, conversation.id)
            await chat.saved()

    return open_room


def slow(engine: FakeEngine) -> None:
    engine.token_s = 0.005


async def sent(room: Room, engines: Engines, index: int = -1) -> tuple[int, ...]:
    return engines.last.requests[index].prompt_ids


async def prompt_of(room: Room, *messages: Message) -> tuple[int, ...]:
    return room.inference._loaded().prompts.encode(messages)


async def test_a_turn_is_stored_with_its_receipt(open_room: OpenRoom) -> None:
    async with open_room() as room:
        events = await room.say("My name is Ada.")
        question, answer = room.stored()
        assert (question.role, question.content) == ("user", "My name is Ada.")
        text = "".join(event.text for event in events if isinstance(event, Chunk))
        assert (answer.role, answer.content, answer.finish_reason) == ("assistant", text, "length")
        assert answer.receipt is not None
        assert answer.receipt["completion_tokens"] == 5


async def test_history_and_system_prompt_are_sent(open_room: OpenRoom, engines: Engines) -> None:
    async with open_room() as room:
        await room.say("one")
        answer = room.stored()[1].content
        await room.say("two")
        assert await sent(room, engines) == await prompt_of(
            room,
            Message("system", "Be brief."),
            Message("user", "one"),
            Message("assistant", answer),
            Message("user", "two"),
        )


async def test_an_empty_system_prompt_is_not_sent(open_room: OpenRoom, engines: Engines) -> None:
    async with open_room(system_prompt=" ") as room:
        await room.say("one")
        assert await sent(room, engines) == await prompt_of(room, Message("user", "one"))


async def test_the_next_prompt_begins_with_the_last_one(
    open_room: OpenRoom, engines: Engines
) -> None:
    async with open_room() as room:
        await room.say("one")
        await room.say("two")
        first, second = (request.prompt_ids for request in engines.last.requests)
        assert second[: len(first)] == first


async def test_long_history_is_cut_once_for_several_turns(
    open_room: OpenRoom, engines: Engines
) -> None:
    async with open_room(history_tokens=400) as room:
        cuts: list[int] = []
        for number in range(30):
            events = await room.say(f"message number {number}")
            first = events[0]
            cuts.append(first.messages if isinstance(first, HistoryCut) else 0)
            assert len(await sent(room, engines)) <= 400
        assert cuts == sorted(cuts)
        assert cuts[0] == 0
        assert 1 < len(set(cuts)) < 10
        prompt = await prompt_of(room, Message("system", "Be brief."), Message("user", "message"))
        begin = prompt[: -len("E\nSassistant\n")]  # E and S: the end of a turn, a start
        assert all(request.prompt_ids[: len(begin)] == begin for request in engines.last.requests)
        assert len(room.stored()) == 60
        assert room.conversations.get(room.user, room.id).info.context_start == cuts[-1]


async def test_the_short_memory_of_an_encoder_decoder_model_is_used_to_the_full(
    open_room: OpenRoom, engines: Engines
) -> None:
    engines.prepare = lambda engine: setattr(
        engine, "info", EngineInfo("optimum", "CPU", 128, 256, 1, 128)
    )
    async with open_room(system_prompt="") as room:
        cuts = []
        for turn in range(5):
            events = await room.say(f"Turn {turn}.", SamplingParams(max_new_tokens=2000))
            cuts += [event.messages for event in events if isinstance(event, HistoryCut)]
            assert 0 < len(await sent(room, engines)) <= 128
            assert engines.last.requests[-1].params.max_new_tokens == 128
        assert cuts == sorted(cuts)
        assert cuts[-1] > 0
        with pytest.raises(PromptTooLong, match="at most 128"):
            await room.say("x" * 200)


async def test_what_a_short_memory_left_out_comes_back_with_a_longer_one(
    open_room: OpenRoom, engines: Engines
) -> None:
    short = EngineInfo("optimum", "CPU", 128, 256, 1, 128)
    engines.prepare = lambda engine: setattr(engine, "info", short)
    async with open_room() as room:
        for turn in range(4):
            await room.say(f"Turn {turn}.", SamplingParams(max_new_tokens=30))
        assert room.conversations.get(room.user, room.id).info.context_start > 0
        engines.prepare = lambda engine: None
        await room.inference.switch(device="AUTO")
        events = await room.say("Again.")
        assert HistoryCut(0) in events
        assert room.conversations.get(room.user, room.id).info.context_start == 0
        everything = await room.say("And again.")
        assert not any(isinstance(event, HistoryCut) for event in everything)


async def test_reasoning_is_stored_but_not_sent_again(
    open_room: OpenRoom, engines: Engines, scripted_settings: SettingsFactory
) -> None:
    folder = scripted_settings().models_dir / "first" / "int8"
    template = folder / "chat_template.jinja"
    template.write_text(template.read_text() + "{# </think> #}")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    text = "<think>\nHm, names.\n</think>\n\nHello, Ada."
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    engines.prepare = lambda engine: setattr(
        engine, "script", lambda request: iter([*ids, *request.stop_token_ids])
    )
    async with open_room() as room:
        long = SamplingParams(max_new_tokens=100)
        events = await room.say("I am Ada.", long)
        assert isinstance(events[-1], Finished)
        assert events[-1].receipt.completion_tokens == len(ids)
        assert room.stored()[1].content == text
        await room.say("Who am I?", long)
        asked = [Message("user", "I am Ada."), Message("assistant", "Hello, Ada.")]
        asked = [Message("system", "Be brief."), *asked, Message("user", "Who am I?")]
        assert await sent(room, engines) == await prompt_of(room, *asked)
        thought = [*asked[:2], Message("assistant", text), asked[3]]
        assert await room.inference.count_tokens(thought) == len(await sent(room, engines))


async def test_stop_keeps_the_text(open_room: OpenRoom, engines: Engines) -> None:
    engines.prepare = slow
    async with open_room() as room:
        reply = room.chat.reply(room.user, room.id, "go", SamplingParams(max_new_tokens=1000))
        events = []
        async for event in reply.events():
            events.append(event)
            if len(events) == 3:
                reply.cancel()
        assert isinstance(events[-1], Finished)
        answer = room.stored()[1]
        assert (bool(answer.content), answer.finish_reason) == (True, "cancelled")


async def test_a_closed_tab_keeps_the_text(open_room: OpenRoom, engines: Engines) -> None:
    engines.prepare = slow
    async with open_room() as room:
        reply = room.chat.reply(room.user, room.id, "go", SamplingParams(max_new_tokens=1000))
        async with contextlib.aclosing(reply.events()) as events:
            await anext(events)
        await room.chat.saved()
        question, answer = room.stored()
        assert (question.content, bool(answer.content)) == ("go", True)
        await room.say("the conversation goes on")


async def test_a_dead_engine_keeps_the_text(open_room: OpenRoom, engines: Engines) -> None:
    engines.prepare = slow
    async with open_room() as room:
        saying = asyncio.create_task(room.say("go", SamplingParams(max_new_tokens=1000)))
        await until(lambda: len(room.stored()) == 1)
        engines.prepare = lambda engine: None
        engines.last.die()
        events = await saying
        assert isinstance(events[-1], Finished)
        assert events[-1].finish_reason == "error"
        answer = room.stored()[1]
        assert (bool(answer.content), answer.finish_reason) == (True, "error")


async def test_what_fails_before_any_text_is_not_stored(
    open_room: OpenRoom, engines: Engines
) -> None:
    async with open_room() as room:
        await room.inference.stop(0)
        with pytest.raises(EngineUnavailable):
            await room.say("hello")
        assert room.stored() == ()


async def test_an_empty_message_is_refused(open_room: OpenRoom) -> None:
    async with open_room() as room:
        with pytest.raises(InvalidParameter, match="empty"):
            await room.say("  \n")


async def test_a_foreign_conversation_looks_missing(open_room: OpenRoom) -> None:
    async with open_room() as room:
        for user, conversation in (("somebody", room.id), (room.user, "0" * 32)):
            with pytest.raises(NotFound) as caught:
                await anext(room.chat.reply(user, conversation, "hi", PARAMS).events())
            assert str(caught.value) == "This conversation does not exist."


async def test_one_reply_at_a_time_in_a_conversation(open_room: OpenRoom, engines: Engines) -> None:
    engines.prepare = slow
    async with open_room() as room:
        first = asyncio.create_task(room.say("one", SamplingParams(max_new_tokens=50)))
        await until(lambda: room.inference.running == 1)
        with pytest.raises(RetryLater, match="answered already"):
            await room.say("two")
        await first
        await room.say("three")
        assert [message.role for message in room.stored()] == ["user", "assistant"] * 2


async def test_a_question_without_answer_is_not_sent_again(
    open_room: OpenRoom, engines: Engines
) -> None:
    async with open_room(system_prompt="") as room:
        room.conversations.append(room.user, room.id, "user", "lost when the server was killed")
        await room.say("again")
        assert await sent(room, engines) == await prompt_of(room, Message("user", "again"))


async def test_an_answer_without_question_is_not_sent_again(
    open_room: OpenRoom, engines: Engines
) -> None:
    """It is left when another tab clears the conversation in the middle of a reply."""
    async with open_room(system_prompt="") as room:
        room.conversations.append(room.user, room.id, "assistant", "left over")
        await room.say("again")
        assert await sent(room, engines) == await prompt_of(room, Message("user", "again"))


async def test_a_save_survives_the_end_of_whoever_waits_for_it(open_room: OpenRoom) -> None:
    async with open_room() as room:
        await room.say("warm up")
        release = threading.Event()
        threads = [asyncio.create_task(asyncio.to_thread(release.wait)) for _ in range(32)]
        await asyncio.sleep(0.05)  # no thread is free now
        saving = room.chat._save(room.chat._store_question(room.user, room.id, "kept"))
        waiting = asyncio.create_task(room.chat.saved())
        await asyncio.sleep(0.05)
        waiting.cancel()
        release.set()
        await asyncio.gather(*threads)
        await saving
        assert room.stored()[-1].content == "kept"


async def test_what_is_cleared_during_a_reply_stays_cleared(
    open_room: OpenRoom, engines: Engines
) -> None:
    engines.prepare = slow
    async with open_room() as room:
        saying = asyncio.create_task(room.say("go", SamplingParams(max_new_tokens=30)))
        await until(lambda: len(room.stored()) == 1)
        room.conversations.clear(room.user, room.id)
        await saying
        assert room.stored() == ()
