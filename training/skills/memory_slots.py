"""What can be said of a kind of fact, and one fact of it.

Contract: the wordings of kinds stand in `memory.toml`, those of every kind in its `frames`.
"""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from random import Random
from typing import Any

from training.phrasing import with_article
from training.skills.memory_values import AMOUNTS

TABLE: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("memory.toml").read_text(encoding="utf-8")
)
FRAMES: dict[str, list[str]] = TABLE.pop("frames")
UNTOLD = "You have not told me that."
NOTED = "Got it."
_REMEMBER = (
    "(| please remember it.| please remember that.| remember that.| remember this.|"
    " keep it in mind.| please don't forget it.| can you remember that?| remember it for later.)"
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One kind of fact. `{v}` is the value, `{k}` the key of a kind that has one (a pet's kind); of
    a fact that was written out `keys` is the sort of its value.

    `noted` is how we reply, always alike, since a choice among replies is nothing to learn, and
    `heard` how others do. `ask` is groups of wordings; a group is drawn first; those of `plain`, as
    most people ask, come as often as all of them. Clauses are joined in one message. Where it is
    plain what is told anew, `short` is enough for it. `who` asks for `subject`, of whom or what it
    is told.
    """

    draw: Callable[[Random], str]
    tell: tuple[str, ...]
    noted: str
    heard: tuple[str, ...]
    ask: tuple[tuple[str, ...], ...]
    answer: str
    keys: tuple[str, ...] = ("",)
    clause: tuple[str, ...] = ()
    noun: tuple[str, ...] = ()
    renew: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    untold: str = UNTOLD
    who: tuple[str, ...] = ()
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact; `said` is what was told of it so far, message by message."""

    kind: str
    slot: Slot
    key: str
    value: str
    said: str = ""


def ways(patterns: list[str]) -> tuple[str, ...]:
    """Ways to tell a fact, of which `{r}` asks to remember it."""
    return tuple(pattern.replace("{r}", _REMEMBER) for pattern in patterns)


_CLOCK = re.compile("at (?!the )")
_ALIKE, _LOOKED_AT = 0.35, 30


def renewed(rng: Random, fact: Fact) -> Fact:
    """The same with another value, which is not yet told; no time of the clock replaces a day. Some
    begin as the old ones do ("Casper", "Caspar"), so that their beginning does not tell which."""
    timed = bool(_CLOCK.match(fact.value))
    found: list[str] = []
    wanted = _LOOKED_AT if rng.random() < _ALIKE else 1
    while len(found) < wanted:
        value = fact.slot.draw(rng)
        longer = value.startswith(fact.value) or fact.value.startswith(value)
        if not longer and bool(_CLOCK.match(value)) == timed:
            found.append(value)
    return replace(fact, value=max(found, key=lambda one: _shared(one, fact.value)))


def _shared(one: str, other: str) -> int:
    """Letters with which both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def told_by(fact: Fact, message: str) -> Fact:
    """The same, after this message."""
    return replace(fact, said=f"{fact.said}{message}\n")


def written(fact: Fact) -> str:
    """Of whom or what a relation's fact is, as it was written last, or "" behind a typo."""
    found = re.findall(rf"\b{re.escape(fact.slot.subject)}\b", fact.said, re.IGNORECASE)
    return found[-1] if found else ""


_DIGITS = {word: str(count) for count, word in enumerate(AMOUNTS, 2)}


def normal(said: str) -> str:
    """The same for what differs only in capitals or in how a number is written."""
    return re.sub(r"[a-z]+", lambda found: _DIGITS.get(found[0], found[0]), said.lower())


def slots_of(fact: Fact) -> dict[str, str]:
    """What a wording may name: {v} the value, {k} the key, {a_v} and {a_k} with an article, {v_cap}
    the value at the beginning of a sentence, {at} without the preposition of a day or time."""
    return {
        "v": fact.value, "k": fact.key, "a_v": with_article(fact.value),
        "a_k": with_article(fact.key), "v_cap": fact.value[:1].upper() + fact.value[1:],
        "at": fact.value.removeprefix("on ").removeprefix("at "),
    }  # fmt: skip
