"""What the engines share whose models are run by `generate` of transformers.

One request at a time, the others wait inside: a second `generate` on a model raises. An engine made
from this only loads its model. Imports torch, as nothing else does that serves.

Where they differ from the default engine: one seed gives other random choices than there. And with
an encoder-decoder model, the repetition penalty counts only what was written, not the prompt; while
it is above 1, the model's own rule against repeated phrases holds as well, prompt included.
"""

import logging
import threading
from collections import deque
from queue import Empty, SimpleQueue
from typing import Any

import torch
from transformers import GenerationConfig, StoppingCriteria, StoppingCriteriaList
from transformers.generation.streamers import BaseStreamer

from app.inference import model_config
from app.inference.engines.protocol import why_refused
from app.inference.types import (
    EngineInfo,
    EngineRequest,
    EngineSpec,
    EngineStats,
    FinishReason,
    TokenEvent,
)

logger = logging.getLogger(__name__)

_WAIT_S = 0.05


def describe(spec: EngineSpec, config: model_config.Config, device: str) -> EngineInfo:
    """What such an engine says of itself; `device` is the concrete one."""
    context = model_config.context_length(config, spec.context)
    longest = model_config.completion_length(config)
    return EngineInfo(
        kind=spec.kind,
        execution_device=device,
        context_length=context,
        cache_tokens=context + (longest or 0),
        max_running=1,
        completion_length=longest,
        vocabulary_size=model_config.vocabulary_size(config),
    )


class _Generation(BaseStreamer, StoppingCriteria):
    """One `generate` on a thread of its own: what it writes, and the wish that it stop."""

    def __init__(self, request: EngineRequest) -> None:
        self.request = request
        self.done = False
        """Whether its last event is out. It stays the running one until the thread has ended."""
        self.produced = 0
        self.tokens: SimpleQueue[int | Exception | None] = SimpleQueue()
        """Token ids, then None or the exception that ended it."""
        self._prompt_seen = False

    def put(self, value: torch.Tensor) -> None:
        if self._prompt_seen:
            for token in value.flatten().tolist():
                self.tokens.put(token)
        self._prompt_seen = True

    def end(self) -> None:
        """The thread says it instead, because after an exception nobody calls this."""

    def __call__(self, input_ids: torch.Tensor, *_: object, **__: object) -> torch.Tensor:
        return torch.full((input_ids.shape[0],), self.done, dtype=torch.bool)


class GenerateEngine:
    """See `protocol.Engine`. `model` has a `generate` and a `generation_config`."""

    def __init__(self, model: Any, config: model_config.Config, info: EngineInfo) -> None:
        self.info = info
        self._vocabulary_size = model_config.vocabulary_size(config)
        self._model = model
        own = model.generation_config
        self._no_repeat = _no_repeat(own) if model_config.is_seq2seq(config) else {}
        # The model's own defaults (beams, minimum lengths) would fill in whatever a request leaves
        # open; only the ids that start a completion are wanted.
        model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
            bos_token_id=own.bos_token_id,
            pad_token_id=own.pad_token_id if own.pad_token_id is not None else 0,
            decoder_start_token_id=own.decoder_start_token_id,
            forced_bos_token_id=own.forced_bos_token_id,
        )
        self._waiting: deque[EngineRequest] = deque()
        self._running: _Generation | None = None
        self._thread: threading.Thread | None = None
        self._ended: list[TokenEvent] = []

    @property
    def busy(self) -> bool:
        return bool(self._waiting or self._running or self._ended)

    @property
    def stats(self) -> EngineStats:
        return EngineStats(int(self._running is not None))

    def submit(self, request: EngineRequest) -> None:
        reason = why_refused(request, self.info, self._vocabulary_size)
        if reason is None:
            self._waiting.append(request)
        else:
            self._end(request.request_id, "error", reason)

    def cancel(self, request_id: int) -> None:
        for request in self._waiting:
            if request.request_id == request_id:
                self._waiting.remove(request)
                self._end(request_id, "cancelled")
                return
        running = self._running
        if running and running.request.request_id == request_id and not running.done:
            running.done = True
            self._end(request_id, "cancelled")

    def step(self) -> list[TokenEvent]:
        if self._running is None and self._waiting:
            self._start(self._waiting.popleft())
        if self._running is not None:
            self._collect(self._running)
        events, self._ended = self._ended, []
        return events

    def close(self) -> list[TokenEvent]:
        live = [request.request_id for request in self._waiting]
        if self._running:
            live.append(self._running.request.request_id)
        for request_id in live:
            self.cancel(request_id)
        if self._thread:
            self._thread.join()
        self._running = self._model = None
        events, self._ended = self._ended, []
        return events

    def _end(self, request_id: int, reason: FinishReason, error: str | None = None) -> None:
        self._ended.append(TokenEvent(request_id, (), reason, error))

    def _start(self, request: EngineRequest) -> None:
        self._running = _Generation(request)
        self._thread = threading.Thread(target=self._generate, args=(self._running,), daemon=True)
        self._thread.start()

    def _generate(self, generation: _Generation) -> None:
        request = generation.request
        ids = torch.tensor([request.prompt_ids], dtype=torch.int64)
        try:
            torch.manual_seed(request.seed)
            self._model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                generation_config=_generation_config(request, self._no_repeat),
                stopping_criteria=StoppingCriteriaList([generation]),
                streamer=generation,
            )
        except Exception as error:
            generation.tokens.put(error)
        else:
            generation.tokens.put(None)

    def _collect(self, generation: _Generation) -> None:
        """Pass on what has been written: wait a little for the first token, not for more."""
        new: list[int] = []
        failure: Exception | None = None
        try:
            item = generation.tokens.get(timeout=_WAIT_S)
            while isinstance(item, int):
                new.append(item)
                item = generation.tokens.get_nowait()
        except Empty:
            pass
        else:
            self._running, failure = None, item
        if not generation.done:
            self._emit(generation, new, failure)

    def _emit(self, generation: _Generation, new: list[int], failure: Exception | None) -> None:
        request = generation.request
        generation.produced += len(new)
        end: FinishReason | None = None
        error: str | None = None
        if new and new[-1] in request.stop_token_ids:
            new.pop()
            end = "stop"
        elif generation.produced >= request.params.max_new_tokens:
            end = "length"
        elif failure is not None:
            logger.error("generate failed", exc_info=failure)
            end, error = "error", "The engine failed on this request; try again."
        elif self._running is None:
            end = "stop"
        if new or end:
            self._ended.append(TokenEvent(request.request_id, tuple(new), end, error))
        generation.done = end is not None


def _no_repeat(own: GenerationConfig) -> dict[str, int]:
    """The makers' rule against phrases said twice; without it, small encoder-decoder models parrot
    what they were told and what they have said."""
    names = ("no_repeat_ngram_size", "encoder_no_repeat_ngram_size")
    return {name: size for name in names if (size := getattr(own, name, None))}


def _generation_config(request: EngineRequest, no_repeat: dict[str, int]) -> GenerationConfig:
    params = request.params
    sampling = (
        {"do_sample": False}
        if params.greedy
        else {
            "do_sample": True,
            "temperature": params.temperature,
            "top_p": params.top_p,
            "top_k": params.top_k,
        }
    )
    return GenerationConfig(  # type: ignore[no-untyped-call]
        max_new_tokens=params.max_new_tokens,
        repetition_penalty=params.repetition_penalty,
        eos_token_id=list(request.stop_token_ids) or None,
        **(no_repeat if params.repetition_penalty > 1 else {}),
        **sampling,
    )
