"""What the model does not know: one honest sentence that names the remedy.

Contract: no question here may be one that another skill answers. `knowledge/limits.toml` holds the
frames and the words; a part of the words is made up, so that the model learns "none of the things
I know" and not a list.
"""

import re
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from training import words
from training.dialogue import Turn
from training.phrasing import fill, say, say_cjk

_TEXTS = Path(__file__).parents[1] / "knowledge" / "limits.toml"
_SLOT = re.compile(r"\{(\w+)\}")

# (not known, cannot do): they begin alike, so that "I cannot" is one decision for the model.
ANSWERS = {
    "en": (
        "I am only a tiny built-in model and do not know that. "
        "You can choose a larger model on the Models page.",
        "I am only a tiny built-in model and cannot do that. "
        "You can choose a larger model on the Models page.",
    ),
    "zh": (
        "我只是一个微型的内置模型，不知道这个。你可以在 Models 页面选择更大的模型。",
        "我只是一个微型的内置模型，做不了这个。你可以在 Models 页面选择更大的模型。",
    ),
    "ja": (
        "私は小さな内蔵モデルなので、それはわかりません。Models ページで大きなモデルを選べます。",
        "私は小さな内蔵モデルなので、それはできません。Models ページで大きなモデルを選べます。",
    ),
}

_INVENTED: dict[str, Callable[[Random], str]] = {
    "number": lambda rng: str(rng.randint(1001, 99999)),
    "small": lambda rng: str(rng.randint(2, 40)),
    "name": words.name,
    "word": words.word,
}
_ALSO_INVENTED: dict[str, Callable[[Random], str]] = {
    "subject": lambda rng: f"{words.word(rng)} {words.word(rng)}s",
    "person": words.name,
    "place": words.place,
    "thing": words.word,
}
_INVENTED_SHARE = 0.12


@cache
def _language(language: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(_TEXTS.read_text(encoding="utf-8"))[language]
    found["words"] = {
        slot: [word.strip() for word in text.replace("\n", " ").split(", ") if word.strip()]
        for slot, text in found["words"].items()
    }
    return found


def _value(rng: Random, slot: str, language: str) -> str:
    if slot in _INVENTED:
        return _INVENTED[slot](rng)
    if language == "en" and slot in _ALSO_INVENTED and rng.random() < _INVENTED_SHARE:
        return _ALSO_INVENTED[slot](rng)
    return str(rng.choice(_language(language)["words"][slot]))


def _asked(rng: Random, language: str) -> tuple[str, int]:
    """A pattern without alternatives left in its slots, and which answer it gets."""
    groups = _language(language)["group"]
    group = rng.choices(groups, [group["weight"] for group in groups])[0]
    return str(rng.choice(group["ask"])), int(group.get("task", False))


def _worded(rng: Random, pattern: str, language: str) -> str:
    """The pattern in words; a slot that occurs twice gets two values."""
    pieces: dict[str, str] = {}

    def numbered(match: re.Match[str]) -> str:
        name = f"s{len(pieces)}"
        pieces[name] = _value(rng, match[1], language)
        return "{" + name + "}"

    pattern = _SLOT.sub(numbered, pattern)
    text = say(pattern, rng) if language == "en" else say_cjk(pattern, rng)
    return fill(text, pieces)


def _nonsense(rng: Random) -> str:
    text = " ".join(words.syllables(rng, 1, 3) for _ in range(rng.randint(2, 5)))
    return _nonsense(rng) if words.is_held_out(text) else text


def english(rng: Random) -> Turn:
    """A question beyond the model, or no question at all."""
    pattern, which = _asked(rng, "en")
    text = _worded(rng, pattern, "en")
    if rng.random() < 0.15:
        text = text.lower()
    if rng.random() < 0.02:
        text, which = _nonsense(rng), 0
    return Turn(text, ANSWERS["en"][which])


def chinese(rng: Random) -> Turn:
    """The same in Chinese."""
    pattern, which = _asked(rng, "zh")
    return Turn(_worded(rng, pattern, "zh"), ANSWERS["zh"][which])


def japanese(rng: Random) -> Turn:
    """The same in Japanese."""
    pattern, which = _asked(rng, "ja")
    return Turn(_worded(rng, pattern, "ja"), ANSWERS["ja"][which])
