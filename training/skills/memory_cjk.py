"""Facts told and asked back in Chinese and Japanese.

Contract: `turns` does what the English module's does, with the wording of one language; wordings
stand in `memory_cjk.toml`.
"""

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

from training import words
from training.dialogue import Skill, Turn
from training.phrasing import fill, say_cjk
from training.skills.memory_facts import drawn_fact, introduced
from training.skills.memory_slots import Fact, Slot, renewed

_TABLE: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
_ABOUT = {
    language: Path(__file__)
    .with_name(f"memory_about_{language}.txt")
    .read_text("utf-8")
    .splitlines()
    for language in _TABLE
}
_HEARD = 0.3  # the share of conversations in which another assistant replied at first
_OPENING: dict[str, list[str]] = {name: table["opening"] for name, table in _TABLE.items()}
_BOTH: dict[str, str] = {name: table["both"] for name, table in _TABLE.items()}


def _pick(options: list[str]) -> Callable[[Random], str]:
    return lambda rng: rng.choice(options)


def _number(rng: Random) -> str:
    return str(rng.randrange(10 ** rng.choice((1, 2, 2, 3, 4))))


def _age(rng: Random) -> str:
    return str(rng.randint(5, 99))


def _draws(
    name: Callable[[Random], str], colours: list[str], cities: list[str], foods: list[str]
) -> dict[str, Callable[[Random], str]]:
    return {
        "name": name, "pet": name, "person": name, "number": _number, "age": _age,
        "colour": _pick(colours), "city": _pick(cities), "food": _pick(foods),
    }  # fmt: skip


_DRAW = {
    "zh": _draws(words.zh_name, words.ZH_COLOURS, words.ZH_CITIES, words.ZH_FOODS),
    "ja": _draws(words.ja_name, words.JA_COLOURS, words.JA_CITIES, words.JA_FOODS),
}


def _slot(language: str, kind: str, entry: dict[str, Any]) -> Slot:
    remember = _TABLE[language]["remember"]
    return Slot(
        _pick(entry["values"]) if "values" in entry else _DRAW[language][kind],
        tuple(pattern.replace("{r}", remember) for pattern in entry["tell"]),
        entry["noted"],
        tuple(_TABLE[language]["heard_name" if kind == "name" else "heard"]),
        (tuple(entry["ask"]),),
        entry["answer"],
        tuple(entry.get("keys", ("",))),
        untold=entry["untold"],
    )


_SLOTS: dict[str, dict[str, Slot]] = {
    language: {kind: _slot(language, kind, entry) for kind, entry in table["facts"].items()}
    for language, table in _TABLE.items()
}
_WEIGHTS: dict[str, list[float]] = {
    language: [entry["weight"] for entry in table["facts"].values()]
    for language, table in _TABLE.items()
}


def facts(rng: Random, count: int, language: str, beside: Sequence[Fact] = ()) -> list[Fact]:
    """Facts of different kinds or keys, and of others than those that are there already."""
    slots, drawn = _SLOTS[language], list(beside)
    while len(drawn) < len(beside) + count:
        kind = rng.choices(list(slots), _WEIGHTS[language])[0]
        fact = drawn_fact(rng, slots, kind)
        if (kind, fact.key) not in {(other.kind, other.key) for other in drawn}:
            drawn.append(fact)
    return drawn[len(beside) :]


def told(rng: Random, fact: Fact, *, heard: bool) -> Turn:
    """The user tells the fact; we reply, or another assistant does."""
    return _replied(rng, _telling(rng, fact), fact, heard=heard)


def _replied(rng: Random, user: str, fact: Fact, *, heard: bool) -> Turn:
    reply = rng.choice(fact.slot.heard) if heard else fact.slot.noted
    return Turn(user, fill(reply, {"v": fact.value, "k": fact.key}), heard=heard)


def _telling(rng: Random, fact: Fact) -> str:
    return say_cjk(rng.choice(fact.slot.tell), rng, v=fact.value, k=fact.key)


def told_together(rng: Random, known: list[Fact], language: str) -> Turn:
    """Several facts in one message."""
    parts = [_telling(rng, fact) for fact in known]
    joint = rng.choice(("", "，" if language == "zh" else "、", "。"))
    if joint:
        parts = [part.rstrip("。？?") for part in parts]
    text = joint.join(part if part[-1] in "。？?" or joint else part + "。" for part in parts)
    return Turn(text.rstrip("。") + "。", _BOTH[language])


def corrected(rng: Random, fact: Fact, language: str, *, heard: bool) -> tuple[Fact, Turn]:
    """The user tells a new value, which replaces the old one."""
    new = renewed(rng, fact)
    said = rng.choice(_OPENING[language]) + _telling(rng, new)
    return new, _replied(rng, said, new, heard=heard)


def _question(rng: Random, fact: Fact) -> str:
    return say_cjk(rng.choice(rng.choice(fact.slot.ask)), rng, v=fact.value, k=fact.key)


def recalled(rng: Random, fact: Fact) -> Turn:
    """The user asks for a fact that was told."""
    return Turn(_question(rng, fact), fill(fact.slot.answer, {"v": fact.value, "k": fact.key}))


def not_told(rng: Random, fact: Fact) -> Turn:
    """The user asks for a fact that was never told."""
    return Turn(_question(rng, fact), fill(fact.slot.untold, {"k": fact.key}))


def _opening(
    rng: Random, language: str, count: int, *, heard: bool
) -> tuple[list[Fact], list[Turn]]:
    """The facts, told one by one or in one message."""
    together = count > 1 and rng.random() < 0.4
    if together and rng.random() < 0.6:
        known, text = introduced(rng, rng.choice(_ABOUT[language]), _SLOTS[language])
        return known, [Turn(text, _BOTH[language])]
    known = facts(rng, count, language)
    if together:
        return known, [told_together(rng, known, language)]
    return known, [told(rng, fact, heard=heard) for fact in known]


def turns(rng: Random, language: str, count: int, between: int, other: Skill) -> list[Turn]:
    """So many facts told, other talk between, questions back; corrections and what was not told."""
    heard = rng.random() < _HEARD
    known, made = _opening(rng, language, count, heard=heard)
    for _ in range(between):
        made.insert(rng.randint(1, len(made)) if made else 0, other(rng))
    if known and rng.random() < 0.35:
        at = rng.randrange(len(known))
        known[at], turn = corrected(rng, known[at], language, heard=heard)
        made.append(turn)
    asked = [recalled(rng, fact) for fact in rng.sample(known, len(known))]
    if not known or rng.random() < 0.35:
        (unknown,) = facts(rng, 1, language, known)
        asked.insert(rng.randint(0, len(asked)), not_told(rng, unknown))
    return made + asked
