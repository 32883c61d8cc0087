"""The load on a scripted engine: what is asked of it, and how the times are read."""

import asyncio

import pytest

from app.errors import EngineFailed
from app.inference.tuning.workload import (
    TYPICAL_COMPLETION,
    TYPICAL_PROMPT,
    USERS,
    Measurement,
    Workload,
    best,
    middle,
    run_round,
)
from app.inference.types import EngineInfo, EngineRequest, EngineSpec
from tests.fakes import FakeEngine

pytestmark = pytest.mark.anyio

VOCABULARY = 500
INFO = EngineInfo("genai", "CPU", 2048, 65536, 16, vocabulary_size=VOCABULARY)
SPEC = EngineSpec("model", "CPU", "genai", 16, 2**30)
LOAD = Workload(long_prompt=64, short_prompt=16, new_tokens=8)


async def asked(numbers: tuple[int, ...], engine: FakeEngine | None = None) -> list[EngineRequest]:
    engine = engine or FakeEngine(SPEC)
    await engine.start(5)
    try:
        for number in numbers:
            await run_round(engine, INFO, LOAD, number)
    finally:
        await engine.close()
    return engine.requests


async def test_one_user_comes_first_then_several_at_once() -> None:
    engine = FakeEngine(SPEC)
    engine.token_s = 0.001
    first, *several = await asked((1,), engine)
    assert len(first.prompt_ids) == LOAD.long_prompt
    assert [len(request.prompt_ids) for request in several] == [LOAD.short_prompt] * USERS
    assert engine.most_running == USERS
    assert all(request.params.max_new_tokens == LOAD.new_tokens for request in engine.requests)
    assert not any(request.stop_token_ids for request in engine.requests)


async def test_prompts_differ_within_rounds_and_between_them_but_not_between_engines() -> None:
    requests = await asked((1, 2))
    assert len({request.prompt_ids[:8] for request in requests}) == len(requests)
    assert len({request.request_id for request in requests}) == len(requests)
    assert all(0 <= i < VOCABULARY for request in requests for i in request.prompt_ids)
    assert [r.prompt_ids for r in await asked((1, 2))] == [r.prompt_ids for r in requests]


async def test_a_slower_engine_measures_slower() -> None:
    measured = []
    for token_s in (0.001, 0.05):
        engine = FakeEngine(SPEC)
        engine.token_s = token_s
        await engine.start(5)
        measured.append(await run_round(engine, INFO, LOAD, 1))
        await engine.close()
    fast, slow = measured
    assert slow.per_token_s > 3 * fast.per_token_s
    assert slow.per_token_s >= 0.05
    assert fast.tokens_per_second > 3 * slow.tokens_per_second
    assert slow.tokens_per_second <= USERS / 0.05 * LOAD.new_tokens / (LOAD.new_tokens - 1)


@pytest.mark.parametrize("way", ["refuses", "dies"])
async def test_an_engine_that_fails_is_no_measurement(way: str) -> None:
    engine = FakeEngine(SPEC)
    if way == "refuses":
        engine.fails_on = lambda _request: "No room."
    else:
        engine.hold()
        asyncio.get_running_loop().call_later(0.05, engine.die)
    with pytest.raises(EngineFailed, match=r"No room|stopped"):
        await asked((1,), engine)


def test_the_formulas() -> None:
    measured = Measurement(first_token_s=1.0, per_token_s=0.1, tokens_per_second=50.0)
    assert measured.answer_s == pytest.approx(1.0 + 0.1 * (TYPICAL_COMPLETION - 1))
    others = [measured, Measurement(2.0, 0.05, 60.0), Measurement(3.0, 0.2, 40.0)]
    assert best(others) == Measurement(1.0, 0.05, 60.0)
    assert middle(others) == Measurement(2.0, 0.1, 50.0)


@pytest.mark.parametrize(
    "info",
    [
        INFO,
        EngineInfo("genai", "CPU", 64, 65536, 16),
        EngineInfo("genai", "CPU", 2048, 256, 16),
        EngineInfo("optimum", "CPU", 128, 160, 1, completion_length=32),
    ],
)
@pytest.mark.parametrize("share", [1.0, 0.0625])
def test_the_load_fits_what_the_engine_holds(info: EngineInfo, share: float) -> None:
    load = Workload.of(info, share)
    assert info.room_after(load.long_prompt) >= load.new_tokens >= 4
    assert 4 <= load.short_prompt <= load.long_prompt <= TYPICAL_PROMPT
    if info.kind == "genai":  # which books room for all that run
        assert USERS * (load.short_prompt + load.new_tokens) <= info.cache_tokens
