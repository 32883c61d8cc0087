"""What a measurement finds, and the arithmetic on it. No clock, no engine, no text.

The moments of every request are kept; everything else is derived from them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Timing:
    """One request: when it was submitted, when its first and its last token came, and how many.

    Moments are seconds of one monotonic clock; `tokens` is at least 1.
    """

    submitted_at: float
    first_at: float
    last_at: float
    tokens: int

    @property
    def ttft_s(self) -> float:
        """Seconds to the first token, those in a queue included."""
        return self.first_at - self.submitted_at

    @property
    def tpot_s(self) -> float | None:
        """Seconds between two tokens, in the mean; None where there is one token only."""
        if self.tokens < 2:
            return None
        return (self.last_at - self.first_at) / (self.tokens - 1)


Round = tuple[Timing, ...]
"""Requests that were submitted together, one of each user."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked at once: the length of each prompt and of each completion, and how many."""

    prompt_tokens: int
    users: int
    new_tokens: int

    def __str__(self) -> str:
        people = "1 user" if self.users == 1 else f"{self.users} users"
        return f"{self.prompt_tokens:,} tokens, {people}"


@dataclass(frozen=True, slots=True)
class Measured:
    """The rounds of one case; there is at least one."""

    rounds: tuple[Round, ...]

    @property
    def ttft_s(self) -> float:
        """Seconds to the first token: the median of all requests of all rounds."""
        return median(self._ttfts)

    @property
    def ttft_p95_s(self) -> float:
        """Seconds to the first token that 95 of 100 requests did not exceed."""
        return percentile(self._ttfts, 95)

    @property
    def tpot_s(self) -> float | None:
        """Seconds between two tokens of one request, in the median; None where none had two."""
        known = [one.tpot_s for each in self.rounds for one in each if one.tpot_s is not None]
        return median(known) if known else None

    @property
    def user_rate(self) -> float | None:
        """Tokens per second that one user sees come after the first token."""
        return 1 / self.tpot_s if self.tpot_s else None

    @property
    def total_rate(self) -> float:
        """Tokens per second of all users together, prompts being read included; median round."""
        return median(_rate(each) for each in self.rounds)

    @property
    def _ttfts(self) -> list[float]:
        return [one.ttft_s for each in self.rounds for one in each]


@dataclass(frozen=True, slots=True)
class Setup:
    """What is measured: a model as it is compressed, on a device, by an engine."""

    model_id: str
    weight_format: str
    device: str
    engine: str

    def __str__(self) -> str:
        return " · ".join((self.model_id, self.weight_format, self.device, self.engine))


@dataclass(frozen=True, slots=True)
class Row:
    """One case of one setup, or the `reason` why there are no figures.

    `case` is None where not even the model could be loaded. `load_s` is from the start of the
    engine's process to a warm model. `peak_bytes` is the most physical memory that this process
    had in use until then, weights included. `others` is how many requests of other people ran
    meanwhile, at most.
    """

    setup: Setup
    case: Case | None = None
    measured: Measured | None = None
    load_s: float | None = None
    peak_bytes: int | None = None
    reason: str = ""
    others: int = 0


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of `values` that so many percent of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _rate(requests: Round) -> float:
    """From the first submission to the last token of all."""
    seconds = max(one.last_at for one in requests) - min(one.submitted_at for one in requests)
    return sum(one.tokens for one in requests) / seconds
