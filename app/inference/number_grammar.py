"""Numbers between two bounds, as the expressions of a grammar.

Every number has at most 18 digits before the point and 15 after it, and no exponent. Between bounds
it has at most 14 in all if there is a point, so that it stays between them for readers that take
it for a float of 64 bits, which tells numbers of up to 15 digits apart.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_DIGITS = 18
_LARGEST: int = 10**_DIGITS - 1

INTEGER = f'"-"? ("0" | [1-9] [0-9]{{0,{_DIGITS - 1}}})'
FRACTION = '("." [0-9]{1,15})'
_PRECISE = 14


@dataclass(frozen=True, slots=True)
class Bound:
    """An end of a range; `included` says whether the number itself belongs to it."""

    number: int | float
    included: bool


def bounds(schema: Mapping[str, object]) -> tuple[Bound | None, Bound | None]:
    """The two ends that a JSON schema sets. Raises ValueError with the reason for a wrong one."""
    return _bound(schema, "inimum"), _bound(schema, "aximum")


def _bound(schema: Mapping[str, object], ending: str) -> Bound | None:
    found: list[Bound] = []
    for name in (f"m{ending}", f"exclusiveM{ending}"):
        number = schema.get(name)
        if number is None:
            continue
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ValueError(f"needs a number as {name!r}")
        if isinstance(number, float) and not math.isfinite(number):
            raise ValueError(f"needs a finite number as {name!r}")
        found.append(Bound(number, included=name == f"m{ending}"))
    if len(found) > 1:
        raise ValueError(f"has both 'm{ending}' and 'exclusiveM{ending}'. Use one of them")
    return found[0] if found else None


def integers(low: Bound | None, high: Bound | None) -> str:
    """The expression of a whole number in this range. Raises ValueError where there is none."""
    if low is None and high is None:
        return "integer"
    parts = list(_signed(_first(low), _last(high)))
    if not parts:
        raise ValueError("leaves no whole number between its bounds")
    return "(" + " | ".join(parts) + ")"


def numbers(low: Bound | None, high: Bound | None) -> str:
    """The expression of a number in this range: whole ones, and those between two whole numbers
    that both lie in it or end it.

    Raises ValueError where there is neither.
    """
    if low is None and high is None:
        return "number"
    parts = list(_signed(_first(low), _last(high)))
    least = -_LARGEST if low is None else low.number
    most = _LARGEST if high is None else high.number
    parts += _fractions(max(0, math.ceil(least)), math.floor(most) - 1)
    below = _fractions(max(0, math.ceil(-most)), math.floor(-least) - 1)
    parts += (f'"-" {part}' for part in below)
    if not parts:
        raise ValueError("leaves no whole number, nor all between two of them, within its bounds")
    return "(" + " | ".join(parts) + ")"


def _first(low: Bound | None) -> int:
    if low is None:
        return -_LARGEST
    first = math.ceil(low.number) if low.included else math.floor(low.number) + 1
    return max(first, -_LARGEST)


def _last(high: Bound | None) -> int:
    if high is None:
        return _LARGEST
    last = math.floor(high.number) if high.included else math.ceil(high.number) - 1
    return min(last, _LARGEST)


def _signed(first: int, last: int) -> Iterator[str]:
    negative = _unsigned(max(1, -last), -first)
    if negative:
        yield f'"-" {negative}'
    positive = _unsigned(max(0, first), last)
    if positive:
        yield positive


def _unsigned(first: int, last: int) -> str:
    """Whole numbers from `first`, at least 0, to `last`; nothing if there are none."""
    parts = [_same_length(*ends) for ends in _by_length(first, min(last, _LARGEST))]
    return "(" + " | ".join(parts) + ")" if parts else ""


def _fractions(first: int, last: int) -> Iterator[str]:
    """Numbers with a point whose whole part goes from `first`, at least 0, to `last`."""
    for ends in _by_length(first, min(last, 10 ** (_PRECISE - 1) - 1)):
        more = _PRECISE - len(ends[0]) - 1
        # Never nothing but zeros, so that i.f lies between i and i + 1, and is neither.
        yield f'{_same_length(*ends)} "." [0-9]{{0,{more}}} [1-9]'


def _by_length(first: int, last: int) -> Iterator[tuple[str, str]]:
    """The first and the last number of each length."""
    while first <= last:
        end = min(last, 10 ** len(str(first)) - 1)
        yield str(first), str(end)
        first = end + 1


def _same_length(first: str, last: str) -> str:
    """Digits from `first` to `last`, which have the same length."""
    if first == last:
        return f'"{first}"' if first else ""
    if first[0] == last[0]:
        return f'"{first[0]}" {_same_length(first[1:], last[1:])}'
    rest = len(first) - 1
    nines, zeros = "9" * rest, "0" * rest
    parts = []
    low, high = int(first[0]), int(last[0])
    if first[1:] != zeros:
        parts.append(f'"{low}" {_same_length(first[1:], nines)}')
        low += 1
    if last[1:] != nines:
        parts.append(f'"{high}" {_same_length(zeros, last[1:])}')
        high -= 1
    if low <= high:
        parts.append(f"[{low}-{high}]" + (f" [0-9]{{{rest}}}" if rest else ""))
    return "(" + " | ".join(parts) + ")"
