"""Where a job works: its hidden folder, the lock that lets one job run at a time, what is kept.

Whatever is half-made lies in `DATA_DIR/models/.converting-LANE-PID/`, on the disk that the models
are on, so that each appears by one rename. Who holds the lane's lock knows that any other folder of
the lane was left by a job that died, whatever its process id says.
"""

import contextlib
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

logger = logging.getLogger(__name__)

_MARK = ".converting-"
_BUILT_IN = "built-in"


def lane(model_id: str) -> str:
    """Jobs of one lane wait for each other. The built-in model, seconds of work, has its own: the
    app needs it at the first start, also while a large model is being converted."""
    return "built-in" if model_id == _BUILT_IN else "models"


@contextlib.contextmanager
def opened(data_dir: Path, lane: str, pid: int, on_waiting: Callable[[], None]) -> Iterator[Path]:
    """The job's folder, empty, once no other job of the lane runs; gone again at the end.

    Calls `on_waiting` if there is another one to wait for.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(data_dir / f".conversion-{lane}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        on_waiting()
        lock.acquire(poll_interval=0.2)
    try:
        _remove_leftovers(data_dir, lane)
        folder = data_dir / "models" / f"{_MARK}{lane}-{pid}"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        lock.release()


def remove(data_dir: Path, pid: int) -> None:
    """Remove what the job of the ended process `pid` was making."""
    for folder in (data_dir / "models").glob(f"{_MARK}*-{pid}"):
        shutil.rmtree(folder, ignore_errors=True)


def downloads(data_dir: Path) -> Path:
    """Where sources are kept until all of their formats are made."""
    return data_dir / "downloads"


def _remove_leftovers(data_dir: Path, lane: str) -> None:
    for folder in (data_dir / "models").glob(f"{_MARK}{lane}-*"):
        logger.info("Removing %s, left by a conversion that died", folder.name)
        shutil.rmtree(folder, ignore_errors=True)
