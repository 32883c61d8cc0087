"""Held-out words for instructions on text, and cases made from wordings with slots.

Contract: `{t}` of a wording is the given text; every answer is compared exactly.
"""

from collections.abc import Callable
from random import Random

from training import words
from training.cases.case import Case, talk

_LISTED = tuple(held.lower() for held in words.HELD_OUT[24:36]) + tuple(
    held.lower() for held in words.HELD_OUT[:24]
)
_KNOWN = {*words.ORDINARY, *words.SAID}


def word(rng: Random) -> str:
    """A held-out word: an English one, one of the list, or a made-up one."""
    kind = rng.random()
    if kind < 0.4:
        return rng.choice(words.UNSEEN)
    if kind < 0.6:
        return rng.choice(_LISTED)
    while True:
        made = words.syllables(rng, 1, 2)
        if len(made) > 2 and words.is_held_out(made) and made not in _KNOWN:
            return made


def some(rng: Random, low: int, high: int, *, ties: bool = True) -> list[str]:
    """Different words, held-out ones more often than ordinary ones."""
    count = rng.randint(low, high)
    found: list[str] = []
    while len(found) < count:
        made = word(rng) if rng.random() < 0.65 else words.ordinary(rng)
        if made not in found and (ties or made[0] not in {other[0] for other in found}):
            found.append(made)
    return found


def each(
    skill: str, wordings: tuple[str, ...], make: Callable[[int], tuple[dict[str, str], str]]
) -> list[Case]:
    """A case for each wording, whose slots and answer `make` draws."""
    made = []
    for at, wording in enumerate(wordings):
        slots, answer = make(at)
        made.append(Case(skill, talk(_filled(wording, slots)), (answer,), exact=True))
    return made


def _filled(wording: str, slots: dict[str, str]) -> str:
    for slot, value in slots.items():
        wording = wording.replace("{" + slot + "}", value)
    return wording


def plain(
    rng: Random,
    skill: str,
    wordings: tuple[str, ...],
    low: int,
    high: int,
    answer: Callable[[list[str]], str],
    given: Callable[[list[str]], str] = " ".join,
) -> list[Case]:
    def make(_: int) -> tuple[dict[str, str], str]:
        drawn = some(rng, low, high)
        return {"t": given(drawn)}, answer(drawn)

    return each(skill, wordings, make)
