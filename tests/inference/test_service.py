"""The service in front of scripted engines: streams, queue, cancel, switch, death and restart."""

import asyncio
import contextlib

import pytest

from app.errors import (
    EngineUnavailable,
    LoadFailed,
    PromptTooLong,
    QueueFull,
    RetryLater,
    UnknownDevice,
    UnknownModel,
    VinoChatError,
)
from app.inference.service import InferenceService
from app.inference.types import (
    Chunk,
    Finished,
    Message,
    ModelRef,
    Queued,
    SamplingParams,
    StreamEvent,
)
from tests.fakes import FakeEngine
from tests.scripted import Engines, MakeService, until

pytestmark = pytest.mark.anyio

HELLO = [Message("user", "Hello")]
OTHER = ModelRef("other", "int8")


async def collect(
    service: InferenceService, user: str = "ada", new: int = 5, **params: object
) -> list[StreamEvent]:
    sampling = SamplingParams(max_new_tokens=new, **params)  # type: ignore[arg-type]
    return [event async for event in service.complete(user, HELLO, sampling).events()]


def text_of(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Chunk))


def end_of(events: list[StreamEvent]) -> Finished:
    assert sum(isinstance(event, Finished) for event in events) == 1
    assert isinstance(events[-1], Finished)
    return events[-1]


async def test_a_stream_is_text_and_one_end_with_its_facts(make_service: MakeService) -> None:
    async with make_service() as service:
        events = await collect(service, new=5)
        end = end_of(events)
        assert text_of(events) == service._loaded().prompts.decode(range(5))
        assert end.finish_reason == "length"
        assert end.receipt.completion_tokens == 5
        assert end.receipt.prompt_tokens == await service.count_tokens(HELLO)
        assert 0 <= end.receipt.queued_s <= end.receipt.ttft_s <= end.receipt.total_s
        assert (end.receipt.model_id, end.receipt.device) == ("first", "CPU")


async def test_every_request_gets_its_own_seed_unless_one_is_given(
    make_service: MakeService, engines: Engines
) -> None:
    async with make_service() as service:
        for seed in (None, None, 7):
            await collect(service, seed=seed)
        first, second, third = (request.seed for request in engines.last.requests)
        assert first != second
        assert third == 7


async def test_the_context_window_limits_the_completion(
    make_service: MakeService, engines: Engines
) -> None:
    async with make_service() as service:
        prompt = await service.count_tokens(HELLO)
        end = end_of(await collect(service, new=8000))
        assert end.receipt.completion_tokens == 2048 - prompt
        assert end.finish_reason == "length"


async def test_a_prompt_longer_than_the_context_is_refused_with_the_numbers(
    make_service: MakeService,
) -> None:
    async with make_service() as service:
        long = service.complete("ada", [Message("user", "x" * 3000)], SamplingParams())
        with pytest.raises(PromptTooLong, match=r"30\d\d tokens long.*at most 2047"):
            await anext(long.events())
        assert end_of(await collect(service)).finish_reason == "length"


async def test_cancel_keeps_the_text_and_frees_the_place(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: setattr(engine, "token_s", 0.005)
    async with make_service() as service:
        completion = service.complete("ada", HELLO, SamplingParams(max_new_tokens=1000))
        events = []
        async for event in completion.events():
            events.append(event)
            if len(events) == 5:
                completion.cancel()
        assert end_of(events).finish_reason == "cancelled"
        assert text_of(events)
        await until(lambda: engines.last.cancelled)
        assert service.running == 0


async def test_a_closed_stream_cancels_the_engine(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: setattr(engine, "token_s", 0.005)
    async with make_service() as service:
        async with contextlib.aclosing(
            service.complete("ada", HELLO, SamplingParams(max_new_tokens=1000)).events()
        ) as events:
            await anext(events)
        await until(lambda: engines.last.cancelled == [engines.last.requests[0].request_id])
        assert (service.running, service.waiting) == (0, 0)


async def test_who_waits_is_told_the_position_and_can_stop(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: engine.hold()
    async with make_service(max_running=1) as service:
        first = asyncio.create_task(collect(service, "ada"))
        await until(lambda: service.running == 1)
        waiting = service.complete("bob", HELLO, SamplingParams(max_new_tokens=1000))
        events = waiting.events()
        assert await anext(events) == Queued(1)
        waiting.cancel()
        rest = [event async for event in events]
        end = end_of(rest)
        assert (end.finish_reason, end.receipt.completion_tokens) == ("cancelled", 0)
        assert len(engines.last.requests) == 1
        engines.last.go_on()
        assert end_of(await first).finish_reason == "length"


async def test_the_cap_on_running_requests_holds(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: setattr(engine, "token_s", 0.001)
    async with make_service(max_running=3, max_running_per_user=2) as service:
        tasks = [collect(service, user) for user in ("ada", "bob", "eve") for _ in range(4)]
        ends = [end_of(events) for events in await asyncio.gather(*tasks)]
        assert {end.finish_reason for end in ends} == {"length"}
        assert engines.last.most_running == 3


async def test_beyond_the_bound_the_queue_refuses(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: engine.hold()
    async with make_service(max_running=1, max_waiting=1) as service:
        tasks = [asyncio.create_task(collect(service, user)) for user in ("ada", "bob")]
        await until(lambda: (service.running, service.waiting) == (1, 1))
        with pytest.raises(QueueFull):
            await collect(service, "eve")
        engines.last.go_on()
        await asyncio.gather(*tasks)


async def test_waiting_too_long_ends_with_a_message(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: engine.hold()
    async with make_service(max_running=1, queue_timeout_s=0.1) as service:
        first = asyncio.create_task(collect(service, "ada"))
        await until(lambda: service.running == 1)
        with pytest.raises(QueueFull, match="No place became free"):
            await collect(service, "bob")
        assert service.waiting == 0
        engines.last.go_on()
        await first


async def test_a_completion_that_takes_too_long_is_ended(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: setattr(engine, "token_s", 0.01)
    async with make_service(stream_timeout_s=0.1) as service:
        end = end_of(await collect(service, new=1000))
        assert end.finish_reason == "error"
        assert "VINOCHAT_STREAM_TIMEOUT_S" in (end.error or "")


async def test_an_engine_error_ends_one_stream_only(
    make_service: MakeService, engines: Engines
) -> None:
    def prepare(engine: FakeEngine) -> None:
        engine.fails_on = lambda request: "It broke." if request.seed == 13 else None

    engines.prepare = prepare
    async with make_service() as service:
        bad, good = await asyncio.gather(collect(service, seed=13), collect(service, seed=1))
        assert (end_of(bad).finish_reason, end_of(bad).error) == ("error", "It broke.")
        assert end_of(good).finish_reason == "length"


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


async def test_a_slow_reader_holds_no_place(make_service: MakeService, engines: Engines) -> None:
    async with make_service(max_running=1, hang_timeout_s=0.5) as service:
        slow = service.complete("ada", HELLO, SamplingParams(max_new_tokens=5)).events()
        await anext(slow)
        await until(lambda: service.running == 0)
        assert end_of(await collect(service, "bob")).finish_reason == "length"
        await asyncio.sleep(1.6)
        assert len(engines.made) == 1, "an idle engine does not count as hung"
        assert end_of([event async for event in slow]).receipt.completion_tokens == 5


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
            await until(lambda: service.running == 1)
            await service.switch(device=device)
        streams.append(asyncio.create_task(collect(service)))
        await until(lambda: service.running == 1)
        with pytest.raises(RetryLater, match="Wait until they are done"):
            await service.switch(device="AUTO")
        for engine in engines.made:
            engine.go_on()
        assert {end_of(e).finish_reason for e in await asyncio.gather(*streams)} == {"length"}
