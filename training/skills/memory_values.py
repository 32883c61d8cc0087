"""The values of facts: names, places, numbers, times and things, and how each sort is drawn.

Contract: values come from `training.words`, which never emits a held-out word, or are counted out.
"""

from collections.abc import Callable, Sequence
from random import Random

from training import words
from training.phrasing import with_article


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
    if rng.random() < 0.3:
        ending = "th" if 3 < day < 21 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
        return rng.choice((f"{month} {day}{ending}", f"{day}{ending} of {month}"))
    return f"{month} {day}" if rng.random() < 0.5 else f"{day} {month}"


def _spot(rng: Random) -> str:
    """Where something lies: "in the drawer"."""
    if rng.random() < 0.6:
        return rng.choice(_SPOTS)
    return f"{rng.choice(('in', 'on', 'under', 'behind', 'near', 'beside'))} the {words.word(rng)}"


def _amount(rng: Random) -> str:
    count = rng.randint(2, 12)
    return str(count) if rng.random() < 0.4 else AMOUNTS[count - 2]


def _hour(rng: Random) -> str:
    """ "5 pm", "half past five"."""
    if rng.random() < 0.35:
        hour = rng.choice(("one", *AMOUNTS))
        before = rng.choice(("", "", "half past ", "quarter past ", "quarter to ", "ten to "))
        return rng.choice(("noon", "midnight")) if rng.random() < 0.05 else before + hour
    half = rng.choice(("am", "pm", "o'clock"))
    return f"{rng.randint(1, 12)} {half}"


def _age(rng: Random) -> str:
    count = rng.randint(5, 99)
    return AMOUNTS[count - 2] if count < 13 and rng.random() < 0.5 else str(count)


def _when(rng: Random) -> str:
    """A day, a date or a time, with its preposition: "on Friday", "at 5 pm", "tomorrow"."""
    kind = rng.random()
    day = rng.choice(words.DAYS)
    if kind < 0.6:
        return f"on {day}"
    if kind < 0.64:
        return rng.choice(("tomorrow", "tonight", f"next {day}", f"this {day}"))
    if kind < 0.68:
        return f"on {day} at {_hour(rng)}"
    return f"on {_date(rng)}" if kind < 0.82 else f"at {_hour(rng)}"


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


AMOUNTS = (
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
DRAW: dict[str, Callable[[Random], str]] = {
    "name": words.name, "place": _of_two(words.place, _BEFORE_PLACES), "word": words.word,
    "liked": _open(words.FRUITS + words.FOODS + words.SPORTS), "thing": _open(words.NOUNS),
    "colour": _of_two(_open(words.COLOURS), _SHADES),
    "coat": _of_two(_of(words.COLOURS), _SHADES),
    "number": _number, "code": _code, "year": lambda rng: str(rng.randint(1930, 2018)),
    "age": _age,
    "job": _of_two(_open(words.JOBS), _BEFORE_JOBS), "hobby": _open(words.HOBBIES),
    "food": _open(words.FOODS + words.FRUITS), "animal": _open(words.ANIMALS), "pair": _pair,
    "amount": _amount, "when": _when, "person": _person, "date": _date,
    "language": _open(words.table("mother_tongues")), "spot": _spot, "employer": _employer,
    "country": _open(words.COUNTRIES), "small": lambda rng: str(rng.randint(2, 40)),
    "day": _of(words.DAYS), "month": _of(words.MONTHS), "time": _time, "two": _two_words,
    "drink": _open(words.lines("drinks")), "instrument": _open(words.INSTRUMENTS),
    "sport": _open(words.SPORTS), "school_subject": _open(words.lines("school_subjects")),
}  # fmt: skip
DRAW |= {f"a_{kind}": _with_article(DRAW[kind]) for kind in ("thing", "animal", "job")}
