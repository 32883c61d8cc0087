"""Several completions of one request, run at once and read as one stream.

Each has a ticket of its own, so the queue treats them like as many requests.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence

from app.errors import EngineFailed
from app.inference.completion import Completion
from app.inference.types import Finished, StreamEvent

Indexed = tuple[int, StreamEvent]


async def together(completions: Sequence[Completion]) -> AsyncGenerator[Indexed]:
    """The events of all, each with the place of its completion; closing it ends them all.

    Nothing comes before every completion has had its first event: what is refused before any text
    is raised first. One that fails ends the others; its error is raised.
    """
    if len(completions) == 1:  # the common case needs no task and no queue
        async with contextlib.aclosing(_events(completions[0])) as events:
            async for event in events:
                yield 0, event
        return
    arrived: asyncio.Queue[tuple[int, StreamEvent | Exception]] = asyncio.Queue(len(completions))
    tasks = [asyncio.create_task(_pass_on(*one, arrived)) for one in enumerate(completions)]
    try:
        held: list[Indexed] = []
        begun, left = set[int](), len(completions)
        while left:
            index, arrival = await arrived.get()
            if isinstance(arrival, Exception):
                raise arrival
            held.append((index, arrival))
            begun.add(index)
            left -= isinstance(arrival, Finished)
            if len(begun) == len(completions):
                for one in held:
                    yield one
                held.clear()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _events(completion: Completion) -> AsyncGenerator[StreamEvent]:
    """A completion's events; a Finished with an error becomes the exception that it is."""
    async with contextlib.aclosing(completion.events()) as events:
        async for event in events:
            if isinstance(event, Finished) and event.finish_reason == "error":
                raise EngineFailed(event.error or "The engine failed. Try again.")
            yield event


async def _pass_on(
    index: int,
    completion: Completion,
    arrived: asyncio.Queue[tuple[int, StreamEvent | Exception]],
) -> None:
    try:
        async with contextlib.aclosing(_events(completion)) as events:
            async for event in events:
                await arrived.put((index, event))
    except Exception as error:
        await arrived.put((index, error))
