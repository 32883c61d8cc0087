"""The bare engine: `ContinuousBatchingPipeline` alone in a process, and a client of its own.

It is built with the very settings of the app's engine, and each step's tokens come over a pipe to
this process, which turns them into text and counts them: both sides of a comparison pay for a
client. What the app adds (queue, fairness, HTTP, JSON, pages) is missing here.
"""

import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders

from app.inference.prompt import PromptBuilder
from app.inference.types import EngineSpec, Message
from benchmarks.harness.api import Ask
from benchmarks.harness.streams import Stream

Tokens = list[tuple[int, list[int]]]
"""What a step brought: the number of a request, and its new token ids."""


@dataclass(frozen=True, slots=True)
class Request:
    """One completion as the pipeline sees it."""

    prompt_ids: tuple[int, ...]
    ask: Ask


class BareEngine:
    """The process and its client. Blocks while it measures."""

    def __init__(self, spec: EngineSpec, prompts: PromptBuilder) -> None:
        self._prompts = prompts
        self._tokenizer = Tokenizer.from_file(str(Path(spec.model_dir) / "tokenizer.json"))
        context = multiprocessing.get_context("spawn")
        self._pipe, child_pipe = context.Pipe()
        self._process = context.Process(target=serve, args=(spec, child_pipe), daemon=True)
        self._process.start()
        child_pipe.close()
        self._pipe.recv()

    def run(self, asks: Sequence[Ask], instruct: bool = False) -> list[Stream]:
        """Complete all of them at once, with the prompts that the app would make of them."""
        asked_at = time.monotonic()
        requests = [Request(self._encode(ask, instruct), ask) for ask in asks]
        self._pipe.send(requests)
        readers = [_Reader(self._tokenizer) for _ in requests]
        while (fresh := self._pipe.recv()) is not None:
            for number, ids in fresh:
                readers[number].take(ids)
        return [reader.stream(asked_at, ask) for reader, ask in zip(readers, asks, strict=True)]

    def _encode(self, ask: Ask, instruct: bool) -> tuple[int, ...]:
        messages = [Message(turn["role"], turn["content"]) for turn in ask.messages]  # type: ignore[arg-type]
        return self._prompts.encode(messages, instruct=instruct)

    def close(self) -> None:
        self._process.terminate()
        self._process.join()


class _Reader:
    """The client of one completion: text as it grows."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._decoder = decoders.DecodeStream(skip_special_tokens=True)
        self._arrivals: list[float] = []
        self._pieces: list[str] = []
        self._tokens = 0

    def take(self, ids: Sequence[int]) -> None:
        self._tokens += len(ids)
        for id_ in ids:
            if text := self._decoder.step(self._tokenizer, id_):
                self._pieces.append(text)
                self._arrivals.append(time.monotonic())

    def stream(self, asked_at: float, ask: Ask) -> Stream:
        whole = self._tokens == ask.tokens
        text = "".join(self._pieces)
        arrivals = tuple(self._arrivals)
        return Stream(asked_at, arrivals, arrivals[-1], self._tokens, whole, text)


def serve(spec: EngineSpec, pipe: Connection) -> None:
    """The engine's process: each list of requests runs to its end; ends with the pipe."""
    # The app's own pipeline: whatever it is built with, the bare one has as well.
    from app.inference.engines.genai import GenaiEngine

    pipeline: Any = GenaiEngine(spec).pipeline
    pipe.send("ready")
    serial = 0
    while True:
        try:
            requests: list[Request] = pipe.recv()
        except EOFError:
            return
        handles = []
        for request in requests:
            serial += 1
            handles.append(_add(pipeline, serial, request))
        while pipeline.has_non_finished_requests():
            pipeline.step()
            fresh: Tokens = [(i, ids) for i, h in enumerate(handles) if (ids := _read(h))]
            pipe.send(fresh)
        pipe.send(None)


def _add(pipeline: Any, serial: int, request: Request) -> Any:
    import numpy
    import openvino
    import openvino_genai

    ask = request.ask
    config = openvino_genai.GenerationConfig(
        max_new_tokens=ask.tokens,
        do_sample=True,
        temperature=ask.temperature,
        top_p=ask.top_p,
        rng_seed=ask.seed,
    )
    ids = numpy.array([request.prompt_ids], dtype=numpy.int64)
    return pipeline.add_request(serial, openvino.Tensor(ids), config)


def _read(handle: Any) -> list[int]:
    ids: list[int] = []
    while handle.can_read():
        for output in handle.read().values():
            ids.extend(output.generated_ids)
    return ids
