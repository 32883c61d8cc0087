# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""Lists of a given length, and counting.

Contract: a list has exactly as many items as were asked for, and none twice. It begins anywhere in
its category and goes on in the category's own order (`lists.toml`), so that a small model needs to
count and not to look back. A list is numbered unless another form is asked for.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from random import Random

from training.dialogue import Turn, weighted
from training.phrasing import expand, say


@dataclass(frozen=True, slots=True)
class Category:
    names: tuple[str, ...]
    one: str
    items: tuple[str, ...]

    def some(self, rng: Random, count: int) -> list[str]:
        """So many items in the category's order, from any of them on."""
        start = rng.randrange(len(self.items))
        return [self.items[(start + at) % len(self.items)] for at in range(count)]


CATEGORIES = tuple(
    Category(tuple(entry["names"]), entry["one"], tuple(entry["items"].split(", ")))
    for entry in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))[
        "category"
    ]
)
_COUNTS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_OFTEN = (2, 3, 3, 3, 3, 4, 4, 5, 5, 5, 5, 6, 6, 7, 7, 8, 8, 9, 10, 10)
_ASK = (
    "(list|name|give me|tell me|write down|write|say|show me|think of|suggest|pick|find|enumerate) {n} {k}.", "(can you|could you|would you|please) (list|name|give me|tell me|think of|write down) {n} {k}(.|?)",
    "{n} {k}(, please|)(.|)", "what are {n} {k}?", "I (need|want|would like|am looking for) {n} {k}.", "(give me|write|make|create|I need) a list (of|with) {n} {k}.", "(do you know|can you name) {n} {k}?",
    "(which|what) {n} {k} (can you name|do you know|come to your mind)?", "(tell me|list) the names of {n} {k}.", "(give|show) me exactly {n} {k}.", "(list|name) (just|exactly|only) {n} {k}.", "a list of {n} {k}( please|)(.|)",
    "(make|write) me a list of {n} {k}.", "let me hear {n} {k}.",
)  # fmt: skip
_ASK_SOME = (
    "(list|name|give me|tell me|write down) (some|a few|several) {k}.",
    "(make|write|give me) a list of {k}.",
    "(can you|could you) (list|name) some {k}?",
    "what (kinds of |){k} do you know?",
)
_ASK_ONE = (
    "(name|give me|tell me|say|think of|write) {k}.",
    "(can you|could you) (name|tell me) {k}?",
    "{k}, please.",
    "(just|only|exactly) one: {k}.",
    "(I need|I want) {k}.",
)
_AS_BULLETS = (
    " as bullet points",
    " as a bullet list",
    " in a bullet list",
    " as a markdown list",
    " with bullets",
    " as bullets",
    " in bullet points",
    " as a bulleted list",
    " with dashes",
)
_AS_NUMBERS = (
    " as a numbered list",
    " in a numbered list",
    " with numbers",
    " numbered",
    " as an ordered list",
)
_AS_COMMAS = (
    " in one line",
    ", separated by commas",
    " with commas",
    " as a comma-separated list",
    " on one line",
    " joined by commas",
)
_SOME = 5


def _capital(item: str) -> str:
    return item[0].upper() + item[1:]


def _shaped(rng: Random, request: str, items: list[str]) -> tuple[str, str]:
    """The request with a form, if it names one, and the list in that form."""
    shape = rng.random()
    bare = request.rstrip(".? ")
    if shape < 0.5:
        ending = rng.choice(_AS_NUMBERS) if shape < 0.12 else ""
        text = "\n".join(f"{at}. {_capital(item)}" for at, item in enumerate(items, 1))
        return (bare + ending + "." if ending else request), text
    if shape < 0.8:
        return bare + rng.choice(_AS_BULLETS) + ".", "\n".join(
            f"- {_capital(item)}" for item in items
        )
    return bare + rng.choice(_AS_COMMAS) + ".", ", ".join(items)


def name_some(rng: Random) -> Turn:
    """ "List five fruits." as a numbered, a bulleted or a comma list; "some" are five."""
    category, kind = rng.choice(CATEGORIES), rng.random()
    count = min(rng.choice(_OFTEN), len(category.items) - 1)
    if kind < 0.05:
        return Turn(
            say(rng.choice(_ASK_ONE), rng, k=category.one), _capital(category.some(rng, 1)[0])
        )
    name = category.names[0] if rng.random() < 0.5 else rng.choice(category.names)
    if name == "fruit":
        name = "fruits"
    asked = rng.choice((str(count), _COUNTS[count], _COUNTS[count]))
    patterns: tuple[str, ...] = _ASK
    if kind < 0.1:
        count, patterns = min(_SOME, len(category.items) - 1), _ASK_SOME
    request, answer = _shaped(rng, expand(rng.choice(patterns), rng), category.some(rng, count))
    return Turn(say(request, rng, n=asked, k=name), answer)


_COUNT_UP = (
    "(count|please count|can you count|count up|count aloud|list the numbers|write the numbers|say the numbers|give me the numbers|numbers) from {a} to {b}(.|)", "(list|write|say|give me) (all |)(the |)numbers (from|between) {a} (to|and) {b}.",
    "(count|start) (at|from) {a} (and|and go on|and stop at|up) to {b}(.|)",
)  # fmt: skip
_COUNT_DOWN = (
    "count (down|backwards|back|in reverse) from {a} to {b}.",
    "(list|write|say) the numbers from {a} down to {b}.",
    "(a |do a |)countdown from {a}( to {b}|)(.|)",
)
_COUNT_BY = (
    "count from {a} to {b} (in steps of {s}|by {s}s|by {s}).",
    "count by {s}s from {a} to {b}.",
    "(list|write) every {s}th number from {a} to {b}.",
)


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
    asked = rng.choice({1: _COUNT_UP, -1: _COUNT_DOWN}.get(step, _COUNT_BY))
    if low == 1 and step == 1 and rng.random() < 0.3:
        asked = "(count|please count|can you count) (up |)to {b}(.|)"
    slots = {"a": str(numbers[0]), "b": str(numbers[-1]), "s": str(step)}
    return Turn(say(asked, rng, **slots), ", ".join(map(str, numbers)) + ".")


def english(rng: Random) -> Turn:
    """A list, or counting."""
    return weighted(rng, [(3, name_some), (1, count)])
