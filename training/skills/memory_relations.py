"""What is told of several people or things alike: "Nora plays the flute and my uncle the harp."

Contract: `memory_relations.toml` has a relation's wordings, `{s}` being of whom or what it is told;
those of the user alone end in `_i`, and `who` asks for `{s}`. Its facts are of no kind. Whose value
is asked for decides, or whose it is, so `drawn` tells of several and leaves one out.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from training import words
from training.skills.memory_slots import Fact, Slot, normal, ways
from training.skills.memory_values import DRAW
from training.skills.memory_written import WRITTEN, of_sort

_TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_PEOPLE: list[str] = _TABLE["people"]
USER = "I"
_PLAIN = 2  # so many, the first, of the wordings that tell a relation are plain
_FEW, _MANY = (3, 3, 3, 4, 5), (3, 4, 5, 6, 7)  # so many, of which one stays untold


@dataclass(frozen=True, slots=True)
class Relation:
    """Wordings, each with those of the user alone; without `subjects` it is of people, and with
    `names` of people by their names."""

    values: str
    tell: tuple[list[str], list[str]]
    ask: tuple[list[str], list[str]]
    anew: tuple[list[str], list[str]]
    who: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    names: bool = False

    def apart(self, other: "Relation") -> bool:
        """Whether neither a value nor a wording of the one could be the other's."""
        return self.values != other.values and self._wordings().isdisjoint(other._wordings())

    def _wordings(self) -> set[str]:
        every = (*self.ask, *self.anew)
        return {" ".join(re.findall(r"\w+", one.lower())) for group in every for one in group}

    def slot(self, rng: Random, subject: str, *, plain: bool) -> Slot:
        """How it is told of this one, `plain` in its first wordings, and asked."""

        def said(wordings: tuple[list[str], list[str]]) -> list[str]:
            return [one.replace("{s}", subject) for one in wordings[subject == USER]]

        tell, anew = said(self.tell), said(self.anew)
        tell = tell[:_PLAIN] if plain else tell
        return replace(
            of_sort(self.values, said(self.ask)),
            tell=ways([one + ".{r}" for one in tell]),
            clause=tuple(tell),
            renew=tuple(rng.sample(anew, len(anew))),
            who=self.who,
            subject=subject,
        )


RELATIONS = [
    Relation(
        one["values"],
        *((one[form], one.get(f"{form}_i", [])) for form in ("tell", "ask", "anew")),
        tuple(one.get("who", ())),
        tuple(one.get("subjects", ())),
        one.get("names", False),
    )
    for one in _TABLE["relation"]
]
_OF_PEOPLE = [one for one in RELATIONS if not one.subjects]


def drawn(rng: Random, *, plain: bool = False) -> tuple[list[Fact], Fact]:
    """Facts to tell, and one more that is like them and stays untold; `plain` ones are more, of
    names that are known, in the first wordings."""
    relations = [rng.choice(RELATIONS)]
    if not relations[0].subjects and rng.random() < 0.4:
        relations.append(rng.choice([one for one in _OF_PEOPLE if one.apart(relations[0])]))
    subjects = _subjects(rng, relations, plain=plain)
    untold = _fact(rng, relations[0], subjects.pop(), (), plain=plain)
    known: list[Fact] = []
    for relation in relations:
        for subject in subjects:
            if len(known) < 2 or rng.random() < 0.85:
                known.append(_fact(rng, relation, subject, known, plain=plain))
    return known, untold


def _subjects(rng: Random, relations: Sequence[Relation], *, plain: bool) -> list[str]:
    """Different ones, of which all that is told, in any order."""
    count = rng.choice(_MANY if plain else _FEW)
    if relations[0].subjects:
        return rng.sample(relations[0].subjects, min(count, len(relations[0].subjects)))
    names = any(relation.names for relation in relations)
    found = [USER] if not names and rng.random() < 0.45 else []
    people = rng.sample(_PEOPLE, count)
    while len(found) < count:
        name = rng.choice(words.FIRST_NAMES) if plain else words.name(rng)
        one = name if names or rng.random() < 0.45 else f"my {people.pop()}"
        if one not in found:
            found.append(one)
    return rng.sample(found, count)


def _fact(
    rng: Random, relation: Relation, subject: str, beside: Sequence[Fact], *, plain: bool
) -> Fact:
    taken = {normal(fact.value) for fact in beside} | {fact.slot.subject.lower() for fact in beside}
    while normal(value := DRAW[relation.values](rng)) in taken | {subject.lower()}:
        pass
    return Fact(WRITTEN, relation.slot(rng, subject, plain=plain), relation.values, value)
