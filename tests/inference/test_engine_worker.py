"""What the engine process says, with a scripted engine and no process."""

import multiprocessing
import os
import signal
import threading
import time
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from app.errors import EngineFailed, LoadFailed
from app.inference import engine_worker
from app.inference.engine_worker import Cancel, Close, Events, Failed, FromChild, Ready, Submit
from app.inference.types import (
    EngineInfo,
    EngineRequest,
    EngineSpec,
    EngineStats,
    SamplingParams,
    TokenEvent,
)
from tests.inference.driving import spec

SPEC = EngineSpec("nowhere", "CPU", "genai", max_running=2, kv_cache_bytes=2**20)
INFO = EngineInfo("genai", "CPU", 128, 256, 2)
AT_REST, AT_WORK = EngineStats(0, 0.0), EngineStats(1, 0.25)
REQUEST = EngineRequest(7, (1, 2), SamplingParams(), 0, ())


class ScriptedEngine:
    """Ends the warm-up with `first`; then works on requests; whether it `writes` or not."""

    def __init__(
        self, first: TokenEvent | None = None, breaks: bool = False, writes: bool = False
    ) -> None:
        self.info, self.writes = INFO, writes
        self.calls: list[object] = []
        self.breaks = breaks
        self.live: list[int] = []
        self._next = [first or TokenEvent(-1, (5,), "length")]

    @property
    def busy(self) -> bool:
        return bool(self.live or self._next)

    @property
    def stats(self) -> EngineStats:
        return AT_WORK if self.live else AT_REST

    def submit(self, request: EngineRequest) -> None:
        self.calls.append(("submit", request.request_id))
        if request.request_id >= 0:
            self.live.append(request.request_id)

    def cancel(self, request_id: int) -> None:
        self.calls.append(("cancel", request_id))
        self.live.remove(request_id)
        self._next.append(TokenEvent(request_id, (), "cancelled"))

    def step(self) -> list[TokenEvent]:
        if self.live and self.breaks:
            raise EngineFailed("The engine fails at every step.")
        time.sleep(0.01)
        events, self._next = self._next, []
        return [*events, *(TokenEvent(i, (5,)) for i in self.live if self.writes)]

    def close(self) -> list[TokenEvent]:
        return [TokenEvent(request_id, (), "cancelled") for request_id in self.live]


@pytest.fixture(autouse=True)
def no_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own process keeps its signal handlers."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)


def converse(
    engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch, *said: object, wait_s: float = 0
) -> list[FromChild]:
    """Run the child's main; say these things to it, wait, close; return what it said."""
    monkeypatch.setattr(engine_worker, "load", lambda _spec: engine)
    parent, child = Pipe()
    lifeline, held = Pipe(duplex=False)
    worker = threading.Thread(target=engine_worker.main, args=(SPEC, child, lifeline), daemon=True)
    worker.start()
    for message in said:
        parent.send(message)
    time.sleep(wait_s)
    parent.send(Close())
    worker.join(10)
    assert not worker.is_alive()
    held.send("stay")  # or its thread would take this test run for a parent that died
    return _everything(parent)


def _everything(parent: Connection) -> list[FromChild]:
    messages = []
    while parent.poll(0):
        messages.append(parent.recv())
    return messages


def test_is_ready_after_a_warm_up_and_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = ScriptedEngine()
    assert converse(engine, monkeypatch) == [Ready(INFO, AT_REST), Events(())]
    assert engine.calls == [("submit", -1)]


def test_a_warm_up_that_fails_is_a_failed_load(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = ScriptedEngine(first=TokenEvent(-1, (), "error", "No room."))
    [failed] = converse(engine, monkeypatch)
    assert failed == Failed("The model loads but cannot write: No room.", readable=True)


def test_close_tells_the_last_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = converse(ScriptedEngine(), monkeypatch, Submit(REQUEST))
    assert messages[-1] == Events((TokenEvent(7, (), "cancelled"),))


def test_a_cancel_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = ScriptedEngine()
    messages = converse(engine, monkeypatch, Submit(REQUEST), Cancel(7), wait_s=0.3)
    assert Events((TokenEvent(7, (), "cancelled"),), AT_REST) in messages
    assert engine.calls[1:] == [("submit", 7), ("cancel", 7)]


def test_while_it_works_it_gives_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_worker, "_HEARTBEAT_S", 0.05)
    messages = converse(ScriptedEngine(), monkeypatch, Submit(REQUEST), wait_s=0.5)
    assert messages.count(Events((), AT_WORK)) >= 3


def test_how_full_it_is_comes_along_with_tokens_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine_worker, "_HEARTBEAT_S", 0.1)
    engine = ScriptedEngine(writes=True)
    messages = converse(engine, monkeypatch, Submit(REQUEST), wait_s=0.65)
    steps = [m for m in messages if isinstance(m, Events)][:-1]  # without the end
    told = [m.stats for m in steps if m.stats]
    assert 2 <= len(told) <= 6
    assert set(told) == {AT_WORK}
    assert all(m.events for m in steps), "no message for this alone"


def test_it_does_not_rest_on_old_news(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = converse(
        ScriptedEngine(writes=True), monkeypatch, Submit(REQUEST), Cancel(7), wait_s=0.3
    )
    told = [m.stats for m in messages if isinstance(m, Events) and m.stats]
    assert told[-1] == AT_REST


def test_an_engine_that_gives_up_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = ScriptedEngine(breaks=True)
    messages = converse(engine, monkeypatch, Submit(REQUEST), wait_s=0.3)
    assert messages == [
        Ready(INFO, AT_REST),
        Failed("The engine fails at every step.", readable=True),
    ]


def test_a_bug_in_an_engine_is_said_raw(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = ScriptedEngine()
    monkeypatch.setattr(engine, "submit", lambda _request: 1 / 0)
    [failed] = converse(engine, monkeypatch)
    assert failed == Failed("ZeroDivisionError: division by zero", readable=False)


def main_with_an_endless_compile(spec: EngineSpec, pipe: Connection, lifeline: Connection) -> None:
    """The child's main, in a process of its own, that never gets past loading."""

    def load(_spec: EngineSpec) -> ScriptedEngine:
        pipe.send("compiling")
        time.sleep(600)
        return ScriptedEngine()

    engine_worker.load = load  # type: ignore[assignment]
    engine_worker.main(spec, pipe, lifeline)


def test_it_ends_with_its_parent_in_the_middle_of_a_compile() -> None:
    context = get_context("spawn")
    pipe, child_pipe = context.Pipe()
    child_lifeline, lifeline = context.Pipe(duplex=False)
    child = context.Process(
        target=main_with_an_endless_compile, args=(SPEC, child_pipe, child_lifeline), daemon=True
    )
    child.start()
    child_lifeline.close()
    assert pipe.recv() == "compiling"
    lifeline.close()
    child.join(10)
    ended = not child.is_alive()
    child.kill()
    assert ended


@pytest.mark.engine
def test_a_model_is_tried_out_in_a_process_that_ends(tiny_model: Path) -> None:
    info = engine_worker.try_out(spec(tiny_model, "genai"))
    assert (info.kind, info.execution_device) == ("genai", "CPU")
    assert not multiprocessing.active_children()


@pytest.mark.engine
def test_a_model_that_does_not_run_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(LoadFailed, match="OpenVINO files are missing"):
        engine_worker.try_out(spec(tmp_path, "genai"))
    assert not multiprocessing.active_children()


def die_like_a_failed_assertion(*_: object) -> None:
    os.abort()


def test_a_model_that_ends_its_process_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_worker, "main", die_like_a_failed_assertion)
    with pytest.raises(LoadFailed, match="SIGABRT"):
        engine_worker.try_out(SPEC)


def sleep_long(*_: object) -> None:
    time.sleep(600)


def test_a_model_that_never_gets_ready_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_worker, "main", sleep_long)
    with pytest.raises(LoadFailed, match="within 1 s"):
        engine_worker.try_out(SPEC, timeout_s=1)
    assert not multiprocessing.active_children()
