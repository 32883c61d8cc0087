"""Which changes are worth keeping: a short search, and a confirmation that decides.

Works on any function that measures; knows neither engines nor models.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from app.errors import VinoChatError
from app.inference.tuning.changes import Changes
from app.inference.tuning.workload import Measurement, middle

Goal = Literal["latency", "throughput"]
Measure = Callable[[Changes], Awaitable[Measurement]]

MARGIN = 1.03
"""How many times better a change must be to be kept: less may be chance."""
SACRIFICE = 0.9
"""What must at least be left of the other goal."""
TURNS = 3
"""Of the confirmation; each has the default and the winner once."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One measurement on its way to the result; `error` says why there is none."""

    stage: Literal["search", "confirmation"]
    changes: Changes
    measurement: Measurement | None
    error: str = ""

    def line(self) -> str:
        """Like `search, f32 instead of bf16: an answer in 3.21 s (first token 0.51 s), …`."""
        got = self.error if self.measurement is None else self.measurement.line()
        return f"{self.stage}, {self.changes}: {got}"


@dataclass(frozen=True, slots=True)
class Found:
    """What is kept, beside the default as it was measured in turns with it.

    Where nothing was worth a confirmation, `default` and `kept` are the same measurement.
    """

    goal: Goal
    changes: Changes
    default: Measurement
    kept: Measurement
    trials: tuple[Trial, ...]

    @property
    def gain(self) -> float:
        """How many times better than the default, for the goal; 1 where the default is kept."""
        return gain(self.default, self.kept, self.goal) if self.changes else 1.0

    def line(self) -> str:
        """What was found and gained, like `f32 instead of bf16: 1.61 times the throughput`."""
        if not self.changes:
            return "nothing is faster than the default settings, which are kept"
        what = "as fast an answer" if self.goal == "latency" else "the throughput"
        return f"{self.changes}: {self.gain:.2f} times {what}"


def gain(default: Measurement, other: Measurement, goal: Goal) -> float:
    """How many times better `other` serves the goal, or 0 where that would be at the expense of
    the other goal.

    latency is the time of one user's typical answer, `Measurement.answer_s`; throughput is the
    tokens per second of several users together, `Measurement.tokens_per_second`.
    """
    faster = default.answer_s / other.answer_s
    more = other.tokens_per_second / default.tokens_per_second
    wanted, also = (faster, more) if goal == "latency" else (more, faster)
    return wanted if also >= SACRIFICE else 0.0


class Search:
    """One search. `measure` raises a VinoChatError for changes with which the engine does not run,
    `out_of_time` ends the looking around early, and `report` hears of each trial."""

    def __init__(
        self,
        measure: Measure,
        goal: Goal,
        out_of_time: Callable[[], bool],
        report: Callable[[Trial], None],
    ) -> None:
        self._measure, self._goal = measure, goal
        self._out_of_time, self._report = out_of_time, report
        self._trials: list[Trial] = []

    async def run(self, knobs: Sequence[Sequence[Changes]]) -> Found:
        """Turn one knob after the other, then let the best measure itself against the default.

        Raises whatever `measure` raises for the default.
        """
        default = await self._try("search", Changes())
        winner = await self._look_around(default, knobs)
        if winner:
            try:
                return await self._confirm(winner)
            except VinoChatError as error:  # it ran before, and does not run reliably
                self._note(Trial("confirmation", winner, None, str(error)))
        return Found(self._goal, Changes(), default, default, tuple(self._trials))

    async def _look_around(
        self, default: Measurement, knobs: Sequence[Sequence[Changes]]
    ) -> Changes:
        """The best of each knob, beside what the knobs before it brought."""
        winner, reached = Changes(), 1.0
        for values in knobs:
            before = winner
            for value in values:
                if self._out_of_time():
                    return winner
                candidate = before.with_(value)
                try:
                    measured = await self._try("search", candidate)
                except VinoChatError as error:
                    self._note(Trial("search", candidate, None, str(error)))
                    continue
                if (better := gain(default, measured, self._goal)) > reached * MARGIN:
                    winner, reached = candidate, better
        return winner

    async def _confirm(self, winner: Changes) -> Found:
        """In turns, so that what changes about the machine meanwhile meets both, and each begins.

        The winner is kept if it is better in every turn, and by the margin in the middle.
        """
        of_default: list[Measurement] = []
        of_winner: list[Measurement] = []
        for turn in range(TURNS):
            pair = [(Changes(), of_default), (winner, of_winner)]
            for changes, measured in pair[::-1] if turn % 2 else pair:
                measured.append(await self._try("confirmation", changes))
        default, kept = middle(of_default), middle(of_winner)
        every_turn = (gain(*pair, self._goal) for pair in zip(of_default, of_winner, strict=True))
        if gain(default, kept, self._goal) < MARGIN or min(every_turn) < 1:
            winner, kept = Changes(), default
        return Found(self._goal, winner, default, kept, tuple(self._trials))

    async def _try(self, stage: Literal["search", "confirmation"], changes: Changes) -> Measurement:
        measurement = await self._measure(changes)
        self._note(Trial(stage, changes, measurement))
        return measurement

    def _note(self, trial: Trial) -> None:
        self._trials.append(trial)
        self._report(trial)
