"""A measurement of engine processes by themselves, one after the other: `launch.py bench`.

Each setup gets a fresh process by the same handle that serves, so that the time to load and the
memory are the real ones.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from time import monotonic

from app.config import BUILT_IN_CHECKPOINT, Settings
from app.errors import EngineFailed, LoadFailed, VinoChatError
from app.inference.bench.figures import Case, Row, Setup, Timing
from app.inference.bench.load import Ask, Prompts, measure
from app.inference.bench.peak_memory import watched
from app.inference.engine_process import EngineProcess
from app.inference.installed import BUILT_IN
from app.inference.preparation import prepare
from app.inference.types import (
    EngineKind,
    EngineRequest,
    EngineSpec,
    ModelRef,
    SamplingParams,
    Target,
    TokenEvent,
)

LOAD_TIMEOUT_S = 600.0
SEED = 1
_request_ids = count(1)

ENGINES: dict[str, EngineKind] = {
    "genai": "genai",
    "optimum": "optimum",
    "optimum-stateless": "optimum-stateless",
    "torch": "torch",
    "torch-float32": "torch",
}
"""What can be compared, and the engine that does it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure. `checkpoint` is the one that PyTorch reads, of any model but the built-in.

    `devices` are those of this machine.
    """

    setups: tuple[Setup, ...]
    cases: tuple[Case, ...]
    rounds: int
    devices: tuple[str, ...]
    checkpoint: Path | None = None


async def run(settings: Settings, plan: Plan, report: Callable[[str], None]) -> AsyncGenerator[Row]:
    """The rows of every setup as they are found; what cannot run is a row with the reason.

    `report` takes short sentences on progress. No process is left behind, whatever ends this.
    """
    for number, setup in enumerate(plan.setups, 1):

        def say(text: str, head: str = f"[{number}/{len(plan.setups)}] {setup}") -> None:
            report(f"{head}: {text}")

        try:
            say("loading")
            spec = await _spec(settings, plan, setup, say)
        except VinoChatError as error:
            yield Row(setup, reason=str(error))
            continue
        async with contextlib.aclosing(_run_setup(spec, plan, setup, say)) as rows:
            async for row in rows:
                yield row


async def _spec(
    settings: Settings, plan: Plan, setup: Setup, say: Callable[[str], None]
) -> EngineSpec:
    """What serving this setup would start; for PyTorch, the same of its checkpoint."""
    kind = ENGINES[setup.engine]
    if kind != "torch":
        target = Target(ModelRef(setup.model_id, setup.weight_format), setup.device)
        return replace((await prepare(settings, target, plan.devices, say)).spec, kind=kind)
    folder = checkpoint_of(setup.model_id, plan.checkpoint)
    if folder is None:
        raise LoadFailed(
            "PyTorch needs the checkpoint that the model was made from, and a conversion does not "
            "keep it: give its folder with --checkpoint."
        )
    return EngineSpec(
        str(folder),
        setup.device,
        kind,
        settings.max_running,
        kv_cache_bytes=0,
        properties={"dtype": "float32"} if setup.engine == "torch-float32" else {},
    )


def checkpoint_of(model_id: str, given: Path | None) -> Path | None:
    return BUILT_IN_CHECKPOINT if model_id == BUILT_IN else given


async def _run_setup(
    spec: EngineSpec, plan: Plan, setup: Setup, say: Callable[[str], None]
) -> AsyncGenerator[Row]:
    engine, started_at = EngineProcess(spec), monotonic()
    async with watched(lambda: engine.pid) as memory:
        try:
            info = await engine.start(LOAD_TIMEOUT_S)
        except LoadFailed as error:
            yield Row(setup, reason=str(error))
            return
        load_s = monotonic() - started_at
        prompts = Prompts(info.vocabulary_size, SEED)
        try:
            for case in plan.cases:
                say(str(case))
                row = Row(setup, case, load_s=load_s)
                try:
                    measured = await measure(_asking(engine), case, plan.rounds, prompts)
                    yield replace(row, measured=measured, peak_bytes=memory.peak_bytes)
                except VinoChatError as error:
                    yield replace(row, reason=str(error), peak_bytes=memory.peak_bytes)
        finally:
            await engine.close()


def _asking(engine: EngineProcess) -> Ask:
    async def ask(prompt: tuple[int, ...], new_tokens: int) -> Timing:
        params = SamplingParams(temperature=0, max_new_tokens=new_tokens)
        request = EngineRequest(next(_request_ids), prompt, params, SEED, stop_token_ids=())
        watch = _Watch()
        engine.submit(request, watch.see)
        try:
            return await watch.timing
        finally:
            engine.cancel(request.request_id)  # no matter to one that has ended

    return ask


class _Watch:
    """Looks at the clock when a request is submitted and whenever tokens of it come."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.timing: asyncio.Future[Timing] = self._loop.create_future()
        self._submitted_at = monotonic()
        self._first_at = self._last_at = 0.0
        self._tokens = 0

    def see(self, event: TokenEvent) -> None:
        """Called on the thread that reads from the engine."""
        if event.token_ids:
            self._last_at = monotonic()
            self._first_at = self._first_at or self._last_at
            self._tokens += len(event.token_ids)
        if event.finish_reason:
            self._loop.call_soon_threadsafe(self._end, event)

    def _end(self, event: TokenEvent) -> None:
        if self.timing.done():  # cancelled: nobody waits any more
            return
        if event.finish_reason == "length":
            ends = (self._submitted_at, self._first_at, self._last_at)
            self.timing.set_result(Timing(*ends, self._tokens))
        else:
            why = event.error or f"A completion ended early ({event.finish_reason})."
            self.timing.set_exception(EngineFailed(why))
