"""Conversion of a checkpoint to an OpenVINO model, as its own process with progress.

The parent's side; the work itself is in `convert_worker`. Nothing heavy is imported here.
"""

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import shutil
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from app.errors import LoadFailed
from app.inference.conversion.types import Compression, Progress

logger = logging.getLogger(__name__)

RECORD = "conversion.json"
"""The file beside a converted model that tells what it was converted from, and how."""

_ROOT = Path(__file__).parents[3]
_MARK = ".converting-"
_STALE_S = 24 * 3600
_LOG_LINES = 40


async def convert(
    source: Path,
    target: Path,
    compression: str | Compression,
    on_progress: Callable[[Progress], None],
) -> None:
    """Convert the checkpoint in `source`; `target` appears whole at the end or not at all.

    Takes a weight format or all of the compression's settings. Raises LoadFailed with a readable
    reason; cancelling it ends the process and leaves nothing behind.
    """
    if isinstance(compression, str):
        compression = Compression(compression, group_size=64)
    source, target = _absolute(source), _absolute(target)
    process = await asyncio.create_subprocess_exec(
        *_command(source, target, compression),
        cwd=_ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    log: deque[str] = deque(maxlen=_LOG_LINES)
    try:
        _, last = await asyncio.gather(
            _keep_log(process.stderr, log), _follow(process.stdout, on_progress)
        )
        exit_code = await process.wait()
    finally:
        await _end(process, target)
    if exit_code != 0:
        text = "\n".join(log)
        logger.error("The conversion of %s failed (%s):\n%s", source, exit_code, text)
        raise LoadFailed(_why(exit_code, last))


def fingerprint(checkpoint: Path) -> str:
    """SHA-256 over a checkpoint's weights and configuration: another one after any change."""
    digest = hashlib.sha256()
    for file in sorted([*checkpoint.glob("*.safetensors"), *checkpoint.glob("*.json")]):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def is_outdated(folder: Path, checkpoint: Path) -> bool:
    """Whether `folder` was converted from another version of `checkpoint`, or is not there."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return True
    return bool(record.get("source") != fingerprint(checkpoint))


def work_folder(target: Path, pid: int) -> Path:
    """Where the process `pid` makes what becomes `target`: beside it, for one rename."""
    return target.parent / f".{target.name}{_MARK}{pid}"


def remove_leftovers(models_dir: Path) -> None:
    """Remove what dead conversions left behind, and model folders that are empty without it."""
    for folder in models_dir.glob(f"*/.*{_MARK}*"):
        if _is_dead(folder):
            logger.info("Removing %s, left by a conversion that died", folder)
            _remove(folder)


def _absolute(path: Path) -> Path:
    # The child runs in another folder, where Python finds this module.
    return path.absolute()


def _command(source: Path, target: Path, compression: Compression) -> list[str]:
    return [
        sys.executable,
        *("-m", "app.inference.conversion.worker"),
        *("--source", str(source)),
        *("--target", str(target)),
        *("--weight-format", compression.weight_format),
        *("--group-size", str(compression.group_size)),
        *("--ratio", str(compression.ratio)),
        "--sym" if compression.sym else "--asym",
    ]


async def _follow(
    stdout: asyncio.StreamReader | None, on_progress: Callable[[Progress], None]
) -> Progress | None:
    """Pass on the progress; the last one said, which for a failure is the reason."""
    last = None
    assert stdout is not None  # noqa: S101 (it is a pipe)
    async for line in stdout:
        last = Progress(**json.loads(line))
        if last.stage != "failed":
            on_progress(last)
    return last


async def _keep_log(stderr: asyncio.StreamReader | None, log: deque[str]) -> None:
    assert stderr is not None  # noqa: S101 (it is a pipe)
    # Not by lines: progress bars write long ones without an end.
    while chunk := await stderr.read(65536):
        log.extend(chunk.decode(errors="replace").replace("\r", "\n").splitlines())


async def _end(process: asyncio.subprocess.Process, target: Path) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await asyncio.shield(process.wait())
    await asyncio.shield(asyncio.to_thread(_remove, work_folder(target, process.pid)))


def _why(exit_code: int, last: Progress | None) -> str:
    if last is not None and last.stage == "failed":
        return last.message
    if exit_code == -9:
        return (
            "The conversion was ended by the system, most likely because memory ran out. "
            "Close other programs or choose a smaller model."
        )
    return f"The conversion ended unexpectedly (exit code {exit_code}); the log has the details."


def _is_dead(folder: Path) -> bool:
    pid = folder.name.rpartition(_MARK)[2]
    try:
        if time.time() - folder.stat().st_mtime > _STALE_S:
            return True
        if os.name == "nt" or not pid.isdigit():
            # There, asking for a process by a signal would end it: only the age counts.
            return False
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.parent.rmdir()
