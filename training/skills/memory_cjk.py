"""Facts told and asked back in Chinese and Japanese.

Contract: `turns` does what the English module's does, with the wording of one language; wordings
stand in `memory_cjk.toml`.
"""

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from training import words
from training.dialogue import Skill, Turn
from training.phrasing import fill, say_cjk
from training.skills.memory import Fact, Slot

_TABLE: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
_OPENING: dict[str, list[str]] = {name: table["opening"] for name, table in _TABLE.items()}
_BOTH: dict[str, list[str]] = {name: table["both"] for name, table in _TABLE.items()}


def _pick(options: list[str]) -> Callable[[Random], str]:
    allowed = [option for option in options if not words.is_held_out(option)]
    return lambda rng: rng.choice(allowed)


def _number(rng: Random) -> str:
    return str(rng.randrange(10 ** rng.choice((1, 2, 2, 3, 4))))


def _age(rng: Random) -> str:
    return str(rng.randint(5, 99))


_DRAW: dict[str, dict[str, Callable[[Random], str]]] = {
    "zh": {
        "name": words.zh_name, "pet": words.zh_name, "person": words.zh_name, "number": _number,
        "colour": _pick(words.ZH_COLOURS), "city": _pick(words.ZH_CITIES),
        "food": _pick(words.ZH_FOODS), "age": _age,
    },
    "ja": {
        "name": words.ja_name, "pet": words.ja_name, "person": words.ja_name, "number": _number,
        "colour": _pick(words.JA_COLOURS), "city": _pick(words.JA_CITIES),
        "food": _pick(words.JA_FOODS), "age": _age,
    },
}  # fmt: skip


def _slot(language: str, kind: str, entry: dict[str, Any]) -> Slot:
    remember = _TABLE[language]["remember"]
    return Slot(
        _pick(entry["values"]) if "values" in entry else _DRAW[language][kind],
        tuple(pattern.replace("{r}", remember) for pattern in entry["tell"]),
        tuple(entry["noted"]),
        tuple(_TABLE[language]["heard_name" if kind == "name" else "heard"]),
        (tuple(entry["ask"]),),
        entry["answer"],
        entry["untold"],
        tuple(entry.get("keys", ("",))),
    )


_SLOTS: dict[str, dict[str, Slot]] = {
    language: {kind: _slot(language, kind, entry) for kind, entry in table["facts"].items()}
    for language, table in _TABLE.items()
}
_WEIGHTS: dict[str, list[float]] = {
    language: [entry["weight"] for entry in table["facts"].values()]
    for language, table in _TABLE.items()
}


def facts(rng: Random, count: int, language: str) -> list[Fact]:
    """Facts of different kinds or keys."""
    slots = _SLOTS[language]
    drawn: dict[tuple[str, str], Fact] = {}
    while len(drawn) < count:
        kind = rng.choices(list(slots), _WEIGHTS[language])[0]
        slot = slots[kind]
        fact = Fact(kind, slot, rng.choice(slot.keys), slot.draw(rng))
        drawn[kind, fact.key] = fact
    return list(drawn.values())


def told(rng: Random, fact: Fact) -> Turn:
    """The user tells the fact; we reply, or another assistant does."""
    user = _telling(rng, fact)
    if rng.random() < 0.3:
        return Turn(user, fill(rng.choice(fact.slot.heard), {"v": fact.value}), heard=True)
    return Turn(user, _noted(rng, fact))


def _telling(rng: Random, fact: Fact) -> str:
    return say_cjk(rng.choice(fact.slot.tell), rng, v=fact.value, k=fact.key)


def _noted(rng: Random, fact: Fact) -> str:
    return fill(rng.choice(fact.slot.noted), {"v": fact.value, "k": fact.key})


def told_together(rng: Random, known: list[Fact], language: str) -> Turn:
    """Several facts in one message."""
    parts = [_telling(rng, fact) for fact in known]
    joint = rng.choice(("", "，" if language == "zh" else "、", "。"))
    if joint:
        parts = [part.rstrip("。？?") for part in parts]
    text = joint.join(part if part[-1] in "。？?" or joint else part + "。" for part in parts)
    return Turn(text.rstrip("。") + "。", rng.choice(_BOTH[language]))


def corrected(rng: Random, fact: Fact, language: str) -> tuple[Fact, Turn]:
    """The user tells a new value, which replaces the old one."""
    new = replace(fact, value=fact.slot.draw(rng))
    return new, Turn(rng.choice(_OPENING[language]) + _telling(rng, new), _noted(rng, new))


def _question(rng: Random, fact: Fact) -> str:
    return say_cjk(rng.choice(rng.choice(fact.slot.ask)), rng, v=fact.value, k=fact.key)


def recalled(rng: Random, fact: Fact) -> Turn:
    """The user asks for a fact that was told."""
    return Turn(_question(rng, fact), fill(fact.slot.answer, {"v": fact.value, "k": fact.key}))


def not_told(rng: Random, fact: Fact) -> Turn:
    """The user asks for a fact that was never told."""
    return Turn(_question(rng, fact), fill(fact.slot.untold, {"k": fact.key}))


def turns(rng: Random, language: str, count: int, between: int, other: Skill) -> list[Turn]:
    """So many facts told, other talk between, questions back; corrections and what was not told."""
    drawn = facts(rng, count + 1, language)
    known, unknown = drawn[:count], drawn[count]
    if count > 1 and rng.random() < 0.3:
        made = [told_together(rng, known, language)]
    else:
        made = [told(rng, fact) for fact in known]
    for _ in range(between):
        made.insert(rng.randint(1, len(made)) if made else 0, other(rng))
    if known and rng.random() < 0.35:
        at = rng.randrange(len(known))
        known[at], turn = corrected(rng, known[at], language)
        made.append(turn)
    asked = [recalled(rng, fact) for fact in rng.sample(known, len(known))]
    if not known or rng.random() < 0.35:
        asked.insert(rng.randint(0, len(asked)), not_told(rng, unknown))
    return made + asked
