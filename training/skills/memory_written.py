"""Facts of no kind, each written out by itself.

Contract: `memory_written.txt` has tellings, questions, and two messages with a new value, of which
only the first says what it belongs to; `memory_together.txt` messages that tell several facts, and
the questions for the first of them, which may name the rest. They are all answered alike, with the
words that question and telling have in common and the value: to find it by them is the one thing
that carries over from one to another.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

from training import words
from training.skills.memory_slots import FRAMES, NOTED, Fact, Slot, ways
from training.skills.memory_values import DRAW

_MARK = re.compile(r"\{(\w+)\}")
WRITTEN = "written"  # the kind of facts that are of no kind
_LINES = Path(__file__).with_name("memory_written.txt").read_text("utf-8").splitlines()
# What a sentence begins with loses its capital inside another, unless it is never written small.
_SMALL = {word for line in _LINES for word in re.findall(r"[a-z]+", line)}
_UNITS = re.compile(
    r" (?:minutes|hours|days|weeks|months|years|euros|dollars|pounds|kilos|grams|kilometres|metres|"
    r"centimetres|miles|litres|degrees|percent|pages|steps|floors)\b"
)


@cache
def _measured(kind: str, unit: str) -> Callable[[Random], str]:
    """Values with what they count: "30 minutes"."""
    return (lambda rng: DRAW[kind](rng) + unit) if unit else DRAW[kind]


def _inside(sentence: str) -> str:
    """How the sentence begins inside another."""
    small = re.match(r"(?!I\b)[A-Z][a-z]*", sentence)
    known = small and small[0].lower() in _SMALL
    return sentence[0].lower() + sentence[1:] if known else sentence


def _written(line: str) -> Slot:
    tell, ask, renew = (part.split(" | ") for part in line.split(" || "))
    (kind,) = {found[1] for one in tell for found in _MARK.finditer(one)}
    tell = [one.replace(f"{{{kind}}}", "{v}") for one in tell]
    tell, renew = ([re.sub(r"\ba \{v\}", "{a_v}", one) for one in part] for part in (tell, renew))
    units = {match[0] if (match := _UNITS.match(one.partition("{v}")[2])) else "" for one in tell}
    unit = units.pop() if len(units) == 1 else ""
    tell, renew = ([one.replace("{v}" + unit, "{v}") for one in part] for part in (tell, renew))
    return replace(
        of_sort(kind, ask),
        draw=_measured(kind, unit),
        tell=ways([one + "{r}" for one in tell]),
        clause=tuple(_inside(one.rstrip(".!")) for one in tell),
        renew=tuple(renew),
    )


def of_sort(kind: str, ask: list[str]) -> Slot:
    """What facts that were written out have in common, but for the sort of their value."""
    return Slot(
        draw=DRAW[kind],
        tell=(),
        noted=NOTED,
        heard=tuple(FRAMES["heard_one"]),
        ask=(tuple(ask),),
        answer='On "{topic}" you told me: {v}.',
        keys=(kind,),
    )


_WRITTEN = [_written(line) for line in _LINES]


_OF_US = re.compile(r"\b(?:I|I'm|I've|I'll|I'd|my|me|mine|we|we're|we've|our|us|you|your)\b", re.I)


def _of_others(line: str) -> tuple[str, list[str]] | None:
    """A telling and its questions in words that anybody may say, if it has some."""
    tell, ask = (
        [one for one in part.split(" | ") if not _OF_US.search(one)]
        for part in line.split(" || ")[:2]
    )
    return (tell[0], ask) if tell and ask else None


OF_OTHERS = [told for line in _LINES if (told := _of_others(line))]

_NUMBERED = re.compile(r"\{(\d):(\w+)\}")


def _together(line: str) -> tuple[list[str], list[str], list[list[str]]]:
    """Messages that tell the same facts of no kind, the sorts of their values, and the questions
    for the first of them; the rest are only named."""
    tell, *asks = (part.split(" | ") for part in line.split(" || "))
    sorts = dict(sorted(found.groups() for found in _NUMBERED.finditer(tell[0])))
    if len(asks) > len(sorts):
        raise ValueError(f"{line!r} has more groups of questions than values.")
    return tell, list(sorts.values()), asks


_TOGETHER = [
    _together(line)
    for line in Path(__file__).with_name("memory_together.txt").read_text("utf-8").splitlines()
]


_EMPTY = frozenset(words.table("empty"))  # they say nothing of what a question is about
_MARKS = '.,;:!?"()'


def topic(question: str, told: str, answer: str, named: str = "") -> str:
    """The most words in a row of a question that what was told has, too, those of the answer apart;
    the last such words, or "" where there are none. Words of what is `named` are never empty."""
    words_told, left_out, value = (
        {_bare(word) for word in said.split()} for said in (told, answer, named)
    )
    known = words_told - (_EMPTY - value) - left_out
    runs: list[list[str]] = [[]]
    for word in question.split():
        if _bare(word) in known:
            runs[-1].append(word.strip(_MARKS))
        if runs[-1] and (_bare(word) not in known or word[-1] in _MARKS):
            runs.append([])
    return " ".join(max(reversed(runs), key=len))


def _bare(word: str) -> str:
    return word.strip(_MARKS).lower().removesuffix("'s")


def together(rng: Random) -> tuple[list[Fact], str]:
    """Facts of no kind that one message tells, and the message with their values."""
    tell, sorts, asks = rng.choice(_TOGETHER)
    while len(set(values := [DRAW[sort](rng) for sort in sorts])) < len(sorts):
        pass

    def filled(text: str) -> str:
        return _NUMBERED.sub(lambda found: values[int(found[1]) - 1], text)

    known = [
        Fact(WRITTEN, of_sort(sort, [filled(one) for one in ask]), f"{at} {tell[0]}", value)
        for at, (sort, ask, value) in enumerate(zip(sorts, asks, values, strict=False), 1)
    ]
    # A value that the message begins with stays as it is.
    return known, filled(rng.choice(tell))


def drawn(rng: Random) -> Fact:
    """One of those that are told alone."""
    return _of_no_kind(rng, _WRITTEN)


def near(rng: Random, told: Fact, known: Sequence[Fact]) -> Fact | None:
    """Another with a value of the same sort, none of those that are known, if there is one."""
    slots = [other.slot for other in known]
    alike = [one for one in _WRITTEN if one.keys == told.slot.keys and one not in slots]
    return _of_no_kind(rng, alike) if alike else None


def _of_no_kind(rng: Random, slots: Sequence[Slot]) -> Fact:
    slot = rng.choice(slots)
    return Fact(WRITTEN, slot, slot.tell[0], slot.draw(rng))


# What a message on several things at once may have said of the user.
_OWN_LIFE = {
    "name", "city", "age", "job", "employer", "workplace", "birthplace", "born", "birthday",
    "nickname", "language", "hobby", "trip", "origin",
}  # fmt: skip


def may_tell(written: Fact, other: Fact) -> bool:
    """Whether a fact that was written out may be the other, or speaks of its person or thing."""
    if _NUMBERED.search(written.key) and other.kind in _OWN_LIFE:
        return True
    said = f"{written.key}\n{written.said}"
    return bool(other.key) and re.search(rf"\b{other.key}\b", said) is not None
