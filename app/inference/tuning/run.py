"""Tuning one model from beginning to end: engines of its own, one after the other, and the result.

What serves meanwhile, and when there is time for it, is not known here.
"""

from collections.abc import Callable
from time import monotonic
from typing import Protocol

from app.inference.devices import Device
from app.inference.engine_process import Sink
from app.inference.processors import processors
from app.inference.tuning.changes import Changes, knobs
from app.inference.tuning.search import Found, Goal, Search, Trial
from app.inference.tuning.workload import Measurement, Workload, best, run_round
from app.inference.types import EngineInfo, EngineRequest, EngineSpec

LOAD_TIMEOUT_S = 600.0
SEARCH_S = 120.0
"""After that nothing new is tried; the confirmation takes about as long as six trials."""
ROUND_S = 4.0
"""As long as a round may take, about; slow models get a smaller load."""
TRIAL_S = 8.0
"""About as long as the rounds of one trial take, of which the best counts."""
MIN_ROUNDS, MAX_ROUNDS = 2, 12

_FIRST_SHARE = 0.125
_LEAST_SHARE = 0.0625


class EngineHandle(Protocol):
    """What is needed of an engine process."""

    async def start(self, timeout_s: float) -> EngineInfo: ...
    def submit(self, request: EngineRequest, sink: Sink) -> None: ...
    async def close(self, grace_s: float = 5.0) -> None: ...


NewEngine = Callable[[EngineSpec], EngineHandle]


async def tune(
    spec: EngineSpec,
    device: Device,
    goal: Goal,
    new_engine: NewEngine,
    report: Callable[[Trial], None],
) -> Found:
    """Look for the settings that serve `goal` best. `spec` has the default ones.

    Takes a minute or two for a small model. One engine process runs at a time; whatever ends this,
    also a cancellation, it is gone within a moment. Raises LoadFailed, EngineFailed or
    EngineUnavailable if the model does not run with the default settings.
    """
    trying = _Trying(spec, new_engine)
    deadline = monotonic() + SEARCH_S
    search = Search(trying.measure, goal, lambda: monotonic() > deadline, report)
    return await search.run(knobs(spec, device.name, device.precision, processors()))


class _Trying:
    """Measures one engine after the other with the same load, which the first one's speed sets."""

    def __init__(self, spec: EngineSpec, new_engine: NewEngine) -> None:
        self._spec, self._new_engine = spec, new_engine
        self._share, self._rounds = 0.0, 0

    async def measure(self, changes: Changes) -> Measurement:
        engine = self._new_engine(changes.apply(self._spec))
        try:
            info = await engine.start(LOAD_TIMEOUT_S)
            began = monotonic()
            await run_round(engine, info, Workload.of(info, _FIRST_SHARE), 0)  # warms up
            if not self._rounds:
                self._plan((monotonic() - began) / _FIRST_SHARE)
            load = Workload.of(info, self._share)
            numbers = range(1, 1 + self._rounds)
            return best([await run_round(engine, info, load, number) for number in numbers])
        finally:
            # Without grace: nothing that it writes is wanted any more.
            await engine.close(0)

    def _plan(self, whole_s: float) -> None:
        """How much of the load, and how often, where all of it takes so many seconds."""
        self._share = min(1.0, max(_LEAST_SHARE, ROUND_S / whole_s))
        rounds = round(TRIAL_S / (whole_s * self._share))
        self._rounds = min(MAX_ROUNDS, max(MIN_ROUNDS, rounds))
