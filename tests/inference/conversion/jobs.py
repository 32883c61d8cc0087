"""Jobs as tests run them: the real process, in a data folder of the test's own."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from app.errors import ConversionFailed
from app.inference.conversion.process import run
from app.inference.conversion.types import Compression, ConversionRequest, Outcome, Progress

INT8 = (Compression("int8"),)


def ignore(_progress: Progress) -> None:
    """For tests that look at something else."""


async def convert(
    source: Path | str,
    data_dir: Path,
    *formats: Compression,
    model_id: str = "tiny",
    on_progress: Callable[[Progress], None] = ignore,
    **how: Any,
) -> Outcome:
    """A job for a folder or a hub id, int8 if no format is given."""
    request = ConversionRequest(str(source), model_id, formats or INT8)
    return await run(request, data_dir, on_progress, **how)


async def failure(source: Path | str, data_dir: Path, *formats: Compression, **how: Any) -> str:
    """What a job that cannot succeed says; that it left nothing is checked."""
    try:
        await convert(source, data_dir, *formats, **how)
    except ConversionFailed as error:
        assert not made_in(data_dir)
        return str(error)
    raise AssertionError("it succeeded")


def made_in(data_dir: Path) -> list[str]:
    """Everything under `models`, finished or not."""
    models = data_dir / "models"
    return sorted(path.relative_to(models).as_posix() for path in models.rglob("*"))


def workers() -> list[psutil.Process]:
    """Every living process of the jobs that this one started, the jobs' own first."""
    return [child for child in psutil.Process().children(recursive=True) if _converts(child)]


def _converts(process: psutil.Process) -> bool:
    try:
        return "app.inference.conversion" in " ".join(process.cmdline())
    except psutil.Error:
        return False


async def until(condition: Callable[[], object], timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.01)
