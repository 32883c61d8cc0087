"""A conversion as seen from the app: a process of its own, with progress, that can be cancelled.

The work itself is in `worker`. Nothing heavy is imported here.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
from pydantic import TypeAdapter

from app.errors import ConversionFailed
from app.inference.conversion import workplace
from app.inference.conversion.channel import how_it_ended
from app.inference.conversion.types import ConversionRequest, Outcome, Progress

logger = logging.getLogger(__name__)

OnProgress = Callable[[Progress], None]
OnLog = Callable[[str], None]

_ROOT = Path(__file__).parents[3]
_LOG_LINES = 40
_LONGEST_LINE = 2000
_LONGEST_WORD = 2**20
"""Of what the process says at once: an outcome with its commands and notes."""
_POLL_S = 0.02
_LAST_WORDS_S = 2.0


async def run(
    request: ConversionRequest,
    data_dir: Path,
    on_progress: OnProgress,
    *,
    token: str = "",
    endpoint: str = "",
    on_log: OnLog | None = None,
) -> Outcome:
    """Download, convert and compress as `request` says; each format appears whole or not at all.

    Raises ConversionFailed with a readable reason and the end of the log. Cancelling it ends every
    process of the job and leaves nothing half-made; files downloaded so far stay for another try.
    `token` and `endpoint` are the hub's; the token appears in no argument, log or message.
    """
    job = _Job(token, on_progress, on_log)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.inference.conversion.worker"),
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        limit=_LONGEST_WORD,
    )
    following = asyncio.create_task(job.follow(process.stdout))
    log = asyncio.create_task(job.keep_log(process.stderr))
    try:
        await _ask(process, request, _absolute(data_dir), token, endpoint)
        await _listen(following, log)
    finally:
        exit_code = await _to_its_end(_end(process, data_dir, following, log))
    if job.outcome is None:
        reason = job.reason or how_it_ended(exit_code)
        if on_log is None:  # else whoever asked has the log already
            logger.error("The conversion of %s failed: %s\n%s", request.source, reason, job.text)
        raise ConversionFailed(reason, tuple(job.log))
    return job.outcome


def _absolute(path: Path) -> Path:
    # The process runs in another folder, where Python finds this package.
    return path.absolute()


class _Job:
    """What the process has said so far."""

    def __init__(self, token: str, on_progress: OnProgress, on_log: OnLog | None) -> None:
        self._token, self._on_progress, self._on_log = token, on_progress, on_log
        self.log: deque[str] = deque(maxlen=_LOG_LINES)
        self.outcome: Outcome | None = None
        self.reason = ""

    @property
    def text(self) -> str:
        return "\n".join(self.log)

    async def follow(self, stdout: asyncio.StreamReader | None) -> None:
        assert stdout is not None  # noqa: S101 (it is a pipe)
        async for line in stdout:
            kind, value = json.loads(line)
            if kind == "progress":
                self._on_progress(Progress(**value))
            elif kind == "result":
                self.outcome = TypeAdapter(Outcome).validate_python(value)
            elif kind == "failed":
                self.reason = self._without_secret(value)

    async def keep_log(self, stderr: asyncio.StreamReader | None) -> None:
        assert stderr is not None  # noqa: S101 (it is a pipe)
        rest = ""
        # Not by lines: progress bars write long ones without an end.
        while chunk := await stderr.read(65536):
            *lines, rest = (rest + chunk.decode(errors="replace")).replace("\r", "\n").split("\n")
            for line in lines:
                self._add(line)
            rest = rest[-_LONGEST_LINE:]
        self._add(rest)

    def _add(self, line: str) -> None:
        line = self._without_secret(line.rstrip())[:_LONGEST_LINE]
        if line:
            self.log.append(line)
            if self._on_log is not None:
                self._on_log(line)

    def _without_secret(self, text: str) -> str:
        return text.replace(self._token, "(token)") if self._token else text


async def _ask(
    process: asyncio.subprocess.Process,
    request: ConversionRequest,
    data_dir: Path,
    token: str,
    endpoint: str,
) -> None:
    """Hand over the request. The pipe stays open: its end tells the process that we are gone."""
    assert process.stdin is not None  # noqa: S101 (it is a pipe)
    job = {
        "request": asdict(request),
        "data_dir": str(data_dir),
        "token": token,
        "endpoint": endpoint,
    }
    process.stdin.write(json.dumps(job).encode() + b"\n")
    with contextlib.suppress(ConnectionError):  # it has died: its exit code tells why
        await process.stdin.drain()


async def _listen(following: "asyncio.Task[None]", log: "asyncio.Task[None]") -> None:
    """Until the process ends: then nobody is left who could tell of progress. Its log may be held
    open for longer, by what a model's own code left running."""
    await asyncio.wait({following, log}, return_when=asyncio.FIRST_COMPLETED)
    if log.done():
        await log  # it may have failed
    await following


async def _to_its_end(work: Coroutine[Any, Any, int]) -> int:
    """Do all of `work`, also where whoever waits for it is cancelled once more meanwhile."""
    task, cancelled = asyncio.create_task(work), False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError
    return task.result()


async def _end(
    process: asyncio.subprocess.Process,
    data_dir: Path,
    following: "asyncio.Task[None]",
    log: "asyncio.Task[None]",
) -> int:
    """End the process with all that it started, and remove what it was making; its exit code."""
    following.cancel()
    for pid in _family(process.pid) if os.name == "nt" else ():
        with contextlib.suppress(psutil.Error):
            psutil.Process(pid).kill()
    if os.name != "nt":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    # Its `wait` would wait for whoever holds the log open, too.
    while process.returncode is None:  # noqa: ASYNC110 (nothing else tells)
        await asyncio.sleep(_POLL_S)
    await asyncio.wait({log}, timeout=_LAST_WORDS_S)
    log.cancel()
    await asyncio.gather(following, log, return_exceptions=True)
    process._transport.close()  # type: ignore[attr-defined] # nothing public closes a held pipe
    await asyncio.to_thread(workplace.remove, data_dir, process.pid)
    return process.returncode


def _family(pid: int) -> list[int]:
    """A process and its descendants, for systems without process groups."""
    try:
        parent = psutil.Process(pid)
        return [pid, *(child.pid for child in parent.children(recursive=True))]
    except psutil.Error:
        return []
