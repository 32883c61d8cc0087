"""Tuning in idle times, on scripted engines: when it begins, what ends it, and what comes of it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from app.errors import LoadFailed
from app.inference.conversion.types import Compression, ConversionRequest, Outcome
from app.inference.jobs import Jobs
from app.inference.service import InferenceService
from app.inference.tuning import idle, store
from app.inference.tuning.changes import Changes
from app.inference.tuning.idle import IdleTuning
from app.inference.tuning.search import Found
from app.inference.tuning.workload import Measurement
from tests.fakes import FakeEngine
from tests.scripted import Engines, MakeService, collect, end_of, until

pytestmark = pytest.mark.anyio

IDLE_S = 0.2
SLOW, FAST = Measurement(2.0, 0.1, 50.0), Measurement(1.0, 0.05, 100.0)
BETTER = Changes(("f32 instead of bf16",), {"INFERENCE_PRECISION_HINT": "f32"})

Serve = Callable[..., contextlib.AbstractAsyncContextManager[InferenceService]]


class Tune:
    """Stands in for `run.tune`: begins an engine, and finds what it is told after `takes_s`."""

    def __init__(self) -> None:
        self.calls = 0
        self.interrupted = 0
        self.takes_s = 0.0
        self.finds: Changes | Exception = BETTER

    async def __call__(self, *_arguments: Any) -> Found:
        self.calls += 1
        try:
            await asyncio.sleep(self.takes_s)
        except asyncio.CancelledError:
            self.interrupted += 1
            raise
        if isinstance(self.finds, Exception):
            raise self.finds
        return Found("latency", self.finds, SLOW, FAST if self.finds else SLOW, ())


@pytest.fixture
def tune(monkeypatch: pytest.MonkeyPatch) -> Tune:
    scripted = Tune()
    monkeypatch.setattr(idle, "tune", scripted)
    return scripted


@pytest.fixture
def jobs_run() -> Callable[..., Any]:
    async def forever(*_arguments: object, **_options: object) -> Outcome:
        await asyncio.sleep(60)
        raise AssertionError

    return forever


@pytest.fixture
def serve(
    make_service: MakeService,
    engines: Engines,
    jobs_run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Serve:
    """A running service that is tuned after 0.2 s; `jobs` of the last one made is `serve.jobs`."""
    monkeypatch.setattr(idle, "has_room_for", lambda _spec, _tokens: True)

    @contextlib.asynccontextmanager
    async def serve(
        minutes: float = IDLE_S / 60, converting: bool = False
    ) -> AsyncGenerator[InferenceService]:
        async with make_service(tune_when_idle_minutes=minutes) as service:
            jobs = Jobs(service.settings, jobs_run)
            if converting:
                jobs.submit(ConversionRequest("a/b", "b", (Compression("int8"),)), "ada")
            tuning = IdleTuning(service.settings, service, jobs, engines)
            tuning.start()
            try:
                yield service
            finally:
                await tuning.stop()
                await jobs.stop()

    return serve


def remembered(service: InferenceService) -> Changes | None:
    assert service.prepared is not None
    assert service.prepared.subject is not None
    return store.find(service.settings.data_dir, service.prepared.subject)


async def test_what_was_found_comes_into_force_without_losing_anything(
    serve: Serve, engines: Engines, tune: Tune
) -> None:
    async with serve() as service:
        await until(lambda: service.prepared and service.prepared.tuning == BETTER)
        assert remembered(service) == BETTER
        old, new = engines.made
        assert old.spec.properties == {}
        assert new.spec.properties == BETTER.properties
        assert service.state.serving is not None
        assert service.state.serving.tuning == "f32 instead of bf16"
        await until(lambda: old.closed)
        assert end_of(await collect(service)).finish_reason == "length"
        await asyncio.sleep(3 * IDLE_S)
        assert tune.calls == 1
        assert len(engines.made) == 2


async def test_that_the_default_is_best_is_found_out_once(
    serve: Serve, engines: Engines, tune: Tune
) -> None:
    tune.finds = Changes()
    async with serve() as service:
        await until(lambda: remembered(service) == Changes())
        await asyncio.sleep(3 * IDLE_S)
        assert tune.calls == 1
    async with serve() as service:
        await asyncio.sleep(3 * IDLE_S)
    assert tune.calls == 1
    assert len(engines.made) == 2, "one for each service, and nothing loaded anew"


async def test_a_request_puts_an_end_to_it_and_it_is_tried_again(serve: Serve, tune: Tune) -> None:
    tune.takes_s = 60
    async with serve() as service:
        await until(lambda: tune.calls == 1)
        await collect(service, new=2)  # over sooner than anybody looks
        await until(lambda: tune.interrupted == 1, timeout_s=1)
        assert remembered(service) is None
        tune.takes_s = 0
        await until(lambda: remembered(service) == BETTER)
        assert tune.calls == 2


async def test_the_engine_is_gone_within_a_second_of_a_request(
    serve: Serve, engines: Engines
) -> None:
    def prepare(engine: FakeEngine) -> None:
        if engines.made:  # the one that is measured writes nothing for ever
            engine.hold()

    engines.prepare = prepare
    async with serve() as service:
        await until(lambda: len(engines.made) == 2 and engines.last.requests)
        assert end_of(await collect(service, new=2)).finish_reason == "length"
        await until(lambda: engines.last.closed, timeout_s=1)
        assert not engines.made[0].closed


async def test_not_while_somebody_is_written_for(
    serve: Serve, engines: Engines, tune: Tune
) -> None:
    engines.prepare = lambda engine: engine.hold()
    async with serve() as service:
        stream = asyncio.create_task(collect(service))
        await until(lambda: service.running == 1)
        await asyncio.sleep(3 * IDLE_S)
        assert tune.calls == 0
        engines.last.go_on()
        await stream
        await until(lambda: tune.calls == 1)


async def test_not_while_a_model_is_switched_or_converted(
    serve: Serve, engines: Engines, tune: Tune
) -> None:
    async with serve(converting=True):
        await asyncio.sleep(3 * IDLE_S)
    assert tune.calls == 0
    async with serve() as service:
        engines.prepare = lambda engine: setattr(engine, "load_s", 4 * IDLE_S)
        switching = asyncio.create_task(service.switch(device="AUTO"))
        await until(lambda: service.state.status == "switching")
        await asyncio.sleep(2 * IDLE_S)
        assert tune.calls == 0
        engines.prepare = lambda engine: None
        await switching


async def test_a_switch_puts_an_end_to_it(serve: Serve, engines: Engines, tune: Tune) -> None:
    tune.takes_s = 60
    async with serve() as service:
        await until(lambda: tune.calls == 1)
        engines.prepare = lambda engine: setattr(engine, "load_s", 0.5)
        switching = asyncio.create_task(service.switch(device="AUTO"))
        await until(lambda: tune.interrupted == 1, timeout_s=1)
        await switching


async def test_stopping_leaves_nothing_behind(serve: Serve, engines: Engines) -> None:
    def prepare(engine: FakeEngine) -> None:
        engine.load_s = 60 if engines.made else 0

    engines.prepare = prepare
    async with serve():
        await until(lambda: len(engines.made) == 2)
    assert all(engine.closed for engine in engines.made)


@pytest.mark.parametrize("why", ["never", "no memory", "it fails"])
async def test_what_keeps_it_from_being_tuned(
    serve: Serve, tune: Tune, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    if why == "no memory":
        monkeypatch.setattr(idle, "has_room_for", lambda _spec, _tokens: False)
    tune.finds = LoadFailed("no memory")
    async with serve(minutes=0 if why == "never" else IDLE_S / 60) as service:
        await asyncio.sleep(4 * IDLE_S)
        assert tune.calls == (1 if why == "it fails" else 0), "and not again and again"
        assert remembered(service) is None
        assert end_of(await collect(service)).finish_reason == "length"


async def test_what_the_command_found_is_taken_up(serve: Serve, tune: Tune) -> None:
    async with serve(minutes=2 * IDLE_S / 60) as service:
        assert service.prepared is not None
        assert service.prepared.subject is not None
        store.remember(service.settings.data_dir, service.prepared.subject, BETTER)
        await until(lambda: service.prepared and service.prepared.tuning == BETTER)
        store.remember(service.settings.data_dir, service.prepared.subject, Changes())
        await until(lambda: service.prepared and not service.prepared.tuning)
        assert tune.calls == 0


async def test_settings_that_do_not_load_are_not_kept(
    serve: Serve, engines: Engines, tune: Tune
) -> None:
    async with serve() as service:
        engines.prepare = lambda e: setattr(e, "load_error", LoadFailed("no memory"))
        await until(lambda: remembered(service) == Changes())
        assert service.state.status == "ready"
        assert end_of(await collect(service)).finish_reason == "length"
        assert len(engines.made) == 2


def test_memory_for_a_second_engine(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.inference.memory import Memory
    from app.inference.types import EngineSpec

    (tmp_path / "config.json").write_text('{"hidden_size": 64, "num_hidden_layers": 2}')
    (tmp_path / "openvino_model.bin").write_bytes(bytes(1000))
    spec = EngineSpec(str(tmp_path), "CPU", "genai", 16, 2**30)
    for free, fits in ((2**30, True), (2**28, False)):
        monkeypatch.setattr(idle, "memory", lambda free=free: Memory(2**34, free))
        assert idle.has_room_for(spec, 1000) == fits
    monkeypatch.setattr(idle, "memory", lambda: Memory(2**34, 2**30))
    assert not idle.has_room_for(spec, 10_000_000), "the KV cache counts"
