"""Greetings, thanks, feelings and good-byes in three languages.

Contract: each function returns one turn; answers are short, since small talk stands between the
turns that matter. All wording is in `knowledge/smalltalk.toml`.
"""

import tomllib
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from training.dialogue import Turn
from training.phrasing import expand, say, say_cjk

_TEXTS = Path(__file__).parents[1] / "knowledge" / "smalltalk.toml"
_WRITTEN = 0.45  # the share of messages that were written out


@cache
def kinds(language: str) -> list[dict[str, Any]]:
    """What may be said in `en`, `zh` or `ja`, and what is answered."""
    found: list[dict[str, Any]] = tomllib.loads(_TEXTS.read_text(encoding="utf-8"))[language]
    return found


@cache
def _deck(language: str) -> list[dict[str, Any]]:
    """The kinds to draw from, the most usual several times."""
    return [kind for kind in kinds(language) for _ in range(4 if kind.get("often") else 1)]


def _said(rng: Random, kind: dict[str, Any]) -> str:
    """A pattern of the usual phrases, or a message that was written out."""
    return str(rng.choice(kind["messages" if rng.random() < _WRITTEN else "ask"]))


def english(rng: Random) -> Turn:
    """One exchange in English."""
    kind = rng.choice(_deck("en"))
    return Turn(say(_said(rng, kind), rng), expand(rng.choice(kind["answers"]), rng))


def _cjk(rng: Random, language: str) -> Turn:
    kind = rng.choice(_deck(language))
    return Turn(say_cjk(_said(rng, kind), rng), expand(rng.choice(kind["answers"]), rng))


def chinese(rng: Random) -> Turn:
    """The same in Chinese."""
    return _cjk(rng, "zh")


def japanese(rng: Random) -> Turn:
    """The same in Japanese."""
    return _cjk(rng, "ja")
