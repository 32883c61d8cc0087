"""Where a job works: its hidden folder, the lock that lets one job run at a time, what is kept.

Whatever is half-made lies in `DATA_DIR/models/.converting-LANE-PID/`, on the disk that the models
are on, so that each appears by one rename. Who holds the lane's lock knows that any other folder of
the lane was left by a job that died, whatever its process id says.
"""

import contextlib
import logging
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

logger = logging.getLogger(__name__)

_MARK = ".converting-"
_MODELS = "models"
_BUILT_IN = "built-in"
_KEPT_S = 7 * 86400
"""Long enough for whoever tries again after a weekend; a large model is tens of gigabytes."""


def lane(model_id: str) -> str:
    """Jobs of one lane wait for each other. The built-in model, seconds of work, has its own: the
    app needs it at the first start, also while a large model is being converted."""
    return _BUILT_IN if model_id == _BUILT_IN else _MODELS


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
        if lane == _MODELS:  # the only one that downloads
            _remove_abandoned(data_dir)
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


def installed_already(model: Path, wanted: Iterable[str]) -> str:
    """Why the wanted weight formats cannot be made for the folder of a model, "" if they can."""
    formats = {name: (model / name).exists() for name in wanted}
    there = [name for name, exists in formats.items() if exists]
    missing = [name for name, exists in formats.items() if not exists]
    if not there:
        return ""
    remedy = f"Ask for {' and '.join(missing)} only" if missing else "Load it"
    return (
        f"{model.name} ({', '.join(there)}) is installed already. {remedy}, or delete it on the "
        "Models page first to make it anew."
    )


def _remove_leftovers(data_dir: Path, lane: str) -> None:
    for folder in (data_dir / "models").glob(f"{_MARK}{lane}-*"):
        logger.info("Removing %s, left by a conversion that died", folder.name)
        shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(data_dir: Path) -> None:
    """Downloads of failed or cancelled jobs that nobody came back for."""
    for folder in downloads(data_dir).glob("*"):
        touched = max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
        if touched < time.time() - _KEPT_S:
            logger.info("Removing the download %s, untouched for a week", folder.name)
            shutil.rmtree(folder, ignore_errors=True)
