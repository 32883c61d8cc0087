"""Facts that the user tells and asks back later, in English.

Contract: `turns` is the telling, other talk and the asking of one conversation; `long_turns` the
same over many turns. Answers contain the value exactly as the user wrote it. Values come from
`training.words`, which never emits a held-out word; wordings stand in `memory.toml`. In a share of
conversations another assistant replied and talked before the questions (`memory_talk.txt`), since a
conversation may come from anywhere.
"""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from training import words
from training.dialogue import Skill, Turn
from training.phrasing import expand, fill, say

_TABLE: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
_FRAMES: dict[str, list[str]] = _TABLE.pop("frames")
_TALK = [
    tuple(line.split(" || "))
    for line in Path(__file__).with_name("memory_talk.txt").read_text("utf-8").splitlines()
]
_HEARD = 0.4  # the share of conversations in which another assistant replied at first
_REMEMBER = (
    "(| please remember it.| please remember that.| remember that.| remember this.|"
    " keep it in mind.| please don't forget it.| can you remember that?| remember it for later.)"
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One kind of fact. `{v}` is the value, `{k}` the key of a kind that has one (a pet's kind).

    `noted` is how we reply and `heard` how others do. `ask` is groups of wordings; a group is drawn
    first. Clauses are joined in one message.
    """

    draw: Callable[[Random], str]
    tell: tuple[str, ...]
    noted: tuple[str, ...]
    heard: tuple[str, ...]
    ask: tuple[tuple[str, ...], ...]
    answer: str
    untold: str
    keys: tuple[str, ...] = ("",)
    clause: tuple[str, ...] = ()
    noun: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    kind: str
    slot: Slot
    key: str
    value: str


def _open(options: list[str]) -> Callable[[Random], str]:
    """Mostly a known word, sometimes any word, so that the model copies instead of choosing."""
    allowed = [option for option in options if not words.is_held_out(option)]
    return lambda rng: words.word(rng) if rng.random() < 0.35 else rng.choice(allowed)


def _number(rng: Random) -> str:
    return str(rng.randrange(10 ** rng.choice((1, 2, 2, 2, 3, 4, 4, 5))))


def _pair(rng: Random) -> str:
    first, second = words.name(rng).split()[0], words.name(rng).split()[0]
    return f"{first} and {second}" if first != second else _pair(rng)


def _date(rng: Random) -> str:
    month, day = rng.choice(words.MONTHS), rng.randint(1, 28)
    return f"{month} {day}" if rng.random() < 0.5 else f"{day} {month}"


def _spot(rng: Random) -> str:
    """Where something lies: "in the drawer"."""
    if rng.random() < 0.6:
        return rng.choice(_SPOTS)
    return f"{rng.choice(('in', 'on', 'under', 'behind', 'near', 'beside'))} the {words.word(rng)}"


_SPOTS = words.lines("spots")
_DRAW: dict[str, Callable[[Random], str]] = {
    "name": words.name, "place": words.place, "word": words.word,
    "thing": _open(words.FRUITS + words.FOODS + words.SPORTS),
    "colour": _open(words.COLOURS), "number": _number, "age": lambda rng: str(rng.randint(5, 99)),
    "job": _open(words.JOBS), "hobby": _open(words.HOBBIES),
    "food": _open(words.FOODS + words.FRUITS), "animal": _open(words.ANIMALS), "pair": _pair,
    "date": _date, "language": _open(words.table("mother_tongues")), "spot": _spot,
}  # fmt: skip
_KEYS = {
    "pet": tuple(animal for animal in words.ANIMALS if not words.is_held_out(animal)),
    "person": (
        "brother", "sister", "mother", "father", "friend", "best friend", "wife", "husband", "son",
        "daughter", "boss", "teacher", "neighbour", "uncle", "aunt", "cousin", "colleague",
    ),
    "favourite": (
        "fruit", "sport", "book", "song", "drink", "game", "flower", "word", "tool", "film",
        "band", "animal", "season", "city", "dessert", "instrument",
    ),
    "number": (
        "lucky number", "favourite number", "favorite number", "number", "room number",
        "house number", "code", "PIN", "seat", "order number", "table number", "phone number",
    ),
    "secret": (
        "secret word", "password of the day", "magic word", "code word", "keyword",
        "word of the day", "team name", "project name",
    ),
    "several": (
        "cats", "dogs", "children", "sisters", "brothers", "parents", "friends", "rabbits", "sons",
        "daughters", "cousins", "hamsters", "horses", "kittens", "goldfish", "neighbours",
        "grandparents", "uncles", "aunts", "colleagues", "flatmates", "hens", "best friends",
    ),
    "possession": (
        "car", "bike", "boat", "house", "bag", "coat", "van", "scooter", "jacket", "scarf", "hat",
        "sofa", "front door", "guitar", "backpack", "suitcase", "tent", "lamp", "carpet", "mug",
        "sweater", "desk", "kitchen", "helmet", "bedroom", "raincoat",
    ),
    "object": (
        "passport", "wallet", "phone", "house key", "car key", "charger", "umbrella", "watch",
        "ring", "laptop", "camera", "notebook", "ticket", "torch", "hairbrush", "diary",
        "library card", "bank card", "tablet", "necklace", "calculator", "water bottle",
    ),
    "": ("",),
}  # fmt: skip


def _slot(entry: dict[str, Any]) -> Slot:
    framed = [
        tuple(frame.replace(mark, part) for frame in _FRAMES[form] for part in entry[form])
        for form, mark in (("noun", "{n}"), ("indirect", "{i}"))
    ]
    return Slot(
        _DRAW[entry["draw"]],
        tuple(pattern.replace("{r}", _REMEMBER) for pattern in entry["tell"]),
        tuple(entry["noted"]),
        tuple(entry["heard"]),
        (tuple(entry["ask"]), *framed),
        entry["answer"],
        entry["untold"],
        _KEYS[entry.get("keys", "")],
        tuple(entry["clause"]),
        tuple(entry["noun"]),
    )


SLOTS: dict[str, Slot] = {name: _slot(entry) for name, entry in _TABLE.items()}
_WEIGHTS: list[float] = [entry["weight"] for entry in _TABLE.values()]


def draw_fact(rng: Random) -> Fact:
    """A fact of any kind."""
    kind = rng.choices(list(SLOTS), _WEIGHTS)[0]
    slot = SLOTS[kind]
    return Fact(kind, slot, rng.choice(slot.keys), slot.draw(rng))


# Kinds of which one answers what the other asks.
_APART = [{"animal", "pet"}, {"animal", "pair"}, {"pair", "pet"}, {"pair", "person"}]


def facts(rng: Random, count: int) -> list[Fact]:
    """Facts that do not contradict each other (different kind or key)."""
    drawn: dict[tuple[str, str], Fact] = {}
    while len(drawn) < count:
        fact = draw_fact(rng)
        if not any({kind, fact.kind} in _APART for kind, _ in drawn):
            drawn[fact.kind, fact.key] = fact
    return list(drawn.values())


def _slots_of(fact: Fact) -> dict[str, str]:
    article = "an" if fact.value[:1].lower() in "aeiou" else "a"
    return {
        "v": fact.value, "k": fact.key, "a_v": f"{article} {fact.value}",
        "v_cap": fact.value[:1].upper() + fact.value[1:],
    }  # fmt: skip


def _noted(rng: Random, fact: Fact) -> str:
    if rng.random() < 0.15:
        return rng.choice(_FRAMES["noted"])
    return fill(expand(rng.choice(fact.slot.noted), rng), _slots_of(fact))


def told(rng: Random, fact: Fact) -> Turn:
    """The user tells the fact and the model takes note."""
    return Turn(say(rng.choice(fact.slot.tell), rng, **_slots_of(fact)), _noted(rng, fact))


def _clause(rng: Random, fact: Fact) -> str:
    return fill(expand(rng.choice(fact.slot.clause), rng), _slots_of(fact))


def _together(rng: Random, known: list[Fact]) -> str:
    """Several facts in one message, without its end."""
    parts = [_clause(rng, fact) for fact in known]
    if rng.random() < 0.35:
        joint = rng.choice((". ", ". ", "! ", "; ", ", "))
        parts = [part[0].upper() + part[1:] for part in parts] if joint in (". ", "! ") else parts
        text = joint.join(parts)
    else:
        joint = rng.choice((" and ", ", and ", " and also ", ", plus "))
        text = ", ".join(parts[:-1]) + joint + parts[-1]
    opening = rng.choice(("", "", "", "Hi, ", "Hello! ", "Remember: ", "About me: ", "Note: "))
    text = opening + text
    return text[0].upper() + text[1:]


def told_together(rng: Random, known: list[Fact]) -> Turn:
    """Several facts in one message."""
    end = rng.choice((".", ".", ".", "", "!", ". Please remember that.", ". Remember both."))
    return Turn(_together(rng, known) + end, rng.choice(_FRAMES["both"]))


def told_and_recalled(rng: Random, known: list[Fact]) -> Turn:
    """Facts, and in the same message a question about one of them."""
    asked = recalled(rng, rng.choice(known))
    return Turn(f"{_together(rng, known)}. {asked.user}", asked.assistant)


def told_and_asked(rng: Random, fact: Fact, question: Turn) -> Turn:
    """A fact, and in the same message something else, which is answered."""
    told_first = _clause(rng, fact)
    told_first = told_first[0].upper() + told_first[1:]
    return Turn(f"{told_first}. {question.user}", question.assistant, question.spelled)


def corrected(rng: Random, fact: Fact) -> tuple[Fact, Turn]:
    """The user tells a new value, which replaces the old one."""
    new = replace(fact, value=fact.slot.draw(rng))
    kind = rng.random()
    if kind < 0.5:
        clause = _clause(rng, new)
    elif kind < 0.75:
        clause = say(rng.choice(new.slot.tell), rng, **_slots_of(new)).rstrip(".")
        clause = clause if clause.startswith(new.value) else clause[0].lower() + clause[1:]
    else:
        pattern = rng.choice(_FRAMES["now"])
        clause = fill(pattern, {"c": _clause(rng, new), "o": fact.value})
    if rng.random() < 0.75:
        joint = rng.choice((", ", ", ", ": ", " - "))
        clause = rng.choice(_FRAMES["opening"]) + joint + clause
    return new, Turn(clause[0].upper() + clause[1:] + ".", _noted(rng, new))


def _question(rng: Random, fact: Fact) -> str:
    group = rng.choice(fact.slot.ask)
    return say(rng.choice(group), rng, **_slots_of(fact))


def recalled(rng: Random, fact: Fact) -> Turn:
    """The user asks for a fact that was told."""
    return Turn(_question(rng, fact), fill(fact.slot.answer, _slots_of(fact)))


def recalled_together(rng: Random, first: Fact, second: Fact) -> Turn:
    """Two questions in one message, answered in their order."""
    nouns = [
        fill(expand(rng.choice(fact.slot.noun), rng), _slots_of(fact)) for fact in (first, second)
    ]
    pattern = rng.choice(
        ("what is {a} and what is {b}?", "tell me {a} and {b}.", "do you remember {a} and {b}?",
         "what are {a} and {b}?", "{a} and {b}?", "can you say {a} and then {b}?")
    )  # fmt: skip
    answers = [fill(fact.slot.answer, _slots_of(fact)) for fact in (first, second)]
    return Turn(say(pattern, rng, a=nouns[0], b=nouns[1]), " ".join(answers))


def not_told(rng: Random, fact: Fact) -> Turn:
    """The user asks for a fact that was never told."""
    return Turn(_question(rng, fact), fill(fact.slot.untold, _slots_of(fact)))


def _overheard(rng: Random, turn: Turn, replies: Sequence[str], **slots: str) -> Turn:
    """The same message with another assistant's reply."""
    return Turn(turn.user, fill(rng.choice(replies), slots), heard=True)


def _opening(rng: Random, known: list[Fact], other: Skill, *, heard: bool) -> list[Turn]:
    """The facts told one by one, or some of them in one message."""
    together = rng.randint(2, min(4, len(known))) if len(known) > 1 else 0
    if together and rng.random() < 0.4:
        if rng.random() < 0.2:
            first = told_and_recalled(rng, known[:together])
        else:
            first = told_together(rng, known[:together])
            first = _overheard(rng, first, _FRAMES["heard_several"]) if heard else first
        return [first, *(_told(rng, fact, heard=heard) for fact in known[together:])]
    return [
        told_and_asked(rng, fact, other(rng))
        if rng.random() < 0.06
        else _told(rng, fact, heard=heard)
        for fact in known
    ]


def _told(rng: Random, fact: Fact, *, heard: bool) -> Turn:
    turn = told(rng, fact)
    return _overheard(rng, turn, fact.slot.heard, **_slots_of(fact)) if heard else turn


def talked(rng: Random) -> Turn:
    """Some other talk with another assistant."""
    return Turn(*rng.choice(_TALK), heard=True)


def _asked(rng: Random, known: list[Fact]) -> list[Turn]:
    shuffled = known if rng.random() < 0.3 else rng.sample(known, len(known))
    if len(shuffled) > 1 and rng.random() < 0.12:
        return [
            recalled_together(rng, shuffled[0], shuffled[1]),
            *(recalled(rng, fact) for fact in shuffled[2:]),
        ]
    return [recalled(rng, fact) for fact in shuffled]


def turns(rng: Random, count: int, between: int, other: Skill) -> list[Turn]:
    """So many facts told, other talk between, questions back; corrections and what was not told."""
    drawn = facts(rng, count + 1)
    known, unknown = drawn[:count], drawn[count]
    heard = rng.random() < _HEARD
    opening = _opening(rng, known, other, heard=heard)
    talk = [talked(rng) if heard and rng.random() < 0.7 else other(rng) for _ in range(between)]
    early = rng.randint(0, between) if rng.random() < 0.4 else 0
    made = _mixed(rng, opening, talk[:early]) + talk[early:]
    if known and rng.random() < 0.35:
        at = rng.randrange(len(known))
        old = known[at].value
        known[at], turn = corrected(rng, known[at])
        if heard:
            turn = _overheard(rng, turn, _FRAMES["heard_correction"], **_slots_of(known[at]), o=old)
        made.insert(rng.randint(len(opening), len(made)), turn)
    asked = _asked(rng, known)
    if not known or rng.random() < 0.35:
        asked.insert(rng.randint(0, len(asked)), not_told(rng, unknown))
    return made + asked


def anew(rng: Random) -> list[Turn]:
    """Facts that are told, told anew and asked for in quick succession: the latest counts."""
    made: list[Turn] = []
    known = facts(rng, rng.randint(1, 3))
    for at, fact in enumerate(known):
        made.append(_told(rng, fact, heard=rng.random() < _HEARD))
        for _ in range(rng.choice((1, 1, 2))):
            known[at], turn = corrected(rng, known[at])
            made += [turn, recalled(rng, rng.choice(known[: at + 1]))]
    return made + _asked(rng, known)


def long_turns(rng: Random, count: int, other: Skill) -> list[Turn]:
    """Telling, other talk and asking in turn, each fact asked for again much later."""
    made: list[Turn] = []
    known: list[Fact] = []
    for fact in facts(rng, 12):
        made.append(told(rng, fact))
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
