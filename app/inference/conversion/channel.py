"""How a process of a job is spoken to: its task on standard input, JSON lines on standard output.

The job's own process (`worker`) and the steps that it starts one after another all speak this.
Standard input stays open for as long as the parent lives: its end is the parent's end. What the
libraries print goes to standard error, which is the log.
"""

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.errors import ConversionFailed

_ROOT = Path(__file__).parents[3]

Say = Callable[[str, Any], None]
"""Tells the parent one thing: a word for its kind, and anything that JSON can hold."""


def serve(work: Callable[[dict[str, Any], Say], Any], explain: Callable[[Exception], str]) -> int:
    """Run `work` with the task from standard input; say its result or why it failed.

    The exit status is 0 or 1. `explain` turns an exception into a sentence for people.
    """
    say = _open()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log signed addresses
    task: dict[str, Any] = json.loads(sys.stdin.buffer.readline() or b"{}")
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        say("result", work(task, say))
        _log_memory()
    except Exception as error:
        if not isinstance(error, ConversionFailed):
            logging.getLogger(__name__).exception("This step failed")
        say("failed", explain(error))
        return 1
    return 0


def call(
    module: str,
    task: dict[str, Any],
    heard: Callable[[str, Any], None],
    environment: dict[str, str],
) -> Any:
    """Run a module that serves, as a process of its own; its result.

    `heard` gets everything else that it says. Raises ConversionFailed with its reason, or with how
    it died.
    """
    with subprocess.Popen(  # noqa: S603 (our own module, run by our own Python)
        [sys.executable, "-m", module],
        cwd=_ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None  # noqa: S101 (a pipe)
        assert process.stdout is not None  # noqa: S101 (a pipe)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(task).encode() + b"\n")
            process.stdin.flush()
        result, reason, told = None, "", False
        for line in process.stdout:
            kind, value = json.loads(line)
            if kind == "result":
                result, told = value, True
            elif kind == "failed":
                reason = value
            else:
                heard(kind, value)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    if told:
        return result
    raise ConversionFailed(reason or how_it_ended(process.returncode))


def how_it_ended(exit_code: int) -> str:
    """What to say of a process of a job that ended without a word."""
    if exit_code == -signal.SIGTERM:
        return "The conversion was ended from outside. Start it again."
    if exit_code < 0:
        return (
            "The conversion was ended by the system, most likely because memory ran out. "
            "Close other programs or choose a smaller model."
        )
    return f"The conversion ended unexpectedly (exit code {exit_code}); the log has the details."


def _log_memory() -> None:
    """The most memory that this process held, where the system counts it."""
    with contextlib.suppress(ImportError):
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
        logging.getLogger(__name__).info("This step held %.1f GB of memory at most", peak / 1e9)


def _open() -> Say:
    """Keep standard output for what is said alone: the libraries print to it as they please."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lock = threading.Lock()

    def say(kind: str, value: Any) -> None:
        with lock:
            print(json.dumps([kind, value]), file=channel, flush=True)

    return say


def _end_with_parent() -> None:
    """Leave at once, with all that was started from here, when the parent dies or lets go."""
    # Not through sys.stdin: its lock would be held when Python shuts down.
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    if os.name != "nt" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
