"""One completion as a client saw it, whichever way it came, and what many of them say together."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Stream:
    """When things happened to one completion, in seconds of `time.monotonic`.

    `arrivals` are the moments at which text arrived. `tokens` is how many the server says it made,
    `whole` whether the stream came to the end that was asked for, `prompt_tokens` how many it read,
    where it says so.
    """

    asked_at: float
    arrivals: tuple[float, ...]
    ended_at: float
    tokens: int
    whole: bool
    text: str = ""
    prompt_tokens: int = 0

    @property
    def ttft(self) -> float:
        """Seconds from the question to the first text."""
        return (self.arrivals[0] if self.arrivals else self.ended_at) - self.asked_at

    @property
    def longest_pause(self) -> float:
        """Seconds between two arrivals of text, at the longest; the wait for the first is none."""
        return max((later - earlier for earlier, later in pairwise(self.arrivals)), default=0.0)


def throughput(streams: Sequence[Stream]) -> float:
    """Tokens per second of all together, from the first question to the last end."""
    took = max(stream.ended_at for stream in streams) - min(stream.asked_at for stream in streams)
    return sum(stream.tokens for stream in streams) / took
