"""System prompts that are followed: case, language, name, endings, roles, length.

Contract: `conversation` is a system prompt and turns that all obey it, or one that tells something
(`system_told`); now and then the user gives the order instead, as a message of its own or beside
the question. `drill` is a system prompt and
up to a dozen short questions under it. The turns come from the other skills and are changed by
rule, so a style says how and never what.
"""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from training import words
from training.dialogue import Conversation, Skill, Turn, weighted
from training.phrasing import expand, fill, say, usual
from training.skills import (
    arithmetic,
    calendar,
    facts,
    knowledge,
    languages,
    limits,
    lists,
    memory_facts,
    memory_slots,
    memory_turns,
    smalltalk,
    system_told,
    text,
    text_given,
)
from training.skills.memory_values import AMOUNTS

_TEXTS: dict[str, Any] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
_ORDERS: dict[str, list[str]] = _TEXTS["orders"]
_FRAMES: dict[str, Any] = _TEXTS["frames"]
_LONGEST = 150
_FORM = re.compile(r"number|digit|bullet|dash|line|comma|list", re.IGNORECASE)
# The one word of a sentence that is asked for.
_ONE_WORD = re.compile(
    r"(Yes|No), .+|(\w+) comes .+|(\w+) is (?:larger|smaller|the) .+|There are (\d+) .+|"
    r"The \w+ (?:day|month) of the \w+ is (\w+)\.|\w+ has (\d+) days\.|\w+ is in (\w+)\."
)
_DIGITS = re.compile(r"\d+")
_AMOUNT = re.compile(rf"\b(?:{'|'.join(AMOUNTS)})\b")
_ROLES = {"pirate": "Arr!", "robot": "Beep boop!", "cat": "Meow!", "dog": "Woof!"}
_PLAIN: list[tuple[float, Skill]] = [
    (2.5, smalltalk.english), (2.5, facts.english), (1.2, arithmetic.calculate),
    (0.8, calendar.english), (2.0, knowledge.english), (0.6, limits.english),
    (0.7, lists.name_some),
]  # fmt: skip
_NUMBERS: list[tuple[float, Skill]] = [
    (3.0, arithmetic.calculate), (1.0, arithmetic.compare), (1.0, arithmetic.neighbour),
    (0.5, calendar.english),
]  # fmt: skip
_KNOWN: list[tuple[float, Skill]] = [
    (4.0, facts.english), (1.0, smalltalk.english), (0.7, calendar.english), (0.3, lists.name_some),
]  # fmt: skip
_DRILLED = {
    "upper": 4.0, "lower": 1.5, "zh": 2.0, "ja": 2.0, "ending": 2.8, "beginning": 2.2, "word": 1.2,
    "fixed": 0.6, "address": 1.4, "excited": 0.9, "spelt": 0.6, "digits": 0.2, "bullets": 0.5,
}  # fmt: skip
_WEIGHTS = {
    "upper": 3.0, "lower": 1.8, "name": 3.2, "zh": 2.2, "ja": 2.2, "en": 0.8, "ending": 2.4,
    "beginning": 2.0, "pirate": 0.9, "robot": 0.3, "cat": 0.3, "dog": 0.3, "short": 1.0,
    "word": 1.2, "fixed": 0.9, "user": 1.0, "told": 2.6, "address": 1.6, "excited": 1.0,
    "bullets": 0.8, "spelt": 0.8, "digits": 0.3, "thanks": 0.4,
}  # fmt: skip
Style = Callable[[str], str]


def _simple(rng: Random, longest: int = _LONGEST) -> Turn:
    """A question of another skill whose answer is short."""
    while True:
        turn = weighted(rng, _PLAIN)
        if len(turn.assistant) <= longest:
            return turn


def _brief(rng: Random) -> Turn:
    """A turn whose answer can be written anew letter by letter."""
    return _simple(rng, 90)


def _given(rng: Random) -> Turn:
    """For capitals also an instruction on given text."""
    return text.english(rng) if rng.random() < 0.12 else _brief(rng)


def _sentence(rng: Random) -> Turn:
    """A turn whose answer is no list."""
    turn = _brief(rng)
    return turn if "\n" not in turn.assistant else _sentence(rng)


def _list(rng: Random) -> Turn:
    """A list for which no form is asked, or an answer in one line."""
    if rng.random() < 0.4:
        return _sentence(rng)
    turn = lists.name_some(rng)
    free = turn.assistant.startswith("1. ") and not _FORM.search(turn.user)
    return turn if free else _list(rng)


def _with_digits(rng: Random) -> Turn:
    """An answer with numbers below a hundred."""
    while True:
        turn = weighted(rng, _NUMBERS)
        found = [int(one) for one in _DIGITS.findall(turn.assistant)]
        if found and max(found) < 100 and "= -" not in turn.assistant:
            return turn


def _with_amounts(rng: Random) -> Turn:
    """An answer with a number in words."""
    turn = facts.draw(rng, "legs", back=False)[0]
    return turn if _AMOUNT.search(turn.assistant) else _with_amounts(rng)


def _addressed(said: str, name: str) -> str:
    """The first sentence speaks to somebody: "I'm fine, Ada!"."""
    end = re.search(r"[.!?](?= |$)", said)
    at = end.start() if end else len(said)
    return f"{said[:at]}, {name}{said[at:]}"


def _excited(said: str) -> str:
    """Exclamation marks in place of full stops."""
    said = re.sub(r"\.(?= |$)", "!", said)
    return said if said[-1] in "!?" else said + "!"


def _bulleted(said: str) -> str:
    """Each line behind a dash, without its number."""
    lines = (re.sub(r"^\d+\. ", "", line) for line in said.split("\n"))
    return "\n".join(f"- {line}" for line in lines)


def _spelt(said: str) -> str:
    return _DIGITS.sub(lambda found: arithmetic.in_words(int(found[0])), said)


def _in_digits(said: str) -> str:
    return _AMOUNT.sub(lambda found: str(AMOUNTS.index(found[0]) + 2), said)


def first_sentence(said: str) -> str:
    """What stays of an answer that has to be short."""
    return re.split(r"(?<=[.!?]) ", said)[0]


def _added(rng: Random) -> str:
    """A usual phrase, or a word or two, to begin or end with."""
    if rng.random() < 0.45:
        return str(rng.choice(_TEXTS["said"]["phrases"]))
    made = " ".join(text_given.some(rng, 1, rng.choice((1, 1, 1, 2))))
    shape = rng.random()
    if shape < 0.4:
        made = made[0].upper() + made[1:]
    if shape > 0.75:
        made = made.upper()
    return made + rng.choice(("", "", ".", "!", "!"))


def _quoted_maybe(rng: Random, value: str) -> str:
    """A value that ends in a mark is always quoted, so that its end is plain."""
    if value[-1].isalnum() and rng.random() < 0.5:
        return value
    return text_given.quoted(rng, value)


def order(rng: Random, kind: str, frame: str, value: str = "") -> str:
    """The order in words, inside a frame for a system prompt (`system`) or for a user (`user`)."""
    said = expand(usual(rng, _ORDERS[kind]), rng)
    if kind in _COPIED:
        said += "" if said.endswith(".") else rng.choice((".", ""))
        value = _quoted_maybe(rng, value)
    framed = expand(rng.choice(_FRAMES[frame]), rng)
    if "," not in framed.partition("{o}")[0]:
        said = said[0].upper() + said[1:]
    whole = framed.replace("{o}", said)
    return fill(whole if whole[0] == "{" else whole[0].upper() + whole[1:], {"v": value})


def _styled(rng: Random, kind: str) -> tuple[str, Style]:
    """The value that the order names, and what it does to an answer."""
    if kind in _ROLES:
        return "", lambda said: f"{_ROLES[kind]} {said}"
    if kind not in _COPIED:
        return "", _RULES.get(kind, _same)
    if kind == "address":
        value = rng.choice(_TEXTS["said"]["titles"]) if rng.random() < 0.5 else words.name(rng)
        return value, lambda said: _addressed(said, value)
    value = _added(rng)
    if kind == "fixed":
        return value, lambda _: value
    return value, (lambda said: f"{value} {said}") if kind == "beginning" else (
        lambda said: f"{said} {value}"
    )


def _restyled(turn: Turn, style: Style) -> Turn:
    return Turn(turn.user, style(turn.assistant))


def _who(rng: Random, name: str) -> Turn:
    return Turn(say(rng.choice(_FRAMES["who"]), rng), f"I am {name}.")


def _two_names(rng: Random, name: str, turns: list[Turn]) -> list[Turn]:
    """The user has a name, too: whose is asked for decides."""
    own = words.name(rng)
    told = Turn(say(rng.choice(_FRAMES["own"]), rng, v=own), f"Nice to meet you, {own}!")
    asked = [_who(rng, name), Turn(say(rng.choice(_FRAMES["mine"]), rng), f"Your name is {own}.")]
    rng.shuffle(asked)
    return [told, *turns, *asked]


def _named(rng: Random) -> Conversation:
    """Who it is, under a name; at times the name comes with a style."""
    name = words.name(rng)
    if rng.random() < 0.12:
        return _named_in_language(rng, name, rng.choice(("zh", "ja")))
    style: Style = _same
    told = order(rng, "name", "system", name)
    if rng.random() < 0.25:
        manner = rng.choice(("upper", "lower", "pirate", "ending", "upper"))
        value, style = _styled(rng, manner)
        told = f"{told} {order(rng, manner, 'system', value)}"
    turns = [_who(rng, name)]
    turns += [
        _who(rng, name) if rng.random() < 0.4 else _simple(rng)
        for _ in range(rng.choice((0, 0, 1, 1, 2)))
    ]
    rng.shuffle(turns)
    kind = rng.random()
    if kind < 0.22:
        turns = _two_names(rng, name, turns)
    elif kind < 0.32:  # a name for the model is none of the user's
        mine = Turn(say(rng.choice(_FRAMES["mine"]), rng), memory_slots.UNTOLD)
        turns.insert(rng.randint(0, len(turns)), mine)
    if rng.random() < 0.25 and style is _same:
        ordered = Turn(order(rng, "name", "user", name), f"OK, I am {name}.")
        return Conversation(None, (ordered, *turns))
    return Conversation(told, tuple(_restyled(turn, style) for turn in turns))


def _named_in_language(rng: Random, name: str, language: str) -> Conversation:
    """A name, and another language to say it in."""
    told = [order(rng, "name", "system", name), order(rng, language, "system")]
    said = {"zh": f"我是{name}。", "ja": f"{name}です。"}[language]
    turns = [Turn(_who(rng, name).user, said)]
    turns += [_language_turn(rng, language) for _ in range(rng.choice((0, 0, 1, 2)))]
    return Conversation(" ".join(rng.sample(told, 2)), tuple(rng.sample(turns, len(turns))))


def _same(said: str) -> str:
    return said


def _about_user(rng: Random) -> Conversation:
    """The user's name, told by the system prompt."""
    name = words.name(rng)
    asked = Turn(say(rng.choice(_FRAMES["mine"]), rng), f"Your name is {name}.")
    turns = [asked, *(_simple(rng) for _ in range(rng.choice((0, 0, 1, 2))))]
    rng.shuffle(turns)
    return Conversation(order(rng, "user", "system", name), tuple(turns))


def _language_turn(rng: Random, language: str) -> Turn:
    if language == "en":
        return languages.answered_in_english(rng) if rng.random() < 0.6 else _simple(rng)
    if rng.random() < 0.8:
        return languages.asked_in_english(rng, language)
    own = (knowledge.chinese, smalltalk.chinese), (knowledge.japanese, smalltalk.japanese)
    return rng.choice(own[language == "ja"])(rng)


def _in_language(rng: Random, language: str) -> Conversation:
    if rng.random() < 0.2:
        turn = _language_turn(rng, language)
        return Conversation(None, (Turn(_beside(rng, language, turn.user), turn.assistant),))
    turns = tuple(_language_turn(rng, language) for _ in range(rng.choice((1, 1, 2, 3))))
    if rng.random() < 0.15:
        agreed = Turn(order(rng, language, "user"), _AGREED[language])
        return Conversation(None, (agreed, *turns))
    return Conversation(order(rng, language, "system"), turns)


def _beside(rng: Random, kind: str, question: str, value: str = "") -> str:
    """The order in the same message as the question."""
    said = fill(expand(rng.choice(_ORDERS[kind][:4]), rng), {"v": value})
    said = said[0].upper() + said[1:]
    if rng.random() < 0.5:
        return f"{question}{'' if question[-1] in '.?!。？！' else '.'} {said}"
    return f"{said} {question}" if said[-1] == "." else f"{said}. {question}"


def _with_word(rng: Random) -> Turn:
    """A question and the one word that answers it."""
    kind = rng.random()
    if kind < 0.2:
        turn = arithmetic.calculate(rng)
        return Turn(turn.user, turn.assistant.rpartition("= ")[2])
    if kind < 0.45:
        turn = rng.choice((calendar.english, arithmetic.compare, arithmetic.neighbour))(rng)
        found = _ONE_WORD.fullmatch(turn.assistant)
        return Turn(turn.user, found[found.lastindex or 0]) if found else _with_word(rng)
    turn, value = facts.draw(rng)
    while " " in value:
        turn, value = facts.draw(rng)
    # "back" asks for the country; its one word is not the value.
    return Turn(turn.user, value) if value not in turn.user else _with_word(rng)


def conversation(rng: Random) -> Conversation:
    """An order, and turns that follow it."""
    kind = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    if kind == "name":
        return _named(rng)
    if kind == "user":
        return _about_user(rng)
    if kind == "told":
        return system_told.conversation(rng, _simple)
    if kind in _AGREED:
        return _in_language(rng, kind)
    if kind in _FIRST and rng.random() < _TWO:
        return _two_orders(rng, kind, rng.choice(_SECOND))
    value, style = _styled(rng, kind)
    draw = _DRAWN.get(kind, _simple)
    turns = [draw(rng) for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))]
    if kind != "short" and rng.random() < 0.12:
        turns = _remembered(rng, word=kind == "word")
    elif draw is _simple and rng.random() < 0.12:
        turns = facts.followed(rng)
    place = rng.random()
    if place < 0.16:
        turn = turns[0]
        shown = text_given.quoted(rng, value) if value else ""
        asked = _beside(rng, kind, turn.user, shown)
        return Conversation(None, (Turn(asked, style(turn.assistant)),))
    styled = [_restyled(turn, style) for turn in turns]
    if place < 0.3:
        agreed = Turn(
            order(rng, kind, "user", value),
            style(_FRAMES["acknowledge"]) if kind != "word" else "OK",
        )
        styled.insert(0, agreed)
        if rng.random() < 0.3:
            styled.append(
                Turn(say(rng.choice(_FRAMES["normal"]), rng), "OK, I will answer normally again.")
            )
            styled.append(_simple(rng))
        return Conversation(None, tuple(styled))
    return Conversation(order(rng, kind, "system", value), tuple(styled))


def _two_orders(rng: Random, first: str, second: str) -> Conversation:
    """Both in one system prompt, in any order."""
    value, style = _styled(rng, first)
    orders = [order(rng, first, "system", value), order(rng, second, "system")]
    turns = [_restyled(_sentence(rng), style) for _ in range(rng.choice((1, 1, 2, 3)))]
    turns = [_restyled(turn, _RULES[second]) for turn in turns]
    return Conversation(" ".join(rng.sample(orders, 2)), tuple(turns))


def drill(rng: Random) -> Conversation:
    """An order and many facts under it: capitals, small letters or another language are the part of
    a system prompt that has to be learned anew for every answer. An order of which only the words
    have to be copied has fewer facts below it."""
    kind = rng.choices(list(_DRILLED), list(_DRILLED.values()))[0]
    count = rng.randint(1, 4) if kind in _COPIED else rng.randint(5, 12)
    value, style = _styled(rng, kind)
    if kind in _AGREED:
        turns = [languages.brief(rng, kind) for _ in range(count)]
    elif kind == "word":
        turns = [_with_word(rng) for _ in range(count)]
    else:
        draw = _DRAWN[kind] if kind in _FORMED else lambda rng: weighted(rng, _KNOWN)
        turns = [_restyled(draw(rng), style) for _ in range(count)]
    return Conversation(order(rng, kind, "system", value), tuple(turns))


def _remembered(rng: Random, *, word: bool = False) -> list[Turn]:
    """A fact that is told and asked for, so that a style is put on words of the user's own, too; if
    a `word` has to do, the value alone is the answer."""
    (fact,) = memory_facts.facts(rng, 1)
    while word and " " in fact.value:
        (fact,) = memory_facts.facts(rng, 1)
    fact, told = memory_turns.told(rng, fact)
    asked = memory_turns.recalled(rng, fact)
    return [Turn(told.user, "Noted."), Turn(asked.user, fact.value)] if word else [told, asked]


def _long(rng: Random) -> Turn:
    """A turn whose answer has more than one sentence, so that there is something to leave out."""
    return knowledge.english(rng) if rng.random() < 0.6 else _simple(rng)


_DRAWN: dict[str, Skill] = {
    "word": _with_word, "short": _long, "upper": _given, "lower": _brief, "address": _sentence,
    "excited": _sentence, "bullets": _list, "spelt": _with_digits, "digits": _with_amounts,
    "thanks": _sentence,
}  # fmt: skip
_COPIED = ("ending", "beginning", "fixed", "address")
_RULES: dict[str, Style] = {
    "upper": str.upper, "lower": str.lower, "short": first_sentence, "excited": _excited,
    "bullets": _bulleted, "spelt": _spelt, "digits": _in_digits,
    "thanks": lambda said: f"{said} {_THANKS}",
}  # fmt: skip
_THANKS = "Thank you for asking!"
# Of these two may stand in one system prompt: what is copied, and how all of it is written.
_FORMED = ("address", "excited", "spelt", "digits", "bullets")  # for sorts of answers of their own
_TWO = 0.12
_FIRST, _SECOND = ("ending", "beginning", "address"), ("upper", "lower", "excited")
_AGREED = {
    "zh": "好的，我会用中文回答。",
    "ja": "はい、日本語で答えます。",
    "en": "OK, I will answer in English.",
}
