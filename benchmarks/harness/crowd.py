"""Many people at once, through /v1 or on the pages."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count

from benchmarks.harness import api, page, workload
from benchmarks.harness.api import Ask
from benchmarks.harness.app import App, Person
from benchmarks.harness.streams import Stream

_SETTLE_S = 5.0


class StreamLost(Exception):
    """A completion did not come to its end, so that no figure of its round means anything."""


class Crowd:
    """People with keys and logins, who ask all at once; more questions than people are dealt out.

    Raises StreamLost where a stream ends before what was asked for is there.
    """

    def __init__(
        self, app: App, model_id: str, people: Sequence[Person], cookies: Sequence[str] = ()
    ) -> None:
        self._app, self._model_id = app, model_id
        self._people, self._cookies = people, cookies
        self._tabs: Sequence[page.Tab] = ()

    @classmethod
    async def logged_in(cls, app: App, model_id: str, people: Sequence[Person]) -> "Crowd":
        """With a login for each, which the pages need."""
        return cls(app, model_id, people, [await app.log_in(person) for person in people])

    async def through_api(self, asks: Sequence[Ask]) -> list[Stream]:
        return whole(await asyncio.gather(*(self.ask(*numbered) for numbered in enumerate(asks))))

    async def ask(self, number: int, ask: Ask) -> Stream:
        """One completion through /v1; `number` says who asks."""
        person = self._people[number % len(self._people)]
        return await api.complete(self._app.port, person.key, self._model_id, ask)

    async def open_tabs(self, number: int) -> None:
        """The Instruct page in so many tabs, for `through_pages`."""
        self._tabs = [await self._tab(n) for n in range(number)]

    async def through_pages(self, asks: Sequence[Ask]) -> list[Stream]:
        """Each in a tab of the Instruct page, which stands open meanwhile."""
        tabs = self._tabs[: len(asks)]
        async with AsyncExitStack() as looked_at:
            for tab in tabs:
                await looked_at.enter_async_context(tab.standing_open())
            running = (tab.instruct(ask) for tab, ask in zip(tabs, asks, strict=True))
            return whole(await asyncio.gather(*running))

    async def _tab(self, number: int) -> page.Tab:
        return await page.open_page(self._app, self._cookies[number % len(self._cookies)], "/")

    @asynccontextmanager
    async def streaming(self, users: int, on_pages: int) -> AsyncIterator[None]:
        """So many people who ask again whenever they have been answered, some of them on pages.

        All are at it when the block begins, and go away in the middle of their streams at its end.
        """
        each = [self._on_page(n) if n < on_pages else self._by_api(n) for n in range(users)]
        asking = [asyncio.create_task(one) for one in each]
        try:
            await asyncio.sleep(_SETTLE_S)
            yield
        finally:
            failed = [task for task in asking if task.done()]
            for task in asking:
                task.cancel()
            await asyncio.wait(asking)
            for task in failed:
                task.result()

    async def _on_page(self, number: int) -> None:
        tab = await self._tab(number)
        async with tab.standing_open():
            for ask in _questions(number):
                whole([await tab.instruct(ask)])

    async def _by_api(self, number: int) -> None:
        for ask in _questions(number):
            whole([await self.ask(number, ask)])


def _questions(number: int) -> Iterator[Ask]:
    """What one person asks, without end."""
    for seed in count(number, 1000):
        yield Ask.of(workload.text(32, seed), 64, seed)


def whole(streams: Sequence[Stream]) -> list[Stream]:
    """The same streams. Raises StreamLost if one of them is not whole."""
    lost = [stream for stream in streams if not stream.whole]
    if lost:
        raise StreamLost(f"{len(lost)} of {len(streams)} streams were cut off, such as {lost[0]}.")
    return list(streams)
