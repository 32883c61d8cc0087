"""The kinds of facts that can be told and asked back, and which of them stand beside each other.

Contract: wordings stand in `memory.toml`; facts of no kind are drawn among them.
"""

import re
from collections.abc import Sequence
from random import Random
from typing import Any

from training import words
from training.phrasing import with_article
from training.skills import memory_written
from training.skills.memory_slots import FRAMES, TABLE, Fact, Slot, ways
from training.skills.memory_values import DRAW
from training.skills.memory_written import WRITTEN, may_tell

_KEYS: dict[str, tuple[str, ...]] = {
    "pet": (*words.ANIMALS, "kitten", "puppy", "budgie", "gerbil", "guinea pig"),
    "person": (
        "brother", "sister", "mother", "father", "friend", "best friend", "wife", "husband", "son",
        "daughter", "boss", "teacher", "neighbour", "uncle", "aunt", "cousin", "colleague",
        "grandmother", "grandfather", "grandma", "nephew", "niece", "doctor", "dentist", "flatmate",
        "girlfriend", "boyfriend", "manager", "coach", "mum", "dad", "classmate", "landlord",
        "roommate", "partner",
    ),
    "favourite": (
        "fruit", "sport", "book", "song", "drink", "game", "flower", "word", "tool", "film",
        "band", "animal", "season", "city", "dessert", "instrument", "movie", "series", "singer",
        "subject", "month", "meal", "snack", "toy", "cake", "day",
    ),
    "number": (
        "lucky number", "favourite number", "number", "room number", "house number", "code", "PIN",
        "seat", "order number", "table number", "phone number", "phone extension", "extension",
        "locker number", "locker code", "flat number", "shoe size", "bus number", "parking spot",
        "customer number", "student number", "ticket number", "door code", "shirt number",
        "account number", "flight number", "locker combination",
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
    "things": (
        "keys", "glasses", "headphones", "gloves", "shoes", "scissors", "sunglasses", "house keys",
        "documents", "car keys", "slippers", "earrings", "batteries",
    ),
    "event": (
        "meeting", "exam", "party", "wedding", "concert", "lesson", "appointment", "interview",
        "match", "trip", "flight", "delivery", "dinner", "rehearsal", "lecture", "picnic",
    ),
    "": ("",),
}  # fmt: skip
# Of the others their word says what they do.
_KEYS["worker"] = tuple(
    person for person in _KEYS["person"]
    if person not in ("boss", "teacher", "doctor", "dentist", "manager", "coach", "landlord")
)  # fmt: skip
_KEYS["creature"] = (
    *_KEYS["person"],
    "cat",
    "dog",
    "rabbit",
    "horse",
    "hamster",
    "parrot",
    "kitten",
)


def _slot(entry: dict[str, Any]) -> Slot:
    answer = entry["answer"]
    framed = [
        tuple(frame.replace(mark, part) for frame in FRAMES[form] for part in entry[form])
        for form, mark in (("noun", "{n}"), ("indirect", "{i}"))
    ]
    return Slot(
        DRAW[entry["draw"]],
        ways(entry["tell"]),
        entry.get("noted") or f"Got it, {answer[0].lower()}{answer[1:]}",
        tuple(entry["heard"]),
        (tuple(entry["ask"]), *framed),
        answer,
        _KEYS[entry.get("keys", "")],
        tuple(entry["clause"]),
        tuple(entry["noun"]),
        tuple(entry.get("renew", ())),
        tuple(entry["plain"]),
        tuple(entry.get("short", ())),
    )


# Wordings of some keys alone, by kind and key: "I'm in room 12.", "Which room am I in?"
OWN: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {
    (kind, key): {form: ways(patterns) for form, patterns in entry.items()}
    for kind, keys in TABLE.pop("own").items()
    for key, entry in keys.items()
}
SLOTS: dict[str, Slot] = {name: _slot(entry) for name, entry in TABLE.items()}
_WEIGHTS: list[float] = [entry["weight"] for entry in TABLE.values()]


_MARK = re.compile(r"\{((?:an?_)?)(\w+)(?::([^}]+))?\}")
_WRITTEN_SHARE = 0.35
_NEAR_SHARE = 0.4

# Kinds of which one answers what the other asks.
APART = [
    {"animal", "pet"},
    {"animal", "pair"},
    {"pair", "pet"},
    {"pair", "person"},
    {"pair", "amount"},
    {"animal", "coat"},
    {"born", "birthday"},
    {"employer", "workplace"},
    {"city", "birthplace"},
    {"city", "origin"},
    {"birthplace", "origin"},
    {"name", "nickname"},
]
# Keys that may be the same person, pet or thing.
_SAME = [
    {"mum", "mother"},
    {"dad", "father"},
    {"grandma", "grandmother"},
    {"film", "movie"},
    {"friend", "best friend"},
    {"flatmate", "roommate"},
    {"partner", "wife", "husband", "girlfriend", "boyfriend"},
    {"boss", "manager"},
    {"cat", "kitten"},
    {"keys", "house keys", "car keys"},
    {"glasses", "sunglasses"},
    {"dog", "puppy"},
    {"locker code", "locker combination"},
    {"house number", "flat number"},
    {"seat", "table number"},
    {"phone number", "phone extension"},
    {"phone number", "extension"},
]


def confusable(fact: Fact, other: Fact) -> bool:
    """Whether a question for one could mean the other."""
    if (fact.kind == WRITTEN) != (other.kind == WRITTEN):
        return may_tell(fact, other) if fact.kind == WRITTEN else may_tell(other, fact)
    keys = {fact.key, other.key}
    if fact.kind == other.kind == "number":  # no question tells "code" and "door code" apart
        return min(keys, key=len) in max(keys, key=len) or keys in _SAME
    if fact.kind == other.kind:
        return len(keys) == 1 or any(keys <= same for same in _SAME)
    return {fact.kind, other.kind} in APART


def facts(
    rng: Random, count: int, beside: Sequence[Fact] = (), *, written: float = _WRITTEN_SHARE
) -> list[Fact]:
    """Facts that contradict neither each other nor those that are there already; a share of them is
    of no kind, and of those behind the first a share is near one before: with "My name is Ada."
    and "My wife's name is Ida." it has to be learned whose is whose."""
    drawn: list[Fact] = []
    while len(drawn) < count:
        near = neighbour(rng, drawn) if drawn and rng.random() < _NEAR_SHARE else None
        if near:
            fact = near
        elif rng.random() < written:
            fact = memory_written.drawn(rng)
        else:
            fact = drawn_fact(rng, SLOTS, rng.choices(list(SLOTS), _WEIGHTS)[0])
        known = (*drawn, *beside)
        if not any(confusable(fact, other) or fact.value == other.value for other in known):
            drawn.append(fact)
    return drawn


# For a kind that was told, others that only their wordings keep apart; for the rest a number.
_NEIGHBOURS = {
    "name": ("person", "pet", "city"), "pet": ("pet", "coat", "name"),
    "person": ("person", "lives", "work", "name"), "pair": ("pair", "name"),
    "city": ("lives", "workplace", "trip", "job", "name"),
    "lives": ("city", "lives", "work", "person"),
    "workplace": ("city", "job"), "trip": ("city", "workplace"), "employer": ("job", "city"),
    "birthplace": ("born", "trip", "lives"), "job": ("work", "workplace", "employer"),
    "work": ("job", "years", "work"), "age": ("years", "number"),
    "years": ("age", "years", "work", "pet", "person"), "born": ("years", "birthplace"),
    "favourite": ("favourite", "food", "colour", "hobby"), "food": ("favourite", "colour"),
    "colour": ("liking", "possession", "food", "favourite"), "liking": ("colour", "liking"),
    "number": ("number", "secret", "age"), "secret": ("secret", "number"),
    "animal": ("pet", "coat"),
    "possession": ("possession", "colour", "place"), "place": ("place", "possession", "things"),
    "origin": ("lives", "workplace", "trip"), "things": ("place", "things"),
    "coat": ("pet", "coat"), "event": ("event",), "amount": ("amount",),
}  # fmt: skip


def neighbour(rng: Random, known: Sequence[Fact]) -> Fact | None:
    """A fact that was not told, near one that was: another pet's name, a friend's town, beside one
    of no kind another such with a value of the same sort; None if they could be confused."""
    told = rng.choice(known)
    if told.kind == WRITTEN:
        return memory_written.near(rng, told, known)
    kind = rng.choice(_NEIGHBOURS.get(told.kind, ("number",)))
    keys = SLOTS[kind].keys
    key = told.key
    if told.kind == "animal":  # of a rabbit neither name nor colour is known yet
        key = told.value
    fact = drawn_fact(rng, SLOTS, kind, key if key in keys and kind != told.kind else "")
    beside = [other for other in known if other.kind != "animal" or fact.key != other.value]
    return None if any(confusable(fact, other) for other in beside) else fact


def drawn_fact(rng: Random, slots: dict[str, Slot], kind: str, key: str = "") -> Fact:
    """A fact of one kind, of the given key or of any."""
    slot = slots[kind]
    return Fact(kind, slot, key or rng.choice(slot.keys), slot.draw(rng))


def introduced(rng: Random, text: str, slots: dict[str, Slot]) -> tuple[list[Fact], str]:
    """The facts of a message with `{kind}` or `{kind:key}` for each of them (`{a_kind}` with an
    article before its value), and the message with their values."""
    known: list[Fact] = []

    def value(found: re.Match[str]) -> str:
        fact = drawn_fact(rng, slots, found[2], found[3] or "")
        known.append(fact)
        return with_article(fact.value) if found[1] else fact.value

    return known, _MARK.sub(value, text)
