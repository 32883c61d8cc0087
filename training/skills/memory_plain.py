"""The plainest conversations: facts in the words that most people use, replies of a few words by
another assistant, and the plainest questions.

Contract: a line of `memory_plain.txt` is messages, " / " between them, with marks as in
`memory_about.txt`; "@" stands for a person and "%" for a pet, the same throughout a line. Whether
"My sister's name is Ida." or "My sister is 30." was said has to decide what is answered, not how
often people are asked for their sister's name.
"""

import re
from pathlib import Path
from random import Random

from training.dialogue import Skill, Turn
from training.phrasing import expand, with_article
from training.skills.memory_facts import SLOTS, facts, introduced, neighbour
from training.skills.memory_slots import NOTED, Fact, told_by
from training.skills.memory_turns import (
    Read,
    corrected_plainly,
    drawn_often,
    not_told,
    other_talk,
    recalled,
    recalled_together,
    remarked,
    replied,
    told,
    told_together,
)

_LINES = Path(__file__).with_name("memory_plain.txt").read_text("utf-8").splitlines()
_PEOPLE = SLOTS["work"].keys
_PETS = ("dog", "cat", "dog", "cat", *SLOTS["pet"].keys)
_USUAL_PEOPLE = 10  # so many, the first of them, in half of the draws
_PRONOUNS = re.compile(
    r"\(((?:(?:it|its|he|his|him|she|her)\|)+(?:it|its|he|his|him|she|her))\)", re.I
)
_OF_GENDERS = ({"it", "its"}, {"he", "his", "him"}, {"she", "her"})
_MEN = {"brother", "father", "husband", "son", "uncle", "grandfather", "nephew", "boyfriend", "dad"}
_WOMEN = {
    "sister", "mother", "wife", "daughter", "aunt", "grandmother", "grandma", "niece", "girlfriend",
    "mum",
}  # fmt: skip

_Telling = tuple[list[Fact], list[Turn]]


def _named(rng: Random, line: str) -> str:
    """The line with one person and one pet, and the same pronoun for it throughout."""
    person = rng.choice(_PEOPLE[:_USUAL_PEOPLE] if rng.random() < 0.5 else _PEOPLE)
    gender = 1 if person in _MEN else 2 if person in _WOMEN else rng.choice((1, 2))
    of_pet = rng.choice((0, 1, 2))

    def pronoun(found: re.Match[str]) -> str:
        ways = found[1].split("|")
        spoken = _OF_GENDERS[of_pet if "it" in found[1].lower() else gender]
        return next(one for one in ways if one.lower() in spoken)

    line = _PRONOUNS.sub(pronoun, line)
    for mark, key in (("@", person), ("%", rng.choice(_PETS))):
        line = re.sub(rf"\ba {mark}", with_article(key), line).replace(mark, key)
    return line


def _from_line(rng: Random) -> _Telling:
    while True:
        known: list[Fact] = []
        made: list[Turn] = []
        for message in expand(_named(rng, rng.choice(_LINES)), rng).split(" / "):
            more, text = introduced(rng, message, SLOTS)
            text = text if rng.random() < 0.8 else text.rstrip(".")
            known += [told_by(fact, text) for fact in more]
            made.append(replied(rng, Turn(text, NOTED), more))
        if len({fact.value for fact in known}) == len(known):
            return known, made


def _telling(rng: Random) -> _Telling:
    """One fact or several, in one message or more."""
    kind = rng.random()
    if kind < 0.4:
        return _from_line(rng)
    drawn = facts(rng, rng.choice((1, 1, 1, 2, 2, 3)), written=0.1)
    if kind < 0.5 and len(drawn) > 1:
        known, turn = told_together(rng, drawn, plain=True)
        return known, [replied(rng, turn, known)]
    known, made = [], []
    for one in drawn:
        fact, turn = told(rng, one, plain=True)
        known.append(fact)
        made.append(replied(rng, turn, [fact]))
    return known, made


def _told_anew(rng: Random, known: list[Fact], made: list[Turn]) -> list[Turn]:
    """One of the facts with another value, mostly the last one; at times asked for before."""
    at = len(known) - 1 if rng.random() < 0.6 else rng.randrange(len(known))
    before = [recalled(rng, known[at], plain=True)] if rng.random() < 0.2 else []
    said = made[-1].user
    alone = known[at].value in said and sum(fact.value in said for fact in known) == 1
    known[at], turn = corrected_plainly(rng, known[at], clear=not alone)
    return [*before, replied(rng, turn, [known[at]])]


def plainly(rng: Random, other: Skill, often: int = 1) -> Read:
    """Facts, at times one of them told anew, and questions: for what was told, for what is near it,
    and for what has nothing to do with it."""
    known, made = _telling(rng) if rng.random() < 0.95 else ([], [])
    if known and rng.random() < 0.55:
        made += other_talk(rng, other) if rng.random() < 0.3 else []
        made += _told_anew(rng, known, made)
    made += other_talk(rng, other)
    return made, drawn_often(rng, lambda: _asked(rng, known, other), often)


def _asked(rng: Random, known: list[Fact], other: Skill) -> list[Turn]:
    asked: list[Turn] = []
    singly = known
    if len(known) > 1 and rng.random() < 0.08 and all(fact.slot.noun for fact in known[:2]):
        asked, singly = [recalled_together(rng, known[0], known[1])], known[2:]
    asked += [recalled(rng, fact, plain=True) for fact in singly]
    near = neighbour(rng, known) if known and rng.random() < 0.33 else None
    if near is None and (not known or rng.random() < 0.2):
        near = facts(rng, 1, known, written=0.1)[0]
    asked += [not_told(rng, near, plain=True)] if near else []
    asked += [other(rng)] if rng.random() < 0.3 else []
    return asked + ([remarked(rng)] if rng.random() < 0.3 else [])
