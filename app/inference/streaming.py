"""From token ids on a worker thread to text on the event loop.

The one place where library threads reach asyncio. An engine's reader thread calls `feed`; the
stream's owner iterates over text on the loop. No knowledge of engines, queues or users.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from time import monotonic
from typing import Any, Protocol

import numpy as np
from transformers.generation.streamers import TextIteratorStreamer

from app.inference.text_cleaning import TextCleaner
from app.inference.types import Chunk, FinishReason, TokenEvent, TokenLogprob

INCOMPLETE = "\ufffd"  # what decoders put where a character's bytes are not complete


class Decoder(Protocol):
    """What a streamer needs of a tokenizer."""

    def decode(self, ids: Sequence[int], /) -> str: ...


class CompletionStreamer(TextIteratorStreamer):
    """One completion's text, detokenised as it grows, and tidied by `cleaner`.

    Differs from its base in three ways. Text leaves as soon as its characters are whole, not word
    by word (kana and code have no spaces to wait for). Each step decodes a short window instead of
    the whole line. And text goes to the event loop instead of a blocking queue; what arrives while
    the owner is busy is handed over in one piece, so a slow reader costs nothing.

    `before` are token ids that the completion's text goes on from without a break, so that a space
    between the two is kept; none, where it is a text of its own.

    `abandon` is called once if a stop string or the owner ends the completion before the engine
    does, so that the engine can drop the rest; it may be called from either thread.
    """

    def __init__(
        self,
        decoder: Decoder,
        cleaner: TextCleaner,
        abandon: Callable[[], None],
        before: Sequence[int] = (),
    ) -> None:
        # Of a tokenizer the base class uses decode() alone.
        super().__init__(decoder)  # type: ignore[arg-type]
        self._decoder = decoder
        self._ids = list(before)
        self._prefix, self._read = 0, len(self._ids)
        self._cleaner, self._abandon = cleaner, abandon
        self._loop = asyncio.get_running_loop()
        self._pending: list[str] = []
        self._logprobs: deque[TokenLogprob] = deque()  # of text that is not settled yet
        self._pending_logprobs: list[TokenLogprob] = []
        self._wake = asyncio.Event()
        self._lock = threading.Lock()  # decides who ends the stream: the engine or its owner
        self._over = False  # nothing more is taken from the engine
        self._delivered = False  # the last text has reached the loop
        self.on_over: Callable[[], None] = lambda: None
        """Called on the loop when the stream is over, whether or not its owner reads on."""
        self.finish_reason: FinishReason | None = None
        self.error: str | None = None
        self.completion_tokens = 0
        self.first_token_at: float | None = None
        self.last_token_at: float | None = None

    # --- on the engine's reader thread ---

    def feed(self, event: TokenEvent) -> None:
        """Take an engine's event. After the end, whatever its cause, further events are ignored."""
        with self._lock:
            if event.token_ids and not self._over:
                self.last_token_at = monotonic()
                self.first_token_at = self.first_token_at or self.last_token_at
                self.completion_tokens += len(event.token_ids)
                if event.logprobs:
                    self._put_one_by_one(event)
                else:
                    self.put(np.asarray(event.token_ids, dtype=np.int64))
            if event.finish_reason and not self._over:
                self._end_with(event.finish_reason, event.error)
                self.end()

    def _put_one_by_one(self, event: TokenEvent) -> None:
        """So that each token is told apart by its text. One that completes no character has none;
        the one after it has the whole character."""
        for token_id, logprob in zip(event.token_ids, event.logprobs, strict=True):
            self._ids.append(token_id)
            text = self._take_whole()
            self._logprobs.append(TokenLogprob(text, logprob))
            if text:
                self.on_finalized_text(text)

    def put(self, value: Any) -> None:
        """Take token ids, shape (n,), and hand on the text whose characters are whole."""
        self._ids.extend(value.tolist())
        text = self._take_whole()
        if text:
            self.on_finalized_text(text)

    def _take_whole(self) -> str:
        """What the newest ids add to the text; nothing while its last character is not whole."""
        before, text = self._window()
        if len(text) <= len(before) or text.endswith(INCOMPLETE):
            return ""
        self._prefix, self._read = self._read, len(self._ids)
        return text[len(before) :]

    def end(self) -> None:
        """Flush what was held back; half a character at the very end is dropped."""
        before, text = self._window()
        self.on_finalized_text(text.rstrip(INCOMPLETE)[len(before) :], stream_end=True)

    def _window(self) -> tuple[str, str]:
        """The last piece handed on, and that piece with what has come since.

        Decoding them together keeps the spaces that a decoder drops at the start of a text.
        """
        before = self._decoder.decode(self._ids[self._prefix : self._read])
        return before, self._decoder.decode(self._ids[self._prefix :])

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        """Tidy the text, and send what is settled of it to the loop."""
        text = self._cleaner.take(text, last=stream_end)
        logprobs = self._settled_logprobs(text) if self._logprobs else ()
        if self._cleaner.stopped:
            self.finish_reason, self.error = "stop", None
            if not stream_end:
                self._over = stream_end = True
                self._abandon()
        if text or stream_end:
            self._loop.call_soon_threadsafe(self._arrive, text, stream_end, logprobs)

    def _settled_logprobs(self, shown: str) -> tuple[TokenLogprob, ...]:
        """Those of the tokens whose text has been shown; a stop string's own are dropped."""
        room = sum(len(token.text) for token in self._logprobs) - self._cleaner.held
        room = len(shown) if self._cleaner.stopped else room
        settled: list[TokenLogprob] = []
        while self._logprobs and len(self._logprobs[0].text) <= room:
            settled.append(self._logprobs.popleft())
            room -= len(settled[-1].text)
        return tuple(settled)

    def _end_with(self, reason: FinishReason, error: str | None) -> None:
        self._over, self.finish_reason, self.error = True, reason, error

    # --- on the event loop ---

    def cancel(self, reason: FinishReason = "cancelled", error: str | None = None) -> None:
        """End the stream from the owner's side; text that has arrived stays."""
        with self._lock:
            if not self._over:
                self._end_with(reason, error)
                self._abandon()
                self._loop.call_soon(self._arrive, self._cleaner.take("", last=True), True)

    def _arrive(self, text: str, last: bool, logprobs: tuple[TokenLogprob, ...] = ()) -> None:
        self._pending.append(text)
        self._pending_logprobs += logprobs
        self._delivered = last
        self._wake.set()
        if last:
            self.on_over()

    async def chunks(self) -> AsyncIterator[Chunk]:
        """Yield the text in order, joined as far as it has arrived, until the stream is over."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            text, self._pending = "".join(self._pending), []
            if text:
                logprobs, self._pending_logprobs = tuple(self._pending_logprobs), []
                yield Chunk(text, logprobs)
            if self._delivered and not self._pending:
                return
