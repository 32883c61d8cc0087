"""Messages in which the user tells facts and asks for them, and what is answered, in English.

Contract: one message at a time, or two that belong together. Answers contain the value exactly as
the user wrote it, but for "on Friday" where something was moved "to Friday".
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from training.dialogue import Skill, Turn
from training.phrasing import expand, fill, say, usual, with_article
from training.skills.memory_chats import REMARKS
from training.skills.memory_facts import OWN, SLOTS, introduced
from training.skills.memory_relations import USER
from training.skills.memory_slots import (
    FRAMES,
    NOTED,
    UNTOLD,
    Fact,
    renewed,
    slots_of,
    told_by,
    written,
)
from training.skills.memory_written import WRITTEN, together, topic


def _pairs(name: str) -> list[tuple[str, ...]]:
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    return [tuple(line.split(" || ")) for line in lines]


_TALK = _pairs("memory_talk.txt")
# Remarks that begin as tellings and new values do: "It's raining." is no colour. Nearly all of the
# other lines are questions, so these come as often.
_EVERYDAY = _pairs("memory_everyday.txt")
_EVERYDAY_SHARE = 0.5
_STATES = re.compile(
    r"(?:the|an?|its?|it's|s?he|s?he's|they|they're|we|we've|we're|our|there's|there|every|only|"
    r"mostly|nobody|some(?:body|one)|everybody|last|yesterday|dad|mum|"
    r"i(?! (?:want|need|wish|would|wonder|feel|mean|see|know|think|am)\b)|i've) ",
    re.IGNORECASE,
)
_ASKS = re.compile(r"\?|\b(?:you|your|thanks?|thx|please|pls)\b", re.IGNORECASE)
# What needs no more than to be taken note of, and is nothing that people ask for.
_STATEMENTS = [
    user
    for user, _ in (*REMARKS, *_EVERYDAY)
    if _STATES.match(user) and not _ASKS.search(user) and len(user.split()) > 3
]
_ABOUT = Path(__file__).with_name("memory_about.txt").read_text("utf-8").splitlines()

Read = tuple[list[Turn], list[Turn]]  # what is there to be read, and questions for it
Keyed = tuple[list[str], list[tuple[str, str]]]  # lines to be read, and keys with their values
NOT_TOLD = "not told"

_OWN_WORDS = 0.4  # the share of wordings that belong to a key alone, where it has some


def noted(fact: Fact) -> str:
    """Our own reply to a fact that is told."""
    return fill(fact.slot.noted, slots_of(fact))


def _own(rng: Random, fact: Fact, form: str) -> tuple[str, ...]:
    """In a share of the draws the wordings of the fact's key alone, if it has some."""
    own = OWN.get((fact.kind, fact.key), {}).get(form, ())
    return own if rng.random() < _OWN_WORDS else ()


# Of tellings, clauses and messages with a new value so many, the first of their list, are plain.
_PLAIN_TELLS, _PLAIN_CLAUSES, _PLAIN_RENEWS, _PLAIN_OPENINGS = 8, 4, 12, 8
_PLAIN = 0.85  # the share of plain questions, where they are to be plain


def told(rng: Random, fact: Fact, *, plain: bool = False) -> tuple[Fact, Turn]:
    """The user tells the fact, `plain` in one of the plainest wordings, and the model takes note;
    the fact as it was said."""
    patterns = fact.slot.tell[:_PLAIN_TELLS] if plain else _own(rng, fact, "tell") or fact.slot.tell
    pattern = rng.choice(patterns) if fact.kind == WRITTEN else usual(rng, patterns)
    message = say(pattern, rng, tells=True, **slots_of(fact))
    return told_by(fact, message), Turn(message, noted(fact))


def _clause(rng: Random, fact: Fact, *, inverted: bool = False, plain: bool = False) -> str:
    """The fact as a clause, with its value first if it is `inverted`: "Ada is my name"."""
    patterns: Sequence[str] = fact.slot.clause[:_PLAIN_CLAUSES] if plain else fact.slot.clause
    first = [one for one in patterns if one.startswith("{v")] if inverted else []
    return fill(expand(usual(rng, first or patterns), rng), slots_of(fact))


def _begun(text: str, fact: Fact) -> str:
    """With a capital, but for a value, which stays as the user wrote it."""
    return text if text.startswith(fact.value) else text[0].upper() + text[1:]


def _together(rng: Random, known: list[Fact], *, plain: bool) -> str:
    """Several facts in one message, without its end."""
    inverted = not plain and rng.random() < 0.2
    parts = [_clause(rng, fact, inverted=inverted, plain=plain) for fact in known]
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


def told_together(
    rng: Random, known: list[Fact], *, plain: bool = False
) -> tuple[list[Fact], Turn]:
    """Several facts in one message."""
    ends = [".", ".", ".", "", "!", ". Please remember that.", ". Please note."]
    message = _together(rng, known, plain=plain) + rng.choice(ends)
    return _all_said(known, message), Turn(message, NOTED)


def _all_said(known: list[Fact], message: str) -> list[Fact]:
    return [told_by(fact, message) for fact in known]


def told_and_recalled(rng: Random, known: list[Fact]) -> tuple[list[Fact], Turn]:
    """Facts, and in the same message a question about one of them."""
    message = _together(rng, known, plain=False) + "."
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
        return new, Turn(say(rng.choice(short), rng, tells=True, **values), noted(new))
    if not fact.slot.clause or rng.random() < (0.4 if plain else 0.15):
        patterns = FRAMES["rather" if plain and rng.random() < 0.7 else "meant"]
        text = say(rng.choice(patterns), rng, tells=True, v=new.value, o=fact.value)
        return new, Turn(text, noted(new))
    renew = _own(rng, fact, "renew") or (fact.slot.renew if plain else _clear(fact))
    if renew and rng.random() < 0.4:
        return new, Turn(say(usual(rng, renew), rng, tells=True, **values), noted(new))
    if kind < 0.5 or fact.kind in _LASTING:
        text = _clause(rng, new)
    elif kind < 0.75:
        text = say(rng.choice(new.slot.tell), rng, tells=True, **slots_of(new))
        keep = text.startswith((new.value, "I ", "I'")) or text[1:2].isupper()
        text = text if keep else text[0].lower() + text[1:]
    else:
        text = fill(rng.choice(FRAMES["now"]), {"c": _clause(rng, new), "o": fact.value})
    if rng.random() < 0.75 or (fact.kind in _SEVERAL and (kind < 0.75 or fact.kind in _LASTING)):
        text = rng.choice(FRAMES["opening"]) + rng.choice((", ", ", ", ": ", " - ")) + text
    text = _begun(text, new)
    return new, Turn(text + "." if text[-1].isalnum() else text, noted(new))


def corrected_plainly(rng: Random, fact: Fact, *, clear: bool) -> tuple[Fact, Turn]:
    """The user tells a new value in plain words, which name what they are about if they are to be
    `clear`: where other facts were told since."""
    new, kind = renewed(rng, fact), rng.random()
    values = slots_of(new) | {"o": fact.value, "a_o": with_article(fact.value)}
    renew = (_clear(fact) if clear else fact.slot.renew)[:_PLAIN_RENEWS]
    if renew and kind < 0.5:
        text = say(rng.choice(renew), rng, tells=True, **values)
    elif not clear and kind < 0.7:
        text = say(rng.choice(fact.slot.short or FRAMES["rather"]), rng, tells=True, **values)
    elif kind < 0.78:
        text = say(rng.choice(FRAMES["meant"]), rng, tells=True, v=new.value, o=fact.value)
    else:
        opening = rng.choice(FRAMES["opening"][:_PLAIN_OPENINGS]).capitalize()
        text = f"{opening}, {_clause(rng, new, plain=True)}."
    return told_by(new, text), Turn(text, noted(new))


def _question(rng: Random, fact: Fact, *, plain: bool) -> str:
    if fact.slot.plain and rng.random() < (_PLAIN if plain else 0.5):
        return say(usual(rng, fact.slot.plain), rng, **slots_of(fact))
    group = _own(rng, fact, "ask") or rng.choice(fact.slot.ask)
    return say(rng.choice(group), rng, **slots_of(fact))


def recalled(rng: Random, fact: Fact, *, plain: bool = False, question: str = "") -> Turn:
    """The user asks for a fact that was told, in the given words or in any."""
    question = question or _question(rng, fact, plain=plain)
    if fact.kind == WRITTEN:
        return Turn(question, _on(topic(question, fact.said, fact.value), fact.value))
    return Turn(question, fill(fact.slot.answer, slots_of(fact)))


def _on(about: str, answer: str) -> str:
    return f'On "{about}" you told me: {answer}.' if about else f"You told me: {answer}."


def whose(rng: Random, fact: Fact, *, known: bool = True) -> Turn:
    """The user asks of whom or what the value of a relation was told; that is answered as it was
    written last."""
    question = say(rng.choice(fact.slot.who), rng, **slots_of(fact))
    if not known:
        return Turn(question, UNTOLD)
    if fact.slot.subject == USER:
        return Turn(question, "You told me that of yourself.")
    about = topic(question, fact.said, fact.slot.subject, named=fact.value)
    return Turn(question, _on(about, re.sub(r"(?i)^my\b", "your", written(fact))))


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


def drawn_often(rng: Random, draw: Callable[[], list[Turn]], often: int) -> list[Turn]:
    """Questions drawn so often, each wording once, in any order."""
    asked = {turn.user: turn for _ in range(often) for turn in draw()}
    return rng.sample(list(asked.values()), len(asked))


def not_told(rng: Random, fact: Fact, *, plain: bool = False) -> Turn:
    """The user asks for a fact that was never told."""
    return Turn(_question(rng, fact, plain=plain), fact.slot.untold)


def told_about(rng: Random) -> tuple[list[Fact], Turn]:
    """Several facts in running text, as people introduce themselves or tell what happens."""
    if rng.random() < 0.5:
        known, text = together(rng)
    else:
        known, text = introduced(rng, rng.choice(_ABOUT), SLOTS)
    return _all_said(known, text), Turn(text, NOTED)


def overheard(rng: Random, turn: Turn, replies: Sequence[str], **slots: str) -> Turn:
    """The same message with another assistant's reply."""
    return Turn(turn.user, fill(rng.choice(replies), slots), heard=True)


def heard_anew(rng: Random, turn: Turn, new: Fact, old: str) -> Turn:
    return overheard(rng, turn, FRAMES["heard_correction"], **slots_of(new), o=old)


def one_by_one(telling: Iterable[tuple[Fact, Turn]]) -> tuple[list[Fact], list[Turn]]:
    pairs = list(telling)
    return [fact for fact, _ in pairs], [turn for _, turn in pairs]


def told_by_either(rng: Random, fact: Fact, *, heard: bool) -> tuple[Fact, Turn]:
    fact, turn = told(rng, fact)
    return fact, overheard(rng, turn, fact.slot.heard, **slots_of(fact)) if heard else turn


def talked(rng: Random) -> Turn:
    """Some other talk with another assistant."""
    return Turn(*rng.choice(_EVERYDAY if rng.random() < _EVERYDAY_SHARE else _TALK), heard=True)


def remarked(rng: Random) -> Turn:
    """A remark, which we take note of: "I had pasta for lunch." is no favourite colour."""
    return Turn(rng.choice(_STATEMENTS), NOTED)


def replied(rng: Random, turn: Turn, told: list[Fact]) -> Turn:
    """What is there to be read: the reply is mostly another assistant's, of few words."""
    if not told:
        return overheard(rng, turn, [one for one in FRAMES["dry"] if "{v}" not in one])
    kind = rng.random()
    if kind < 0.6:
        return overheard(rng, turn, FRAMES["dry"], **slots_of(rng.choice(told)))
    if kind < 0.8:
        replies = told[0].slot.heard if len(told) == 1 else FRAMES["heard_several"]
        return overheard(rng, turn, replies, **slots_of(told[0]))
    return replace(turn, heard=True)


def other_talk(rng: Random, other: Skill) -> list[Turn]:
    """Up to eight turns, mostly none, that are there to be read."""
    count = rng.choice((0, 0, 0, 0, 1, 1, 2, 3, rng.randint(4, 8)))
    made: list[Turn] = []
    for _ in range(count):
        kind = rng.random()
        if kind < 0.35:
            made.append(talked(rng))
        elif kind < 0.75:
            made.append(Turn(*rng.choice(REMARKS), heard=True))
        else:
            made.append(replace(other(rng), heard=True))
    return made
