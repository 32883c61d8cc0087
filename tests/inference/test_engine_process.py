"""The engine process and its handle, with real processes and a tiny real model."""

import asyncio
import itertools
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.errors import EngineUnavailable, LoadFailed
from app.inference.engine_process import EngineProcess
from app.inference.types import EngineRequest, EngineSpec, EngineStats, SamplingParams, TokenEvent

pytestmark = [pytest.mark.engine, pytest.mark.anyio]

ROOT = Path(__file__).parents[2]
LOAD_S = 60


def spec(folder: Path | str, device: str = "CPU") -> EngineSpec:
    return EngineSpec(str(folder), device, "genai", max_running=8, kv_cache_bytes=2**26)


class Sink:
    """Collects the events of one request."""

    def __init__(self) -> None:
        self.events: list[TokenEvent] = []

    def __call__(self, event: TokenEvent) -> None:
        self.events.append(event)

    @property
    def tokens(self) -> list[int]:
        return [token for event in self.events for token in event.token_ids]

    @property
    def ends(self) -> list[str]:
        return [event.finish_reason for event in self.events if event.finish_reason]


def submit(process: EngineProcess, request_id: int, new: int = 20) -> Sink:
    sink = Sink()
    params = SamplingParams(temperature=0, max_new_tokens=new)
    process.submit(EngineRequest(request_id, tuple(range(5, 40)), params, 1, ()), sink)
    return sink


async def until(condition: object, timeout_s: float = 20) -> None:
    assert callable(condition)
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.005)


def is_running(pid: int | None) -> bool:
    assert pid is not None
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture
async def process(tiny_model: Path) -> AsyncIterator[EngineProcess]:
    process = EngineProcess(spec(tiny_model))
    await process.start(LOAD_S)
    yield process
    await process.close()


async def test_completes_and_reports_itself(process: EngineProcess) -> None:
    before = process.last_progress
    sinks = [submit(process, i) for i in range(8)]
    await until(lambda: all(sink.ends for sink in sinks))
    assert [sink.ends for sink in sinks] == [["length"]] * 8
    assert all(len(sink.tokens) == 20 for sink in sinks)
    assert process.alive
    assert process.last_progress > before


async def test_tells_how_full_it_is(process: EngineProcess) -> None:
    assert process.stats == EngineStats(0, 0.0)
    sinks: list[Sink] = []
    ids = itertools.count()

    def told() -> int:
        """Never lets it rest until it tells, which it does only now and then."""
        unfinished = sum(not sink.ends for sink in sinks)
        sinks.extend(submit(process, next(ids), new=450) for _ in range(unfinished, 12))
        return process.stats.scheduled

    await until(told)
    for request_id in range(len(sinks)):
        process.cancel(request_id)
    assert process.stats.scheduled <= 8
    assert process.stats.cache_usage
    assert 0 < process.stats.cache_usage <= 1
    await until(lambda: all(sink.ends for sink in sinks))
    await until(lambda: process.stats == EngineStats(0, 0.0))


async def test_cancel_ends_a_stream(process: EngineProcess) -> None:
    sink = submit(process, 1, new=400)
    await until(lambda: sink.tokens)
    process.cancel(1)
    await until(lambda: sink.ends)
    assert sink.ends == ["cancelled"]
    assert len(sink.tokens) < 400


async def test_a_sink_that_raises_harms_nobody(process: EngineProcess) -> None:
    def bad(event: TokenEvent) -> None:
        raise ValueError("a bug in a sink")

    params = SamplingParams(max_new_tokens=5)
    process.submit(EngineRequest(1, (5, 6), params, 1, ()), bad)
    sink = submit(process, 2)
    await until(lambda: sink.ends)
    assert sink.ends == ["length"]


async def test_kill_9_ends_every_stream_once_and_tells(process: EngineProcess) -> None:
    told: list[str] = []
    process.on_exit = told.append
    sinks = [submit(process, i, new=450) for i in range(8)]
    await until(lambda: all(sink.tokens for sink in sinks))
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    await until(lambda: told)
    assert [sink.ends for sink in sinks] == [["error"]] * 8
    assert all(sink.tokens and sink.events[-1].error for sink in sinks)
    assert not process.alive
    with pytest.raises(EngineUnavailable):
        submit(process, 99)
    await process.close()
    assert len(told) == 1
    assert "SIGKILL" in told[0]


async def test_close_ends_streams_and_process_and_is_no_death(tiny_model: Path) -> None:
    process = EngineProcess(spec(tiny_model))
    told: list[str] = []
    process.on_exit = told.append
    await process.start(LOAD_S)
    sinks = [submit(process, i, new=450) for i in range(10)]
    await until(lambda: sinks[0].tokens)
    await process.close()
    assert [sink.ends for sink in sinks] == [["cancelled"]] * 10
    assert not is_running(process.pid)
    assert not told
    await process.close()


async def test_a_hung_child_is_killed_and_told(process: EngineProcess) -> None:
    told: list[str] = []
    process.on_exit = told.append
    assert process.pid
    os.kill(process.pid, signal.SIGSTOP)
    sink = submit(process, 1)
    process.kill()
    await until(lambda: told)
    assert sink.ends == ["error"]
    assert "no longer answered" in told[0]


async def test_close_kills_a_child_that_does_not_listen(process: EngineProcess) -> None:
    assert process.pid
    os.kill(process.pid, signal.SIGSTOP)
    sink = submit(process, 1)
    await process.close(grace_s=0.2)
    assert sink.ends == ["cancelled"]
    assert not is_running(process.pid)


async def test_signals_to_the_group_leave_the_child_to_its_parent(process: EngineProcess) -> None:
    assert process.pid
    os.kill(process.pid, signal.SIGINT)
    os.kill(process.pid, signal.SIGTERM)
    sink = submit(process, 1)
    await until(lambda: sink.ends)
    assert sink.ends == ["length"]


async def test_an_absent_device_is_a_readable_failure(tiny_model: Path) -> None:
    process = EngineProcess(spec(tiny_model, "GPU.7"))
    told: list[str] = []
    process.on_exit = told.append
    with pytest.raises(LoadFailed, match=r"no device GPU\.7\. It has CPU.* and AUTO"):
        await process.start(LOAD_S)
    assert not process.alive
    assert not told
    await until(lambda: not is_running(process.pid))


async def test_auto_resolves_to_a_device(tiny_model: Path) -> None:
    process = EngineProcess(spec(tiny_model, "AUTO"))
    info = await process.start(LOAD_S)
    await process.close()
    assert info.execution_device == "CPU"


async def test_a_folder_without_a_model_is_a_readable_failure(
    tiny_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_bytes((tiny_model / "config.json").read_bytes())
    with pytest.raises(LoadFailed, match="incomplete") as failure:
        await EngineProcess(spec(tmp_path)).start(LOAD_S)
    assert "Exception" not in str(failure.value)
    assert "src/" not in str(failure.value)


async def test_damaged_weights_are_a_readable_failure(tiny_model: Path, tmp_path: Path) -> None:
    damaged = shutil.copytree(tiny_model, tmp_path / "damaged")
    (damaged / "openvino_model.bin").write_bytes(b"short")
    with pytest.raises(LoadFailed, match="damaged"):
        await EngineProcess(spec(damaged)).start(LOAD_S)


async def test_a_load_that_takes_too_long_leaves_no_child(tiny_model: Path) -> None:
    process = EngineProcess(spec(tiny_model))
    with pytest.raises(LoadFailed, match="not ready on CPU within"):
        await process.start(timeout_s=0.05)
    await until(lambda: not is_running(process.pid))


async def test_a_cancelled_load_leaves_no_child(tiny_model: Path) -> None:
    process = EngineProcess(spec(tiny_model))
    loading = asyncio.create_task(process.start(LOAD_S))
    await until(lambda: process.pid)
    loading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loading
    await until(lambda: not is_running(process.pid))


PARENT = """
import asyncio, sys
import app.inference.installed, app.inference.conversion.process, app.inference.devices
from app.inference.engine_process import EngineProcess
from app.inference.types import EngineSpec

async def main():
    process = EngineProcess(EngineSpec(sys.argv[1], "CPU", "genai", 8, 2**26))
    start = asyncio.create_task(process.start(60))
    while process.pid is None:
        await asyncio.sleep(0.01)
    if sys.argv[2] == "ready":
        await start
        heavy = {"torch", "optimum", "openvino_genai", "openvino", "transformers"}
        assert not heavy & set(sys.modules), heavy & set(sys.modules)
    print(process.pid, flush=True)
    if sys.argv[3] == "wait":
        await asyncio.sleep(60)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.parametrize("stage", ["ready", "starting"])
@pytest.mark.parametrize("end", ["wait", "return"])
async def test_the_child_ends_with_its_parent(
    tiny_model: Path, tmp_path: Path, stage: str, end: str
) -> None:
    """Killed with -9, or returning without a close; and the parent never imports what is heavy."""
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, str(script), str(tiny_model), stage, end),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert parent.stdout
    child = int(await parent.stdout.readline())
    assert end == "return" or is_running(child)
    if end == "wait":
        parent.kill()
    await asyncio.wait_for(parent.wait(), 20)
    await until(lambda: not is_running(child), timeout_s=5)
