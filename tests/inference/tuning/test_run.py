"""One model tuned on scripted engines: one at a time, none left behind."""

import asyncio
from collections.abc import Callable

import pytest

from app.errors import LoadFailed
from app.inference.devices import Device
from app.inference.processors import Processors
from app.inference.tuning import run
from app.inference.tuning.run import tune
from app.inference.tuning.search import Found, Trial
from app.inference.types import EngineSpec
from tests.fakes import FakeEngine
from tests.scripted import Engines, until

pytestmark = pytest.mark.anyio

SPEC = EngineSpec("model", "CPU", "genai", 16, 2**30)
DEVICE = Device("CPU", "Any CPU", "bf16")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "MAX_ROUNDS", 2)
    monkeypatch.setattr(run, "ROUND_S", 0.3)
    monkeypatch.setattr(run, "processors", lambda: Processors("Any CPU", 2, 2))


async def tuned(engines: Engines, report: Callable[[Trial], None] = lambda _trial: None) -> Found:
    return await tune(SPEC, DEVICE, "latency", engines, report)


async def test_the_fastest_engine_wins(engines: Engines) -> None:
    def prepare(engine: FakeEngine) -> None:
        assert all(other.closed for other in engines.made), "one at a time"
        fast = "INFERENCE_PRECISION_HINT" in engine.spec.properties
        engine.token_s = 0.001 if fast else 0.02

    engines.prepare = prepare
    reported: list[Trial] = []
    found = await tuned(engines, reported.append)
    assert "f32 instead of bf16" in found.changes.words
    assert found.gain > 1.5
    assert engines.made[0].spec == SPEC
    assert len(engines.made) == len(reported)
    assert all(engine.closed for engine in engines.made)
    rounds = [[request.seed for request in engine.requests] for engine in engines.made]
    assert rounds == [rounds[0]] * len(rounds), "the same load for all"


async def test_one_that_does_not_load_is_left_out(engines: Engines) -> None:
    def prepare(engine: FakeEngine) -> None:
        if engine.spec.properties or engine.spec.max_batched_tokens != 256:
            engine.load_error = LoadFailed("an unknown property")

    engines.prepare = prepare
    found = await tuned(engines)
    assert not found.changes
    assert all(trial.error for trial in found.trials[1:])
    assert all(engine.closed for engine in engines.made)


@pytest.mark.parametrize("when", ["loading", "measuring"])
async def test_interrupted_it_leaves_no_engine(engines: Engines, when: str) -> None:
    def prepare(engine: FakeEngine) -> None:
        engine.load_s = 60 if when == "loading" else 0
        engine.hold()

    engines.prepare = prepare
    task = asyncio.create_task(tuned(engines))
    await until(lambda: engines.made and (when == "loading" or engines.last.requests))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [engine.closed for engine in engines.made] == [True]


async def test_out_of_time_nothing_new_is_tried(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "SEARCH_S", 0)
    found = await tuned(engines)
    assert not found.changes
    assert len(engines.made) == 1
