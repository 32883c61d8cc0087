"""The short mixed load that settings are compared by, and what it says of them.

One user with a long prompt, then several with shorter ones at the same time. Prompts are random ids
of the vocabulary, other ones in each round, so that no cached prefix decides; the same ones for
every engine that is compared. No id ends a completion early.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from time import monotonic
from typing import Protocol

from app.errors import EngineFailed
from app.inference.engine_process import Sink
from app.inference.types import EngineInfo, EngineRequest, SamplingParams, TokenEvent

USERS = 4
TYPICAL_PROMPT = 512
TYPICAL_COMPLETION = 128
"""Tokens of a turn in a chat with some history, and of what is answered."""

_LEAST_NEW = 4  # the time between two tokens is measured from these
_LEAST_PROMPT = 4


class Submits(Protocol):
    """What the load needs of an engine."""

    def submit(self, request: EngineRequest, sink: Sink) -> None: ...


@dataclass(frozen=True, slots=True)
class Workload:
    """Tokens of one round: the lone user's prompt, that of each of several, and of a completion."""

    long_prompt: int
    short_prompt: int
    new_tokens: int

    @staticmethod
    def of(info: EngineInfo, share: float) -> "Workload":
        """A part of the whole load, which is `share` 1, that fits what the engine can hold."""
        prompt, new = int(TYPICAL_PROMPT * share), int(TYPICAL_COMPLETION / 4 * share)
        together = info.cache_tokens // USERS
        if info.completion_length is not None:
            new, fits = min(new, info.completion_length), info.context_length
        else:
            new = min(new, info.context_length // 4, together // 4)
            fits = min(info.context_length, together) - new
        new = max(new, _LEAST_NEW)
        long = max(_LEAST_PROMPT, min(prompt, fits))
        return Workload(long, max(_LEAST_PROMPT, min(prompt // 4, fits)), new)


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a round said. `first_token_s` is how long a typical prompt takes one user, `per_token_s`
    the time between two tokens then; `tokens_per_second` is what several users get together, the
    reading of their prompts included."""

    first_token_s: float
    per_token_s: float
    tokens_per_second: float

    @property
    def answer_s(self) -> float:
        """Seconds until one user has a typical completion to a typical prompt:
        first_token_s + (TYPICAL_COMPLETION - 1) * per_token_s."""
        return self.first_token_s + (TYPICAL_COMPLETION - 1) * self.per_token_s

    def line(self) -> str:
        """Like `an answer in 3.21 s (first token 0.51 s), 98.0 tokens/s for 4 users`."""
        return (
            f"an answer in {self.answer_s:.2f} s (first token {self.first_token_s:.2f} s), "
            f"{self.tokens_per_second:.1f} tokens/s for {USERS} users"
        )


def best(rounds: Sequence[Measurement]) -> Measurement:
    """Of each time the shortest: what else the machine does only makes them longer."""
    return Measurement(
        min(one.first_token_s for one in rounds),
        min(one.per_token_s for one in rounds),
        max(one.tokens_per_second for one in rounds),
    )


def middle(rounds: Sequence[Measurement]) -> Measurement:
    """The median of each."""
    return Measurement(
        median(one.first_token_s for one in rounds),
        median(one.per_token_s for one in rounds),
        median(one.tokens_per_second for one in rounds),
    )


async def run_round(engine: Submits, info: EngineInfo, load: Workload, number: int) -> Measurement:
    """Put the load on an idle engine. `number` is another one for each round of an engine.

    Raises EngineFailed if a completion fails, EngineUnavailable if the engine has ended.
    """
    chance = random.Random(number)  # noqa: S311 (the same prompts for every engine)
    alone = await _run(engine, info, [load.long_prompt], load, number, chance)
    several = await _run(engine, info, [load.short_prompt] * USERS, load, number, chance)
    user = alone[0]
    written = sum(one.tokens for one in several)
    took = max(one.last_at for one in several) - min(one.submitted_at for one in several)
    return Measurement(
        first_token_s=(user.first_at - user.submitted_at) * TYPICAL_PROMPT / load.long_prompt,
        per_token_s=(user.last_at - user.first_at) / max(1, user.tokens - user.first_tokens),
        tokens_per_second=written / took,
    )


async def _run(
    engine: Submits,
    info: EngineInfo,
    prompts: Sequence[int],
    load: Workload,
    number: int,
    chance: random.Random,
) -> list["_Timed"]:
    """All of these at once; returns when each has ended."""
    loop, params = asyncio.get_running_loop(), SamplingParams(max_new_tokens=load.new_tokens)
    timed: list[_Timed] = []
    for place, length in enumerate(prompts):
        ids = tuple(chance.choices(range(info.vocabulary_size or 1), k=length))
        request_id = (number * 2 + (len(prompts) > 1)) * USERS + place
        one = _Timed(loop)
        timed.append(one)
        engine.submit(EngineRequest(request_id, ids, params, number, ()), one.take)
    for one in timed:
        await one.ended.wait()
        if one.failure is not None:
            raise EngineFailed(one.failure)
    return timed


class _Timed:
    """When the tokens of one completion came; told on the engine's reader thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.submitted_at = monotonic()
        self.first_at = self.last_at = self.submitted_at
        self.first_tokens = self.tokens = 0
        self.failure: str | None = None
        self.ended = asyncio.Event()

    def take(self, event: TokenEvent) -> None:
        if event.token_ids:
            self.last_at = monotonic()
            if not self.tokens:
                self.first_at, self.first_tokens = self.last_at, len(event.token_ids)
            self.tokens += len(event.token_ids)
        if event.finish_reason is None:
            return
        if event.finish_reason != "length" and event.finish_reason != "stop":
            self.failure = event.error or "The engine ended in the middle of a measurement."
        elif self.tokens < 2:
            self.failure = "The model writes nothing that could be measured."
        self._loop.call_soon_threadsafe(self.ended.set)
