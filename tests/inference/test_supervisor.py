"""The life of engines: switch, death, restart, hang, shutdown, on scripted ones."""

import asyncio
import contextlib

import pytest

from app.errors import (
    EngineUnavailable,
    LoadFailed,
    RetryLater,
    UnknownDevice,
    UnknownModel,
    VinoChatError,
)
from app.inference.types import (
    ModelRef,
)
from tests.fakes import FakeEngine
from tests.scripted import Engines, MakeService, collect, end_of, text_of, until

pytestmark = pytest.mark.anyio

OTHER = ModelRef("other", "int8")


async def test_a_switch_loses_nothing(make_service: MakeService, engines: Engines) -> None:
    engines.prepare = lambda engine: setattr(engine, "token_s", 0.003)
    async with make_service() as service:
        running = asyncio.create_task(collect(service, new=100))
        await until(lambda: service.running == 1)
        await service.switch(device="AUTO")
        old, new = engines.made
        assert service.state.serving is not None
        assert service.state.serving.device == "AUTO"
        assert not old.closed
        after = await collect(service, new=5)
        assert len(new.requests) == 1
        assert end_of(after).receipt.device == "AUTO (CPU)"
        events = await running
        assert end_of(events).receipt.completion_tokens == 100
        assert end_of(events).receipt.device == "CPU"
        await until(lambda: old.closed)


async def test_requests_that_wait_go_to_the_new_model(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: engine.hold()
    async with make_service(max_running=1) as service:
        first = asyncio.create_task(collect(service, "ada"))
        await until(lambda: service.running == 1)
        second = asyncio.create_task(collect(service, "bob"))
        await until(lambda: service.waiting == 1)
        engines.prepare = lambda engine: None
        await service.switch(model=OTHER)
        assert end_of(await second).receipt.model_id == "other"
        engines.made[0].go_on()
        assert end_of(await first).receipt.model_id == "first"


@pytest.mark.parametrize(
    ("switch", "error"),
    [
        ({"device": "GPU"}, UnknownDevice),
        ({"model": ModelRef("missing", "int8")}, UnknownModel),
        ({"device": "AUTO"}, LoadFailed),
    ],
)
async def test_a_failed_switch_leaves_the_old_one_serving(
    make_service: MakeService,
    engines: Engines,
    switch: dict[str, object],
    error: type[VinoChatError],
) -> None:
    async with make_service() as service:
        engines.prepare = lambda e: setattr(e, "load_error", LoadFailed("out of memory"))
        with pytest.raises(error) as caught:
            await service.switch(**switch)  # type: ignore[arg-type]
        assert service.state.status == "ready"
        assert str(caught.value) in service.state.detail
        assert end_of(await collect(service)).receipt.device == "CPU"
        assert all(engine.closed for engine in engines.made[1:])


async def test_one_switch_at_a_time_and_everybody_sees_it(
    make_service: MakeService, engines: Engines
) -> None:
    async with make_service() as service:
        engines.prepare = lambda engine: setattr(engine, "load_s", 0.2)
        switching = asyncio.create_task(service.switch(device="AUTO"))
        await until(lambda: service.state.status == "switching")
        assert service.state.target is not None
        assert service.state.target.device == "AUTO"
        with pytest.raises(RetryLater, match="Wait until"):
            await service.switch(device="CPU")
        assert end_of(await collect(service)).receipt.device == "CPU"
        await switching
        assert service.state.status == "ready"


async def test_a_dead_engine_is_reported_and_replaced(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: setattr(engine, "token_s", 0.005)
    async with make_service() as service:
        running = asyncio.create_task(collect(service, new=1000))
        await until(lambda: service.running == 1)
        await asyncio.sleep(0.05)
        engines.prepare = lambda engine: setattr(engine, "load_s", 0.1)
        engines.last.die()
        events = await running
        end = end_of(events)
        assert end.finish_reason == "error"
        assert end.error
        assert text_of(events)
        await until(lambda: service.state.serving is None)
        assert "signal 9" in service.state.detail
        with pytest.raises(EngineUnavailable, match="restarted"):
            await collect(service)
        await until(lambda: service.state.status == "ready")
        assert end_of(await collect(service)).finish_reason == "length"
        assert len(engines.made) == 2


async def test_who_waits_when_the_engine_dies_is_served_by_the_next(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: engine.hold()
    async with make_service(max_running=1) as service:
        first = asyncio.create_task(collect(service, "ada"))
        await until(lambda: service.running == 1)
        second = asyncio.create_task(collect(service, "bob"))
        await until(lambda: service.waiting == 1)
        engines.prepare = lambda engine: None
        engines.last.die()
        assert end_of(await first).finish_reason == "error"
        assert end_of(await second).finish_reason == "length"


async def test_after_the_last_restart_failed_who_waits_is_told(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: engine.hold()
    async with make_service(max_running=1) as service:
        first = asyncio.create_task(collect(service, "ada"))
        await until(lambda: service.running == 1)
        second = asyncio.create_task(collect(service, "bob"))
        await until(lambda: service.waiting == 1)
        engines.prepare = lambda e: setattr(e, "load_error", LoadFailed("no memory"))
        engines.made[0].die()
        await first
        with pytest.raises(EngineUnavailable, match="no memory"):
            await second
        assert service.state.status == "failed"
        engines.prepare = lambda engine: None
        await service.switch(device="CPU")
        assert end_of(await collect(service)).finish_reason == "length"


async def test_an_engine_that_dies_during_a_failing_switch_is_replaced(
    make_service: MakeService, engines: Engines
) -> None:
    def fail_slowly(engine: FakeEngine) -> None:
        engine.load_s, engine.load_error = 0.2, LoadFailed("no such thing")

    async with make_service() as service:
        engines.prepare = fail_slowly
        switching = asyncio.create_task(service.switch(device="AUTO"))
        await until(lambda: service.state.status == "switching")
        engines.made[0].die()
        await until(lambda: service.state.serving is None)
        engines.prepare = lambda engine: None
        with pytest.raises(LoadFailed):
            await switching
        await until(lambda: service.state.status == "ready")
        assert end_of(await collect(service)).receipt.device == "CPU"


async def test_a_hung_engine_is_ended_and_replaced(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: engine.hold()
    async with make_service(hang_timeout_s=0.5) as service:
        hung = asyncio.create_task(collect(service))
        await until(lambda: service.running == 1)
        engines.prepare = lambda engine: None
        assert end_of(await hung).finish_reason == "error"
        await until(lambda: service.state.status == "ready")
        assert len(engines.made) == 2


async def test_a_model_that_cannot_be_loaded_says_why(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda e: setattr(e, "load_error", LoadFailed("not enough memory"))
    async with make_service() as service:
        assert service.state.status == "failed"
        with pytest.raises(EngineUnavailable, match="not enough memory"):
            await collect(service)


async def test_stopping_lets_streams_finish_and_refuses_new_ones(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: setattr(engine, "token_s", 0.005)
    async with make_service() as service:
        running = asyncio.create_task(collect(service, new=30))
        await until(lambda: service.running == 1)
        stopping = asyncio.create_task(service.stop(5))
        await asyncio.sleep(0)
        with pytest.raises(EngineUnavailable, match="shutting down"):
            await collect(service)
        assert end_of(await running).receipt.completion_tokens == 30
        await stopping
        assert engines.last.closed


async def test_stopping_without_patience_cancels_what_runs(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: setattr(engine, "token_s", 0.005)
    async with make_service() as service:
        running = asyncio.create_task(collect(service, new=1000))
        await until(lambda: service.running == 1)
        await asyncio.sleep(0.05)
        await service.stop(0)
        assert end_of(await running).finish_reason == "cancelled"


async def test_stopping_during_a_switch_starts_nothing_anew(
    make_service: MakeService, engines: Engines
) -> None:
    async with make_service() as service:
        engines.prepare = lambda engine: setattr(engine, "load_s", 0.3)
        switching = asyncio.create_task(service.switch(device="AUTO"))
        await until(lambda: service.state.status == "switching")
        await service.stop(0)
        with contextlib.suppress(asyncio.CancelledError):
            await switching
        await asyncio.sleep(0.5)
        assert service.state.status == "stopped"
        assert not any(engine.alive for engine in engines.made)


async def test_a_switch_goes_on_when_whoever_asked_has_left(
    make_service: MakeService, engines: Engines
) -> None:
    async with make_service() as service:
        engines.prepare = lambda engine: setattr(engine, "load_s", 0.2)
        asking = asyncio.create_task(service.switch(device="AUTO"))
        await until(lambda: service.state.status == "switching")
        asking.cancel()
        await until(lambda: service.state.status == "ready")
        assert service.state.serving is not None
        assert service.state.serving.device == "AUTO"


async def test_engines_do_not_pile_up(make_service: MakeService, engines: Engines) -> None:
    engines.prepare = lambda engine: engine.hold()
    async with make_service() as service:
        streams = []
        for device in ("AUTO", "CPU"):
            streams.append(asyncio.create_task(collect(service)))
            await until(lambda: service.running == len(streams))
            await service.switch(device=device)
        streams.append(asyncio.create_task(collect(service)))
        await until(lambda: service.running == len(streams))
        with pytest.raises(RetryLater, match="Wait until they are done"):
            await service.switch(device="AUTO")
        for engine in engines.made:
            engine.go_on()
        assert {end_of(e).finish_reason for e in await asyncio.gather(*streams)} == {"length"}
