"""Measuring what serves: through the queue, fair, on scripted engines."""

import asyncio
from contextlib import aclosing

import pytest

from app.errors import EngineUnavailable, LoadFailed
from app.inference.bench import served
from app.inference.bench.figures import Row
from app.inference.bench.served import NEW_TOKENS, ROUNDS, USER, Step
from app.inference.service import InferenceService
from app.inference.types import EngineInfo, EngineRequest, ModelRef
from tests.fakes import FakeEngine
from tests.scripted import Engines, MakeService, collect, until

pytestmark = pytest.mark.anyio


async def rows(service: InferenceService, seed: int = 1) -> list[Row]:
    return [event async for event in served.run(service, seed) if isinstance(event, Row)]


async def test_the_cases_and_their_figures(make_service: MakeService, engines: Engines) -> None:
    async with make_service() as service:
        engines.last.script = lambda request: iter(request.prompt_ids * NEW_TOKENS)
        found = await rows(service)
        asked = [(row.case.prompt_tokens, row.case.users) for row in found if row.case]
        assert asked == [(32, 1), (32, 4), (256, 1), (256, 4)]
        for row in found:
            assert row.measured is not None
            assert row.case is not None
            assert [len(each) for each in row.measured.rounds] == [row.case.users] * ROUNDS
            assert {one.tokens for each in row.measured.rounds for one in each} == {NEW_TOKENS}
            assert (row.setup.model_id, row.setup.device, row.others) == ("first", "CPU", 0)
        assert engines.last.most_running == 4


async def test_end_tokens_end_nothing_and_another_seed_asks_anew(
    make_service: MakeService, engines: Engines
) -> None:
    async with make_service() as service:
        await rows(service, seed=1)
        first = {request.prompt_ids for request in engines.last.requests}
        assert all(request.stop_token_ids == () for request in engines.last.requests)
        await rows(service, seed=2)
        assert len({request.prompt_ids for request in engines.last.requests}) == 2 * len(first)


async def test_others_are_seen_and_not_held_up(
    make_service: MakeService, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "LOOK_EVERY_S", 0.005)
    engines.prepare = lambda engine: setattr(engine, "token_s", 0.002)
    async with make_service(max_running=4) as service:
        stream = asyncio.create_task(collect(service, "ada", new=2000))
        await until(lambda: service.running == 1)
        first = (await rows(service))[0]
        assert first.others == 1
        stream.cancel()
        await asyncio.wait({stream})


async def test_a_short_context_shortens_the_prompts(
    make_service: MakeService, engines: Engines
) -> None:
    def shorten(engine: FakeEngine) -> None:
        engine.info = EngineInfo("genai", "CPU", 128, 65536, 16)

    engines.prepare = shorten
    async with make_service() as service:
        found = await rows(service)
        assert {row.case.prompt_tokens for row in found if row.case} == {32, 79}
        assert all(row.measured for row in found)


async def test_what_fails_is_a_row_with_the_reason(
    make_service: MakeService, engines: Engines
) -> None:
    def fails(request: EngineRequest) -> str | None:
        return "Out of luck." if len(request.prompt_ids) == 256 else None

    engines.prepare = lambda engine: setattr(engine, "fails_on", fails)
    async with make_service() as service:
        found = await rows(service)
        assert [row.reason for row in found] == ["", "", "Out of luck.", "Out of luck."]
        assert [row.measured is None for row in found] == [False, False, True, True]


async def test_closing_it_early_ends_its_requests(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: setattr(engine, "token_s", 0.01)
    async with make_service() as service:
        async with aclosing(served.run(service, 1)) as events:
            assert isinstance(await anext(events), Step)
            next_event = asyncio.ensure_future(anext(events))
            await until(lambda: service.running == 1)
            next_event.cancel()
            await asyncio.wait({next_event})
        await until(lambda: service.running == 0)
        assert service.running_beside(USER) == 0


async def test_a_switch_meanwhile_ends_it(make_service: MakeService) -> None:
    async with make_service() as service, aclosing(served.run(service, 1)) as events:
        assert isinstance(await anext(events), Step)
        await service.switch(ModelRef("other", "int8"))
        with pytest.raises(EngineUnavailable, match="switched"):
            await anext(events)


async def test_nothing_to_measure_is_said(make_service: MakeService, engines: Engines) -> None:
    async with make_service() as service:
        engines.prepare = lambda engine: setattr(engine, "load_error", LoadFailed("No memory."))
        engines.last.die()
        await until(lambda: service.state.serving is None)
        with pytest.raises(EngineUnavailable, match="No model is ready"):
            await rows(service)
