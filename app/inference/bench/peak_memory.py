"""The most memory that a process was seen to use while somebody looked."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable

import psutil

LOOK_EVERY_S = 0.05


class PeakMemory:
    """`peak_bytes` is the largest resident set so far; None while there was no process to see."""

    def __init__(self) -> None:
        self.peak_bytes: int | None = None

    def look(self, pid: int | None) -> None:
        with contextlib.suppress(psutil.Error):  # it is over
            if pid is not None:
                used: int = psutil.Process(pid).memory_info().rss
                self.peak_bytes = max(used, self.peak_bytes or 0)


@contextlib.asynccontextmanager
async def watched(pid: Callable[[], int | None]) -> AsyncGenerator[PeakMemory]:
    """Look at a process 20 times a second; `pid` gives None as long as there is none."""
    memory = PeakMemory()

    async def watch() -> None:
        while True:
            memory.look(pid())
            await asyncio.sleep(LOOK_EVERY_S)

    watching = asyncio.create_task(watch())
    try:
        yield memory
    finally:
        watching.cancel()
