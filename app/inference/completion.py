"""One completion from asking to its last event: prompt, queue, engine, text, receipt."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import replace
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING

from app.config import Settings
from app.errors import InvalidParameter, PromptTooLong, QueueFull, VinoChatError
from app.inference.admission import Admission, Ticket
from app.inference.asked import Asked
from app.inference.metrics import Metrics
from app.inference.supervisor import LoadedModel
from app.inference.text_cleaning import TextCleaner
from app.inference.types import (
    EngineInfo,
    EngineRequest,
    Finished,
    Queued,
    Receipt,
    SamplingParams,
    StreamEvent,
)

if TYPE_CHECKING:
    from app.inference.streaming import CompletionStreamer

QUEUE_NEWS_S = 1.0
_request_ids = count(1)


class Completion:
    """A stream of events that ends with exactly one Finished; made by InferenceService.complete.

    Close `events()` early (a closed tab, a disconnect) and the engine stops and the place is free.
    """

    def __init__(
        self,
        user: str,
        asked: Asked,
        params: SamplingParams,
        loaded: Callable[[], LoadedModel],
        admission: Admission,
        registry: "set[Completion]",
        settings: Settings,
        metrics: Metrics,
    ) -> None:
        self.user, self._asked, self._params = user, asked, params
        self._loaded, self._admission, self._registry = loaded, admission, registry
        self._settings, self._metrics = settings, metrics
        self._ticket: Ticket | None = None
        self._streamer: CompletionStreamer | None = None
        self._cancelled = False
        self.ended = asyncio.Event()

    def cancel(self) -> None:
        """Stop: the stream ends with finish_reason "cancelled" and keeps the text so far."""
        self._cancelled = True
        if self._streamer is not None:
            self._streamer.cancel()
        elif self._ticket is not None:
            self._ticket.tell()

    async def events(self) -> AsyncGenerator[StreamEvent]:
        """Queued while waiting, then Chunks, then one Finished.

        Raises PromptTooLong, InvalidParameter, QueueFull or EngineUnavailable before any text.
        What fails later ends the stream with finish_reason "error" and a sentence.
        """
        submitted_at = monotonic()
        with self._on_record(submitted_at):
            loaded = self._loaded()
            prompt, limit = await self._encode(loaded)
            self._ticket = ticket = self._admission.enter(self.user, len(prompt) + limit)
            while ticket.capacity is None and not self._cancelled:
                self._check_waiting_time(submitted_at)
                yield Queued(ticket.position)
                await ticket.news(QUEUE_NEWS_S)
            if isinstance(ticket.capacity, LoadedModel) and ticket.capacity is not loaded:
                loaded = ticket.capacity  # the model was switched meanwhile
                prompt, limit = await self._encode(loaded)
            streamer = self._start(loaded, prompt, limit)
            streamer.on_over = ticket.release  # a slow reader holds no place on the engine
            deadline = self._limit_time(streamer)
            try:
                async for chunk in streamer.chunks():
                    yield chunk
            finally:
                deadline.cancel()
                streamer.cancel()
                finished = self._finished(submitted_at, ticket, loaded, len(prompt), streamer)
                self._metrics.finished(finished)
        loaded.measure(finished.receipt, ticket.together)
        yield finished

    @contextlib.contextmanager
    def _on_record(self, submitted_at: float) -> Iterator[None]:
        """However it ends, it is counted once and its place is free."""
        self._registry.add(self)
        try:
            yield
        except VinoChatError as error:
            self._metrics.refused(error)
            raise
        except (asyncio.CancelledError, GeneratorExit):
            if self._streamer is None:
                self._metrics.left_the_queue(monotonic() - submitted_at)
            raise
        finally:
            self._registry.discard(self)
            if self._ticket is not None:
                self._ticket.release()
            self.ended.set()

    async def _encode(self, loaded: LoadedModel) -> tuple[tuple[int, ...], int]:
        """The prompt's ids, and how many new ones fit after it, at most what was asked for.

        The context window ends a completion as max_new_tokens does, with "length".
        """
        info = loaded.serving.info
        self._check_wishes(info, has_end=bool(loaded.prompts.stop_token_ids))
        prompt = await asyncio.to_thread(self._asked.encode, loaded.prompts)
        self._check_ids(info, prompt)
        room = info.room_after(len(prompt))
        if room < 1:
            raise PromptTooLong(
                f"The text is {len(prompt)} tokens long, but {loaded.serving.model.model_id} takes "
                f"at most {info.longest_prompt}. Shorten it, or load a model with a longer "
                "context on the Models page.",
                self._asked.parameter,
            )
        return prompt, min(self._params.max_new_tokens, room)

    def _check_wishes(self, info: EngineInfo, *, has_end: bool) -> None:
        """Refuse what the engine cannot do, rather than leave it out without a word."""
        if self._params.logprobs and not info.has_logprobs:
            raise InvalidParameter(
                f"The {info.kind} engine tells no log probabilities. Leave logprobs out, or load a "
                "model that the genai engine serves.",
                "logprobs",
            )
        if self._params.grammar and not (info.has_grammars and has_end):
            raise InvalidParameter(
                "The engine cannot hold a completion to a format: that takes the genai engine, a "
                "model with an end token, and the file openvino_tokenizer.xml in its folder, which "
                "a conversion writes. Leave response_format out, or convert the model again.",
                "response_format",
            )

    def _check_ids(self, info: EngineInfo, prompt: tuple[int, ...]) -> None:
        if not prompt:
            raise InvalidParameter("The prompt is empty. Write something.", self._asked.parameter)
        known = info.vocabulary_size or 2**31
        if not 0 <= min(prompt) <= max(prompt) < known:
            raise InvalidParameter(
                f"The prompt has token ids outside the model's vocabulary of {known}.",
                self._asked.parameter,
            )

    def _check_waiting_time(self, submitted_at: float) -> None:
        limit = self._settings.queue_timeout_s
        if monotonic() - submitted_at > limit:
            raise QueueFull(f"No place became free within {limit:.0f} s. Try again later.", 30)

    def _start(
        self, loaded: LoadedModel, prompt: tuple[int, ...], limit: int
    ) -> "CompletionStreamer":
        """Hand the request to the engine and return the streamer that its tokens go to."""
        # Not at the top: it takes transformers along, and pages need not wait for that to answer.
        from app.inference.streaming import CompletionStreamer

        engine, request_id = loaded.engine, next(_request_ids)
        streamer = CompletionStreamer(
            loaded.prompts,
            self._cleaner(loaded, prompt),
            lambda: engine.cancel(request_id),
            self._asked.goes_on_from(prompt),
        )
        self._streamer = streamer
        if self._cancelled:  # while it waited: nothing to submit, nothing to abandon
            streamer.cancel()
            return streamer
        seed = secrets.randbits(63) if self._params.seed is None else self._params.seed
        params = replace(self._params, max_new_tokens=limit)
        ends = () if self._asked.to_the_limit else loaded.prompts.stop_token_ids
        engine.submit(EngineRequest(request_id, prompt, params, seed, ends), streamer.feed)
        return streamer

    def _cleaner(self, loaded: LoadedModel, prompt: tuple[int, ...]) -> TextCleaner:
        """What a grammar holds is tidy already, and is no reasoning even where that was begun."""
        if self._params.grammar:
            return TextCleaner(self._params.stop)
        return self._asked.clean_up(loaded.prompts, prompt, self._params.stop)

    def _limit_time(self, streamer: "CompletionStreamer") -> asyncio.TimerHandle:
        limit_s = self._settings.stream_timeout_s
        why = (
            f"The completion was ended after {limit_s:.0f} s. Ask for fewer new tokens, or let the "
            "operator raise VINOCHAT_STREAM_TIMEOUT_S."
        )
        return asyncio.get_running_loop().call_later(limit_s, streamer.cancel, "error", why)

    def _finished(
        self,
        submitted_at: float,
        ticket: Ticket,
        loaded: LoadedModel,
        prompt_tokens: int,
        streamer: "CompletionStreamer",
    ) -> Finished:
        ended_at = streamer.last_token_at or monotonic()
        serving = loaded.serving
        concrete = serving.info.execution_device
        auto = serving.device != concrete
        receipt = Receipt(
            prompt_tokens=prompt_tokens,
            completion_tokens=streamer.completion_tokens,
            queued_s=(ticket.admitted_at or ended_at) - submitted_at,
            ttft_s=(streamer.first_token_at or ended_at) - submitted_at,
            total_s=ended_at - submitted_at,
            model_id=serving.model.model_id,
            weight_format=serving.model.weight_format,
            device=f"{serving.device} ({concrete})" if auto else concrete,
        )
        return Finished(streamer.finish_reason or "error", receipt, streamer.error)
