"""Sums, differences, products, comparisons, what comes after, days and months.

Contract: a result stands behind the whole problem ("347 + 285 = 632"), each kind in one form.
`is_held_out` keeps a share of the problems for evaluation; `english` and `drill` never draw them.
Wordings stand in `arithmetic.toml`.
"""

import tomllib
from pathlib import Path
from random import Random
from string import ascii_uppercase
from typing import Any
from zlib import crc32

from training import words
from training.dialogue import Skill, Turn, weighted
from training.phrasing import expand, say, usual
from training.skills import calendar
from training.skills.questions import framed

_TEXTS: dict[str, Any] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
_NAMES = {"+": "plus", "-": "minus", "x": "times", ">": "greater", "<": "less"}
_HELD_OUT_ONE_IN = {"x": 48}  # there are only some thousand products
_HELD_OUT_USUALLY = 12
_MULTIPLY = "×"


def is_held_out(left: int, sign: str, right: int) -> bool:
    """Whether a problem is kept for evaluation. One-digit sums and tables are needed whole."""
    if max(left, right) < 20:
        return False
    pair = (left, right) if sign == "-" else (min(left, right), max(left, right))
    one_in = _HELD_OUT_ONE_IN.get(sign, _HELD_OUT_USUALLY)
    return crc32(f"{pair[0]}{sign}{pair[1]}".encode()) % one_in == 0


def result(left: int, sign: str, right: int) -> int:
    return {"+": left + right, "-": left - right, "x": left * right}[sign]


def solved(left: int, sign: str, right: int) -> str:
    """The one form of an answer."""
    shown = _MULTIPLY if sign == "x" else sign
    return f"{left} {shown} {right} = {result(left, sign, right)}"


def _number(rng: Random) -> int:
    """Of one to three digits; lengths and not values are even."""
    digits = rng.choices((1, 2, 3), (0.2, 0.35, 0.45))[0]
    return rng.randrange(10 ** (digits - 1) if digits > 1 else 0, 10**digits)


def _carrying(rng: Random) -> tuple[int, int]:
    """A sum whose carry runs on through a nine: rare among random ones, and the hard case."""
    ones = rng.randint(1, 9)
    other = rng.randint(10 - ones, 9)
    tens = rng.randint(0, 9)
    return 100 * rng.randint(0, 8) + 10 * tens + ones, 100 * rng.randint(0, 8) + 10 * (
        9 - tens
    ) + other


def problem(rng: Random, sign: str) -> tuple[int, int]:
    """Two numbers that may be trained on; a difference is seldom below zero."""
    if sign == "x":
        left, right = (
            rng.choice((rng.randint(0, 12), rng.randint(10, 99), rng.randint(10, 99))),
            rng.randint(0, 10),
        )
        left, right = (right, left) if rng.random() < 0.35 else (left, right)
    elif rng.random() < 0.12:
        left, right = _carrying(rng)
        if sign == "-":
            left, right = left + right, rng.choice((left, right))
    else:
        left, right = _number(rng), _number(rng)
        if sign == "-" and rng.random() < 0.25:  # close to each other, which is rare otherwise
            right = max(0, left - rng.randint(1, 30))
    if sign == "-" and left < right and rng.random() < 0.85:
        left, right = right, left
    return (
        problem(rng, sign)
        if max(left, right) > 999 or is_held_out(left, sign, right)
        else (left, right)
    )


_SIGNS = {
    "+": ("+", "+", "+", "plus", "and"),
    "-": ("-", "-", "-", "minus"),
    "x": ("*", "x", "×", "times", "times", "multiplied by"),
}
_THINGS = (
    "apples", "pears", "coins", "books", "stamps", "cards", "eggs", "balls", "pens", "cookies",
    "flowers", "shells", "tickets", "marbles", "stones", "nuts", "fish", "oranges", "cups",
    "chairs", "plates", "buttons", "candles", "sheep", "hens", "trees", "bricks", "roses",
    "stickers", "bottles", "boxes", "keys", "pages", "photos", "socks", "spoons", "sweets",
    "tomatoes", "toys", "letters", "lemons", "loaves", "ribbons", "seeds", "beads", "cakes",
)  # fmt: skip


_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_IN_WORDS = 0.14  # the share of problems whose numbers, below a hundred, are written in words


def in_words(number: int) -> str:
    """ "forty-seven", for numbers below a hundred."""
    if number < len(_ONES):
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")


def _worded(rng: Random, patterns: list[str]) -> str:
    return framed(rng, expand(usual(rng, patterns), rng), 0.08)


def _asked(rng: Random, left: int, sign: str, right: int) -> str:
    kind, shown = rng.random(), rng.choice(_SIGNS[sign])
    first, other = str(left), str(right)
    if max(left, right) < 100 and rng.random() < _IN_WORDS:
        first, other = in_words(left), in_words(right)
        shown = rng.choice([one for one in _SIGNS[sign] if one.isalpha()])
        other = str(right) if kind > 0.8 and rng.random() < 0.5 else other
    slots = {"a": first, "b": other}
    if kind < 0.58 or (sign == "-" and left < right):
        gap = "" if rng.random() < 0.3 and not shown.isalpha() and " " not in shown else " "
        return say(_worded(rng, _TEXTS["any_sign"]), rng, p=f"{first}{gap}{shown}{gap}{other}")
    if kind < 0.8 or min(left, right) < 2:
        return say(_worded(rng, _TEXTS["by_sign"][_NAMES[sign]]), rng, **slots)
    slots |= {
        "n": words.name(rng),
        "t": rng.choice(_THINGS),
        "u": words.word(rng),
        "w": words.word(rng),
    }
    return say(rng.choice(_TEXTS["stories"][_NAMES[sign]]), rng, **slots)


def calculate(rng: Random, signs: str = "+++---xx") -> Turn:
    """One sum, difference or product, in words, in signs or as a little story."""
    sign = rng.choice(signs)
    left, right = problem(rng, sign)
    return Turn(_asked(rng, left, sign, right), solved(left, sign, right))


_SHORTER = (
    "and {p}?", "and what about {p}?", "{p}?", "and {p}", "now {p}", "what about {p}?",
)  # fmt: skip


def followed(rng: Random) -> list[Turn]:
    """A sum, and then another in fewer words or one with what came of it."""
    first_sign, sign = rng.choice("+++--x"), rng.choice("++--x")
    left, right = problem(rng, first_sign)
    made = result(left, first_sign, right)
    other = rng.choice((rng.randint(2, 10), rng.randint(2, 10), rng.randint(11, 60)))
    other = min(other, 9) if sign == "x" else other
    fits = other <= made < (100 if sign == "x" else 940) and not is_held_out(made, sign, other)
    first = Turn(_asked(rng, left, first_sign, right), solved(left, first_sign, right))
    if fits and rng.random() < 0.7:
        asked = say(rng.choice(_TEXTS["on"][_NAMES[sign]]), rng, b=str(other))
        return [first, Turn(asked, solved(made, sign, other))]
    left, right = problem(rng, sign)
    shown = rng.choice(_SIGNS[sign])
    asked = say(rng.choice(_SHORTER), rng, p=f"{left} {shown} {right}")
    return [first, Turn(asked, solved(left, sign, right))]


def _bare(rng: Random) -> Turn:
    """The same without words: most problems in the fewest tokens."""
    sign = rng.choice("++++---xx")
    left, right = problem(rng, sign)
    gap, shown = rng.choice((" ", " ", "")), {"x": rng.choice("x*×")}.get(sign, sign)
    return Turn(
        f"{left}{gap}{shown}{gap}{right}" + rng.choice(("", "", " =", "=", "?", " = ?")),
        solved(left, sign, right),
    )


def _pair(rng: Random) -> tuple[int, int]:
    """Two numbers to compare; often alike in length or in their first digits, seldom equal."""
    left = _number(rng)
    draw = rng.random()
    right = (
        _number(rng)
        if draw < 0.4
        else left + rng.randint(-12, 12)
        if draw < 0.75
        else rng.randrange(10 ** len(str(left)))
    )
    if draw > 0.95:
        right = left
    return (left, max(0, right)) if not is_held_out(left, "<", max(0, right)) else _pair(rng)


def compared(left: int, right: int) -> str:
    """ "45 is larger than 38" about the first number."""
    how = "equal to" if left == right else "larger than" if left > right else "smaller than"
    return f"{left} is {how} {right}"


def _most(rng: Random) -> Turn:
    """The largest or smallest of three to five numbers."""
    top = rng.choice((20, 100, 100, 1000))
    drawn = rng.sample(range(top), rng.randint(3, 5))
    which = rng.choice(("largest", "smallest"))
    shown = [str(number) for number in drawn]
    listed = ", ".join(shown) if rng.random() < 0.6 else ", ".join(shown[:-1]) + " and " + shown[-1]
    found = max(drawn) if which == "largest" else min(drawn)
    return Turn(say(rng.choice(_TEXTS["most"][which]), rng, l=listed), f"{found} is the {which}.")


def compare(rng: Random) -> Turn:
    """Which is larger or smaller; is one larger than the other."""
    if rng.random() < 0.15:
        return _most(rng)
    left, right = _pair(rng)
    slots = {"a": str(left), "b": str(right)}
    if rng.random() < 0.55:
        kind = rng.choice(("larger", "smaller"))
        first, other = (
            (max if kind == "larger" else min)(left, right),
            (min if kind == "larger" else max)(left, right),
        )
        return Turn(
            say(_worded(rng, _TEXTS["which"][kind]), rng, **slots), f"{compared(first, other)}."
        )
    sign = rng.choice("><")
    true = left > right if sign == ">" else left < right
    return Turn(
        say(_worded(rng, _TEXTS["is"][_NAMES[sign]]), rng, **slots),
        f"{'Yes' if true else 'No'}, {compared(left, right)}.",
    )


def _letter(rng: Random) -> Turn:
    """The letter after or before."""
    after = rng.random() < 0.7
    at = rng.randrange(25) + (not after)
    asked = _worded(rng, _TEXTS["letter_after" if after else "letter_before"])
    letter, found = ascii_uppercase[at], ascii_uppercase[at + (1 if after else -1)]
    shown = letter if rng.random() < 0.7 else letter.lower()
    return Turn(
        say(asked, rng, v=shown), f"{found} comes {'after' if after else 'before'} {letter}."
    )


def _series(rng: Random) -> Turn:
    """How a series goes on: one by one, or in steps."""
    step, count = rng.choice((1, 1, 1, 2, 5, 10, -1)), rng.randint(3, 5)
    first = rng.choice((1, step, rng.randint(1, 60), 10 * rng.randint(1, 30)))
    first = first + 10 if step < 0 else first
    listed = [first + step * at for at in range(count + 1)]
    if is_held_out(listed[-2], "<", listed[-2]):
        return _series(rng)
    asked = say(rng.choice(_TEXTS["series"]), rng, l=", ".join(map(str, listed[:-1])))
    return Turn(asked, f"{listed[-1]} comes after {listed[-2]}.")


def neighbour(rng: Random) -> Turn:
    """The number or letter after or before, and the next of a series."""
    kind = rng.random()
    if kind < 0.24:
        return _letter(rng) if kind < 0.12 else _series(rng)
    number = rng.choice(
        (rng.randint(1, 20), rng.randint(1, 99), rng.randint(1, 999), 10 * rng.randint(1, 99),
         10 * rng.randint(1, 99) - 1)
    )  # fmt: skip
    if is_held_out(number, "<", number):
        return neighbour(rng)
    if rng.random() < 0.6:
        asked, answer = _TEXTS["after"], f"{number + 1} comes after {number}."
    else:
        asked, answer = _TEXTS["before"], f"{number - 1} comes before {number}."
    return Turn(say(_worded(rng, asked), rng, v=str(number)), answer)


def english(rng: Random) -> Turn:
    """Any of these, days and months among them."""
    return weighted(rng, [(6, calculate), (2, compare), (1.2, neighbour), (2.2, calendar.english)])


def drill(rng: Random) -> list[Turn]:
    """Many short problems in one conversation; half of the time all of one operation."""
    kind = rng.random()
    count = rng.randint(6, 16)
    if kind < 0.5:
        return [_bare(rng) for _ in range(count)]
    if kind < 0.75:
        sign = rng.choice("+-x")
        return [calculate(rng, sign) for _ in range(count)]
    mixed: list[tuple[float, Skill]] = [(3, calculate), (2, _bare), (2, compare), (1, neighbour)]
    return [weighted(rng, mixed) for _ in range(count)]
