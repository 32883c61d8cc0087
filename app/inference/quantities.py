"""Sizes and estimates in words."""

from app.inference.estimate import Estimate

_VERDICTS = {"fits": "fits", "tight": "tight", "too large": "too large for this machine"}


def size(count: float) -> str:
    """Like `1.4 GB`, as disks and downloads are counted."""
    if count >= 1e9:
        return f"{count / 1e9:,.1f} GB"
    return f"{count / 1e6:,.1f} MB" if count < 1e7 else f"{count / 1e6:,.0f} MB"


def speed(tokens_per_second: float) -> str:
    """Like `14 tokens/s`; one digit after the point where that is half of it."""
    digits = 1 if tokens_per_second < 10 else 0
    return f"{tokens_per_second:,.{digits}f} tokens/s"


def verdict(estimate: Estimate) -> str:
    return _VERDICTS[estimate.verdict]


def expectation(estimate: Estimate) -> str:
    """Like `fits, about 14 tokens/s`."""
    if estimate.verdict == "too large":
        return verdict(estimate)
    return f"{verdict(estimate)}, about {speed(estimate.tokens_per_second)}"
