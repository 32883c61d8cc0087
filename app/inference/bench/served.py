"""A measurement of the model that serves: through its queue, as one user among the others."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from time import monotonic

from app.errors import EngineFailed, EngineUnavailable, VinoChatError
from app.inference.bench.figures import Case, Measured, Row, Setup, Timing
from app.inference.bench.load import Ask, Prompts, measure
from app.inference.bench.peak_memory import watched
from app.inference.service import InferenceService
from app.inference.types import EngineInfo, Finished, SamplingParams, Serving

USER = "measurement"
"""Whom the queue is fair to: everybody else comes before its second request."""
PROMPT_TOKENS, USERS, NEW_TOKENS, ROUNDS = (32, 256), (1, 4), 48, 2
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Step:
    """Case `number` of `of` begins."""

    number: int
    of: int
    case: Case


async def run(service: InferenceService, seed: int) -> AsyncGenerator[Step | Row]:
    """Each case and then its row. Another seed each time, or cached prefixes would flatter.

    Raises EngineUnavailable if nothing serves, or no longer the same as at the beginning. Closing
    it early cancels what runs.
    """
    serving = _serving(service)
    setup = Setup(
        serving.model.model_id, serving.model.weight_format, serving.device, serving.info.kind
    )
    prompts = Prompts(serving.info.vocabulary_size, seed)
    cases = _cases(serving.info)
    async with watched(lambda: service.engine_pid) as memory, _neighbours(service) as seen:
        for number, case in enumerate(cases, 1):
            yield Step(number, len(cases), case)
            seen.others = 0
            measured, reason = await _measured(service, case, prompts)
            if _serving(service) is not serving:
                raise EngineUnavailable("The model was switched meanwhile. Measure again.")
            peak = memory.peak_bytes
            yield Row(setup, case, measured, serving.load_s, peak, reason, seen.others)


async def _measured(
    service: InferenceService, case: Case, prompts: Prompts
) -> tuple[Measured | None, str]:
    """The figures of a case, or none and the reason."""
    try:
        return await measure(_asking(service), case, ROUNDS, prompts), ""
    except EngineUnavailable:
        raise
    except VinoChatError as error:
        return None, str(error)


def _serving(service: InferenceService) -> Serving:
    if service.state.serving is None:
        raise EngineUnavailable("No model is ready yet. Measure once one is.")
    return service.state.serving


def _cases(info: EngineInfo) -> tuple[Case, ...]:
    """As far as the model's context goes."""
    longest = info.longest_prompt
    lengths = sorted({min(tokens, max(1, longest - NEW_TOKENS)) for tokens in PROMPT_TOKENS})
    return tuple(
        Case(tokens, users, min(NEW_TOKENS, info.room_after(tokens)))
        for tokens in lengths
        for users in USERS
    )


def _asking(service: InferenceService) -> Ask:
    async def ask(prompt: tuple[int, ...], new_tokens: int) -> Timing:
        params = SamplingParams(temperature=0, max_new_tokens=new_tokens)
        submitted_at = monotonic()
        completion = service.go_on(USER, prompt, params, to_the_limit=True)
        async with aclosing(completion.events()) as events:
            async for event in events:
                if isinstance(event, Finished) and event.finish_reason == "length":
                    got = event.receipt
                    first_at, last_at = submitted_at + got.ttft_s, submitted_at + got.total_s
                    return Timing(submitted_at, first_at, last_at, got.completion_tokens)
                if isinstance(event, Finished):
                    why = f"A completion ended early ({event.finish_reason})."
                    raise EngineFailed(event.error or why)
        raise EngineFailed("A completion ended without a word.")

    return ask


@dataclass(slots=True)
class _Seen:
    """The most requests of other people that ran at once since it was last set to 0."""

    others: int = 0


@asynccontextmanager
async def _neighbours(service: InferenceService) -> AsyncGenerator[_Seen]:
    seen = _Seen()

    async def watch() -> None:
        while True:
            seen.others = max(seen.others, service.running_beside(USER))
            await asyncio.sleep(LOOK_EVERY_S)

    watching = asyncio.create_task(watch())
    try:
        yield seen
    finally:
        watching.cancel()
