"""Small facts: capitals, opposites, plurals, past tenses, colours, sounds, young, legs and sides.

Contract: facts and wordings stand in `facts.toml`; each kind has one answer sentence. `draw` also
gives the word that matters, for callers who want only that. Evaluation asks for the same facts in
wordings of its own.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from training import words
from training.dialogue import Turn
from training.phrasing import expand, fill, say, with_article
from training.skills.questions import framed

_VOWELS = "aeiou"
_WEIGHTS = {
    "capital": 3.0, "opposite": 3.0, "plural": 2.5, "past": 2.5, "colour": 2.0, "sound": 1.6,
    "young": 1.2, "legs": 1.2, "sides": 0.6, "mix": 0.3,
}  # fmt: skip
_WORDS = ("opposite", "plural", "past")
# Of these people say so, where they ask for a colour.
_STATES = {
    "ripe": {
        "banana", "lemon", "strawberry", "tomato", "orange", "cherry", "plum", "raspberry",
        "blueberry", "pumpkin",
    },
    "fresh": {"grass", "snow", "spinach", "milk", "bread", "butter"},
    "clean": {"snow", "milk", "paper", "cotton", "sand"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    kind: str
    key: str
    value: str

    @property
    def sentence(self) -> str:
        """The one answer."""
        said = fill(_kinds()[self.kind]["answer"], slots(self)).strip()
        return said[0].upper() + said[1:]


@cache
def _kinds() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _opposites(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        left, sign, right = line.partition(" > " if " > " in line else " = ")
        found.setdefault(left, right)
        if sign == " = ":
            found.setdefault(right, left)
    return found


def regular_plural(word: str) -> str:
    """By the rules alone."""
    if word.endswith(("s", "x", "z", "sh", "ch")):
        return word + ("zes" if word.endswith("iz") else "es")
    return word[:-1] + "ies" if word.endswith("y") and word[-2] not in _VOWELS else word + "s"


def regular_past(word: str) -> str:
    """By the rules alone; a short word doubles its last letter."""
    if word.endswith("e"):
        return word + "d"
    if word.endswith("y") and word[-2] not in _VOWELS:
        return word[:-1] + "ied"
    doubles = word[-1] not in "aeiouwxy" and word[-2] in _VOWELS and word[-3:-2] not in _VOWELS
    return word + word[-1] * (doubles and sum(letter in _VOWELS for letter in word) == 1) + "ed"


def _regular(rng: Random, kind: str) -> tuple[str, str]:
    """One of more plurals and past tenses that follow the rules, at times of a made-up word."""
    rule, known = (regular_plural, "nouns") if kind == "plural" else (regular_past, "verbs")
    word = words.rare(rng) if rng.random() < 0.25 else rng.choice(_regular_words(known))
    # Loose letters may happen to be "go" or "ox", and pieces of words a form already.
    formed = word in table(kind) or word.endswith(("s", "ed", "ing"))
    return _regular(rng, kind) if formed else (word, rule(word))


@cache
def _regular_words(listed: str) -> list[str]:
    return sorted(set(_kinds()["regular"][listed].split()))


@cache
def table(kind: str) -> dict[str, str]:
    """All facts of a kind."""
    entry = _kinds()[kind]
    if "pairs" in entry:
        return _opposites(entry["pairs"].strip().split("\n"))
    pairs = (line.partition(" = ") for line in entry["facts"].strip().split("\n"))
    return {key: value for key, _, value in pairs}


def plural(word: str) -> str:
    """ "mice" for "mouse"."""
    return table("plural").get(word) or regular_plural(word)


def slots(fact: Fact) -> dict[str, str]:
    """What a wording of the fact may name: {k} the thing, {v} the value, {p} several of it, {a}
    and {b} thing and value with an article; a colour's thing already has the one that it needs.
    """
    thing = fact.key if fact.kind == "colour" else with_article(fact.key)
    return {
        "k": fact.key, "v": fact.value, "p": plural(fact.key), "a": thing,
        "b": with_article(fact.value),
    }  # fmt: skip


def draw(rng: Random, kind: str = "", *, back: bool = True) -> tuple[Turn, str]:
    """A question with its answer sentence, and the word alone; at times `back`, for what has it."""
    if not kind:
        kind = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    ruled = kind in ("plural", "past") and rng.random() < 0.5
    key, value = _regular(rng, kind) if ruled else rng.choice(list(table(kind).items()))
    fact = Fact(kind, key, value)
    asked = _kinds()[kind]["ask"]
    shared = list(table(kind).values()).count(value) > 1 and kind == "capital"
    if back and "back" in _kinds()[kind] and not shared and rng.random() < 0.12:
        asked = _kinds()[kind]["back"]
        fact = Fact(kind, next(one for one, other in table(kind).items() if other == value), value)
    named = slots(fact) | {"q": rng.choice(('"{}"', "{}")).format(value)}
    if kind == "colour" and rng.random() < 0.2:
        named["a"] = _in_a_state(rng, named["a"])
    if kind in _WORDS and rng.random() < 0.15:
        named["k"] = rng.choice(('"{}"', "'{}'")).format(key)
    question = framed(rng, expand(rng.choice(asked), rng))
    return Turn(say(question, rng, **named), fact.sentence), value


def _in_a_state(rng: Random, thing: str) -> str:
    """ "a ripe banana", "fresh grass", where people say so."""
    article, _, noun = thing.rpartition(" ")
    states = [state for state, nouns in _STATES.items() if noun in nouns]
    if not states:
        return thing
    return f"a {rng.choice(states)} {noun}" if article else f"{rng.choice(states)} {noun}"


_SHORTER = {
    "capital": ("and {k}'s?", "and of {k}?", "and {k}?", "and what about {k}?", "{k}?"),
    "colour": ("and {a}?", "and what about {a}?", "and of {a}?", "what about {a}?", "{a}?"),
    "sound": ("and {a}?", "and what about {a}?", "what about {a}?", "and the {k}?", "{a}?"),
    "young": ("and of {a}?", "and of the {k}?", "and {a}?", "what about {a}?"),
    "legs": ("and {a}?", "and what about {a}?", "what about {a}?", "and the {k}?"),
}
_SHORTER |= dict.fromkeys(
    _WORDS, ("and of {k}?", "and {k}?", "and what about {k}?", "what about {k}?", '"{k}"?')
)


def followed(rng: Random) -> list[Turn]:
    """A question, and then for another of its kind only what is new."""
    kind = rng.choice(list(_SHORTER))
    key, value = rng.choice(list(table(kind).items()))
    fact = Fact(kind, key, value)
    first, known = draw(rng, kind, back=False)
    if known == value:
        return followed(rng)
    return [first, Turn(say(rng.choice(_SHORTER[kind]), rng, **slots(fact)), fact.sentence)]


def english(rng: Random) -> Turn:
    """A question and its answer sentence."""
    return draw(rng)[0]
