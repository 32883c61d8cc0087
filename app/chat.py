"""The chat use case: history from the database → stream → save.

Knows conversations and the inference service; nothing of pages or HTTP. What a client claims about
the history is never asked for.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Coroutine, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, TypeVar

from app import history
from app.conversations import Conversations, StoredConversation, StoredMessage
from app.errors import InvalidParameter, NotFound, RetryLater
from app.inference.completion import Completion
from app.inference.service import InferenceService
from app.inference.types import (
    Chunk,
    Finished,
    Message,
    Queued,
    SamplingParams,
    StreamEvent,
)

log = logging.getLogger(__name__)
T = TypeVar("T")

SYSTEM_PROMPTS = {
    "en": "You are a helpful, honest assistant.",
    "zh": "你是一个乐于助人、诚实可靠的助手。",
    "ja": "あなたは親切で誠実なアシスタントです。",
}


@dataclass(frozen=True, slots=True)
class HistoryCut:
    """So many of the conversation's oldest messages are no longer sent to the model; 0 when they
    are again, for one with a longer memory."""

    messages: int


class Chat:
    """Replies in stored conversations, one at a time in each."""

    def __init__(self, conversations: Conversations, inference: InferenceService) -> None:
        self._conversations, self._inference = conversations, inference
        self._replying: set[str] = set()
        self._saves: set[asyncio.Task[Any]] = set()

    def reply(
        self, user_id: str, conversation_id: str, text: str, params: SamplingParams
    ) -> "Reply":
        """The assistant's answer to `text`; it begins when its events are asked for."""
        return Reply(self, user_id, conversation_id, text, params)

    async def saved(self) -> None:
        """Wait until every turn that ended is in the database."""
        if self._saves:
            await asyncio.wait(self._saves)

    @contextlib.contextmanager
    def _only_reply(self, conversation_id: str) -> Iterator[None]:
        if conversation_id in self._replying:
            raise RetryLater("This conversation is being answered already. Wait for it or stop it.")
        self._replying.add(conversation_id)
        try:
            yield
        finally:
            self._replying.discard(conversation_id)

    async def _prompt(
        self, user_id: str, conversation: StoredConversation, text: str, max_new_tokens: int
    ) -> tuple[list[Message], int]:
        """The messages to send, and how many of the stored ones are left out from now on."""
        stored = list(_answered(conversation))
        turns = [*(message for _, message in stored), Message("user", text)]
        system = [Message("system", conversation.info.system_prompt)]
        system = system if conversation.info.system_prompt.strip() else []
        inference = self._inference
        room = history.budget(inference.settings.history_tokens, inference.info, max_new_tokens)
        known = sum(index < conversation.info.context_start for index, _ in stored)
        first = await history.first_sent(system, turns, known, room, inference.count_tokens)
        if first == known:
            return [*system, *turns[first:]], conversation.info.context_start
        left_out = stored[first][0] if first < len(stored) else len(conversation.messages)
        left_out = left_out if first else 0
        await asyncio.to_thread(
            self._conversations.set_context_start, user_id, conversation.info.id, left_out
        )
        return [*system, *turns[first:]], left_out

    def _save(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Write in a task of its own, so that a stream which is torn down still saves its text."""
        task = asyncio.create_task(work)
        self._saves.add(task)
        task.add_done_callback(self._saved)
        return task

    async def _store_question(self, user_id: str, conversation_id: str, text: str) -> StoredMessage:
        return await asyncio.to_thread(
            self._conversations.append, user_id, conversation_id, "user", text
        )

    async def _store_answer(
        self,
        user_id: str,
        conversation_id: str,
        question: asyncio.Task[StoredMessage],
        text: str,
        finished: Finished | None,
    ) -> None:
        with contextlib.suppress(NotFound):  # cleared in another tab meanwhile
            await asyncio.to_thread(
                self._conversations.append,
                user_id,
                conversation_id,
                "assistant",
                text,
                finished.finish_reason if finished else None,
                asdict(finished.receipt) if finished else None,
                (await question).id,
            )

    def _saved(self, task: asyncio.Task[Any]) -> None:
        self._saves.discard(task)
        if not task.cancelled() and task.exception():
            log.error("a message was not stored", exc_info=task.exception())


class Reply:
    """The assistant's next turn. What was generated is saved however the stream ends."""

    def __init__(
        self, chat: Chat, user_id: str, conversation_id: str, text: str, params: SamplingParams
    ) -> None:
        self._chat, self._user_id, self._conversation_id = chat, user_id, conversation_id
        self._text, self._params = text, params
        self._completion: Completion | None = None
        self._cancelled = False

    def cancel(self) -> None:
        """Stop; the text so far is kept."""
        self._cancelled = True
        if self._completion is not None:
            self._completion.cancel()

    async def events(self) -> AsyncGenerator[StreamEvent | HistoryCut]:
        """HistoryCut first if anything is left out, then as Completion.events.

        Raises as that does, and InvalidParameter for an empty message, NotFound for a foreign or
        missing conversation, RetryLater while the conversation is being answered already. Whatever
        is raised is raised before any text; the user's message is then not stored.
        """
        chat, user_id, conversation_id = self._chat, self._user_id, self._conversation_id
        if not self._text.strip():
            raise InvalidParameter("The message is empty. Type something first.", "message")
        with chat._only_reply(conversation_id):
            conversation = await asyncio.to_thread(
                chat._conversations.get, user_id, conversation_id
            )
            messages, left_out = await chat._prompt(
                user_id, conversation, self._text, self._params.max_new_tokens
            )
            if left_out or conversation.info.context_start:
                yield HistoryCut(left_out)
            self._completion = chat._inference.complete(user_id, messages, self._params)
            if self._cancelled:
                self._completion.cancel()
            async with contextlib.aclosing(self._saving(self._completion)) as events:
                async for event in events:
                    yield event

    async def _saving(self, completion: Completion) -> AsyncGenerator[StreamEvent]:
        """The completion's events; stores the question at the first text, the answer at the end."""
        chat, ids = self._chat, (self._user_id, self._conversation_id)
        text, finished = "", None
        question: asyncio.Task[StoredMessage] | None = None
        try:
            async with contextlib.aclosing(completion.events()) as events:
                async for event in events:
                    if not isinstance(event, Queued) and question is None:
                        question = chat._save(chat._store_question(*ids, self._text))
                        await asyncio.shield(question)
                    if isinstance(event, Chunk):
                        text += event.text
                    if isinstance(event, Finished) and question is not None:
                        finished = event
                        answer = chat._store_answer(*ids, question, text, finished)
                        await asyncio.shield(chat._save(answer))
                    yield event
        finally:
            if question is not None and finished is None:
                chat._save(chat._store_answer(*ids, question, text, None))


def _answered(conversation: StoredConversation) -> Iterator[tuple[int, Message]]:
    """The stored questions that have an answer, and these answers, with their indices.

    Many chat templates refuse two messages of one role in a row. Such are left behind when the
    server is killed in the middle of a completion, or the conversation is cleared in another tab.
    """
    for index, (question, answer) in enumerate(pairwise(conversation.messages)):
        if (question.role, answer.role) == ("user", "assistant"):
            yield index, Message("user", question.content)
            yield index + 1, Message("assistant", answer.content)
