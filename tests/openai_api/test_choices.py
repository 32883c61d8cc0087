"""n completions of one request: at once, each in the queue for itself, ended together."""

import asyncio
from collections.abc import Iterator
from itertools import count
from typing import Any

import openai
import pytest

from app.errors import EngineFailed
from app.inference.service import InferenceService
from app.inference.types import EngineRequest, Finished, Queued, SamplingParams
from app.openai_api.choices import together
from tests.api_client import HELLO, Api, api, engines, served, slow
from tests.scripted import HELLO as HELLO_MESSAGES
from tests.scripted import Engines, MakeService, until
from tests.served import wait_for

__all__ = ["api", "engines", "served"]


def from_the_seed(request: EngineRequest) -> Iterator[int]:
    return (token % 90 + 5 for token in count(request.seed % 997))


@pytest.fixture
def varied(engines: Engines, api: Api) -> Iterator[None]:
    """Completions that depend on the seed."""
    before, engines.last.script = engines.last.script, from_the_seed
    yield
    engines.last.script = before


def texts(api: Api, n: int, seed: int | None = 7) -> list[str | None]:
    how: dict[str, Any] = {} if seed is None else {"seed": seed}
    answer = api.client.chat.completions.create(
        model="first", messages=HELLO, n=n, max_tokens=20, **how
    )
    assert [choice.index for choice in answer.choices] == list(range(n))
    return [choice.message.content for choice in answer.choices]


@pytest.mark.usefixtures("varied")
def test_they_differ_and_a_seed_repeats_them(api: Api) -> None:
    four = texts(api, 4)
    assert len(set(four)) == 4
    assert texts(api, 4) == four
    assert texts(api, 2) == four[:2]
    assert texts(api, 1) == four[:1]
    assert not {*four} & {*texts(api, 4, seed=8)}
    assert texts(api, 4, seed=None) != four


@pytest.mark.usefixtures("varied")
def test_a_stream_tells_them_apart_and_the_prompt_counts_once(api: Api) -> None:
    whole = api.client.chat.completions.create(
        model="first", messages=HELLO, n=3, max_tokens=20, seed=7
    )
    stream = api.client.chat.completions.create(
        model="first",
        messages=HELLO,
        n=3,
        max_tokens=20,
        seed=7,
        stream=True,
        stream_options={"include_usage": True},
    )
    streamed, ends, roles = ["", "", ""], [0, 0, 0], [0, 0, 0]
    for chunk in stream:
        for choice in chunk.choices:
            streamed[choice.index] += choice.delta.content or ""
            ends[choice.index] += choice.finish_reason == "length"
            roles[choice.index] += choice.delta.role == "assistant"
    assert streamed == [choice.message.content for choice in whole.choices]
    assert ends == roles == [1, 1, 1]
    alone = api.client.chat.completions.create(model="first", messages=HELLO, max_tokens=20)
    assert whole.usage is not None
    assert alone.usage is not None
    assert chunk.usage == whole.usage
    assert whole.usage.prompt_tokens == alone.usage.prompt_tokens
    assert whole.usage.completion_tokens == 60


@pytest.mark.parametrize("kind", ["stream", "whole"])
def test_a_client_that_goes_away_ends_them_all(api: Api, engines: Engines, kind: str) -> None:
    slow(engines.last)
    if kind == "stream":
        stream = api.client.chat.completions.create(model="first", messages=HELLO, n=4, stream=True)
        next(iter(stream))
        stream.close()
    else:
        with pytest.raises(openai.APITimeoutError):
            api.client.with_options(timeout=1.0).chat.completions.create(
                model="first", messages=HELLO, n=4
            )
    wait_for(lambda: len(engines.last.cancelled) == 4)


def test_one_that_fails_ends_them_all(api: Api, engines: Engines) -> None:
    slow(engines.last)
    engines.last.fails_on = lambda request: (
        "The engine failed on this one." if engines.last.requests.index(request) == 2 else None
    )
    with pytest.raises(openai.InternalServerError, match="failed on this one") as caught:
        api.client.chat.completions.create(model="first", messages=HELLO, n=3)
    assert caught.value.status_code == 500
    wait_for(lambda: len(engines.last.cancelled) == 2)


@pytest.mark.anyio
class TestInTheQueue:
    """The same on a service, where the queue can be watched."""

    def four(self, service: InferenceService, new: int = 2000) -> list[Any]:
        params = SamplingParams(max_new_tokens=new)
        return [service.complete("ada", HELLO_MESSAGES, params) for _ in range(4)]

    async def test_beyond_the_cap_of_a_user_they_queue(
        self, make_service: MakeService, engines: Engines
    ) -> None:
        async with make_service(max_running_per_user=2) as service:
            engines.last.token_s = 0.005
            events = [event async for event in together(self.four(service, new=50))]
            assert engines.last.most_running == 2
        assert sum(isinstance(event, Finished) for _, event in events) == 4
        assert any(isinstance(event, Queued) for _, event in events)

    async def test_the_bound_of_the_queue_holds_and_comes_before_any_text(
        self, make_service: MakeService, engines: Engines
    ) -> None:
        async with make_service(max_running_per_user=1, max_waiting=2) as service:
            engines.last.token_s = 0.01
            with pytest.raises(Exception, match="2 requests are waiting"):
                await anext(together(self.four(service)))
            await until(lambda: service.waiting == service.running == 0)

    async def test_closing_it_leaves_no_task_and_no_place_taken(
        self, make_service: MakeService, engines: Engines
    ) -> None:
        async with make_service() as service:
            engines.last.token_s = 0.01
            before = asyncio.all_tasks()
            for _ in range(20):
                events = together(self.four(service))
                await anext(events)
                await events.aclose()
                assert asyncio.all_tasks() == before
            await until(lambda: service.running == 0)

    async def test_a_reader_that_is_cancelled_ends_them_all(
        self, make_service: MakeService, engines: Engines
    ) -> None:
        async def read() -> None:
            async for _ in together(self.four(service)):
                pass

        async with make_service() as service:
            engines.last.token_s = 0.01
            before = asyncio.all_tasks()
            reader = asyncio.create_task(read())
            await until(lambda: service.running == 4)
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            await until(lambda: service.running == 0)
            assert asyncio.all_tasks() == before

    async def test_an_engine_that_dies_is_one_error(
        self, make_service: MakeService, engines: Engines
    ) -> None:
        async with make_service() as service:
            engines.last.token_s = 0.01
            events = together(self.four(service))
            await anext(events)
            engines.last.die()
            with pytest.raises(EngineFailed, match="The engine stopped"):
                async for _ in events:
                    pass
            await until(lambda: service.running == 0)
