"""What can be told and asked back: kinds of facts, their values and their wordings.

Contract: values come from `training.words`, which never emits a held-out word; wordings stand in
`memory.toml`. Facts of no kind, each written out by itself, stand in `memory_written.txt`:
tellings, questions, and two messages with a new value, of which only the first says what it belongs
to. They are all answered alike: the value is the one thing that carries over from one to another.
"""

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from training import words
from training.phrasing import with_article

_TABLE: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("memory.toml").read_text(encoding="utf-8")
)
FRAMES: dict[str, list[str]] = _TABLE.pop("frames")
_REMEMBER = (
    "(| please remember it.| please remember that.| remember that.| remember this.|"
    " keep it in mind.| please don't forget it.| can you remember that?| remember it for later.)"
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One kind of fact. `{v}` is the value, `{k}` the key of a kind that has one (a pet's kind); of
    a fact that was written out `keys` is the sort of its value.

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
    renew: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    kind: str
    slot: Slot
    key: str
    value: str


def _open(options: list[str]) -> Callable[[Random], str]:
    """Mostly a known word, sometimes any word, so that the model copies instead of choosing."""
    return lambda rng: words.word(rng) if rng.random() < 0.2 else rng.choice(options)


def _of(options: Sequence[str]) -> Callable[[Random], str]:
    return lambda rng: rng.choice(options)


def _with_article(draw: Callable[[Random], str]) -> Callable[[Random], str]:
    return lambda rng: with_article(draw(rng))


def _of_two(draw: Callable[[Random], str], first: Sequence[str]) -> Callable[[Random], str]:
    """At times a word before it, so that all of a value must be copied."""
    return lambda rng: f"{rng.choice(first)} {draw(rng)}" if rng.random() < 0.12 else draw(rng)


def _number(rng: Random) -> str:
    return str(rng.randrange(10 ** rng.choice((1, 2, 2, 2, 3, 4, 4, 5))))


def _code(rng: Random) -> str:
    """A number, at times in groups as telephones have it, or behind a letter."""
    kind = rng.random()
    if kind < 0.08:
        return f"{rng.randrange(100, 1000)}{rng.choice(' -')}{rng.randrange(1000, 10000)}"
    letter = rng.choice("ABCDEFGHJKLMNPRSTW") if kind < 0.14 else ""
    return letter + _number(rng)


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


def _amount(rng: Random) -> str:
    count = rng.randint(2, 12)
    return str(count) if rng.random() < 0.4 else _AMOUNTS[count - 2]


def _hour(rng: Random) -> str:
    half = rng.choice(("am", "pm", "o'clock"))
    return f"{rng.randint(1, 12)} {half}"


def _when(rng: Random) -> str:
    """A day, a date or a time, with its preposition."""
    kind = rng.random()
    if kind < 0.5:
        return f"on {rng.choice(words.DAYS)}"
    if kind < 0.7:
        return f"on {_date(rng)}"
    return f"at {_hour(rng)}"


def _person(rng: Random) -> str:
    """A name, at times with a title before it."""
    known = words.name(rng)
    if rng.random() > 0.12:
        return known
    title = rng.choice(("Mr. ", "Mrs. ", "Ms. ", "Dr. ", "Mr ", "Mrs ", "Professor "))
    return title + known[0].upper() + known[1:]


def _time(rng: Random) -> str:
    """ "7:30", "5 pm"."""
    if rng.random() < 0.5:
        return _hour(rng)
    return f"{rng.randint(0, 23)}:{rng.choice((0, 15, 20, 30, 40, 45)):02}"


def _two_words(rng: Random) -> str:
    return f"{words.word(rng)} {words.word(rng)}"


def _employer(rng: Random) -> str:
    """ "a bakery", "the library", or a company's name."""
    kind = rng.random()
    if kind < 0.75:
        return rng.choice(_EMPLOYERS)
    return words.name(rng).split()[0] if kind < 0.85 else with_article(words.word(rng))


_AMOUNTS = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
_SPOTS = words.lines("spots")
_EMPLOYERS = words.lines("employers")
_SHADES = ("dark", "light", "dark", "light", "pale", "bright")
_BEFORE_PLACES = (
    "San", "New", "Port", "Saint", "Los", "Santa", "Upper", "Old", "North", "South", "El", "La",
    "Las", "Porto", "Rio", "Cape", "Fort", "Mount", "Lake", "Ciudad", "Bad", "Le", "West", "Great",
)  # fmt: skip
_BEFORE_JOBS = (
    "bus", "music", "school", "sports", "software", "taxi", "dance", "travel", "truck", "art",
    "night", "police", "train", "wedding", "fashion", "car", "head", "junior", "senior", "hospital",
    "maths", "film", "street",
)  # fmt: skip
_DRAW: dict[str, Callable[[Random], str]] = {
    "name": words.name, "place": _of_two(words.place, _BEFORE_PLACES), "word": words.word,
    "liked": _open(words.FRUITS + words.FOODS + words.SPORTS), "thing": _open(words.NOUNS),
    "colour": _of_two(_open(words.COLOURS), _SHADES),
    "coat": _of_two(_of(words.COLOURS), _SHADES),
    "number": _number, "code": _code, "year": lambda rng: str(rng.randint(1930, 2018)),
    "age": lambda rng: str(rng.randint(5, 99)),
    "job": _of_two(_open(words.JOBS), _BEFORE_JOBS), "hobby": _open(words.HOBBIES),
    "food": _open(words.FOODS + words.FRUITS), "animal": _open(words.ANIMALS), "pair": _pair,
    "amount": _amount, "when": _when, "person": _person, "date": _date,
    "language": _open(words.table("mother_tongues")), "spot": _spot, "employer": _employer,
    "country": _open(words.COUNTRIES), "small": lambda rng: str(rng.randint(2, 40)),
    "day": _of(words.DAYS), "month": _of(words.MONTHS), "time": _time, "two": _two_words,
    "drink": _open(words.lines("drinks")), "instrument": _open(words.INSTRUMENTS),
    "sport": _open(words.SPORTS), "school_subject": _open(words.lines("school_subjects")),
}  # fmt: skip
_DRAW |= {f"a_{kind}": _with_article(_DRAW[kind]) for kind in ("thing", "animal", "job")}
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
    "event": (
        "meeting", "exam", "party", "wedding", "concert", "lesson", "appointment", "interview",
        "match", "trip", "flight", "delivery", "dinner", "rehearsal", "lecture", "picnic",
    ),
    "": ("",),
}  # fmt: skip
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


def _ways(patterns: list[str]) -> tuple[str, ...]:
    return tuple(pattern.replace("{r}", _REMEMBER) for pattern in patterns)


def _slot(entry: dict[str, Any]) -> Slot:
    framed = [
        tuple(frame.replace(mark, part) for frame in FRAMES[form] for part in entry[form])
        for form, mark in (("noun", "{n}"), ("indirect", "{i}"))
    ]
    return Slot(
        _DRAW[entry["draw"]],
        _ways(entry["tell"]),
        tuple(entry["noted"]),
        tuple(entry["heard"]),
        (tuple(entry["ask"]), *framed),
        entry["answer"],
        entry["untold"],
        _KEYS[entry.get("keys", "")],
        tuple(entry["clause"]),
        tuple(entry["noun"]),
        tuple(entry.get("renew", ())),
    )


# Wordings of some keys alone, for telling and for asking: "I'm in room 12.", "Which room am I in?"
OWN: dict[str, dict[str, tuple[str, ...]]] = {
    key: {form: _ways(patterns) for form, patterns in entry.items()}
    for key, entry in _TABLE.pop("own").items()
}
SLOTS: dict[str, Slot] = {name: _slot(entry) for name, entry in _TABLE.items()}
_WEIGHTS: list[float] = [entry["weight"] for entry in _TABLE.values()]


_MARK = re.compile(r"\{((?:an?_)?)(\w+)(?::([^}]+))?\}")
WRITTEN = "written"  # the kind of facts that are of no kind
_WRITTEN_SHARE = 0.3
_LINES = Path(__file__).with_name("memory_written.txt").read_text("utf-8").splitlines()
# What a sentence begins with loses its capital inside another, unless it is never written small.
_SMALL = {word for line in _LINES for word in re.findall(r"[a-z]+", line)}
_UNITS = re.compile(
    r" (?:minutes|hours|days|weeks|months|years|euros|dollars|pounds|kilos|grams|kilometres|metres|"
    r"centimetres|miles|litres|degrees|percent|pages|steps|floors)\b"
)


@cache
def _measured(kind: str, unit: str) -> Callable[[Random], str]:
    """Values with what they count: "30 minutes"."""
    return (lambda rng: _DRAW[kind](rng) + unit) if unit else _DRAW[kind]


def _inside(sentence: str) -> str:
    """How the sentence begins inside another."""
    small = re.match(r"(?!I\b)[A-Z][a-z]*", sentence)
    known = small and small[0].lower() in _SMALL
    return sentence[0].lower() + sentence[1:] if known else sentence


def _written(line: str) -> Slot:
    tell, ask, renew = (part.split(" | ") for part in line.split(" || "))
    (kind,) = {found[1] + found[2] for one in tell for found in _MARK.finditer(one)}
    tell = [one.replace(f"{{{kind}}}", "{v}") for one in tell]
    units = {match[0] if (match := _UNITS.match(one.partition("{v}")[2])) else "" for one in tell}
    unit = units.pop() if len(units) == 1 else ""
    tell, renew = ([one.replace("{v}" + unit, "{v}") for one in part] for part in (tell, renew))
    return replace(
        _of_sort(kind, ask),
        draw=_measured(kind, unit),
        tell=_ways([one + "{r}" for one in tell]),
        clause=tuple(_inside(one.rstrip(".!")) for one in tell),
        renew=tuple(renew),
    )


def _of_sort(kind: str, ask: list[str]) -> Slot:
    """What facts that were written out have in common, but for the sort of their value."""
    return Slot(
        draw=_DRAW[kind],
        tell=(),
        noted=tuple(FRAMES["noted"]),
        heard=tuple(FRAMES["heard_one"]),
        ask=(tuple(ask),),
        answer="You told me: {v}.",
        untold="You have not told me that.",
        keys=(kind,),
    )


_WRITTEN = [_written(line) for line in _LINES]


_NUMBERED = re.compile(r"\{(\d):(\w+)\}")


def _together(line: str) -> tuple[list[str], list[Slot]]:
    """Messages that tell the same facts of no kind, and these facts."""
    tell, *asks = (part.split(" | ") for part in line.split(" || "))
    kinds = dict(sorted(found.groups() for found in _NUMBERED.finditer(tell[0])))
    slots = [_of_sort(kind, ask) for kind, ask in zip(kinds.values(), asks, strict=True)]
    return tell, slots


_TOGETHER = [
    _together(line)
    for line in Path(__file__).with_name("memory_together.txt").read_text("utf-8").splitlines()
]


def together(rng: Random) -> tuple[list[Fact], str]:
    """Facts of no kind that one message tells, and the message with their values."""
    tell, slots = rng.choice(_TOGETHER)
    while True:
        known = [
            Fact(WRITTEN, slot, f"{at} {tell[0]}", slot.draw(rng))
            for at, slot in enumerate(slots, 1)
        ]
        if len({fact.value for fact in known}) == len(known):
            break
    # A value that the message begins with stays as it is.
    return known, _NUMBERED.sub(lambda found: known[int(found[1]) - 1].value, rng.choice(tell))


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
    {"dog", "puppy"},
    {"locker code", "locker combination"},
    {"house number", "flat number"},
    {"seat", "table number"},
    {"phone number", "phone extension"},
    {"phone number", "extension"},
]


# What a message on several things at once may have said of the user.
_OWN_LIFE = {
    "name", "city", "age", "job", "employer", "workplace", "birthplace", "born", "birthday",
    "nickname", "language", "hobby", "trip",
}  # fmt: skip


def _may_tell(written: Fact, other: Fact) -> bool:
    """Whether a fact that was written out may be the other, or speaks of its person or thing."""
    if _NUMBERED.search(written.key) and other.kind in _OWN_LIFE:
        return True
    return bool(other.key) and re.search(rf"\b{other.key}\b", written.key) is not None


def _apart(fact: Fact, other: Fact) -> bool:
    """Whether a question for one could mean the other."""
    if (fact.kind == WRITTEN) != (other.kind == WRITTEN):
        return _may_tell(fact, other) if fact.kind == WRITTEN else _may_tell(other, fact)
    keys = {fact.key, other.key}
    if fact.kind == other.kind == "number":  # no question tells "code" and "door code" apart
        return min(keys, key=len) in max(keys, key=len) or keys in _SAME
    if fact.kind == other.kind:
        return len(keys) == 1 or any(keys <= same for same in _SAME)
    return {fact.kind, other.kind} in APART


def facts(rng: Random, count: int, beside: Sequence[Fact] = ()) -> list[Fact]:
    """Facts that contradict neither each other nor those that are there already."""
    drawn: list[Fact] = []
    while len(drawn) < count:
        if rng.random() < _WRITTEN_SHARE:
            fact = _of_no_kind(rng, _WRITTEN)
        else:
            fact = drawn_fact(rng, SLOTS, rng.choices(list(SLOTS), _WEIGHTS)[0])
        if not any(_apart(fact, other) for other in (*drawn, *beside)):
            drawn.append(fact)
    return drawn


def _of_no_kind(rng: Random, slots: Sequence[Slot]) -> Fact:
    slot = rng.choice(slots)
    return Fact(WRITTEN, slot, slot.tell[0], slot.draw(rng))


# For a kind that was told, others that only their wordings keep apart; for the rest a number.
_NEIGHBOURS = {
    "name": ("person", "pet"), "pet": ("pet", "coat"),
    "person": ("person", "lives", "work", "years"),
    "city": ("lives", "workplace", "trip", "job"),
    "lives": ("city", "lives", "work", "person"),
    "workplace": ("city", "job"), "trip": ("city", "workplace"), "employer": ("job", "city"),
    "birthplace": ("born", "trip", "lives"), "job": ("work", "workplace", "employer"),
    "work": ("job", "years", "work"), "age": ("years",),
    "years": ("age", "years", "work", "pet", "person"), "born": ("years", "birthplace"),
    "favourite": ("favourite", "food", "colour"), "food": ("favourite", "colour"),
    "colour": ("liking", "possession", "food", "favourite"), "liking": ("colour", "liking"),
    "number": ("number", "secret"), "secret": ("secret", "number"), "animal": ("pet", "coat"),
    "possession": ("possession", "colour", "place"), "place": ("place", "possession"),
    "coat": ("pet", "coat"), "event": ("event",), "amount": ("amount",),
}  # fmt: skip


def neighbour(rng: Random, known: Sequence[Fact]) -> Fact | None:
    """A fact that was not told, near one that was: another pet's name, a friend's town, beside one
    of no kind another such with a value of the same sort; None if they could be confused."""
    told = rng.choice(known)
    if told.kind == WRITTEN:
        slots = [other.slot for other in known]
        alike = [one for one in _WRITTEN if one.keys == told.slot.keys and one not in slots]
        return _of_no_kind(rng, alike)
    kind = rng.choice(_NEIGHBOURS.get(told.kind, ("number",)))
    keys = SLOTS[kind].keys
    key = told.key
    if told.kind == "animal":  # of a rabbit neither name nor colour is known yet
        key = told.value
    fact = drawn_fact(rng, SLOTS, kind, key if key in keys and kind != told.kind else "")
    beside = [other for other in known if other.kind != "animal" or fact.key != other.value]
    return None if any(_apart(fact, other) for other in beside) else fact


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


def renewed(rng: Random, fact: Fact) -> Fact:
    """The same with another value."""
    while (value := fact.slot.draw(rng)) == fact.value:
        pass
    return replace(fact, value=value)


def slots_of(fact: Fact) -> dict[str, str]:
    """What a wording may name: {v} the value, {k} the key, {a_v} and {a_k} with an article, {v_cap}
    the value at the beginning of a sentence."""
    return {
        "v": fact.value, "k": fact.key, "a_v": with_article(fact.value),
        "a_k": with_article(fact.key), "v_cap": fact.value[:1].upper() + fact.value[1:],
    }  # fmt: skip
