"""Hand-written stand-ins. No processes, no models, no files."""

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import cycle, islice

from app.errors import EngineUnavailable, VinoChatError
from app.inference.types import EngineInfo, EngineRequest, EngineSpec, EngineStats, TokenEvent

Sink = Callable[[TokenEvent], None]


def count_up(request: EngineRequest) -> Iterator[int]:
    """The default completion: the ids 0 to 99 over and over."""
    return cycle(range(100))


class FakeEngine:
    """An `EngineProcess` whose completions are scripted and whose failures are ordered.

    Set the attributes before `start`, or while it runs; the class itself serves as the factory of
    engines. `hold` stops all tokens until `go_on`; `die` is a crash. Every running request gets
    one token each `token_s` seconds, with a hundredth of it as its log probability, negative, where
    those are asked for. `requests`, `cancelled` and `most_running` tell what happened.
    """

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self.script: Callable[[EngineRequest], Iterator[int]] = count_up
        self.token_s = 0.0
        self.load_s = 0.0
        self.load_error: VinoChatError | None = None
        self.fails_on: Callable[[EngineRequest], str | None] = lambda _request: None
        self.info = EngineInfo(
            "genai",
            spec.device.replace("AUTO", "CPU"),
            context_length=2048,
            cache_tokens=65536,
            max_running=16,
            vocabulary_size=259,
            has_logprobs=True,
            has_grammars=True,
        )
        self.on_exit: Callable[[str], None] = lambda _reason: None
        self.last_progress = time.monotonic()
        self.stats = EngineStats()
        self.pid: int | None = None
        self.requests: list[EngineRequest] = []
        self.cancelled: list[int] = []
        self.most_running = 0
        self.closed = False
        self._lock = threading.Lock()
        self._wake = threading.Condition(self._lock)
        self._waiting: deque[tuple[EngineRequest, Sink]] = deque()
        self._running: dict[int, tuple[EngineRequest, Sink, Iterator[int]]] = {}
        self._ends: list[tuple[Sink, TokenEvent]] = []
        self._held = False
        self._reason_of_death: str | None = None
        self._thread: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        return self._thread is not None and not self.closed and self._reason_of_death is None

    async def start(self, timeout_s: float) -> EngineInfo:
        await asyncio.sleep(self.load_s)
        if self.load_error is not None:
            raise self.load_error
        self.pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name="fake engine", daemon=True)
        self._thread.start()
        return self.info

    def submit(self, request: EngineRequest, sink: Sink) -> None:
        with self._wake:
            if not self.alive:
                raise EngineUnavailable("The model is not ready. Try again in a moment.")
            self.requests.append(request)
            self._waiting.append((request, sink))
            self._wake.notify()

    def cancel(self, request_id: int) -> None:
        with self._wake:
            self.cancelled.append(request_id)
            for entry in list(self._waiting):
                if entry[0].request_id == request_id:
                    self._waiting.remove(entry)
                    self._ends.append((entry[1], TokenEvent(request_id, (), "cancelled")))
            running = self._running.pop(request_id, None)
            if running:
                self._ends.append((running[1], TokenEvent(request_id, (), "cancelled")))
            self._wake.notify()

    async def close(self, grace_s: float = 5.0) -> None:
        with self._wake:
            self.closed = True
            self._wake.notify()
        if self._thread:
            await asyncio.to_thread(self._thread.join, 5)

    def kill(self) -> None:
        self.die("The engine process no longer answered and was ended.")

    def die(self, reason: str = "The engine process was ended by signal 9 (SIGKILL).") -> None:
        """Crash: every request ends with "error", then `on_exit` is called, on its own thread."""
        with self._wake:
            self._reason_of_death = reason
            self._wake.notify()

    def hold(self) -> None:
        with self._wake:
            self._held = True

    def go_on(self) -> None:
        with self._wake:
            self._held = False
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(self._has_work)
                if self.closed or self._reason_of_death:
                    break
                events, self._ends = [*self._ends, *self._step()], []
                self.last_progress = time.monotonic()
            for sink, event in events:
                sink(event)
            if self._running and self.token_s:
                time.sleep(self.token_s)
        self._end()

    def _has_work(self) -> bool:
        working = (self._waiting or self._running) and not self._held
        return bool(working or self._ends or self.closed or self._reason_of_death)

    def _step(self) -> list[tuple[Sink, TokenEvent]]:
        events: list[tuple[Sink, TokenEvent]] = []
        if self._held:
            return events
        while self._waiting and len(self._running) < self.info.max_running:
            request, sink = self._waiting.popleft()
            error = self.fails_on(request)
            if error:
                events.append((sink, TokenEvent(request.request_id, (), "error", error)))
            else:
                script = islice(self.script(request), request.params.max_new_tokens)
                self._running[request.request_id] = (request, sink, script)
        self.most_running = max(self.most_running, len(self._running))
        for request, sink, tokens in list(self._running.values()):
            event = self._next_event(request, tokens)
            if event.finish_reason:
                del self._running[request.request_id]
            events.append((sink, event))
        return events

    def _next_event(self, request: EngineRequest, tokens: Iterator[int]) -> TokenEvent:
        token = next(tokens, None)
        if token is None:
            return TokenEvent(request.request_id, (), "length")
        if token in request.stop_token_ids:
            return TokenEvent(request.request_id, (), "stop")
        logprobs = (-token / 100,) if request.params.logprobs else ()
        return TokenEvent(request.request_id, (token,), logprobs=logprobs)

    def _end(self) -> None:
        with self._lock:
            ends, self._ends = self._ends, []
            left = [*self._waiting, *((r, sink) for r, sink, _ in self._running.values())]
            self._waiting.clear()
            self._running.clear()
        for sink, event in ends:
            sink(event)
        for request, sink in left:
            if self.closed:
                sink(TokenEvent(request.request_id, (), "cancelled"))
            else:
                error = "The engine stopped while it worked on this completion."
                sink(TokenEvent(request.request_id, (), "error", error))
        if not self.closed:
            self.on_exit(self._reason_of_death or "")
