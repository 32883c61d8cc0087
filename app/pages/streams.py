"""From streams of events to page updates: pacing, and which tab runs which stream.

The browser is the bottleneck: updates faster than about 80 ms make its main thread late. Nothing
here knows what a page shows.

Waiting is limited with asyncio.timeout: asyncio.wait_for of Python 3.11 may lose a cancellation.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import Protocol, TypeVar

import gradio as gr

from app.errors import RetryLater

UPDATE_S = 0.08
UPDATE_SLOW_S = 0.15
LONG_CHARACTERS = 80_000
MANY_STREAMS = 16
SILENCE_S = 1.0
"""A closed tab is noticed only when the handler yields, so a silent stream yields this often."""
END_TIMEOUT_S = 10.0

E = TypeVar("E")


class Cancellable(Protocol):
    def cancel(self) -> None: ...


def update_interval(characters: int, streams: int) -> float:
    """Seconds between updates of a page that shows so much text, while so many streams run.

    A browser draws the whole conversation anew each time, and the server has every stream's page to
    serve: the more of either, the fewer updates.
    """
    load = max(characters / LONG_CHARACTERS, (streams - 1) / (MANY_STREAMS - 1))
    return UPDATE_S + (UPDATE_SLOW_S - UPDATE_S) * min(max(load, 0.0), 1.0)


async def batches(
    events: AsyncGenerator[E], interval_s: Callable[[], float], silence_s: float = SILENCE_S
) -> AsyncGenerator[list[E]]:
    """What has arrived, at most every `interval_s()`; an empty list after `silence_s` of nothing.

    Raises what the stream raises, after everything that came before it. Closing this closes it.
    """
    arrived: list[E] = []
    news = asyncio.Event()

    async def collect() -> None:
        async with aclosing(events):
            async for event in events:
                arrived.append(event)
                news.set()

    collector = asyncio.create_task(collect())
    collector.add_done_callback(lambda _: news.set())
    try:
        while arrived or not collector.done():
            with suppress(TimeoutError):
                async with asyncio.timeout(silence_s):
                    await news.wait()
            news.clear()
            batch = arrived.copy()
            arrived.clear()
            if batch or not collector.done():
                yield batch
            if batch and not collector.done():
                await asyncio.sleep(interval_s())
        collector.result()
    finally:
        collector.cancel()
        await asyncio.wait({collector})


class Running:
    """A tab's stream. Stop may be clicked before there is one to stop."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self._stream: Cancellable | None = None
        self._cancelled = False

    def begin(self, stream: Cancellable) -> None:
        self._stream = stream
        if self._cancelled:
            stream.cancel()

    def cancel(self) -> None:
        self._cancelled = True
        if self._stream is not None:
            self._stream.cancel()


class TabStreams:
    """The stream that each open tab runs, so that its Stop button stops that one and no other.

    A tab is known by the `session_hash` of its page load, which the gate binds to the login.
    """

    def __init__(self) -> None:
        self._running: dict[str, Running] = {}

    @contextmanager
    def running(self, request: gr.Request) -> Iterator[Running]:
        """The tab's place for a stream until it ends. RetryLater if the tab runs one already."""
        tab = str(request.session_hash)
        if tab in self._running:
            raise RetryLater("This page is still generating. Wait until it is done, or stop it.")
        self._running[tab] = running = Running()
        try:
            yield running
        finally:
            del self._running[tab]
            running.ended.set()

    def stop(self, request: gr.Request) -> None:
        """Cancel the tab's stream, if it runs one."""
        if running := self._running.get(str(request.session_hash)):
            running.cancel()

    async def end(self, request: gr.Request) -> None:
        """Cancel the tab's stream and wait until its handler is done with it."""
        if running := self._running.get(str(request.session_hash)):
            running.cancel()
            with suppress(TimeoutError):
                async with asyncio.timeout(END_TIMEOUT_S):
                    await running.ended.wait()
