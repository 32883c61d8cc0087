"""How far a job is, as one fraction that only grows, whichever stages it has."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from app.inference.conversion.channel import Say
from app.inference.conversion.types import Compression, Progress, Stage, Way

_WEIGHTS: dict[Stage, float] = {
    "check": 1,
    "download": 50,
    "environment": 10,
    "export": 30,
    "compress": 15,
    "try": 4,
    "save": 2,
}
_AWQ = 60
_EVERY_S = 0.2


class Stages:
    """Tells the parent where a job stands. Stages that are not expected take no room."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._expected: list[tuple[Stage, float]] = [("check", 1.0)]
        self._total, self._done, self._weight = 100.0, 0.0, 0.0
        self._stage: Stage = "check"
        self._told_at, self._fraction = 0.0, 0.0
        self.command = ""
        """What every progress carries from now on."""

    def waiting(self) -> None:
        self._tell(Progress("waiting", 0.0, "Waiting until another conversion is done"))

    def expect(self, plan: Mapping[Compression, Way], *, download: bool, set_up: bool) -> None:
        """What is to come, after "check": the formats with their ways, the downloads, and whether
        an environment is to be set up first."""
        self._expected += list(_stages(plan, download=download, set_up=set_up))
        self._total = self._weight + self._done + sum(weight for _, weight in self._expected)

    def begin(self, stage: Stage, message: str) -> None:
        self._done += self._weight
        self._stage, self._weight = stage, 0.0
        for place, (name, weight) in enumerate(self._expected):
            if name == stage:
                self._done += sum(skipped for _, skipped in self._expected[:place])
                self._weight = weight
                del self._expected[: place + 1]
                break
        self._tell(self._progress(0.0, message))

    def within(self, share: float, message: str) -> None:
        """How much of this stage is done; told a few times a second at most."""
        if time.monotonic() - self._told_at >= _EVERY_S:
            self._tell(self._progress(share, message))

    def done(self) -> None:
        self._tell(Progress("done", 1.0, "The model is installed", self.command))

    def _progress(self, share: float, message: str) -> Progress:
        reached = (self._done + self._weight * min(max(share, 0.0), 1.0)) / self._total
        self._fraction = max(self._fraction, min(reached, 1.0))
        return Progress(self._stage, round(self._fraction, 4), message, self.command)

    def _tell(self, progress: Progress) -> None:
        self._told_at = time.monotonic()
        self._say("progress", asdict(progress))


def _stages(
    plan: Mapping[Compression, Way], *, download: bool, set_up: bool
) -> Iterable[tuple[Stage, float]]:
    ready = [one for one, way in plan.items() if way == "ready-made"]
    exported = [one for one, way in plan.items() if way != "ready-made"]
    for _ in ready:
        yield from _weighted("download", "try", "save")
    if not exported:
        return
    if download:
        yield from _weighted("download")
    if set_up:
        yield from _weighted("environment")
    yield from _weighted("export")
    for compression in exported:
        if compression.weight_format != "fp16":
            yield "compress", _AWQ if compression.awq else _WEIGHTS["compress"]
        yield from _weighted("try", "save")


def _weighted(*stages: Stage) -> Iterable[tuple[Stage, float]]:
    return [(stage, _WEIGHTS[stage]) for stage in stages]
