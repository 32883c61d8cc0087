"""Driving an engine by hand: ask, step, and put the events together."""

import itertools
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from app.inference.engine_worker import load
from app.inference.engines.protocol import Engine
from app.inference.types import (
    EngineKind,
    EngineRequest,
    EngineSpec,
    FinishReason,
    SamplingParams,
    TokenEvent,
)

# Without reduced precision a cached prefix, a batch and a lone request give the same numbers.
EXACT = {
    "INFERENCE_PRECISION_HINT": "f32",
    "KV_CACHE_PRECISION": "f32",
    "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0",
}
PROMPT = tuple(range(10, 40))

ids = itertools.count(1)


def spec(folder: Path, kind: EngineKind) -> EngineSpec:
    return EngineSpec(
        str(folder),
        "CPU",
        kind,
        max_running=8,
        kv_cache_bytes=2**26,
        properties={"dtype": "float32"} if kind == "torch" else EXACT,
    )


def make(folder: Path, kind: EngineKind) -> Engine:
    return load(spec(folder, kind))


def ask(engine: Engine, prompt: tuple[int, ...] = PROMPT, seed: int = 1, **how: Any) -> int:
    """Submit a request; `stop` are stop ids. Returns its id."""
    stop = how.pop("stop", ())
    params = SamplingParams(**{"temperature": 0, "max_new_tokens": 20, **how})
    request_id = next(ids)
    engine.submit(EngineRequest(request_id, prompt, params, seed, stop))
    return request_id


def run(engine: Engine) -> Iterator[TokenEvent]:
    """The events of an engine until it is idle."""
    deadline = time.monotonic() + 60
    while engine.busy:
        yield from engine.step()
        assert time.monotonic() < deadline


class Log:
    """The events of requests, put together; holds every request to one end."""

    def __init__(self, events: Iterable[TokenEvent]) -> None:
        self.tokens: dict[int, list[int]] = {}
        self.ends: dict[int, FinishReason] = {}
        self.errors: dict[int, str] = {}
        for event in events:
            self.add(event)

    def add(self, event: TokenEvent) -> None:
        assert event.request_id not in self.ends, "an event after the end"
        assert event.token_ids or event.finish_reason, "an event that says nothing"
        self.tokens.setdefault(event.request_id, []).extend(event.token_ids)
        if event.finish_reason:
            self.ends[event.request_id] = event.finish_reason
            assert (event.finish_reason == "error") == bool(event.error)
            self.errors[event.request_id] = event.error or ""


def complete(engine: Engine, **how: Any) -> list[int]:
    request_id = ask(engine, **how)
    return Log(run(engine)).tokens[request_id]


def steps(engine: Engine, count: int) -> Log:
    """What the next steps bring."""
    return Log(event for _ in range(count) for event in engine.step())
