# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""Instructions on a given list: sort, join, bullets, numbers, choose.

Contract: the answer holds nothing but the result. What is sorted or turned keeps the separator
that it was given with; numbers that are extracted are joined with commas; chosen words with
spaces. "Choose N" takes the first N, unless the last are asked for, or those of a kind.
"""

from random import Random

from training import words
from training.dialogue import Turn
from training.phrasing import expand, fill, with_article
from training.skills.facts import plural
from training.skills.text_given import ask, how_many, separated, some, things

_COUNTS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight")


def sortable(rng: Random, low: int = 2, high: int = 6) -> list[str]:
    """Words of which in half of the lists some begin alike, so that later letters decide."""
    count, ties = how_many(rng, low, high), rng.random() < 0.5
    found: list[str] = []
    while len(found) < count:
        chosen = some(rng, 1, 1)[0]
        if ties and found and rng.random() < 0.45:
            chosen = words.beginning_alike(rng, rng.choice(found))
        begins = {word[0].lower() for word in found}
        if chosen not in found and (ties or chosen[0].lower() not in begins):
            found.append(chosen)
    return found


def ordered(items: list[str]) -> list[str]:
    return sorted(items, key=str.lower)


def numbers(rng: Random, low: int = 2, high: int = 7) -> list[str]:
    """Different whole numbers of like or of mixed length, at times close to each other."""
    if rng.random() < 0.15:
        first = rng.choice((1, 10, 90, 95, 100, rng.randint(1, 999), rng.randint(990, 1999)))
        return [str(first + at) for at in rng.sample(range(15), how_many(rng, low, high))]
    top = rng.choice((10, 20, 100, 100, 100, 1000, 1000, 10000))
    tops = [top] * 8 if rng.random() < 0.5 else [rng.choice((10, 100, 1000)) for _ in range(8)]
    drawn = [str(rng.randrange(tops[at])) for at in range(how_many(rng, low, high))]
    return list(dict.fromkeys(drawn)) if len(set(drawn)) > 1 else numbers(rng, low, high)


def sort(rng: Random) -> Turn:
    """Words from A to Z, at times from Z to A."""
    items, down = sortable(rng), rng.random() < 0.12
    given, separator = separated(rng, items)
    result = ordered(items)[::-1] if down else ordered(items)
    return Turn(ask(rng, "sort_back" if down else "sort", given), separator.join(result))


def sort_numbers(rng: Random) -> Turn:
    """Numbers up or down."""
    items, down = numbers(rng), rng.random() < 0.4
    given, separator = separated(rng, items)
    result = sorted(items, key=int, reverse=down)
    return Turn(ask(rng, "sort_down" if down else "sort_up", given), separator.join(result))


def join(rng: Random) -> Turn:
    """The words, or what stands apart in another way, with commas between."""
    kind = rng.random()
    if kind < 0.7:
        items = some(rng, 2, 7)
        return Turn(ask(rng, "join", " ".join(items)), ", ".join(items))
    items = things(rng) if kind < 0.85 else some(rng, 2, 7)
    given = rng.choice((" and ", "; ", "\n", " / ")).join(items)
    if rng.random() < 0.25:
        given = rng.choice((bulleted, numbered))(items)
    return Turn(ask(rng, "join_items", given), ", ".join(items))


def bulleted(items: list[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def numbered(items: list[str]) -> str:
    return "\n".join(f"{at}. {item}" for at, item in enumerate(items, 1))


def bullets(rng: Random) -> Turn:
    """One line a word, behind a dash or a number."""
    items = some(rng, 2, 7) if rng.random() < 0.5 else things(rng)
    given = separated(rng, items)[0]
    if any(" " in item for item in items):
        given = rng.choice((", ", ", ", "; ", "\n")).join(items)
    if rng.random() < 0.5:
        return Turn(ask(rng, "bullets", given), bulleted(items))
    return Turn(ask(rng, "numbered", given), numbered(items))


def choose(rng: Random) -> Turn:
    """The first so many of the given words, or those of a kind, and no other word."""
    if rng.random() < 0.45:
        return of_kind(rng)
    items = some(rng, 2, 7)
    count = rng.randint(1, min(5, len(items)))
    given = separated(rng, items)[0]
    number = rng.choice((_COUNTS[count], str(count)))
    if count > 1 and rng.random() < 0.45:
        return Turn(ask(rng, "choose_last", given, n=number), " ".join(items[-count:]))
    kind = "choose_one" if count == 1 else "choose"
    return Turn(ask(rng, kind, given, n=number), " ".join(items[:count]))


_LISTED = {
    "fruit": words.FRUITS, "animal": words.ANIMALS, "colour": words.COLOURS, "vegetable": words.VEGETABLES,
    "job": words.JOBS, "city": words.CITIES, "name": words.FIRST_NAMES, "country": words.COUNTRIES,
    "food": words.FOODS, "day": words.DAYS, "month": words.MONTHS, "instrument": words.INSTRUMENTS, "sport": words.SPORTS,
}  # fmt: skip
_DOUBTFUL = {"olive", "tomato", "pepper", "robot", "dragon", "Austin", "Florence", "Sydney"}
KINDS = {
    kind: [
        word for word in dict.fromkeys(listed)
        if word.isalpha() and word not in _DOUBTFUL and sum(word in other for other in _LISTED.values()) == 1
    ]
    for kind, listed in _LISTED.items()
}  # fmt: skip
_EDIBLE = {"food", "fruit", "vegetable"}
_OF_NO_KIND = (
    "table", "chair", "lamp", "spoon", "window", "hammer", "pillow", "carpet", "bottle", "door", "key", "letter",
    "engine", "ladder", "box", "candle", "bridge", "mirror", "clock", "pencil", "garden", "ribbon", "sock", "knife",
    "train", "cloud", "shirt", "paper", "stone", "river", "basket", "curtain", "button", "wheel", "soap", "towel",
    "bucket", "needle", "rope", "shelf", "roof", "wall", "plate", "glass", "brush", "nail", "tent", "wallet",
)  # fmt: skip


def of_kind(rng: Random) -> Turn:
    """The words of the list that are of the kind asked for, in its order."""
    kind, count = rng.choice(list(KINDS)), rng.choice((1, 1, 2, 2, 3))
    found = rng.sample(KINDS[kind], count)
    others = rng.sample(_OF_NO_KIND, rng.randint(1, 4))
    if rng.random() < 0.3:
        same = _EDIBLE if kind in _EDIBLE else {kind}
        other = rng.choice([name for name in KINDS if name not in same])
        others[0] = rng.choice(KINDS[other])
    items = rng.sample(found + others, count + len(others))
    given = separated(rng, items)[0]
    slots = {"n": _COUNTS[count], "k": plural(kind), "o": kind, "p": with_article(kind)}
    asked = ask(rng, "of_kind_one" if count == 1 else "of_kind", given, **slots)
    return Turn(asked, " ".join(item for item in items if item in found))


_WITH_NUMBERS = (
    "I have {i} {x}s and {j} {y}s", "{n} bought {i} {x}s for {j} euros", "room {i} is on floor {j}", "order {i} arrives in {j} days",
    "the {x} costs {i} (euros|dollars)", "we sold {i} {x}s on {j} May", "{n} is {i} years old", "{n} is {i} and {m} is {j}",
    "(bus|train|flight) {i} leaves at {j}", "there were {i} {x}s, {j} {y}s and {k} {z}s", "from {i} to {j}", "{i} {x}s", "call {i} or {j}",
    "{x} {i} {y} {j}", "{x} {i} {y} {j} {z} {k}", "{i} {x} {y} {j}", "{x} {y} {i}", "the {x} has {i} {y}s and weighs {j} kilos",
    "page {i}, line {j}, word {k}", "{n} ran {i} kilometres in {j} minutes", "in {i} the {x} had {j} {y}s", "my number is {i}",
    "{i}% of the {x}s and {j}% of the {y}s", "the {x} is ${i}, the {y} is ${j}", "{i}kg of {x} and {j}kg of {y}", "{x} #{i}, {y} #{j}", "I am {i} and my {x} is {j}", "{i}, {x}, {j}, {y}", "my {x} has {i} legs, your {y} has {j}",
    "{n} has {i} {x}s, {m} has {j}", "I need {i} {x}s, {j} {y}s, {k} {z}s", "{n} lives at {i} {x} street", "add {i} {x}s to {j} {y}s and wait {k} minutes",
)  # fmt: skip


def with_numbers(rng: Random) -> tuple[str, list[str]]:
    """A sentence that contains numbers, and these in their order."""
    text = expand(rng.choice(_WITH_NUMBERS), rng)
    drawn = {
        key: str(rng.randrange(1, rng.choice((10, 20, 100, 100, 1000, 3000)))) for key in "ijk"
    }
    found = sorted(
        (text.index("{" + key + "}"), drawn[key]) for key in "ijk" if "{" + key + "}" in text
    )
    slots = {key: some(rng, 1, 1)[0].lower() for key in "xyz"}
    slots |= {"n": words.name(rng), "m": words.name(rng)}
    text = fill(text, {**slots, **drawn})
    if rng.random() < 0.5:
        text = text[0].upper() + text[1:] + "."
    # A made-up name holds no digits, so every digit of the text is one of ours.
    return text, [value for _, value in found]


def extract(rng: Random) -> Turn:
    """The numbers of a sentence, joined with commas."""
    text, found = with_numbers(rng)
    if rng.random() < 0.15:
        more, others = with_numbers(rng)
        text, found = f"{text.rstrip('.')}. {more}", found + others
    return Turn(ask(rng, "numbers", text), ", ".join(found))
