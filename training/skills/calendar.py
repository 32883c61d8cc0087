"""Days, months and seasons: what comes after, how many, which is the third.

Contract: one canonical sentence a fact; nothing here depends on today's date. Wordings stand in
`calendar.toml`.
"""

import tomllib
from pathlib import Path
from random import Random

from training import words
from training.dialogue import Turn
from training.phrasing import expand, say, usual
from training.skills.questions import framed

_TEXTS: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
SEASONS = ("spring", "summer", "autumn", "winter")
LENGTHS = dict(zip(words.MONTHS, (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), strict=True))
_PLACES = (
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
)
_CYCLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("day", tuple(words.DAYS)), ("month", tuple(words.MONTHS)), ("season", SEASONS),
)  # fmt: skip
_TOTALS = (
    ("days", "a week", 7), ("months", "a year", 12), ("seasons", "a year", 4),
    ("hours", "a day", 24), ("minutes", "an hour", 60), ("seconds", "a minute", 60),
    ("days", "a year", 365), ("weeks", "a year", 52), ("years", "a century", 100),
    ("years", "a decade", 10), ("items", "a dozen", 12), ("days", "a leap year", 366),
    ("letters", "the alphabet", 26), ("centimetres", "a metre", 100),
    ("metres", "a kilometre", 1000), ("grams", "a kilogram", 1000), ("cents", "a euro", 100),
)  # fmt: skip
_NAMES = {
    "day": ("(seven |)days of the week", "week"),
    "month": ("(twelve |)months( of the year|)", "year"),
    "season": ("(four |)seasons( of the year|)", "year"),
}


def _worded(rng: Random, patterns: list[str]) -> str:
    return framed(rng, expand(usual(rng, patterns), rng), 0.1)


def _neighbour(rng: Random) -> Turn:
    kind, cycle = rng.choice((_CYCLES[0], _CYCLES[0], _CYCLES[1], _CYCLES[1], _CYCLES[2]))
    at, after = rng.randrange(len(cycle)), rng.random() < 0.6
    asked = _TEXTS["after"] if after else _TEXTS["before"]
    if kind == "day" and rng.random() < 0.3:
        asked = _TEXTS["after_day"] if after else _TEXTS["before_day"]
    other = cycle[(at + (1 if after else -1)) % len(cycle)]
    user = say(_worded(rng, asked), rng, k=kind, v=cycle[at])
    return Turn(
        user, f"{other[0].upper()}{other[1:]} comes {'after' if after else 'before'} {cycle[at]}."
    )


_MONTHS_OF = {
    "spring": ("March", "April", "May"),
    "summer": ("June", "July", "August"),
    "autumn": ("September", "October", "November"),
    "winter": ("December", "January", "February"),
}
_SEASON_WHEN = (("coldest", "winter"), ("warmest", "summer"), ("hottest", "summer"))


def _skipped(rng: Random) -> Turn:
    """Two or three steps on."""
    kind, cycle = rng.choice(_CYCLES[:2])
    at, steps = rng.randrange(len(cycle)), rng.randint(2, 3)
    number = ("two", "three")[steps - 2]
    user = say(
        _worded(rng, _TEXTS["skipped"]),
        rng,
        k=kind,
        v=cycle[at],
        n=rng.choice((number, str(steps))),
    )
    return Turn(
        user, f"{cycle[(at + steps) % len(cycle)]} comes {number} {kind}s after {cycle[at]}."
    )


def _season(rng: Random) -> Turn:
    """The season of a month, in the north; the coldest, the warmest."""
    if rng.random() < 0.2:
        most, season = rng.choice(_SEASON_WHEN)
        asked = rng.choice(_TEXTS["season_when"])
        return Turn(say(asked, rng, m=most), f"The {most} season is {season}.")
    season = rng.choice(SEASONS)
    month = rng.choice(_MONTHS_OF[season])
    return Turn(say(_worded(rng, _TEXTS["season_of"]), rng, v=month), f"{month} is in {season}.")


def _total(rng: Random) -> Turn:
    unit, whole, count = rng.choice(_TOTALS[:3] if rng.random() < 0.4 else _TOTALS)
    return Turn(
        say(_worded(rng, _TEXTS["total"]), rng, u=unit, w=whole),
        f"There are {count} {unit} in {whole}.",
    )


def _length(rng: Random) -> Turn:
    month = rng.choice(words.MONTHS)
    more = ", or 29 in a leap year" if month == "February" else ""
    return Turn(
        say(_worded(rng, _TEXTS["length"]), rng, v=month),
        f"{month} has {LENGTHS[month]} days{more}.",
    )


def _place(rng: Random) -> Turn:
    kind, cycle = rng.choice(_CYCLES[:2])
    at = rng.choice((0, len(cycle) - 1, rng.randrange(len(cycle)), rng.randrange(len(cycle))))
    place = "last" if at == len(cycle) - 1 and rng.random() < 0.7 else _PLACES[at]
    user = say(_worded(rng, _TEXTS["place"]), rng, o=place, k=kind, y=_NAMES[kind][1])
    return Turn(user, f"The {place} {kind} of the {_NAMES[kind][1]} is {cycle[at]}.")


def _all(rng: Random) -> Turn:
    kind, cycle = rng.choice(_CYCLES)
    asked = rng.choice(_TEXTS["all"]).replace("{n}", _NAMES[kind][0])
    return Turn(
        say(asked, rng),
        ", ".join(cycle).capitalize() + "." if kind == "season" else ", ".join(cycle) + ".",
    )


def english(rng: Random) -> Turn:
    """Any of these."""
    draw = rng.choices(
        (_neighbour, _skipped, _total, _length, _place, _all, _season),
        (4, 1.0, 1.6, 1.2, 1.2, 0.8, 0.8),
    )[0]
    return draw(rng)
