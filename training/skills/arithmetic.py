# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""Sums, differences, products, comparisons, what comes after, days and months.

Contract: a result stands behind the whole problem ("347 + 285 = 632"), each kind in one form.
`is_held_out` keeps a share of the problems for evaluation; `english` and `drill` never draw them.
"""

from random import Random
from zlib import crc32

from training import words
from training.dialogue import Skill, Turn, weighted
from training.phrasing import expand, say
from training.skills import calendar
from training.skills.questions import framed

_HELD_OUT_ONE_IN = 12
_MULTIPLY = "×"


def is_held_out(left: int, sign: str, right: int) -> bool:
    """Whether a problem is kept for evaluation. One-digit sums and tables are needed whole."""
    if max(left, right) < 20:
        return False
    pair = (left, right) if sign == "-" else (min(left, right), max(left, right))
    return crc32(f"{pair[0]}{sign}{pair[1]}".encode()) % _HELD_OUT_ONE_IN == 0


def result(left: int, sign: str, right: int) -> int:
    return {"+": left + right, "-": left - right, "x": left * right}[sign]


def solved(left: int, sign: str, right: int) -> str:
    """The one form of an answer."""
    shown = _MULTIPLY if sign == "x" else sign
    return f"{left} {shown} {right} = {result(left, sign, right)}"


def _number(rng: Random) -> int:
    """Of one to three digits; lengths and not values are even."""
    digits = rng.choices((1, 2, 3), (0.22, 0.38, 0.4))[0]
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
_ANY_SIGN = (
    "(what is|what's|whats|calculate|compute|how much is|solve|tell me|what does|find|evaluate|work out|do you know|can you calculate|please calculate|give me|say) {p}(?|.|)",
    "{p}", "{p}?", "{p} =", "{p} = ?", "{p} equals(?|)", "{p} is", "{p} is what?", "{p} makes(?|)", "(calculate|compute|solve|maths|math|quick maths|result)(:| this:) {p}",
    "what (is|would be) the (result|answer|value) of {p}?", "(can you|could you|please) (calculate|compute|solve|tell me|work out) {p}(?|.|)", "how much (is|are|makes|would be) {p}?",
    "what do (you|I) get (for|from|when you calculate) {p}?", "I need (to know |the result of ){p}.", "what (number |)(is|makes|gives) {p}?",
)  # fmt: skip
_BY_SIGN = {
    "+": (
        "add {a} (and|to) {b}.", "(what is|what's|tell me|calculate|find|give me) the sum of {a} and {b}?", "(what is|how much is) {a} added to {b}?", "add {b} to {a}.", "sum {a} and {b}.",
        "(what|how much) (do|does) {a} and {b} (make|add up to|give)( together|)?", "(what is|calculate|give me) {a} increased by {b}?", "{b} more than {a}(?|)",
        "(what number is|what is) {b} more than {a}?", "put {a} and {b} together.",
    ),
    "-": (
        "subtract {b} from {a}.", "take {b} (away |)from {a}.", "(what is|what's|tell me|calculate|find|give me) the difference (between|of) {a} and {b}?", "(what is|how much is) {a} less {b}?",
        "(what is|what's) {b} less than {a}?", "(what is|what's|how much is) {a} take away {b}?", "(what is|what's) left (if|when) (you|I) take {b} from {a}?", "reduce {a} by {b}.", "(calculate|give me) {a} decreased by {b}.",
    ),
    "x": (
        "multiply {a} (by|with|and) {b}.", "(what is|what's|tell me|calculate|find|give me) the product of {a} and {b}?", "(what is|how much is) {a} multiplied (by|with) {b}?", "{a} times {b}",
        "(what do|how much do) {a} times {b} make?", "(how much is|what is) {a} lots of {b}?",
    ),
}  # fmt: skip
_STORIES = {
    "+": (
        "{n} has {a} {t} and (gets|buys|finds) {b} more. How many {t} does {n} have( now|)?", "I have {a} {t} and (get|buy|find) {b} more. How many {t} do I have( now|)?",
        "there are {a} {t} (here|in a box) and {b} (there|in another one). How many are there (in all|together|altogether)?", "a {u} costs {a} euros and a {w} costs {b} euros. How much do they cost together?",
        "{n} (reads|walked|ran) {a} (pages|metres|minutes) (today|in the morning) and {b} (tomorrow|in the evening). How many (in all|together|in total)?",
    ),
    "-": (
        "{n} has {a} {t} and (gives away|loses|eats|sells) {b}( of them|). How many {t} (are left|does {n} have now|remain)?", "I (have|had) {a} {t} and (gave away|lost|sold|used) {b}. How many (are left|do I have now|remain)?",
        "there are {a} {t}. {b} (go away|are taken|are sold|disappear). How many (are left|remain|stay)?", "a {u} costs {a} euros. I have {b} euros. How many euros (are missing|do I need)?",
    ),
    "x": (
        "{a} boxes (have|hold|with) {b} {t} each. How many {t} (are there|are that|is that)( in all|)?", "{n} buys {a} bags with {b} {t} each. How many {t} (are that|does {n} have|is that)?",
        "one {u} costs {b} euros. How much do {a} cost?", "there are {a} rows of {b} {t}. How many {t} are there?",
    ),
}  # fmt: skip
_THINGS = (
    "apples", "pears", "coins", "books", "stamps", "cards", "eggs", "balls", "pens", "cookies",
    "flowers", "shells", "tickets", "marbles", "stones", "nuts", "fish", "oranges", "cups", "chairs",
)  # fmt: skip


def _worded(rng: Random, patterns: tuple[str, ...]) -> str:
    return framed(rng, expand(rng.choice(patterns), rng), 0.08)


def _asked(rng: Random, left: int, sign: str, right: int) -> str:
    kind, shown = rng.random(), rng.choice(_SIGNS[sign])
    slots = {"a": str(left), "b": str(right)}
    if kind < 0.66:
        gap = "" if rng.random() < 0.3 and not shown.isalpha() and " " not in shown else " "
        return say(_worded(rng, _ANY_SIGN), rng, p=f"{left}{gap}{shown}{gap}{right}")
    if kind < 0.88 or (sign == "-" and left < right) or max(left, right) > 300:
        return say(_worded(rng, _BY_SIGN[sign]), rng, **slots)
    slots |= {
        "n": words.name(rng),
        "t": rng.choice(_THINGS),
        "u": words.word(rng),
        "w": words.word(rng),
    }
    return say(rng.choice(_STORIES[sign]), rng, **slots)


def calculate(rng: Random, signs: str = "+++---xx") -> Turn:
    """One sum, difference or product, in words, in signs or as a little story."""
    sign = rng.choice(signs)
    left, right = problem(rng, sign)
    return Turn(_asked(rng, left, sign, right), solved(left, sign, right))


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


_WHICH = {
    "larger": ("(which|what)( number| one| of the two|) is (larger|bigger|greater|higher|more)(:|,|) {a} or {b}?", "is {a} or {b} (larger|bigger|greater|more)?", "(what is|tell me|give me|name) the (larger|bigger|greater|higher|largest|biggest)( number| one| of the numbers|)(:|,| of) {a} (or|and) {b}(?|.)",
               "(compare|compare the numbers) {a} and {b}.", "(larger|bigger|greater): {a} or {b}?", "what is (bigger|larger|more), {a} or {b}?", "which of {a} and {b} is (larger|bigger|greater)?", "{a} or {b}: which is (bigger|larger|greater|more)?"),
    "smaller": ("(which|what)( number| one| of the two|) is (smaller|less|lower)(:|,|) {a} or {b}?", "is {a} or {b} (smaller|less|lower)?", "(what is|tell me|give me|name) the (smaller|lower|smallest|lowest)( number| one| of the numbers|)(:|,| of) {a} (or|and) {b}(?|.)",
                "(smaller|lower|less): {a} or {b}?", "what is (smaller|less|lower), {a} or {b}?", "which of {a} and {b} is (smaller|lower)?", "{a} or {b}: which is (smaller|less|lower)?"),
}  # fmt: skip
_IS = {
    ">": ("is {a} (larger|bigger|greater|more|higher) than {b}?", "is {a} > {b}?", "is it true that {a} (is larger than|is bigger than|is greater than|is more than|>) {b}?", "{a} > {b}?", "{a} > {b}, (true or false|yes or no|right)?", "(tell me|say) (if|whether) {a} is (larger|bigger|greater|more) than {b}."),
    "<": ("is {a} (smaller|less|lower) than {b}?", "is {a} < {b}?", "is it true that {a} (is smaller than|is less than|<) {b}?", "{a} < {b}?", "{a} < {b}, (true or false|yes or no|right)?", "(tell me|say) (if|whether) {a} is (smaller|less|lower) than {b}."),
}  # fmt: skip


def compared(left: int, right: int) -> str:
    """ "45 is larger than 38" about the first number."""
    return f"{left} is {'equal to' if left == right else 'larger than' if left > right else 'smaller than'} {right}"


_MOST = {
    "largest": ("(which|what)( number| one| of these numbers|) is (the |)(largest|biggest|greatest|highest)(:|,) {l}?", "(give me|find|tell me|name|write) the (largest|biggest|greatest|highest) (number|one|of these|of these numbers)(:| of) {l}.", "(the |)(largest|biggest|highest) number: {l}", "(maximum|max) of {l}", "the (largest|biggest|highest) of {l}(?|.)"),
    "smallest": ("(which|what)( number| one| of these numbers|) is (the |)(smallest|lowest|least)(:|,) {l}?", "(give me|find|tell me|name|write) the (smallest|lowest|least) (number|one|of these|of these numbers)(:| of) {l}.", "(the |)(smallest|lowest) number: {l}", "(minimum|min) of {l}", "the (smallest|lowest) of {l}(?|.)"),
}  # fmt: skip


def _most(rng: Random) -> Turn:
    """The largest or smallest of three to five numbers."""
    top = rng.choice((20, 100, 100, 1000))
    drawn = rng.sample(range(top), rng.randint(3, 5))
    which = rng.choice(("largest", "smallest"))
    shown = [str(number) for number in drawn]
    listed = (
        ", ".join(shown)
        if rng.random() < 0.6
        else ", ".join(shown[:-1]) + rng.choice((" and ", " or ")) + shown[-1]
    )
    found = max(drawn) if which == "largest" else min(drawn)
    return Turn(say(rng.choice(_MOST[which]), rng, l=listed), f"{found} is the {which}.")


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
        return Turn(say(_worded(rng, _WHICH[kind]), rng, **slots), f"{compared(first, other)}.")
    sign = rng.choice("><")
    true = left > right if sign == ">" else left < right
    return Turn(
        say(_worded(rng, _IS[sign]), rng, **slots),
        f"{'Yes' if true else 'No'}, {compared(left, right)}.",
    )


_AFTER = (
    "(what|which number|what number) (comes|is|follows)( right| directly| just|) after {v}?", "what comes after {v}?", "what comes next after {v}?", "(what is|tell me|name|say|give me) the (number|next number) after {v}(?|.)",
    "{v}, and then?", "what follows {v}?", "after {v} comes( ...|?| what?|)", "(what is|name) the next number after {v}?", "what (is|comes) next: {v}, ...?",
)  # fmt: skip
_BEFORE = (
    "(what|which number|what number) (comes|is)( right| directly| just|) before {v}?", "what comes before {v}?", "(what is|tell me|name|say|give me) the (number|previous number) before {v}(?|.)",
    "before {v} comes( ...|?| what?|)", "what precedes {v}?", "(what is|name) the (number|one) just before {v}?",
)  # fmt: skip


def neighbour(rng: Random) -> Turn:
    """The number after or before."""
    number = rng.choice(
        (
            rng.randint(1, 20),
            rng.randint(1, 99),
            rng.randint(1, 999),
            10 * rng.randint(1, 99),
            10 * rng.randint(1, 99) - 1,
        )
    )
    if is_held_out(number, "<", number):
        return neighbour(rng)
    if rng.random() < 0.6:
        return Turn(
            say(_worded(rng, _AFTER), rng, v=str(number)), f"{number + 1} comes after {number}."
        )
    return Turn(
        say(_worded(rng, _BEFORE), rng, v=str(number)), f"{number - 1} comes before {number}."
    )


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
