# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""Two instructions in a row on the same list.

Contract: the answer is the second step's result and nothing else; a second step that sets no
separator keeps the one that the list was given with.
"""

from collections.abc import Callable
from random import Random

from training.dialogue import Turn
from training.skills.text_given import lay_out, separated, some, wording
from training.skills.text_lists import (
    bulleted,
    numbered,
    numbers,
    ordered,
    sortable,
    with_numbers,
)

_ARRANGED: dict[str, Callable[[list[str]], list[str]]] = {
    "sort": ordered, "reverse": lambda items: items[::-1], "upper": lambda items: [item.upper() for item in items],
    "lower": lambda items: [item.lower() for item in items], "title": lambda items: [item[0].upper() + item[1:] for item in items],
    "sort_up": lambda items: sorted(items, key=int), "sort_down": lambda items: sorted(items, key=int, reverse=True),
}  # fmt: skip
_SHOWN: dict[str, Callable[[list[str]], str]] = {
    "join": ", ".join, "bullets": bulleted, "numbered": numbered, "first": lambda items: items[0], "last": lambda items: items[-1],
    "count": lambda items: str(len(items)),
}  # fmt: skip


_AFTER = {
    "sort": ("upper", "first", "last", "reverse"), "reverse": ("upper", "first", "last", "sort"),
    "upper": ("reverse", "sort"), "lower": ("reverse",), "title": ("reverse", "sort"),
}  # fmt: skip
JOINTS = (
    " and ",
    " and ",
    " and then ",
    ", then ",
    ", and then ",
    " and after that ",
    "; then ",
    ". Then ",
    ". After that, ",
    " and also ",
)


def two_steps(rng: Random) -> Turn:
    """First one thing with the list, then another with what came of it."""
    if rng.random() < 0.3:
        return _two_with_numbers(rng)
    first = rng.choice(
        ("sort", "sort", "sort", "sort", "reverse", "reverse", "upper", "upper", "lower", "title")
    )
    seconds = ["join", "join", "join", "bullets", "numbered", *_AFTER[first]]
    second = rng.choice(seconds)
    items = sortable(rng, 2, 6) if "sort" in (first, second) else some(rng, 2, 6)
    items = [item.lower() for item in items] if first == "title" else items
    given, separator = separated(
        rng, items if first != "lower" else [item.upper() for item in items]
    )
    if second == "join" and rng.random() < 0.7:
        given = " ".join(items if first != "lower" else [item.upper() for item in items])
    return _composed(rng, first, second, given, items, separator)


def _two_with_numbers(rng: Random) -> Turn:
    if rng.random() < 0.5:
        text, items = with_numbers(rng)
        second = rng.choice(("sort_up", "sort_down", "bullets", "numbered", "reverse", "count"))
        return _composed(rng, "numbers", second, text, items, ", ")
    items = numbers(rng)
    first = rng.choice(("sort_up", "sort_up", "sort_down"))
    given, separator = separated(rng, items)
    second = rng.choice(("join", "join", "bullets", "numbered", "first", "last"))
    if second == "join" and rng.random() < 0.7:
        given = " ".join(items)
    return _composed(rng, first, second, given, items, separator)


def _composed(
    rng: Random, first: str, second: str, given: str, items: list[str], separator: str
) -> Turn:
    joint = rng.choice(JOINTS)
    result = _ARRANGED[first](items) if first in _ARRANGED else items
    if second in _ARRANGED:
        answer = separator.join(_ARRANGED[second](result))
    else:
        answer = _SHOWN[second](result)
    head = f"{wording(rng, f'first_{first}')}{joint}{wording(rng, f'then_{second}')}"
    return Turn(lay_out(rng, head, given), answer, spelled=first == "lower")
