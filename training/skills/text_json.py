# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""JSON with given keys, from values, pairs or a sentence.

Contract: the answer is one object on one line, its keys in the order asked for, numbers, true,
false and null without quotation marks, and nothing else. Sentences that were written out stand in
`text_json.txt`, whole requests in `text_json_asked.txt`, each with its keys and values.
"""

import json as jsons
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from training import words
from training.dialogue import Turn
from training.phrasing import expand, say
from training.skills.facts import plural
from training.skills.text_given import ask, lay_out, quoted, some, wording

_VALUES: dict[str, Callable[[Random], str | int]] = {
    "name": words.name, "city": words.place, "age": lambda rng: rng.randint(1, 99), "colour": lambda rng: rng.choice(words.COLOURS),
    "color": lambda rng: rng.choice(words.COLOURS), "animal": lambda rng: rng.choice(words.ANIMALS), "food": lambda rng: rng.choice(words.FOODS),
    "job": lambda rng: rng.choice(words.JOBS), "hobby": lambda rng: rng.choice(words.HOBBIES), "price": lambda rng: rng.randint(1, 999),
    "title": lambda rng: " ".join(some(rng, 1, 2)), "count": lambda rng: rng.randint(0, 99), "year": lambda rng: rng.randint(1900, 2040),
    "id": lambda rng: rng.randint(1, 9999), "word": lambda rng: some(rng, 1, 1)[0], "pet": words.name, "fruit": lambda rng: rng.choice(words.FRUITS),
    "first": words.name, "last": words.name, "country": lambda rng: rng.choice(words.COUNTRIES), "size": lambda rng: rng.choice(("small", "medium", "large")),
    "day": lambda rng: rng.choice(words.DAYS), "month": lambda rng: rng.choice(words.MONTHS), "number": lambda rng: rng.randint(0, 999),
    "item": lambda rng: words.ordinary(rng), "owner": words.name, "friend": words.name, "street": words.place, "level": lambda rng: rng.randint(1, 20),
}  # fmt: skip
_TOLD = {
    "name": "({v}|{v}|a person called {v}|someone named {v})", "age": "(is {v}|is {v} years old|is aged {v}|, {v} years old|, aged {v}|, age {v})", "city": "(lives in|comes from|is from) {v}", "job": "(works as a|is a) {v}",
    "colour": "(likes|loves) (the colour |){v}", "color": "(likes|loves) (the color |){v}", "animal": "(has a|owns a) {v}", "food": "(eats|likes) {v}",
    "hobby": "(likes|enjoys) {v}", "country": "(lives in|comes from|is from) {v}", "pet": "has a pet (called|named) {v}", "fruit": "(likes|eats) {v}",
    "friend": "(has a friend called|is a friend of) {v}",
}  # fmt: skip


def _value(rng: Random, key: str) -> str | int:
    return _VALUES[key](rng) if key in _VALUES else some(rng, 1, 1)[0]


def _listed(rng: Random, keys: list[str]) -> str:
    names = [quoted(rng, key) if rng.random() < 0.2 and not key.isdigit() else key for key in keys]
    if len(names) == 1:
        return names[0]
    return ", ".join(names[:-1]) + rng.choice((" and ", " and ", ", ")) + names[-1]


def _sentence(rng: Random, record: dict[str, str | int]) -> str:
    """ "Ana is 31 and lives in Oslo": the name comes first."""
    parts = [expand(_TOLD[key], rng).replace("{v}", str(value)) for key, value in record.items()]
    joint = rng.choice((" and ", " and ", ", ", ". She ", ". He "))
    said = f"{parts[0]} {joint.join(parts[1:])}".replace("and ,", ",")
    said = re.sub(r"(She|He) , (?:age )?", r"\1 is ", said)
    return said.replace(" ,", ",") + rng.choice(("", "."))


def _told(rng: Random, count: int) -> Turn:
    keys = ["name", *rng.sample([key for key in _TOLD if key != "name"], max(1, count - 1))][:3]
    record = {key: _value(rng, key) for key in keys}
    return Turn(ask(rng, "json", _sentence(rng, record), k=_listed(rng, keys)), dumped(record))


_Value = str | int | float | bool | list[str | int | float | bool | None] | None
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


def _parsed(line: str) -> tuple[str, list[tuple[str, str]]]:
    said, *pairs = line.split(" || ")
    return said, [(key, value) for key, _, value in (pair.partition("=") for pair in pairs)]


def _lines(name: str) -> list[tuple[str, list[tuple[str, str]]]]:
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return [_parsed(line) for line in text.splitlines()]


_WRITTEN = _lines("text_json.txt")
_ASKED = _lines("text_json_asked.txt")


def _exchanged(rng: Random, value: str) -> str:
    """Another value in the place of one, so that it must be copied."""
    if value in ("true", "false"):
        return rng.choice(("true", "false"))
    if re.fullmatch(r"\d+\.\d+", value):
        return f"{rng.randrange(100)}.{rng.randint(1, 9)}"
    if value.isdigit():
        return str(rng.randrange(10 ** (len(value) - 1), 10 ** len(value)))
    if not value.replace(" ", "").isalpha() or value == "null":
        return value
    if value[0].isupper():
        return words.name(rng) if rng.random() < 0.5 else words.place(rng)
    if " " in value:
        return " ".join(some(rng, 2, 2)).lower()
    return some(rng, 1, 1)[0].lower()


def _written(rng: Random) -> Turn:
    """A sentence that was written out, often with other values than its own."""
    said, pairs = rng.choice(_WRITTEN)
    record: dict[str, str | int] = {}
    for key, value in pairs:
        new = _exchanged(rng, value) if rng.random() < 0.4 else value
        # What stands there twice, or inside another word, stays.
        whole = re.findall(rf"(?<!\w){re.escape(value)}(?!\w)", said)
        if new in said or len(whole) != 1 or said.count(value) != 1:
            new = value
        said = said.replace(value, new)
        record[key] = int(new) if new.isdigit() else new
    if rng.random() < 0.25:
        record = {key: record[key] for key in rng.sample(list(record), len(record))}
    return Turn(ask(rng, "json", said, k=_listed(rng, list(record))), dumped(record))


def _requested(rng: Random) -> Turn:
    """A whole request that was written out, mostly with other values than its own."""
    said, pairs = rng.choice(_ASKED)
    record: dict[str, _Value] = {}
    for key, value in pairs:
        listed = value.startswith("[")
        shown: list[str] = []
        for old in value.strip("[]").split(", ") if listed else [value]:
            new = _exchanged(rng, old) if rng.random() < 0.6 else old
            whole = re.findall(rf"(?<!\w){re.escape(old)}(?!\w)", said)
            # What stands there twice stays, and what is inside another word.
            if new in said or len(whole) != 1 or said.count(old) != 1:
                new = old
            said = said.replace(old, new) if new != old else said
            shown.append(new)
        values = [_typed(one, said) for one in shown]
        record[key] = values if listed else values[0]
    for key in list(record) if rng.random() < 0.4 else ():
        other = some(rng, 1, 1)[0].lower()
        # In a sentence only the meaning of a key says which value it belongs to.
        beside = re.search(rf"\b{re.escape(key)}\W{{1,5}}{re.escape(str(record[key]))}", said)
        if (
            beside
            and said.count(key) == 1
            and key.isalpha()
            and key.islower()
            and other not in said
        ):
            said = re.sub(rf"\b{key}\b", other, said)
            record = {other if one == key else one: record[one] for one in record}
    return Turn(said.replace("\\n", "\n"), dumped(record))


def _typed(value: str, said: str) -> str | int | float | bool | None:
    """What the text stands for; what the request has in quotation marks is text."""
    if f'"{value}"' in said or f"'{value}'" in said:
        return value
    if value in _CONSTANTS:
        return _CONSTANTS[value]
    number = float(value) if re.fullmatch(r"-?\d+\.\d+", value) else None
    if number is not None and str(number) == value:
        return number
    return int(value) if re.fullmatch(r"-?\d+", value) and str(int(value)) == value else value


_FULL_NAMES = (
    ("first", "last"), ("first name", "last name"), ("given name", "surname"), ("first_name", "last_name"),
)  # fmt: skip
_AMOUNTS = (
    ("count", "item"), ("number", "thing"), ("quantity", "product"), ("amount", "item"), ("count", "animal"), ("number", "fruit"),
)  # fmt: skip
_PAINTED = (("colour", "item"), ("color", "thing"), ("colour", "animal"), ("color", "fruit"))
_COUNTED = [
    noun for noun in words.NOUNS if noun[-1] != "s" and noun not in ("rice", "bread", "milk")
]
_NOUNS: dict[str, list[str]] = {"animal": words.ANIMALS, "fruit": words.FRUITS}


def _thing(rng: Random, key: str) -> str:
    return rng.choice(_NOUNS.get(key, _COUNTED))


def _apart(rng: Random) -> Turn:
    """Two values side by side that belong under two keys: "Ada Moore", "6 pears", "red scarf"."""
    kind = rng.random()
    if kind < 0.4:
        keys, joint = rng.choice(_FULL_NAMES), " "
        values: list[str | int] = [words.name(rng).split()[0], words.name(rng).split()[0]]
    elif kind < 0.7:
        keys, joint = rng.choice(_AMOUNTS), " "
        values = [rng.randint(2, 99), plural(_thing(rng, keys[1]))]
    elif kind < 0.85:
        keys, joint = rng.choice(_PAINTED), " "
        values = [rng.choice(words.COLOURS), _thing(rng, keys[1])]
    else:
        keys, joint = ("city", "country"), rng.choice((", ", " in "))
        values = [words.place(rng), rng.choice(words.COUNTRIES)]
    pairs = list(zip(keys, values, strict=True))
    asked = pairs[::-1] if rng.random() < 0.3 else pairs
    said = joint.join(map(str, values))
    return Turn(
        ask(rng, "json", said, k=_listed(rng, [key for key, _ in asked])), dumped(dict(asked))
    )


def _valued(rng: Random, record: dict[str, str | int]) -> Turn:
    """Keys and values in one sentence."""
    keys, values = list(record), [str(value) for value in record.values()]
    pairs = " and ".join(f"{key} is {value}" for key, value in record.items())
    said = say(
        wording(rng, "json_values"), rng, k=_listed(rng, keys), v=_listed(rng, values), p=pairs
    )
    return Turn(said, dumped(record))


def dumped(record: Mapping[str, _Value]) -> str:
    return jsons.dumps(record, ensure_ascii=False)


_PLAIN = "(write|make|give me|create|return|put this into|turn this into|as|output) (JSON|a JSON object|json)( of this| from this|)"


def json(rng: Random) -> Turn:
    """An object of the given keys, on one line, numbers without quotation marks."""
    if rng.random() < 0.4:
        return _requested(rng)
    count, kind = rng.choice((1, 2, 2, 2, 3, 3, 4)), rng.random()
    if kind < 0.15:
        return _told(rng, count)
    if kind < 0.34:
        return _written(rng)
    if kind < 0.4:
        return _apart(rng)
    keys = rng.sample(list(_VALUES), count)
    if rng.random() < 0.25:
        keys[rng.randrange(count)] = words.rare(rng)
    record = {key: _value(rng, key) for key in dict.fromkeys(keys)}
    if kind < 0.48:
        said = rng.choice((" and ", ". ", ", ", "; ")).join(
            f"the {key} is {value}" for key, value in record.items()
        )
        return Turn(
            ask(
                rng,
                "json",
                said[0].upper() + said[1:] + rng.choice(("", ".")),
                k=_listed(rng, list(record)),
            ),
            dumped(record),
        )
    if kind < 0.55:
        return _valued(rng, record)
    if kind < 0.76:
        values = [str(value) for value in record.values()]
        apart = not any(" " in value for value in values) and rng.random() < 0.3
        named = rng.choice(("values ", "the values ", "values: ")) if rng.random() < 0.12 else ""
        given = named + (" " if apart else rng.choice((", ", ", ", ", ", "; ", "\n"))).join(values)
        return Turn(ask(rng, "json", given, k=_listed(rng, list(record))), dumped(record))
    sign = rng.choice((" = ", " = ", ": ", " is ", "=", " ", " ", " set to ", " being "))
    between = rng.choice((", ", ", ", "; ", "\n", " and ", ". "))
    pairs = between.join(f"{key}{sign}{value}" for key, value in record.items())
    if kind < 0.88:
        return Turn(lay_out(rng, _PLAIN, pairs), dumped(record))
    asked = "(write|make|give me|create|return|output|build) (JSON|a JSON object|json|an object in JSON) (with|where|in which|that has) {p}."
    return Turn(say(asked, rng, p=pairs), dumped(record))
