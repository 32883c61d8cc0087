"""Conversations in which facts are told and asked for later, in English.

Contract: `turns` is the telling, other talk and the asking of one conversation; `long_turns` the
same over many turns; `to_read` one in which the answers to questions alone are learned. In a share
of conversations another assistant replied and talked before the questions (`memory_talk.txt` and
`memory_everyday.txt`), since a conversation may come from anywhere.
"""

from dataclasses import replace
from random import Random

from training.dialogue import Skill, Turn
from training.phrasing import say
from training.skills.memory_chats import chat
from training.skills.memory_facts import facts, neighbour
from training.skills.memory_lines import left, one_way
from training.skills.memory_near import answered, nearly
from training.skills.memory_plain import plainly
from training.skills.memory_relations import drawn as related
from training.skills.memory_slots import FRAMES, UNTOLD, Fact
from training.skills.memory_turns import (
    Read,
    corrected,
    drawn_often,
    heard_anew,
    not_told,
    one_by_one,
    overheard,
    recalled,
    recalled_together,
    remarked,
    talked,
    told,
    told_about,
    told_and_asked,
    told_and_recalled,
    told_by_either,
    told_together,
    whose,
)  # fmt: skip

_HEARD = 0.4  # the share of conversations in which another assistant replied at first
_DRY = 0.7  # the share of corrections, among those to read, to which another assistant replied


def _opening(
    rng: Random, count: int, other: Skill, *, heard: bool
) -> tuple[list[Fact], list[Turn]]:
    """The facts, told one by one, or some of them in one message."""
    if count < 2 or rng.random() < 0.5:
        return one_by_one(
            told_and_asked(rng, fact, other(rng))
            if count > 1 and rng.random() < 0.06
            else told_by_either(rng, fact, heard=heard)
            for fact in facts(rng, count)
        )
    if rng.random() < 0.5:
        known, first = told_about(rng)
    else:
        known = facts(rng, count)
        if rng.random() < 0.2:
            known, first = told_and_recalled(rng, known)
            return known, [first]
        known, first = told_together(rng, known)
    first = overheard(rng, first, FRAMES["heard_several"]) if heard else first
    drawn = facts(rng, rng.choice((0, 0, 1)), known)
    more, telling = one_by_one(told_by_either(rng, fact, heard=heard) for fact in drawn)
    return known + more, [first, *telling]


def _asked(rng: Random, known: list[Fact]) -> list[Turn]:
    shuffled = known if rng.random() < 0.3 else rng.sample(known, len(known))
    if len(shuffled) > 1 and rng.random() < 0.12 and all(fact.slot.noun for fact in shuffled[:2]):
        return [
            recalled_together(rng, shuffled[0], shuffled[1]),
            *(recalled(rng, fact) for fact in shuffled[2:]),
        ]
    return [recalled(rng, fact) for fact in shuffled]


def turns(rng: Random, count: int, between: int, other: Skill) -> list[Turn]:
    """So many facts told, other talk between, questions back; corrections and what was not told."""
    heard = rng.random() < _HEARD
    known, opening = _opening(rng, count, other, heard=heard)
    talk = [talked(rng) if heard and rng.random() < 0.7 else other(rng) for _ in range(between)]
    early = rng.randint(0, between) if rng.random() < 0.4 else 0
    made = _mixed(rng, opening, talk[:early]) + talk[early:]
    if known and rng.random() < 0.42:
        at = rng.randrange(len(known))
        old = known[at].value
        last = max(place for place, one in enumerate(made) if one is opening[-1])
        place = rng.randint(last + 1, len(made))
        plain = len(known) == 1 and _no_value(made[place - 1], old)
        known[at], turn = corrected(rng, known[at], plain=plain)
        made.insert(place, heard_anew(rng, turn, known[at], old) if heard else turn)
    asked = _asked(rng, known)
    if not known or rng.random() < 0.45:
        near = neighbour(rng, known) if known and rng.random() < 0.6 else None
        unknown = near or facts(rng, 1, known)[0]
        asked.insert(rng.randint(0, len(asked)), not_told(rng, unknown))
    return made + asked


def _no_value(turn: Turn, told: str) -> bool:
    """Whether a bare value behind this turn corrects what was told before, and not its answer."""
    return told in turn.user or turn.heard or len(turn.assistant) > 40


def to_read(rng: Random, other: Skill, often: int) -> Read:
    """Facts that are mostly there to be read, and questions, whose answers are learned, each drawn
    so often."""
    kind = rng.random()
    if kind < 0.32:
        return plainly(rng, other, often)
    if kind < 0.44:
        return nearly(rng, other, often)
    if kind < 0.57:
        return answered(rng, rng.choice((0, 0, 1)), other, min(often, 2))
    if kind < 0.77:
        return chatted(rng, often)
    if kind < 0.88:
        return compared(rng, often)
    return quizzed(rng, often) if kind < 0.92 else (anew(rng, read=True), [])


def noticed(rng: Random) -> Turn:
    """A message that we take note of: of what it tells, or of nothing in it."""
    return remarked(rng) if rng.random() < 0.5 else told(rng, facts(rng, 1)[0])[1]


def chatted(rng: Random, often: int = 1) -> Read:
    """A chat with another assistant that was written out, at times more talk, then questions. In
    half of them more is told, near what the chat tells: what one chat leaves out another says."""
    lines, known, untold = chat(rng)
    made = [Turn(user, reply, heard=True) for user, reply in lines]
    more: list[Fact] = []
    if rng.random() < 0.5:
        for _ in range(rng.choice((1, 1, 2))):
            fact = neighbour(rng, [*known, *more])
            more += [fact] if fact else []
        more, telling = one_by_one(told_by_either(rng, fact, heard=True) for fact in more)
        made = telling + made if rng.random() < 0.3 else made + telling
        untold = []
    if rng.random() < 0.5:
        made += [talked(rng) for _ in range(rng.choice((1, 1, 2, 3)))]

    def asked() -> list[Turn]:
        some = rng.sample(untold, min(len(untold), rng.choice((0, 1, 1, 1))))
        return [
            *(recalled(rng, fact, plain=rng.random() < 0.5) for fact in known),
            *(recalled(rng, fact) for fact in more),
            *(Turn(say(question, rng), UNTOLD) for question in some),
        ]

    return made, drawn_often(rng, asked, often)


def quizzed(rng: Random, often: int = 1) -> Read:
    """Facts and other talk that are there to be read, then questions, of which some ask for what
    was not told: whether it was is what has to be learned."""
    known, several = told_about(rng) if rng.random() < 0.3 else ([], None)
    telling = [several] * len(known) if several else []
    drawn = facts(rng, rng.choice((0, 1, 1, 2, 2, 3, 4)), known)
    more, singly = one_by_one(told_by_either(rng, fact, heard=rng.random() < 0.6) for fact in drawn)
    known, telling = known + more, telling + singly
    first = [turn for at, turn in enumerate(telling) if turn is not telling[at - 1] or not at]
    made = _mixed(rng, first, [talked(rng) for _ in range(rng.choice((0, 0, 1, 2, 3, 4)))])
    latest: list[Fact] = []
    if known and rng.random() < 0.6:
        at = rng.randrange(len(known))
        told = next(place for place, turn in enumerate(made) if turn is telling[at])
        old = known[at].value
        known[at], turn = corrected(rng, known[at], plain=len(known) == 1)
        if rng.random() < _DRY:
            turn = heard_anew(rng, turn, known[at], old)
        made.insert(rng.randint(told + 1, len(made)), turn)
        latest = [known[at]]
    read = [replace(turn, heard=True) for turn in made]

    def asked() -> list[Turn]:
        some = rng.sample(known, min(len(known), rng.randint(1, 3)))
        some += [fact for fact in latest if fact not in some]
        turns = [recalled(rng, fact) for fact in some]
        for _ in range(rng.randint(0 if known else 1, 2)):
            near = neighbour(rng, known) if known and rng.random() < 0.6 else None
            turns.append(not_told(rng, near or facts(rng, 1, known)[0]))
        return turns

    return read, drawn_often(rng, asked, often)


def compared(rng: Random, often: int = 1) -> Read:
    """What is told of several people or things alike, and questions whose answers alone are
    learned: for some of them, for what was told anew, and at times for one that was left out."""
    known, untold = related(rng)
    if rng.random() < 0.6:
        known, several = told_together(rng, known)
        made = [overheard(rng, several, FRAMES["heard_several"])]
    else:
        known, made = one_by_one(told_by_either(rng, fact, heard=True) for fact in known)
    latest: list[Fact] = []
    old = None
    if rng.random() < 0.45:
        at = rng.randrange(len(known))
        old = known[at]
        known[at], turn = corrected(rng, old)
        made.append(heard_anew(rng, turn, known[at], old.value))
        latest = [known[at]]
    made += [talked(rng) for _ in range(rng.choice((0, 0, 1, 2)))]

    def asked() -> list[Turn]:
        some = rng.sample(known, min(len(known), rng.randint(1, 3)))
        some += [fact for fact in latest if fact not in some]
        left_out = [one_way(rng, untold, known)] if rng.random() < 0.45 else []
        if old and left(old, known) and rng.random() < 0.3:
            left_out.append(whose(rng, old, known=False))
        return [*(one_way(rng, fact, known) for fact in some), *left_out]

    return made, drawn_often(rng, asked, often)


def anew(rng: Random, *, read: bool = False) -> list[Turn]:
    """Facts that are told, told anew and asked for in quick succession: the latest counts. Where
    the telling is there to be `read`, only the answers to the questions are learned."""
    made: list[Turn] = []
    known = facts(rng, rng.randint(1, 3))
    for at, fact in enumerate(known):
        known[at], first = told_by_either(rng, fact, heard=rng.random() < _HEARD)
        made.append(replace(first, heard=read or first.heard))
        for again in range(rng.choice((1, 1, 2))):
            old = known[at].value
            known[at], turn = corrected(rng, known[at], plain=not again)
            if read and rng.random() < _DRY:
                turn = heard_anew(rng, turn, known[at], old)
            asked = recalled(rng, rng.choice(known[: at + 1]))
            made += [replace(turn, heard=read), asked]
    return made + _asked(rng, known)


def long_turns(rng: Random, count: int, other: Skill) -> list[Turn]:
    """Telling, other talk and asking in turn, each fact asked for again much later."""
    made: list[Turn] = []
    known: list[Fact] = []
    for drawn in facts(rng, 12):
        fact, turn = told(rng, drawn)
        made.append(turn)
        known.append(fact)
        made += [
            talked(rng) if rng.random() < 0.3 else other(rng) for _ in range(rng.randint(0, 4))
        ]
        made += [recalled(rng, rng.choice(known)) for _ in range(rng.randint(1, 2))]
        if len(made) >= count:
            break
    while len(made) < count:
        made += [other(rng), recalled(rng, rng.choice(known))]
    return made[:count]


def _mixed(rng: Random, first: list[Turn], others: list[Turn]) -> list[Turn]:
    """Both lists interleaved, each in its own order."""
    order = [0] * len(first) + [1] * len(others)
    rng.shuffle(order)
    iterators = (iter(first), iter(others))
    return [next(iterators[which]) for which in order]
