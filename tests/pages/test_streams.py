"""Pacing, silence, endings, and whose stream a Stop button stops."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import gradio as gr
import pytest

from app.errors import RetryLater
from app.pages.streams import (
    LONG_CHARACTERS,
    MANY_STREAMS,
    UPDATE_S,
    UPDATE_SLOW_S,
    TabStreams,
    batches,
    update_interval,
)
from tests.pages.conftest import request_of

pytestmark = pytest.mark.anyio


class Stream:
    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


async def numbers(count: int, pause_s: float = 0.0) -> AsyncGenerator[int]:
    for number in range(count):
        await asyncio.sleep(pause_s)
        yield number


async def test_nothing_is_lost_and_fast_events_share_an_update() -> None:
    got = [batch async for batch in batches(numbers(500), lambda: 0.02)]
    assert [number for batch in got for number in batch] == list(range(500))
    assert len(got) < 20


async def test_silence_yields_empty_batches() -> None:
    got = [batch async for batch in batches(numbers(1, 0.2), lambda: 0.0, silence_s=0.05)]
    assert [] in got
    assert [0] in got


async def test_what_came_before_a_failure_is_delivered_first() -> None:
    async def failing() -> AsyncGenerator[int]:
        yield 1
        raise RetryLater("later")

    updates = batches(failing(), lambda: 0.0)
    assert await anext(updates) == [1]
    with pytest.raises(RetryLater):
        await anext(updates)


async def test_closing_closes_the_stream() -> None:
    ended = asyncio.Event()

    async def endless() -> AsyncGenerator[int]:
        try:
            while True:
                await asyncio.sleep(0.001)
                yield 1
        finally:
            ended.set()

    async with aclosing(batches(endless(), lambda: 0.0)) as updates:
        await anext(updates)
    assert ended.is_set()


@pytest.mark.parametrize("steps", range(4))
async def test_a_cancellation_is_never_lost_to_what_arrives_with_it(steps: int) -> None:
    """Gradio cancels a handler once; one that goes on after that would never end."""
    arrived, tabs = asyncio.Event(), TabStreams()

    async def two() -> AsyncGenerator[int]:
        await arrived.wait()
        yield 1
        await asyncio.Event().wait()

    async def read() -> None:
        async for _ in batches(two(), lambda: 1.0):
            pass

    with tabs.running(_tab("mine")):
        tasks = [asyncio.create_task(read()), asyncio.create_task(tabs.end(_tab("mine")))]
        await asyncio.sleep(0.01)
        arrived.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    cancelled = [task for task in tasks if task.cancel()]
    await asyncio.wait(tasks, timeout=1)
    assert all(task.cancelled() for task in cancelled)


def test_long_pages_and_busy_servers_update_less_often() -> None:
    assert update_interval(0, 0) == update_interval(0, 1) == UPDATE_S
    assert update_interval(2 * LONG_CHARACTERS, 1) == pytest.approx(UPDATE_SLOW_S)
    assert update_interval(0, 4 * MANY_STREAMS) == pytest.approx(UPDATE_SLOW_S)
    assert UPDATE_S < update_interval(LONG_CHARACTERS // 2, 1) < UPDATE_SLOW_S
    assert UPDATE_S < update_interval(0, MANY_STREAMS // 2) < UPDATE_SLOW_S


async def test_stop_stops_the_tabs_own_stream_only() -> None:
    tabs, mine, other = TabStreams(), Stream(), Stream()
    with tabs.running(_tab("mine")) as one, tabs.running(_tab("other")) as two:
        one.begin(mine)
        two.begin(other)
        tabs.stop(_tab("mine"))
        tabs.stop(_tab("a tab that runs nothing"))
    assert (mine.cancelled, other.cancelled) == (True, False)


async def test_a_stop_that_comes_before_the_stream_stops_it() -> None:
    tabs, stream = TabStreams(), Stream()
    with tabs.running(_tab("mine")) as running:
        tabs.stop(_tab("mine"))
        running.begin(stream)
    assert stream.cancelled


async def test_a_tab_runs_one_stream_at_a_time() -> None:
    tabs = TabStreams()
    with (
        tabs.running(_tab("mine")),
        pytest.raises(RetryLater),
        tabs.running(_tab("mine")),
    ):
        pass
    with tabs.running(_tab("mine")):
        pass


async def test_end_waits_for_the_handler() -> None:
    tabs, stream, order = TabStreams(), Stream(), []

    async def handler() -> None:
        with tabs.running(_tab("mine")) as running:
            running.begin(stream)
            while not stream.cancelled:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            order.append("handler")

    running = asyncio.create_task(handler())
    await asyncio.sleep(0)
    await tabs.end(_tab("mine"))
    order.append("ended")
    await running
    assert order == ["handler", "ended"]


def _tab(name: str) -> gr.Request:
    return request_of(None, name)
