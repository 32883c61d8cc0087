"""Facts that the user tells and asks back later, in English.

Contract: `turns` is the telling, other talk and the asking of one conversation; `long_turns` the
same over many turns. Answers contain the value exactly as the user wrote it, but for "on Friday"
where something was moved "to Friday". In a share of conversations another assistant replied and
talked before the questions (`memory_talk.txt`), since a conversation may come from anywhere.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from training.dialogue import Skill, Turn
from training.phrasing import expand, fill, say, usual, with_article
from training.skills.memory_chats import chat
from training.skills.memory_facts import OWN, SLOTS, facts, introduced, neighbour
from training.skills.memory_slots import FRAMES, UNTOLD, Fact, renewed, slots_of, told_by
from training.skills.memory_written import WRITTEN, together, topic

_TALK = [
    tuple(line.split(" || "))
    for line in Path(__file__).with_name("memory_talk.txt").read_text("utf-8").splitlines()
]
_ABOUT = Path(__file__).with_name("memory_about.txt").read_text("utf-8").splitlines()
_OWN_WORDS = 0.4  # the share of wordings that belong to a key alone, where it has some
_HEARD = 0.4  # the share of conversations in which another assistant replied at first
_DRY = 0.7  # the share of corrections, among those to read, to which another assistant replied


def _noted(rng: Random, fact: Fact) -> str:
    if rng.random() < 0.15:
        return rng.choice(FRAMES["noted"])
    return fill(expand(rng.choice(fact.slot.noted), rng), slots_of(fact))


def _own(rng: Random, fact: Fact, form: str) -> tuple[str, ...]:
    """In a share of the draws the wordings of the fact's key alone, if it has some."""
    own = OWN.get((fact.kind, fact.key), {}).get(form, ())
    return own if rng.random() < _OWN_WORDS else ()


def told(rng: Random, fact: Fact) -> tuple[Fact, Turn]:
    """The user tells the fact and the model takes note; the fact as it was said."""
    patterns = _own(rng, fact, "tell") or fact.slot.tell
    pattern = rng.choice(patterns) if fact.kind == WRITTEN else usual(rng, patterns)
    message = say(pattern, rng, **slots_of(fact))
    return told_by(fact, message), Turn(message, _noted(rng, fact))


def _clause(rng: Random, fact: Fact, *, inverted: bool = False) -> str:
    """The fact as a clause, with its value first if it is `inverted`: "Ada is my name"."""
    patterns = [one for one in fact.slot.clause if one.startswith("{v")] if inverted else []
    return fill(expand(usual(rng, patterns or fact.slot.clause), rng), slots_of(fact))


def _begun(text: str, fact: Fact) -> str:
    """With a capital, but for a value, which stays as the user wrote it."""
    return text if text.startswith(fact.value) else text[0].upper() + text[1:]


def _together(rng: Random, known: list[Fact]) -> str:
    """Several facts in one message, without its end."""
    inverted = rng.random() < 0.2
    parts = [_clause(rng, fact, inverted=inverted) for fact in known]
    if rng.random() < 0.35:
        joint = rng.choice((". ", ". ", "! ", "; ", ", "))
        if joint in (". ", "! "):
            parts = [_begun(part, fact) for part, fact in zip(parts, known, strict=True)]
        text = joint.join(parts)
    else:
        joint = rng.choice((" and ", ", and ", " and also ", ", plus "))
        text = ", ".join(parts[:-1]) + joint + parts[-1]
    opening = rng.choice(("", "", "", "Hi, ", "Hello! ", "Remember: ", "About me: ", "Note: "))
    return opening + text if opening else _begun(text, known[0])


def told_together(rng: Random, known: list[Fact]) -> tuple[list[Fact], Turn]:
    """Several facts in one message."""
    ends = [".", ".", ".", "", "!", ". Please remember that.", ". Please note."]
    message = _together(rng, known) + rng.choice(ends)
    return _all_said(known, message), Turn(message, rng.choice(_replies(known)))


def _all_said(known: list[Fact], message: str) -> list[Fact]:
    return [told_by(fact, message) for fact in known]


def _replies(known: list[Fact]) -> list[str]:
    return [one for one in FRAMES["both"] if len(known) == 2 or "both" not in one]


def told_and_recalled(rng: Random, known: list[Fact]) -> tuple[list[Fact], Turn]:
    """Facts, and in the same message a question about one of them."""
    message = _together(rng, known) + "."
    known = _all_said(known, message)
    asked = recalled(rng, rng.choice(known))
    return known, Turn(f"{message} {asked.user}", asked.assistant)


def told_and_asked(rng: Random, fact: Fact, question: Turn) -> tuple[Fact, Turn]:
    """A fact, and in the same message something else, which is answered."""
    first = _begun(_clause(rng, fact), fact) + "."
    turn = Turn(f"{first} {question.user}", question.assistant, question.spelled)
    return told_by(fact, first), turn


# Of these one may have several, so that only an opening or the old value makes it a correction.
_SEVERAL = (
    "animal", "pet", "person", "hobby", "pair", "trip", "coat", "nickname", "workplace", "lives",
    "work", "years", "liking", "employer", WRITTEN,
)  # fmt: skip
_PRONOUN = re.compile(r"\b(?:he|she|it|it's|his|her|him|they|they're|their|them)\b")
_NAMED = ("{k}", "{o}", "{a_o}")
# Of these nobody says "since last week".
_LASTING = ("born", "birthday", "birthplace", WRITTEN)


def _clear(fact: Fact) -> Sequence[str]:
    """Of its messages with a new value those that also say what it belongs to."""
    if fact.kind == WRITTEN:
        return fact.slot.renew[:1]
    named = _NAMED if fact.slot.keys != ("",) else ("",)
    return [
        one for one in fact.slot.renew
        if not _PRONOUN.search(one) and any(mark in one for mark in named)
    ]  # fmt: skip


def corrected(rng: Random, fact: Fact, *, plain: bool = False) -> tuple[Fact, Turn]:
    """The user tells a new value, which replaces the old one; where it is plain which one that is,
    the value alone may be enough."""
    new, turn = _corrected(rng, fact, plain=plain)
    return told_by(new, turn.user), turn


def _corrected(rng: Random, fact: Fact, *, plain: bool) -> tuple[Fact, Turn]:
    new, kind = renewed(rng, fact), rng.random()
    values = slots_of(new) | {"o": fact.value, "a_o": with_article(fact.value)}
    short = plain and (_own(rng, fact, "short") or fact.slot.short)
    if short and rng.random() < 0.3:
        return new, Turn(say(rng.choice(short), rng, **values), _noted(rng, new))
    if not fact.slot.clause or rng.random() < (0.4 if plain else 0.15):
        patterns = FRAMES["rather" if plain and rng.random() < 0.7 else "meant"]
        text = say(rng.choice(patterns), rng, v=new.value, o=fact.value)
        return new, Turn(text, fill(expand(rng.choice(fact.slot.noted), rng), slots_of(new)))
    renew = _own(rng, fact, "renew") or (fact.slot.renew if plain else _clear(fact))
    if renew and rng.random() < 0.4:
        return new, Turn(say(rng.choice(renew), rng, **values), _noted(rng, new))
    if kind < 0.5 or fact.kind in _LASTING:
        text = _clause(rng, new)
    elif kind < 0.75:
        text = say(rng.choice(new.slot.tell), rng, **slots_of(new))
        keep = text.startswith((new.value, "I ", "I'")) or text[1:2].isupper()
        text = text if keep else text[0].lower() + text[1:]
    else:
        text = fill(rng.choice(FRAMES["now"]), {"c": _clause(rng, new), "o": fact.value})
    if rng.random() < 0.75 or (fact.kind in _SEVERAL and (kind < 0.75 or fact.kind in _LASTING)):
        text = rng.choice(FRAMES["opening"]) + rng.choice((", ", ", ", ": ", " - ")) + text
    text = _begun(text, new)
    return new, Turn(text + "." if text[-1].isalnum() else text, _noted(rng, new))


def _question(rng: Random, fact: Fact) -> str:
    if fact.slot.plain and rng.random() < 0.5:
        return say(usual(rng, fact.slot.plain), rng, **slots_of(fact))
    group = _own(rng, fact, "ask") or rng.choice(fact.slot.ask)
    return say(rng.choice(group), rng, **slots_of(fact))


def recalled(rng: Random, fact: Fact) -> Turn:
    """The user asks for a fact that was told."""
    question = _question(rng, fact)
    about = topic(question, fact) if fact.kind == WRITTEN else ""
    answer = fact.slot.answer if about or fact.kind != WRITTEN else "You told me: {v}."
    return Turn(question, fill(answer, slots_of(fact) | {"topic": about}))


def recalled_together(rng: Random, first: Fact, second: Fact) -> Turn:
    """Two questions in one message, answered in their order."""
    nouns = [
        fill(expand(rng.choice(fact.slot.noun), rng), slots_of(fact)) for fact in (first, second)
    ]
    pattern = rng.choice(
        ("what is {a} and what is {b}?", "tell me {a} and {b}.", "do you remember {a} and {b}?",
         "what are {a} and {b}?", "{a} and {b}?", "can you say {a} and then {b}?")
    )  # fmt: skip
    answers = [fill(fact.slot.answer, slots_of(fact)) for fact in (first, second)]
    return Turn(say(pattern, rng, a=nouns[0], b=nouns[1]), " ".join(answers))


def not_told(rng: Random, fact: Fact) -> Turn:
    """The user asks for a fact that was never told."""
    return Turn(_question(rng, fact), fact.slot.untold)


def told_about(rng: Random) -> tuple[list[Fact], Turn]:
    """Several facts in running text, as people introduce themselves or tell what happens."""
    if rng.random() < 0.5:
        known, text = together(rng)
    else:
        known, text = introduced(rng, rng.choice(_ABOUT), SLOTS)
    return _all_said(known, text), Turn(text, rng.choice(_replies(known)))


def _overheard(rng: Random, turn: Turn, replies: Sequence[str], **slots: str) -> Turn:
    """The same message with another assistant's reply."""
    return Turn(turn.user, fill(rng.choice(replies), slots), heard=True)


def _heard_anew(rng: Random, turn: Turn, new: Fact, old: str) -> Turn:
    return _overheard(rng, turn, FRAMES["heard_correction"], **slots_of(new), o=old)


def _opening(
    rng: Random, count: int, other: Skill, *, heard: bool
) -> tuple[list[Fact], list[Turn]]:
    """The facts, told one by one, or some of them in one message."""
    if count < 2 or rng.random() < 0.5:
        return _one_by_one(
            told_and_asked(rng, fact, other(rng))
            if count > 1 and rng.random() < 0.06
            else _told(rng, fact, heard=heard)
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
    first = _overheard(rng, first, FRAMES["heard_several"]) if heard else first
    drawn = facts(rng, rng.choice((0, 0, 1)), known)
    more, telling = _one_by_one(_told(rng, fact, heard=heard) for fact in drawn)
    return known + more, [first, *telling]


def _one_by_one(telling: Iterable[tuple[Fact, Turn]]) -> tuple[list[Fact], list[Turn]]:
    pairs = list(telling)
    return [fact for fact, _ in pairs], [turn for _, turn in pairs]


def _told(rng: Random, fact: Fact, *, heard: bool) -> tuple[Fact, Turn]:
    fact, turn = told(rng, fact)
    return fact, _overheard(rng, turn, fact.slot.heard, **slots_of(fact)) if heard else turn


def talked(rng: Random) -> Turn:
    """Some other talk with another assistant."""
    return Turn(*rng.choice(_TALK), heard=True)


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
        made.insert(place, _heard_anew(rng, turn, known[at], old) if heard else turn)
    asked = _asked(rng, known)
    if not known or rng.random() < 0.45:
        near = neighbour(rng, known) if known and rng.random() < 0.6 else None
        unknown = near or facts(rng, 1, known)[0]
        asked.insert(rng.randint(0, len(asked)), not_told(rng, unknown))
    return made + asked


def _no_value(turn: Turn, told: str) -> bool:
    """Whether a bare value behind this turn corrects what was told before, and not its answer."""
    return told in turn.user or turn.heard or len(turn.assistant) > 40


def to_read(rng: Random) -> list[Turn]:
    """Facts that are there to be read, and questions whose answers alone are learned."""
    kind = rng.random()
    if kind < 0.6:
        return chatted(rng)
    return quizzed(rng) if kind < 0.8 else anew(rng, read=True)


def chatted(rng: Random) -> list[Turn]:
    """A chat with another assistant that was written out, at times more talk, then questions. In
    half of them more is told, near what the chat tells: what one chat leaves out another says."""
    lines, known, untold = chat(rng)
    made = [Turn(user, reply, heard=True) for user, reply in lines]
    asked = [recalled(rng, fact) for fact in known]
    if rng.random() < 0.5:
        more = [fact for _ in range(rng.choice((1, 1, 2))) if (fact := neighbour(rng, known))]
        told_more, telling = _one_by_one(_told(rng, fact, heard=True) for fact in _distinct(more))
        made = telling + made if rng.random() < 0.3 else made + telling
        asked += [recalled(rng, fact) for fact in told_more]
    else:
        some = rng.sample(untold, min(len(untold), rng.choice((0, 1, 1, 1))))
        asked += [Turn(say(question, rng), UNTOLD) for question in some]
    if rng.random() < 0.5:
        made += [talked(rng) for _ in range(rng.choice((1, 1, 2, 3)))]
    rng.shuffle(asked)
    return made + asked


def _distinct(found: list[Fact]) -> list[Fact]:
    """The first of each kind and key."""
    return list({(fact.kind, fact.key): fact for fact in reversed(found)}.values())


def quizzed(rng: Random) -> list[Turn]:
    """Facts and other talk that are there to be read, then questions, of which some ask for what
    was not told: whether it was is what has to be learned."""
    known, several = told_about(rng) if rng.random() < 0.3 else ([], None)
    telling = [several] * len(known) if several else []
    drawn = facts(rng, rng.choice((0, 1, 1, 2, 2, 3, 4)), known)
    more, singly = _one_by_one(_told(rng, fact, heard=rng.random() < 0.6) for fact in drawn)
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
            turn = _heard_anew(rng, turn, known[at], old)
        made.insert(rng.randint(told + 1, len(made)), turn)
        latest = [known[at]]
    read = [replace(turn, heard=True) for turn in made]
    some = rng.sample(known, min(len(known), rng.randint(1, 3)))
    some += [fact for fact in latest if fact not in some]
    asked = [recalled(rng, fact) for fact in some]
    for _ in range(rng.randint(0 if known else 1, 2)):
        near = neighbour(rng, known) if known and rng.random() < 0.6 else None
        asked.append(not_told(rng, near or facts(rng, 1, known)[0]))
    rng.shuffle(asked)
    return read + asked


def anew(rng: Random, *, read: bool = False) -> list[Turn]:
    """Facts that are told, told anew and asked for in quick succession: the latest counts. Where
    the telling is there to be `read`, only the answers to the questions are learned."""
    made: list[Turn] = []
    known = facts(rng, rng.randint(1, 3))
    for at, fact in enumerate(known):
        known[at], first = _told(rng, fact, heard=rng.random() < _HEARD)
        made.append(replace(first, heard=read or first.heard))
        for again in range(rng.choice((1, 1, 2))):
            old = known[at].value
            known[at], turn = corrected(rng, known[at], plain=not again)
            if read and rng.random() < _DRY:
                turn = _heard_anew(rng, turn, known[at], old)
            asked = recalled(rng, rng.choice(known[: at + 1]))
            made += [replace(turn, heard=read), asked]
    return made + _asked(rng, known)


def noted_down(rng: Random) -> tuple[list[str], list[Turn]]:
    """Facts one below the other, most of no kind and some told anew, and a question for each of
    them, the latest value as the answer, and some for what was not told."""
    drawn = facts(rng, rng.randint(2, 8), written=0.65)
    known, telling = _one_by_one(told(rng, fact) for fact in drawn)
    lines = [turn.user for turn in telling]
    for at in reversed(range(len(known))):  # what was told before `at` still stands where it stood
        if rng.random() < 0.3:
            known[at], turn = corrected(rng, known[at])
            lines.insert(rng.randint(at + 1, len(lines)), turn.user)
    asked = [recalled(rng, fact) for fact in known]
    for _ in range(rng.randint(0, 1 + len(known) // 3)):
        near = neighbour(rng, known) if rng.random() < 0.7 else None
        asked.append(not_told(rng, near or facts(rng, 1, known)[0]))
    rng.shuffle(asked)
    return lines, asked


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
