# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""Facts that the user tells and asks back later, in English.

Contract: `facts(rng)` draws things to tell; each `Fact` knows how it is told, acknowledged, asked
for and answered. Answers contain the value exactly as the user wrote it. Values come from
`training.words`, which never emits a held-out word.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from training import words
from training.dialogue import Turn
from training.phrasing import expand, fill, say


@dataclass(frozen=True, slots=True)
class Slot:
    """One kind of fact. `{v}` is the value, `{k}` the key of a kind that has one (a pet's kind)."""

    draw: Callable[[Random], str]
    tell: tuple[str, ...]
    noted: tuple[str, ...]
    ask: tuple[str, ...]
    answer: str
    untold: str
    keys: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True)
class Fact:
    slot: Slot
    key: str
    value: str


def _choice(options: list[str]) -> Callable[[Random], str]:
    return lambda rng: rng.choice(options)


def _open(options: list[str]) -> Callable[[Random], str]:
    """Mostly a known word, sometimes any word, so that the model copies instead of choosing."""
    allowed = [option for option in options if not words.is_held_out(option)]
    return lambda rng: words.word(rng) if rng.random() < 0.35 else rng.choice(allowed)


def _number(rng: Random) -> str:
    return str(rng.randrange(10 ** rng.choice((1, 2, 2, 2, 3, 4))))


_REMEMBER = "(| please remember it.| please remember that.| remember that.| remember this.| keep it in mind.)"
_ASK = "(|can you tell me |do you remember |tell me |do you know |please tell me |I forgot: |remind me: )"

_NAME = Slot(
    words.name,
    ("my name is {v}." + _REMEMBER, "I('m| am) {v}." + _REMEMBER, "(you can |please |)call me {v}.",
     "(hi|hello|hey)(,|!) (my name is|I'm|I am|this is) {v}.", "my name's {v}.", "the name is {v}.",
     "people call me {v}.", "{v} is my name.", "I am called {v}.", "(hi|hello), I'm {v}(,|.) (nice|pleased) to meet you.",
     "my name is {v}, (how are you|and yours|what's yours)?", "let me introduce myself: I am {v}."),
    ("Nice to meet you, {v}! I will remember your name.", "Hello, {v}! I will remember your name.",
     "Nice to meet you, {v}!"),
    (_ASK + "what('s| is) my name?", "what('s| is) my name?", "who am I?", "(do you remember|do you know|tell me|say) my name.",
     "what am I called?", "how am I called?", "what did I say my name was?", "what name did I (give|tell) you?",
     "do you (still |)(know|remember) (who I am|my name)?", "what was my name( again|)?"),
    "Your name is {v}.",
    "You have not told me your name yet.",
)  # fmt: skip

_PET = Slot(
    words.name,
    ("my {k}('s name is| is called| is named) {v}.", "I have a {k} (called|named) {v}.", "the name of my {k} is {v}.",
     "I call my {k} {v}.", "we have a {k}(,| and) (it is|it's) called {v}.", "{v} is (the name of |)my {k}.",
     "I (just |)(got|bought|adopted) a {k}(,| and) (its|the) name is {v}."),
    ("{v} is a nice name for a {k}. I will remember it.", "Got it, your {k} is called {v}."),
    (_ASK + "what('s| is) my {k}('s name| called)?", "what('s| is) the name of my {k}?", "how is my {k} called?",
     "do you remember my {k}'s name?", "what do I call my {k}?", "what (did I name|was the name of) my {k}?"),
    "Your {k} is called {v}.",
    "You have not told me the name of your {k}.",
    tuple(a for a in words.ANIMALS if not words.is_held_out(a)),
)  # fmt: skip

_PERSON = Slot(
    words.name,
    ("my {k}('s name is| is called| is named) {v}.", "I have a {k} (called|named) {v}.", "the name of my {k} is {v}.",
     "{v} is my {k}.", "my {k} is {v}."),
    ("Got it, your {k} is called {v}.", "I will remember that your {k} is called {v}."),
    (_ASK + "what('s| is) my {k}('s name| called)?", "what('s| is) the name of my {k}?", "who is my {k}?",
     "how is my {k} called?", "do you remember my {k}'s name?"),
    "Your {k} is called {v}.",
    "You have not told me the name of your {k}.",
    ("brother", "sister", "mother", "father", "friend", "best friend", "wife", "husband", "son",
     "daughter", "boss", "teacher", "neighbour", "uncle", "aunt", "cousin", "colleague", "doctor"),
)  # fmt: skip

_CITY = Slot(
    words.place,
    ("I live in {v}." + _REMEMBER, "I('m| am) from {v}.", "my (home town|city|hometown) is {v}.", "I (moved|just moved) to {v}.",
     "my home is in {v}.", "{v} is where I live.", "I come from {v}.", "I('m| am) living in {v}( now|)."),
    ("{v} sounds like a nice place. I will remember it.", "Got it, you live in {v}."),
    (_ASK + "where do I live?", "where am I from?", "(which|what) (city|town|place) do I live in?", "where is my home?",
     "do you remember where I live?", "what is my (city|home town)?"),
    "You live in {v}.",
    "You have not told me where you live.",
)  # fmt: skip

_FAVOURITE = Slot(
    _open(words.FRUITS + words.FOODS + words.SPORTS),
    ("my favo(u|)rite {k} is {v}." + _REMEMBER, "the {k} (that |)I like (most|best) is {v}.", "{v} is my favo(u|)rite {k}.",
     "I like {v}, it is my favo(u|)rite {k}.", "I have a favo(u|)rite {k}: {v}."),
    ("Got it, your favourite {k} is {v}.", "I will remember that your favourite {k} is {v}."),
    (_ASK + "what('s| is) my favo(u|)rite {k}?", "which {k} do I like (most|best)?", "do you remember my favo(u|)rite {k}?",
     "what {k} do I like (most|best)?", "(which|what) is my favo(u|)rite {k}?"),
    "Your favourite {k} is {v}.",
    "You have not told me your favourite {k}.",
    ("fruit", "food", "sport", "book", "song", "drink", "game", "flower", "word", "tool", "dish", "film", "band"),
)  # fmt: skip

_COLOUR = Slot(
    _open(words.COLOURS),
    ("my favo(u|)rite colo(u|)r is {v}." + _REMEMBER, "I (like|love) the colo(u|)r {v}( most|).", "{v} is my favo(u|)rite colo(u|)r.",
     "the colo(u|)r (that |)I like (most|best) is {v}."),
    ("{v_cap} is a beautiful colour. I will remember it.", "Got it, your favourite colour is {v}."),
    (_ASK + "what('s| is) my favo(u|)rite colo(u|)r?", "which colo(u|)r do I (like|love)( most|)?", "do you remember my favo(u|)rite colo(u|)r?",
     "what colo(u|)r do I like( best|)?"),
    "Your favourite colour is {v}.",
    "You have not told me your favourite colour.",
)  # fmt: skip

_NUMBER = Slot(
    _number,
    ("my {k} is {v}." + _REMEMBER, "{v} is my {k}.", "remember my {k}: {v}.", "(please |)(remember|note) that my {k} is {v}."),
    ("I will remember that your {k} is {v}.", "Got it, your {k} is {v}."),
    (_ASK + "what('s| is) my {k}?", "do you remember my {k}?", "(which|what) is my {k}?", "what was my {k}( again|)?"),
    "Your {k} is {v}.",
    "You have not told me your {k}.",
    ("lucky number", "favourite number", "favorite number", "number", "room number", "house number", "code", "PIN", "seat", "order number", "table number"),
)  # fmt: skip

_AGE = Slot(
    lambda rng: str(rng.randint(5, 99)),
    ("I('m| am) {v} years old." + _REMEMBER, "my age is {v}.", "I am {v}( years old|)."),
    ("Got it, you are {v} years old.", "I will remember that you are {v} years old."),
    (_ASK + "how old am I?", "what('s| is) my age?", "do you (remember|know) (how old I am|my age)?"),
    "You are {v} years old.",
    "You have not told me how old you are.",
)  # fmt: skip

_JOB = Slot(
    _open(words.JOBS),
    ("I work as (a|an) {v}.", "I('m| am) (a|an) {v}( by profession|).", "my (job|profession) is {v}.", "my job: {v}."),
    ("Got it, you work as {a_v}.", "That is interesting work. I will remember it."),
    (_ASK + "what('s| is) my (job|profession)?", "what do I do for (a living|work)?", "what do I work as?", "do you remember my (job|profession)?"),
    "You work as {a_v}.",
    "You have not told me your job.",
)  # fmt: skip

_HOBBY = Slot(
    _open(words.HOBBIES),
    ("my hobby is {v}.", "I (like|love|enjoy) {v}( in my free time|).", "in my free time I (like|enjoy) {v}."),
    ("{v_cap} sounds like fun. I will remember it.", "Got it, your hobby is {v}."),
    (_ASK + "what('s| is) my hobby?", "what do I (like|enjoy) (doing|to do)( in my free time|)?", "do you remember my hobby?"),
    "Your hobby is {v}.",
    "You have not told me your hobby.",
)  # fmt: skip

_SECRET = Slot(
    words.word,
    ("the {k} is {v}." + _REMEMBER, "(please |)remember (the|this) {k}: {v}.", "(our|my) {k} is {v}.", "remember that the {k} is {v}."),
    ("I will remember that the {k} is {v}.", "Got it, the {k} is {v}."),
    (_ASK + "what('s| is) the {k}?", "do you remember the {k}?", "(which|what) was the {k}( again|)?", "tell me the {k}.", "what (is|was) (our|my) {k}?"),
    "The {k} is {v}.",
    "You have not told me the {k}.",
    ("secret word", "password of the day", "magic word", "code word", "keyword", "word of the day", "team name", "project name"),
)  # fmt: skip

SLOTS: list[tuple[float, Slot]] = [
    (5, _NAME), (2, _PET), (2, _PERSON), (2, _CITY), (2, _FAVOURITE), (2, _COLOUR), (2, _NUMBER),
    (1, _AGE), (1, _JOB), (1, _HOBBY), (1.5, _SECRET),
]  # fmt: skip


def draw_fact(rng: Random) -> Fact:
    """A fact of any kind."""
    weights, slots = zip(*SLOTS, strict=True)
    slot: Slot = rng.choices(slots, weights)[0]
    return Fact(slot, rng.choice(slot.keys), slot.draw(rng))


def facts(rng: Random, count: int) -> list[Fact]:
    """Facts that do not contradict each other (different kind or key)."""
    drawn: dict[tuple[int, str], Fact] = {}
    while len(drawn) < count:
        fact = draw_fact(rng)
        drawn[id(fact.slot), fact.key] = fact
    return list(drawn.values())


def _slots_of(fact: Fact) -> dict[str, str]:
    article = "an" if fact.value[:1].lower() in "aeiou" else "a"
    return {
        "v": fact.value, "k": fact.key, "a_v": f"{article} {fact.value}",
        "v_cap": fact.value[:1].upper() + fact.value[1:],
    }  # fmt: skip


def told(rng: Random, fact: Fact) -> Turn:
    """The user tells the fact and the model takes note."""
    slots = _slots_of(fact)
    noted = fill(expand(rng.choice(fact.slot.noted), rng), slots)
    return Turn(say(rng.choice(fact.slot.tell), rng, **slots), noted)


def told_together(rng: Random, first: Fact, second: Fact) -> Turn:
    """Two facts in one message."""
    parts = [say(rng.choice(f.slot.tell), rng, **_slots_of(f)).rstrip(".") for f in (first, second)]
    joint = rng.choice((". ", " and ", ", and ", ". Also, "))
    return Turn(
        f"{parts[0]}{joint}{parts[1]}.",
        rng.choice(("Thank you, I will remember both.", "Got it, I will remember that.")),
    )


def corrected(rng: Random, fact: Fact) -> tuple[Fact, Turn]:
    """The user tells a new value, which replaces the old one."""
    new = Fact(fact.slot, fact.key, fact.slot.draw(rng))
    slots = _slots_of(new)
    opening = rng.choice(("Actually, ", "Sorry, ", "No, ", "Correction: ", "I was wrong: "))
    tell = say(fact.slot.tell[0], rng, **slots)
    noted = fill(expand(rng.choice(new.slot.noted), rng), slots)
    return new, Turn(opening + tell[:1].lower() + tell[1:], noted)


def recalled(rng: Random, fact: Fact) -> Turn:
    """The user asks for a fact that was told."""
    slots = _slots_of(fact)
    return Turn(say(rng.choice(fact.slot.ask), rng, **slots), fill(fact.slot.answer, slots))


def not_told(rng: Random, fact: Fact) -> Turn:
    """The user asks for a fact that was never told."""
    slots = _slots_of(fact)
    return Turn(say(rng.choice(fact.slot.ask), rng, **slots), fill(fact.slot.untold, slots))
