"""Facts one below the other, without replies: notes with questions, and keys with values.

Contract: the lines to be read, and what is asked for: whole questions (`noted_down`) or bare keys
(`keyed`). Which of several values belongs to whom is behind most questions, and here it is asked
for in few tokens, in both directions, and the latest value counts.
"""

from collections import Counter
from random import Random

from training.dialogue import Turn
from training.phrasing import expand, fill
from training.skills.memory_facts import facts, neighbour
from training.skills.memory_relations import drawn as related
from training.skills.memory_slots import Fact, normal, slots_of, written
from training.skills.memory_turns import (
    NOT_TOLD,
    Keyed,
    corrected,
    corrected_plainly,
    not_told,
    one_by_one,
    recalled,
    told,
    told_together,
    whose,
)

_ANEW = 0.4  # the share of facts one below the other that are told anew
_PLAINLY = 0.6  # the share of these that are told anew in plain words
_WHOSE = 0.35  # the share of questions for a relation's facts that ask whose a value is


def noted_down(rng: Random) -> tuple[list[str], list[Turn]]:
    """Facts one below the other, most of no kind and some told anew, and a question for each of
    them, the latest value as the answer, and some for what was not told."""
    if rng.random() < 0.35:
        drawn, alike = related(rng)
    else:
        drawn, alike = facts(rng, rng.randint(2, 8), written=0.65), None
    known, lines = _one_below_the_other(rng, drawn)
    asked = [one_way(rng, fact, known) for fact in known]
    for _ in range(rng.randint(0, 1 if alike else 1 + len(known) // 3)):
        near = alike or (neighbour(rng, known) if rng.random() < 0.7 else None)
        asked.append(not_told(rng, near or facts(rng, 1, known)[0]))
    rng.shuffle(asked)
    return lines, asked


def keyed(rng: Random) -> Keyed:
    """Facts, and for each of them a key and its value, "my uncle: the flute" and "the flute: my
    uncle", and some of what was not told, or is so no more."""
    plain = rng.random() < 0.5
    if plain or rng.random() < 0.4:
        drawn, untold = related(rng, plain=plain)
    else:
        drawn = facts(rng, rng.randint(2, 6), written=0)
        untold = neighbour(rng, drawn)
    at_once = rng.random() < (0.7 if plain else 0.4)
    known, lines = (_at_once if at_once else _one_below_the_other)(rng, drawn)
    sorts = len({fact.key for fact in known}) > 1
    pairs = [(_key(rng, fact, sorts=sorts), fact.value) for fact in known]
    pairs += [(fact.value, written(fact)) for fact in known if fact.slot.who]
    pairs += [(fact.value, NOT_TOLD) for fact in drawn if left(fact, known)]
    if untold and rng.random() < 0.6:
        pairs.append((_key(rng, untold, sorts=sorts), NOT_TOLD))
        if untold.slot.who and not _was_said(untold, known):
            pairs.append((untold.value, NOT_TOLD))
    often = Counter(normal(key) for key, _ in pairs)
    pairs = [(key, value) for key, value in pairs if value and often[normal(key)] == 1]
    return lines, rng.sample(pairs, len(pairs))


def _one_below_the_other(rng: Random, drawn: list[Fact]) -> tuple[list[Fact], list[str]]:
    """Messages that tell the facts, some of them anew; the facts with their latest values."""
    known, telling = one_by_one(told(rng, fact) for fact in drawn)
    lines = [turn.user for turn in telling]
    for at in reversed(range(len(known))):  # what was told before `at` still stands where it stood
        if rng.random() < _ANEW:
            known[at], turn = _changed(rng, known, at)
            lines.insert(rng.randint(at + 1, len(lines)), turn.user)
    return known, lines


def _at_once(rng: Random, drawn: list[Fact]) -> tuple[list[Fact], list[str]]:
    """One message that tells the facts; in half of the draws another tells one of them anew."""
    known, turn = told_together(rng, drawn, plain=rng.random() < 0.7)
    lines = [turn.user]
    if rng.random() < 0.5:
        at = rng.randrange(len(known))
        known[at], turn = _changed(rng, known, at)
        lines.append(turn.user)
    return known, lines


def _changed(rng: Random, known: list[Fact], at: int) -> tuple[Fact, Turn]:
    """One of the facts with a new value, told in plain words or in any. Plain words may name the
    old value alone, so that it must be nobody else's."""
    alone = sum(normal(one.value) == normal(known[at].value) for one in known) == 1
    if alone and rng.random() < _PLAINLY:
        return corrected_plainly(rng, known[at], clear=True)
    return corrected(rng, known[at])


def _key(rng: Random, fact: Fact, *, sorts: bool) -> str:
    """Of whom or what a relation's value is, and of what sort if there are several; or what is
    asked for of a fact that has a kind."""
    if not fact.slot.subject:
        return fill(expand(rng.choice(fact.slot.noun), rng), slots_of(fact))
    return f"{fact.slot.subject}, {fact.key}" if sorts else fact.slot.subject


def one_way(rng: Random, fact: Fact, known: list[Fact]) -> Turn:
    """The value of a relation is asked for, or, if it belongs to one alone, whose it is; the fact
    may be one that was not told."""
    was_told = fact in known
    if fact.slot.who and rng.random() < _WHOSE:
        same = [one for one in known if normal(one.value) == normal(fact.value)]
        alone = len(same) == 1 and written(fact) if was_told else not _was_said(fact, known)
        if alone:
            return whose(rng, fact, known=was_told)
    return recalled(rng, fact) if was_told else not_told(rng, fact)


def _was_said(fact: Fact, known: list[Fact]) -> bool:
    """Whether its value was told of another, also before something else replaced it."""
    return any(normal(fact.value) in normal(one.said) for one in known)


def left(old: Fact, known: list[Fact]) -> bool:
    """Whether a relation's value was replaced and is nobody's now."""
    return bool(old.slot.who) and normal(old.value) not in {normal(one.value) for one in known}
