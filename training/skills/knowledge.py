"""Questions about the app, answered from the texts in `training/knowledge/`.

Contract: the TOML files hold all wording; this module only chooses and roughens. An intent has its
own questions (`ask` in patterns, `messages` each by itself), and names or verb phrases that every
frame of `frames.toml` takes: `what`, `control`, `number` and `where` go into frames about a thing,
`how` into frames about doing something, and `stem`, a Japanese verb before its ending, too. One
answer belongs to all of them.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from training.dialogue import Turn
from training.phrasing import say, say_cjk

_TEXTS = Path(__file__).parents[1] / "knowledge"
_FRAMED = ("what", "control", "number", "where", "how", "stem")
_LISTS = ("ask", "messages", "answers", *_FRAMED)
_SLOT = {"how": "{v}", "stem": "{v}"}
_SMALL_WORDS = {
    "a", "an", "the", "is", "are", "do", "does", "to", "i", "my", "of", "please", "it", "in", "for",
    "me", "you",
}  # fmt: skip
_WRITTEN = 0.45  # the share of messages that were written out, among all questions
_OFTEN = 4  # an intent marked `often` comes so many times as often as others

Intent = dict[str, Any]


@cache
def frames() -> dict[str, dict[str, Any]]:
    """The frames of each language, and the synonyms, which are already put into the frames."""
    found: dict[str, dict[str, Any]] = tomllib.loads(_read(_TEXTS / "frames.toml"))
    return found


@cache
def _synonyms() -> dict[str, str]:
    return tomllib.loads((_TEXTS / "frames.toml").read_text(encoding="utf-8"))["synonyms"]  # type: ignore[no-any-return]


def _read(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return re.sub(r"<(\w+)>", lambda match: _synonyms()[match[1]], text)


@cache
def intents(language: str) -> list[Intent]:
    """All intents of `en`, `zh` or `ja`, synonyms expanded; one that stands in several files has
    the questions of all."""
    found: dict[str, Intent] = {}
    for path in sorted(_TEXTS.glob(f"{language}*.toml")):
        for intent in tomllib.loads(_read(path))["intent"]:
            known = found.setdefault(intent["id"], {})
            more = {key: known.get(key, []) + intent[key] for key in _LISTS if key in intent}
            known.update({**intent, **more})
    return list(found.values())


@cache
def _deck(language: str) -> list[Intent]:
    """The intents to draw from, the ones that people ask first several times."""
    return [
        intent for intent in intents(language) for _ in range(_OFTEN if intent.get("often") else 1)
    ]


def question(rng: Random, intent: Intent, language: str) -> str:
    """What asks for this intent: a message as it was written, a pattern of its own, or a frame
    around one of its names."""
    if rng.random() < _WRITTEN:
        return str(rng.choice(intent["messages"]))
    kinds = [kind for kind in _FRAMED if kind in intent]
    if not kinds or ("ask" in intent and rng.random() < 0.5):
        return str(rng.choice(intent["ask"]))
    kind = rng.choice(kinds)
    frame = str(rng.choice(frames()[language][kind]))
    return frame.replace(_SLOT.get(kind, "{x}"), rng.choice(intent[kind]))


def _shortened(rng: Random, text: str) -> str:
    """The text without one or two of its small words, as people type in a hurry."""
    parts = text.split(" ")
    small = [at for at, part in enumerate(parts) if part.lower() in _SMALL_WORDS]
    if len(parts) < 4 or not small:
        return text
    gone = set(rng.sample(small, min(len(small), rng.randint(1, 2))))
    return " ".join(part for at, part in enumerate(parts) if at not in gone)


def english(rng: Random) -> Turn:
    """A question on the app in English."""
    intent = rng.choice(_deck("en"))
    text = say(question(rng, intent, "en"), rng)
    dressing = rng.random()
    if dressing < 0.07:
        text = rng.choice(frames()["en"]["before"]) + text
    elif dressing < 0.13 and text[-1] in ".?":
        text += rng.choice(frames()["en"]["after"])
    elif dressing < 0.18:
        text = _shortened(rng, text)
    return Turn(text, rng.choice(intent["answers"]))


_FURTHER = (
    "and {x}?", "and what about {x}?", "what about {x}?", "and what is {x}?", "and {x}, please?",
    "how about {x}?", "okay, and {x}?", "and what does {x} do?", "and {x}, what is that?",
)  # fmt: skip


def followed(rng: Random) -> list[Turn]:
    """A question on the app, and then for another thing little more than its name."""
    named = [intent for intent in intents("en") if "what" in intent]
    first, second = rng.sample(named, 2)
    asked = say(rng.choice(_FURTHER).replace("{x}", rng.choice(second["what"])), rng)
    return [
        Turn(say(question(rng, first, "en"), rng), rng.choice(first["answers"])),
        Turn(asked, rng.choice(second["answers"])),
    ]


def _cjk(rng: Random, language: str) -> Turn:
    intent = rng.choice(_deck(language))
    text = say_cjk(question(rng, intent, language), rng)
    dressing = rng.random()
    if dressing < 0.12:
        text = rng.choice(frames()[language]["before"]) + text
    elif dressing < 0.18 and text[-1] in "。？":
        text += rng.choice(frames()[language]["after"])
    return Turn(text, rng.choice(intent["answers"]))


def chinese(rng: Random) -> Turn:
    """The same in Chinese."""
    return _cjk(rng, "zh")


def japanese(rng: Random) -> Turn:
    """The same in Japanese."""
    return _cjk(rng, "ja")
