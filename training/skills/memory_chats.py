"""Chats with another assistant in which facts are told, each written out by itself.

Contract: facts are told in passing in `memory_chats.txt`, plainly and with remarks on the same
subject behind them in `memory_chats_plain.txt`; half of what is drawn is of these. A chat is lines
of the user (`U:`) and the assistant (`A:`), then questions for its facts of no kind (`Q:`, with the
fact's number behind the last) and questions for what it does not tell (`N:`). A mark stands for a
value: `{pet:dog}` of a kind in `memory.toml`, `{1:spot}` of no kind, `{new pet:dog}` for what it is
afterwards, `{a_job}` with an article.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from training.phrasing import with_article
from training.skills.memory_facts import SLOTS, drawn_fact
from training.skills.memory_slots import Fact, renewed, told_by
from training.skills.memory_written import WRITTEN, of_sort

_MARK = re.compile(r"\{(new )?(a_)?(\w+)(?::([^}]+))?\}")


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat as it was written, with its marks."""

    lines: list[tuple[str, str]]  # the user's and the assistant's in turn
    asks: dict[str, list[str]]  # questions for facts of no kind, by their number
    untold: list[str]


def read(block: str) -> Chat:
    """A chat of the file; "a {possession:bike}" gets the article of its value."""
    made = Chat([], {}, [])
    user = ""
    for line in block.splitlines():
        who, _, text = line.partition(": ")
        text = re.sub(r"\ba \{(new )?(?!a_)", r"{\1a_", text)
        if who == "U":
            user = text
        elif who == "A":
            made.lines.append((user, text))
        elif who == "Q":
            asked, _, number = text.rpartition(" = ")
            made.asks[number] = asked.split(" | ")
        elif who == "N":
            made.untold.extend(text.split(" | "))
        else:
            raise ValueError(f"{line!r} begins with none of U:, A:, Q: and N:.")
    return made


def _all(name: str) -> list[Chat]:
    text = Path(__file__).with_name(name).read_text("utf-8")
    return [read(block) for block in text.split("\n\n")]


IN_PASSING, PLAIN = _all("memory_chats.txt"), _all("memory_chats_plain.txt")
CHATS = IN_PASSING + PLAIN


_OWN = re.compile(r"\b(?:my|mine|I'm an?|I am an?|I live|I work)\b", re.IGNORECASE)
# What people say between, and tells nothing of what they are asked for.
REMARKS = [
    (user, reply)
    for made in CHATS
    for user, reply in made.lines
    if not _MARK.search(user + reply) and len(user) < 60 and not _OWN.search(user)
]


class _Telling:
    """The values of one chat's marks, drawn where they first stand."""

    def __init__(self, rng: Random, chat: Chat) -> None:
        self._rng = rng
        self._chat = chat
        self._first: dict[str, Fact] = {}
        self._latest: dict[str, Fact] = {}

    @property
    def known(self) -> list[Fact]:
        """The facts as they stand at the end."""
        return list((self._first | self._latest).values())

    def user(self, text: str) -> str:
        """What the user says; what is told there for the first time was said so."""
        before = set(self._first), set(self._latest)
        filled = self.filled(text)
        for facts, known in zip((self._first, self._latest), before, strict=True):
            for name in facts.keys() - known:
                facts[name] = told_by(facts[name], filled)
        return filled

    def filled(self, text: str) -> str:
        """A line with its values."""
        return _MARK.sub(self._value, text)

    def _value(self, found: re.Match[str]) -> str:
        name = found[3] if found[3].isdigit() else f"{found[3]}:{found[4] or ''}"
        if name not in self._first:
            self._first[name] = self._unlike_others(lambda: self._drawn(found[3], found[4] or ""))
        fact = self._first[name]
        if found[1]:
            if name not in self._latest:
                self._latest[name] = self._unlike_others(lambda: renewed(self._rng, fact))
            fact = self._latest[name]
        return with_article(fact.value) if found[2] else fact.value

    def _drawn(self, kind: str, key: str) -> Fact:
        if not kind.isdigit():
            return drawn_fact(self._rng, SLOTS, kind, key)
        slot = of_sort(key, self._chat.asks[kind])
        return Fact(WRITTEN, slot, key, slot.draw(self._rng))

    def _unlike_others(self, draw: Callable[[], Fact]) -> Fact:
        """A fact whose value no other of this chat has."""
        taken = {fact.value for fact in (*self._first.values(), *self._latest.values())}
        while (fact := draw()).value in taken:
            pass
        return fact


def told(rng: Random, written: Chat) -> tuple[list[tuple[str, str]], list[Fact]]:
    """What was said in turn, and the facts as they stand at the end."""
    telling = _Telling(rng, written)
    lines = [(telling.user(user), telling.filled(reply)) for user, reply in written.lines]
    return lines, telling.known


def chat(rng: Random) -> tuple[list[tuple[str, str]], list[Fact], list[str]]:
    """One of the chats, and questions for what it does not tell."""
    drawn = rng.choice(rng.choice((IN_PASSING, PLAIN)))
    return *told(rng, drawn), drawn.untold
