# ruff: noqa: E501 - one case a line reads better than a case cut in pieces
"""Sums, differences, products, comparisons, what comes after, days and months.

Contract: problems of more than one digit are ones that `training.skills.arithmetic.is_held_out`
keeps out of the corpus; the wordings
in words stand in none of its patterns.
"""

from random import Random

from training.cases.case import Case, talk
from training.skills.arithmetic import is_held_out, result, solved

_WORDINGS = {
    "+": ("{a}+{b}", "What is {a} + {b}?", "Could you please add {a} to {b} for me?", "If I have {a} and get {b} more, how many is that?", "{a} plus {b}, what does that come to?", "Find {a} + {b}", "Adding {a} and {b} gives what?", "Sum of {a} and {b}?"),
    "-": ("{a}-{b}", "What is {a} - {b}?", "Could you please subtract {b} from {a} for me?", "I had {a} and spent {b}. What remains?", "{a} minus {b}, what does that come to?", "Find {a} - {b}", "Taking {b} from {a} gives what?", "By how much is {a} more than {b}?"),
    "x": ("{a}*{b}", "What is {a} x {b}?", "Could you please multiply {a} by {b} for me?", "{b} packs of {a} cards, how many cards is that?", "{a} times {b}, what does that come to?", "Find {a} × {b}", "Multiplying {a} by {b} gives what?", "Product of {a} and {b}?"),
}  # fmt: skip
_COMPARED = (
    ("Which is the larger one, {a} or {b}?", ">"), ("Of {a} and {b}, which number is bigger?", ">"), ("So which is greater, {a} or {b}?", ">"), ("Which one is the smaller number: {a} or {b}?", "<"), ("From {a} and {b}, name the lower one.", "<"),
    ("Would you say that {a} is greater than {b}?", "?>"), ("Is it right that {a} is more than {b}?", "?>"), ("Really, is {a} less than {b}?", "?<"), ("Could it be that {a} is smaller than {b}?", "?<"), ("{a} > {b}, correct?", "?>"),
)  # fmt: skip
_NEXT = (
    ("Which number do I get to after {a}?", 1),
    ("I count: {a}. What number do I say next?", 1),
    ("Which number directly succeeds {a}?", 1),
    ("Going back from {a}, what number is before it?", -1),
    ("One step below {a}, which number is that?", -1),
)
_FIXED = (
    ("What day follows Tuesday?", "Wednesday"), ("It's Sunday today, so tomorrow is which day?", "Monday"), ("Which day was it yesterday, if today is Friday?", "Thursday"),
    ("What month do we have after September?", "October"), ("Which is the month right before March?", "February"), ("December is over. Which month is it now?", "January"), ("So how many days make up one week?", "7"), ("How many months make up one year?", "12"),
    ("June, how many days is that?", "30"), ("Could you say how many days January has?", "31"), ("Which month is number three of the year?", "March"), ("How many hours make a day?", "24"), ("Spring is over, which season do we get?", "Summer"), ("Which season do we have before winter?", "Autumn"),
)  # fmt: skip


def _pair(rng: Random, sign: str, size: int) -> tuple[int, int]:
    """A held-out problem of that many digits, not below zero."""
    while True:
        left = rng.randrange(10 ** (size - 1), 10**size)
        right = (
            rng.randrange(2, 10) if sign == "x" else rng.randrange(1, 10 ** rng.randint(1, size))
        )
        if is_held_out(left, sign, right) and (sign != "-" or left >= right):
            return left, right


def _unequal(rng: Random) -> tuple[int, int]:
    """Two held-out numbers to compare, often of like length."""
    while True:
        left = rng.randrange(20, 1000)
        right = rng.choice((rng.randrange(20, 1000), max(1, left + rng.randint(-15, 15))))
        if left != right and is_held_out(left, "<", right):
            return left, right


def cases(rng: Random) -> list[Case]:
    """Each wording with numbers of two or three digits; then fixed questions."""
    made = []
    for sign, wordings in _WORDINGS.items():
        for at, wording in enumerate(wordings):
            for size in (2,) if sign == "x" else (2, 3):
                left, right = _pair(rng, sign, size)
                asked = wording.format(a=left, b=right)
                made.append(
                    Case(
                        "arithmetic",
                        talk(asked),
                        (f"= {result(left, sign, right)}",),
                        forbidden=(f"= {result(left, sign, right)}0",),
                    )
                )
            if at < 2:
                left, right = rng.randint(2, 9), rng.randint(2, 9)
                left, right = max(left, right), min(left, right)
                made.append(
                    Case(
                        "arithmetic",
                        talk(wording.format(a=left, b=right)),
                        (solved(left, sign, right),),
                    )
                )
    for wording, sign in _COMPARED:
        left, right = _unequal(rng)
        expected = (
            f"{max(left, right)} is larger" if sign == ">" else f"{min(left, right)} is smaller"
        )
        if sign[0] == "?":
            expected = "Yes, " if (left > right) == (sign == "?>") else "No, "
        made.append(Case("arithmetic", talk(wording.format(a=left, b=right)), (expected,)))
    for wording, step in _NEXT:
        number = rng.choice(
            [number for number in range(20, 1000) if is_held_out(number, "<", number)]
        )
        expected = f"{number + step} comes {'after' if step > 0 else 'before'} {number}."
        made.append(Case("arithmetic", talk(wording.format(a=number)), (expected,), exact=True))
    return made + [Case("arithmetic", talk(asked), (answer,)) for asked, answer in _FIXED]
