"""What evaluation asks: prompts in wordings, with names and numbers, that training never saw.

Contract: one module a group of skills, each with `cases(rng)`; a group's random numbers are its
own, so that a change to one leaves the others' cases alone. All wording here is written by hand,
apart from the corpus's patterns; words come from the held-out side of `training.words`. Other sets
stand beside these: those of `plain`, `series` and `drawn`, which say what they are.
"""

from random import Random

from training.cases import (
    app,
    arithmetic,
    facts,
    limits,
    memory,
    memory_cjk,
    smalltalk,
    system,
    text,
)
from training.cases.case import Case

__all__ = ["Case", "cases"]

_GROUPS = (smalltalk, memory, memory_cjk, app, limits, text, arithmetic, facts, system)


def cases() -> list[Case]:
    """All of them, in an order that does not change."""
    return [case for group in _GROUPS for case in group.cases(Random(group.__name__))]
