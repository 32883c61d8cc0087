"""The web process's handle on one engine process: start, submit, cancel, close.

Two threads belong to each handle. The reader takes the child's messages and calls the sinks; the
writer sends, so that a child in a long step never holds up the caller. Nothing heavy is imported.
"""

import asyncio
import atexit
import contextlib
import logging
import multiprocessing
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Protocol

from app.errors import EngineUnavailable, LoadFailed
from app.inference import engine_worker, load_errors
from app.inference.engine_worker import Cancel, Close, Events, Failed, FromChild, Ready, Submit
from app.inference.types import EngineInfo, EngineRequest, EngineSpec, EngineStats, TokenEvent

logger = logging.getLogger(__name__)

Sink = Callable[[TokenEvent], None]

_EXIT_WAIT_S = 5.0


class EngineHandle(Protocol):
    """What the supervisor and the service need of an engine process; tests have scripted ones."""

    on_exit: Callable[[str], None]
    """Called once, on the reader thread, if the process dies unexpectedly."""
    last_progress: float
    """When the process last said anything, by the monotonic clock."""
    stats: EngineStats

    @property
    def pid(self) -> int | None: ...
    @property
    def alive(self) -> bool: ...

    async def start(self, timeout_s: float) -> EngineInfo: ...
    def submit(self, request: EngineRequest, sink: Sink) -> None: ...
    def cancel(self, request_id: int) -> None: ...
    async def close(self, grace_s: float = 5.0) -> None: ...
    def kill(self) -> None: ...


class EngineProcess:
    """One engine in one child process.

    Sinks and `on_exit` are called on the reader thread and must neither block nor raise. A sink
    gets exactly one event with a finish reason, however the child ends. `on_exit` is called once,
    with a sentence, when a child that was ready ends without having been told to.
    """

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self.on_exit: Callable[[str], None] = lambda _reason: None
        self.last_progress = time.monotonic()
        """When the child last sent something: while it works, every half second or every step."""
        self.stats = EngineStats()
        """What the child last said of itself: while it works, at most half a second old."""
        context = multiprocessing.get_context("spawn")
        self._pipe, self._child_pipe = context.Pipe()
        self._child_lifeline, self._lifeline = context.Pipe(duplex=False)
        self._process = context.Process(
            target=engine_worker.main,
            args=(spec, self._child_pipe, self._child_lifeline),
            name=f"engine {spec.device}",
            daemon=True,
        )
        self._outbox: SimpleQueue[Submit | Cancel | Close | None] = SimpleQueue()
        self._sinks: dict[int, Sink] = {}
        self._lock = threading.Lock()
        self._open = False
        self._closing = False
        self._hung = False
        self._failure: Failed | None = None
        self._ready = threading.Event()
        self._exited = threading.Event()
        self._info: EngineInfo | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether requests can be submitted."""
        return self._open

    async def start(self, timeout_s: float) -> EngineInfo:
        """Start the child, compile the model and warm it up.

        Raises LoadFailed with a readable reason. Whatever goes wrong, also a cancellation, no
        child is left behind.
        """
        try:
            await asyncio.to_thread(self._launch)
            if not await asyncio.to_thread(self._ready.wait, timeout_s):
                raise LoadFailed(
                    f"The model was not ready on {self.spec.device} within {timeout_s:.0f} s."
                )
            if self._info is None:
                raise LoadFailed(self._why_it_ended())
        except BaseException:
            self._abandon()
            raise
        return self._info

    def submit(self, request: EngineRequest, sink: Sink) -> None:
        """Hand a request to the child. Raises EngineUnavailable, and calls no sink, if it ended."""
        with self._lock:
            if not self._open:
                raise EngineUnavailable("The model is not ready. Try again in a moment.")
            if request.request_id in self._sinks:
                raise ValueError(f"request id {request.request_id} is in use")
            self._sinks[request.request_id] = sink
            self._outbox.put(Submit(request))

    def cancel(self, request_id: int) -> None:
        """End a request early; its sink gets "cancelled" unless it had ended before."""
        self._outbox.put(Cancel(request_id))

    async def close(self, grace_s: float = 5.0) -> None:
        """End the child: requests that still run end as "cancelled". Kills it after `grace_s`."""
        with self._lock:
            was_open, self._open, self._closing = self._open, False, True
        if self._process.pid is None:
            self._let_go()
            return
        if was_open:
            self._outbox.put(Close())
            await asyncio.to_thread(self._exited.wait, grace_s)
        if not self._exited.is_set():
            self._let_go()
            await asyncio.to_thread(self._exited.wait, _EXIT_WAIT_S)

    def kill(self) -> None:
        """End a hung child as a crash would: sinks get "error", and `on_exit` is called."""
        self._hung = True
        self._let_go()

    def _let_go(self) -> None:
        # A child that is only just being started has no process to kill yet, but ends by this.
        with contextlib.suppress(OSError):
            self._lifeline.close()
        if self._process.pid is not None:
            self._process.kill()

    def _launch(self) -> None:
        self._process.start()
        # Only the child may hold these now, or its end would never show as an end of file.
        self._child_pipe.close()
        self._child_lifeline.close()
        atexit.register(self._abandon)
        for work in (self._read, self._write):
            threading.Thread(target=work, name=self._process.name, daemon=True).start()

    def _abandon(self) -> None:
        self._closing = True
        self._let_go()

    def _write(self) -> None:
        while (message := self._outbox.get()) is not None:
            try:
                self._pipe.send(message)
            except OSError:
                return

    def _read(self) -> None:
        try:
            while True:
                message: FromChild = self._pipe.recv()
                self.last_progress = time.monotonic()
                match message:
                    case Events(events, stats):
                        self.stats = stats or self.stats
                        for event in events:
                            self._deliver(event)
                    case Ready(info, stats):
                        self.stats = stats
                        with self._lock:
                            self._info, self._open = info, not self._closing
                        self._ready.set()
                    case Failed():
                        self._failure = message
        except (EOFError, OSError):
            pass
        finally:
            self._after_exit()

    def _deliver(self, event: TokenEvent) -> None:
        with self._lock:
            if event.finish_reason:
                sink = self._sinks.pop(event.request_id, None)
            else:
                sink = self._sinks.get(event.request_id)
        if sink is None:
            return
        try:
            sink(event)
        except Exception:
            logger.exception("The sink of request %d failed", event.request_id)

    def _after_exit(self) -> None:
        """Give everybody who still waits their end, and tell why."""
        self._process.join(_EXIT_WAIT_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._let_go()
        atexit.unregister(self._abandon)
        with self._lock:
            self._open = False
            unfinished = list(self._sinks)
        reason = self._why_it_ended()
        if not self._closing:
            logger.error("%s (pid %s) is gone: %s", self._process.name, self.pid, reason)
        for request_id in unfinished:
            self._deliver(_last_event(request_id, self._closing))
        self._outbox.put(None)
        self._pipe.close()
        self._exited.set()
        self._ready.set()
        if self._info is not None and not self._closing:
            self.on_exit(reason)

    def _why_it_ended(self) -> str:
        if self._hung:
            return "The engine process no longer answered and was ended."
        if self._failure is None:
            return load_errors.how_it_died(self._process.exitcode or 0)
        if self._failure.readable:
            return self._failure.text
        return load_errors.readable(self._failure.text, self.spec.device)


def _last_event(request_id: int, closing: bool) -> TokenEvent:
    if closing:
        return TokenEvent(request_id, (), "cancelled")
    return TokenEvent(
        request_id,
        (),
        "error",
        "The engine stopped while it worked on this completion. "
        "What was written so far is kept; try again in a moment.",
    )
