"""Facts told and told anew in free words, and what is near them and answers no question for them.

Contract: a block of `memory_near.txt` is one fact: its kind (`K:`), questions (`Q:`), tellings
(`Y:`), messages with a new value (`C:`, behind "||" those that are clear right after the telling
alone), and messages near it (`X:`, behind "||" those that the telling would contradict), whose
marks are values of any sort. "My friend's birthday is in June." does not say when the user's is:
only what was read carefully can be told from what was not.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from training.dialogue import Skill, Turn
from training.phrasing import say, with_article
from training.skills.memory_facts import SLOTS, confusable
from training.skills.memory_slots import NOTED, UNTOLD, Fact, renewed, slots_of, told_by
from training.skills.memory_turns import (
    NOT_TOLD,
    Keyed,
    Read,
    drawn_often,
    noted,
    other_talk,
    recalled,
    replied,
)
from training.skills.memory_values import DRAW
from training.skills.memory_written import WRITTEN, of_sort

_MARK = re.compile(r"\{(\w+)\}")
_Drawn = tuple["Block", Fact, bool]
_Reply = Callable[[Random, str, list[Fact]], Turn]  # to a message and the facts that it tells


@dataclass(frozen=True, slots=True)
class Block:
    """Wordings of one fact; one of no kind is WRITTEN, and its key the sort of its values."""

    kind: str
    key: str
    ask: tuple[str, ...]
    tell: tuple[str, ...]
    clear: tuple[str, ...]
    short: tuple[str, ...]
    near: tuple[str, ...]
    untold: tuple[str, ...]

    def fact(self, rng: Random) -> Fact:
        """Of the block's key, or of any of its kind."""
        if self.kind == WRITTEN:
            slot = of_sort(self.key, list(self.ask))
            return Fact(WRITTEN, slot, self.key, slot.draw(rng))
        slot = SLOTS[self.kind]
        return Fact(self.kind, slot, self.key or rng.choice(slot.keys), slot.draw(rng))


def _block(text: str) -> Block:
    parts = dict(line.split(": ", 1) for line in text.splitlines())
    kind, _, key = parts["K"].partition(":")
    clear, _, short = parts["C"].partition("||")
    near, _, untold = parts["X"].partition("||")
    wordings = (parts["Q"], parts["Y"], clear, short, near, untold)
    ask, tell, *rest = (
        tuple(one.strip() for one in part.split("|") if one.strip()) for part in wordings
    )
    return Block(WRITTEN if kind == "1" else kind, key, ask, tell, *rest)


BLOCKS = [
    _block(text) for text in Path(__file__).with_suffix(".txt").read_text("utf-8").split("\n\n")
]


def _said(rng: Random, pattern: str, fact: Fact, old: str = "") -> str:
    """The message, with values of their own for marks of sorts."""
    taken = {fact.value, old}

    def value(found: re.Match[str]) -> str:
        while (drawn := DRAW[found[1]](rng)) in taken:
            pass
        return drawn

    slots = slots_of(fact) | {"o": old, "a_o": with_article(old) if old else ""}
    marks = {found[1]: value(found) for found in _MARK.finditer(pattern) if found[1] in DRAW}
    return say(pattern, rng, tells=True, **(marks | slots))


def _heard(rng: Random, message: str, told: list[Fact]) -> Turn:
    return replied(rng, Turn(message, NOTED), told)


def _answered(rng: Random, message: str, told: list[Fact]) -> Turn:
    """Our own reply to what is told. What is near it may tell a fact of a kind, too, which is not
    known here, so that another assistant replies."""
    return Turn(message, noted(told[0])) if told else _heard(rng, message, told)


def _told(
    rng: Random, block: Block, fact: Fact, near: list[str], reply: _Reply
) -> tuple[Fact, list[Turn]]:
    """The telling, mostly with another value after it, at times with something `near` between,
    which is taken from there."""
    message = _said(rng, rng.choice(block.tell), fact)
    fact = told_by(fact, message)
    made = [reply(rng, message, [fact])]
    said: list[str] = []
    for _ in range(rng.choice((0, 0, 1, 1, 1, 1, 2))):
        between = near and rng.random() < 0.25
        if between:
            made.append(reply(rng, _said(rng, near.pop(), fact), []))
        new = renewed(rng, fact)
        patterns = block.clear if between else block.clear + block.short
        said.append(rng.choice([one for one in patterns if one not in said]))
        message = _said(rng, said[-1], new, fact.value)
        fact = told_by(new, message)
        made.append(reply(rng, message, [fact]))
    return fact, made


def _asked(rng: Random, block: Block, fact: Fact, told: bool) -> Turn:
    question = ""
    if fact.kind == WRITTEN or rng.random() < 0.5:
        question = say(rng.choice(block.ask), rng, **slots_of(fact))
    turn = recalled(rng, fact, plain=True, question=question)
    return turn if told else Turn(turn.user, UNTOLD)


def nearly(rng: Random, other: Skill, often: int = 1) -> Read:
    """One or two facts, told or not, and what is near them; all are asked for."""
    made, drawn_facts = _drawn_facts(rng, rng.choice((1, 2, 2)), _heard)
    made += other_talk(rng, other)

    def asked() -> list[Turn]:
        turns = [_asked(rng, *one) for one in drawn_facts]
        return turns + ([other(rng)] if rng.random() < 0.2 else [])

    return made, drawn_often(rng, asked, often)


def answered(rng: Random, between: int, other: Skill, often: int = 1) -> Read:
    """One or two facts, told or not, with our own replies to them, which are learned, too: they
    take note of what is told anew in any words."""
    made, drawn_facts = _drawn_facts(rng, rng.choice((1, 1, 2)), _answered)
    made += [other(rng) for _ in range(between)]
    return made, drawn_often(rng, lambda: [_asked(rng, *one) for one in drawn_facts], often)


def noted_near(rng: Random) -> tuple[list[str], list[Turn]]:
    """Messages on up to five facts one below the other, and questions for all of them."""
    made, drawn_facts = _drawn_facts(rng, rng.randint(3, 5), _heard)
    asked = drawn_often(rng, lambda: [_asked(rng, *one) for one in drawn_facts], 2)
    return [turn.user for turn in made], asked


def keyed_near(rng: Random) -> Keyed:
    """As `noted_near`, but the questions are keys for the values alone: "Where is my key: here"."""
    made, drawn_facts = _drawn_facts(rng, rng.randint(3, 5), _heard)
    keys = {
        say(rng.choice(block.ask), rng, **slots_of(fact)).rstrip("?.! "): fact.value
        if known
        else NOT_TOLD
        for block, fact, known in drawn_facts * 2
    }
    return [turn.user for turn in made], rng.sample(list(keys.items()), len(keys))


def _drawn_facts(rng: Random, count: int, reply: _Reply) -> tuple[list[Turn], list[_Drawn]]:
    """Up to so many facts, each of them told or not, and what is near them."""
    made: list[Turn] = []
    drawn_facts: list[_Drawn] = []
    for _ in range(count):
        block = rng.choice(BLOCKS)
        fact = block.fact(rng)
        if any(_alike(fact, one) for _, one, _ in drawn_facts):
            continue
        known = rng.random() < 0.82
        near = block.near if known else block.near + block.untold
        near = rng.sample(near, len(near))
        told: list[Turn] = []
        if known:
            fact, told = _told(rng, block, fact, near, reply)
        beside = near[: rng.choice((0, 0, 1, 1, 2) if known else (1, 1, 2, 3))]
        stood = [reply(rng, _said(rng, one, fact), []) for one in beside]
        made += stood + told if rng.random() < 0.5 else told + stood
        drawn_facts.append((block, fact, known))
    return made, drawn_facts


def _alike(fact: Fact, other: Fact) -> bool:
    """Whether a message of one could answer the question for the other."""
    if fact.kind == other.kind:
        return True
    return WRITTEN not in (fact.kind, other.kind) and confusable(fact, other)
