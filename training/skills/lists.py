"""Lists of a given length, and counting.

Contract: a list has exactly as many items as were asked for, and none twice. It begins anywhere in
its category and goes on in the category's own order, so that a small model needs to
count and not to look back. A list is numbered unless another form is asked for. Categories and
wordings stand in `lists.toml`.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from training.dialogue import Turn, weighted
from training.phrasing import expand, say, usual


@dataclass(frozen=True, slots=True)
class Category:
    names: tuple[str, ...]
    one: str
    items: tuple[str, ...]

    def some(self, rng: Random, count: int) -> list[str]:
        """So many items in the category's order, from any of them on."""
        start = rng.randrange(len(self.items))
        return [self.items[(start + at) % len(self.items)] for at in range(count)]


_TEXTS: dict[str, Any] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
_WORDING: dict[str, list[str]] = _TEXTS["wording"]
_COUNT: dict[str, list[str]] = _TEXTS["count"]
CATEGORIES = tuple(
    Category(tuple(entry["names"]), entry["one"], tuple(entry["items"].split(", ")))
    for entry in _TEXTS["category"]
)
_COUNTS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_OFTEN = (2, 3, 3, 3, 3, 4, 4, 5, 5, 5, 5, 6, 6, 7, 7, 8, 8, 9, 10, 10)
_SOME = 5


def _capital(item: str) -> str:
    return item[0].upper() + item[1:]


def _shaped(rng: Random, request: str, items: list[str]) -> tuple[str, str]:
    """The request with a form, if it names one, and the list in that form."""
    shape = rng.random()
    bare = request.rstrip(".? ")
    if shape < 0.5:
        ending = rng.choice(_WORDING["as_numbers"]) if shape < 0.12 else ""
        text = "\n".join(f"{at}. {_capital(item)}" for at, item in enumerate(items, 1))
        return (bare + ending + "." if ending else request), text
    if shape < 0.8:
        return bare + rng.choice(_WORDING["as_bullets"]) + ".", "\n".join(
            f"- {_capital(item)}" for item in items
        )
    return bare + rng.choice(_WORDING["as_commas"]) + ".", ", ".join(items)


def name_some(rng: Random) -> Turn:
    """ "List five fruits." as a numbered, a bulleted or a comma list; "some" are five."""
    category, kind = rng.choice(CATEGORIES), rng.random()
    count = min(rng.choice(_OFTEN), len(category.items) - 1)
    if kind < 0.05:
        return Turn(
            say(rng.choice(_WORDING["ask_one"]), rng, k=category.one),
            _capital(category.some(rng, 1)[0]),
        )
    name = category.names[0] if rng.random() < 0.5 else rng.choice(category.names)
    if name == "fruit":
        name = "fruits"
    asked = rng.choice((str(count), _COUNTS[count], _COUNTS[count]))
    patterns = _WORDING["ask"]
    if kind < 0.1:
        count, patterns = min(_SOME, len(category.items) - 1), _WORDING["ask_some"]
    request, answer = _shaped(rng, expand(usual(rng, patterns), rng), category.some(rng, count))
    return Turn(say(request, rng, n=asked, k=name), answer)


def count(rng: Random) -> Turn:
    """Counting up, down or in steps."""
    shape = rng.random()
    if shape < 0.45:
        low, high, step = (
            1,
            rng.choice((3, 4, 5, 6, 7, 8, 9, 10, 10, 10, 12, 15, 20, 20, 25, 30, 50)),
            1,
        )
    elif shape < 0.78:
        low = rng.choice((rng.randint(0, 60), rng.randint(0, 60), rng.randint(60, 300)))
        high, step = low + rng.randint(3, 25), 1
    elif shape < 0.92:
        low, high, step = 1, rng.choice((3, 5, 10, 10, 20, rng.randint(3, 20))), -1
    else:
        step = rng.choice((2, 5, 10))
        low, high = step, step * rng.randint(4, 10)
    numbers = list(range(low, high + 1, step)) if step > 0 else list(range(high, low - 1, -1))
    asked = usual(rng, {1: _COUNT["up"], -1: _COUNT["down"]}.get(step, _COUNT["by"]))
    if low == 1 and step == 1 and rng.random() < 0.3:
        asked = usual(rng, _COUNT["to"])
    in_words = rng.random() < 0.3 and max(numbers) < len(_COUNTS)
    first, last, by = (
        _COUNTS[one] if in_words else str(one) for one in (numbers[0], numbers[-1], abs(step))
    )
    return Turn(say(asked, rng, a=first, b=last, s=by), ", ".join(map(str, numbers)) + ".")


def english(rng: Random) -> Turn:
    """A list, or counting."""
    return weighted(rng, [(3, name_some), (1, count)])
