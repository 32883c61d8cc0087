"""The load of a measurement: prompts that no cache knows, asked by so many users at once.

Whom they are asked is somebody else's matter: an engine process alone, or the service.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np

from app.errors import VinoChatError
from app.inference.bench.figures import Case, Measured, Round, Timing

Ask = Callable[[tuple[int, ...], int], Coroutine[Any, Any, Timing]]
"""Complete a prompt with so many new tokens, and tell how that went. Raises VinoChatError."""

_SOME_IDS = 256  # of a model that does not say how many it knows


class Prompts:
    """Random ids out of the vocabulary, other ones each time; the same ones for the same seed.

    So that an engine's cache of prefixes is of no use: it would flatter.
    """

    def __init__(self, vocabulary_size: int, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._ids = vocabulary_size or _SOME_IDS

    def draw(self, tokens: int) -> tuple[int, ...]:
        return tuple(self._random.integers(0, self._ids, tokens).tolist())


async def measure(ask: Ask, case: Case, rounds: int, prompts: Prompts) -> Measured:
    """So many rounds of a case, after a short request that does what happens only once.

    Raises what a request raises; the others of its round are cancelled.
    """
    await ask(prompts.draw(case.prompt_tokens), 1)
    return Measured(tuple([await _round(ask, case, prompts) for _ in range(rounds)]))


async def _round(ask: Ask, case: Case, prompts: Prompts) -> Round:
    drawn = [prompts.draw(case.prompt_tokens) for _ in range(case.users)]
    try:
        async with asyncio.TaskGroup() as group:
            requests = [group.create_task(ask(one, case.new_tokens)) for one in drawn]
    except* VinoChatError as failed:
        failures = failed
    else:
        return tuple(request.result() for request in requests)
    raise failures.exceptions[0]
