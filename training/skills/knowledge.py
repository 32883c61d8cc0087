# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""Questions about the app, answered from the texts in `training/knowledge/`.

Contract: the TOML files hold all wording; this module only chooses and roughens.
"""

import tomllib
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from training.dialogue import Turn
from training.phrasing import say, say_cjk

_TEXTS = Path(__file__).parents[1] / "knowledge"
_MACROS = {
    "<what>": "(what is|what's|what is|tell me what is|what exactly is|what does it mean:|define|"
    "do you know what is|tell me about|explain)",
    "<explain>": "(explain|explain to me|please explain|can you explain|could you explain|tell me|"
    "can you tell me|I want to know|I would like to know|describe|help me understand|briefly explain)",
    "<how>": "(how do I|how can I|how to|how would I|how does one|what do I do to|where can I|"
    "how do you|how should I|can you tell me how to|what is the way to|I want to|I'd like to|"
    "tell me how to|show me how to|what must I do to|is it possible to)",
}
_ASKED_FIRST = (
    "who",
    "vinochat",
    "openvino",
    "device",
    "temperature",
    "bigger",
    "python",
    "mistakes",
)


@cache
def intents(language: str) -> list[dict[str, Any]]:
    """All intents of `en`, `zh` or `ja`, macros expanded."""
    text = (_TEXTS / f"{language}.toml").read_text(encoding="utf-8")
    for macro, pattern in _MACROS.items():
        text = text.replace(macro, pattern)
    found: list[dict[str, Any]] = tomllib.loads(text)["intent"]
    return found


def english(rng: Random) -> Turn:
    """A question on the app in English; the ones that people ask first come a little more often."""
    known = intents("en")
    first = [intent for intent in known if intent["id"] in _ASKED_FIRST]
    intent = rng.choice(first if rng.random() < 0.25 else known)
    return Turn(say(rng.choice(intent["questions"]), rng), rng.choice(intent["answers"]))


def chinese(rng: Random) -> Turn:
    """The same in Chinese."""
    intent = rng.choice(intents("zh"))
    return Turn(say_cjk(rng.choice(intent["questions"]), rng), rng.choice(intent["answers"]))


def japanese(rng: Random) -> Turn:
    """The same in Japanese."""
    intent = rng.choice(intents("ja"))
    return Turn(say_cjk(rng.choice(intent["questions"]), rng), rng.choice(intent["answers"]))
