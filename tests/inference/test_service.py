"""Completions in front of scripted engines: streams, queue, limits, cancel."""

import asyncio
import contextlib

import pytest

from app.errors import (
    PromptTooLong,
    QueueFull,
)
from app.inference.catalogue import PromptFormat
from app.inference.types import (
    Message,
    ModelRef,
    Queued,
    SamplingParams,
)
from tests.fakes import FakeEngine
from tests.scripted import HELLO, Engines, MakeService, collect, end_of, text_of, until

pytestmark = pytest.mark.anyio

OTHER = ModelRef("other", "int8")


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


async def test_a_slow_reader_holds_no_place(make_service: MakeService, engines: Engines) -> None:
    async with make_service(max_running=1, hang_timeout_s=0.5) as service:
        slow = service.complete("ada", HELLO, SamplingParams(max_new_tokens=5)).events()
        await anext(slow)
        await until(lambda: service.running == 0)
        assert end_of(await collect(service, "bob")).finish_reason == "length"
        await asyncio.sleep(1.6)
        assert len(engines.made) == 1, "an idle engine does not count as hung"
        assert end_of([event async for event in slow]).receipt.completion_tokens == 5


async def test_an_instruction_is_asked_in_the_models_own_format(
    make_service: MakeService, engines: Engines
) -> None:
    async with make_service() as service:
        prompts = service._loaded().prompts
        prompts._format = PromptFormat(instruct_template="Q: {{ instruction }}\nA:")
        for instruct in (False, True):
            params = SamplingParams(max_new_tokens=1)
            async for _ in service.complete("ada", HELLO, params, instruct=instruct).events():
                pass
        chat, instruction = (request.prompt_ids for request in engines.last.requests)
        assert prompts.decode(chat) == "user\nHello\nassistant\n"
        assert prompts.decode(instruction) == "Q: Hello\nA:"
