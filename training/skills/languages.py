"""Questions in one language whose answers are wished in another.

Contract: `asked_in_english(rng, language)` is an English question with its Chinese or Japanese
answer, `brief` one with a short answer; `answered_in_english(rng)` goes the other way round. The
sentences on the app are those of `training/knowledge/`, matched by their intents.
"""

import tomllib
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from training.dialogue import Turn
from training.phrasing import fill, say, say_cjk
from training.skills import arithmetic, knowledge, limits

_TEXTS: dict[str, Any] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
_GREETINGS = {
    "zh": ("你好！", "您好。", "早上好！", "嗨"),
    "ja": ("こんにちは！", "おはようございます。", "はじめまして。", "こんばんは"),
}
_FIRST = ("who", "abilities")
_MOST = 5  # the first pairs and tables are what people try first


@cache
def _answers(language: str) -> dict[str, list[str]]:
    return {intent["id"]: intent["answers"] for intent in knowledge.intents(language)}


def _simple(rng: Random, language: str) -> Turn:
    pair = rng.choice(_TEXTS["pair"][: _MOST if rng.random() < 0.5 else None])
    spoken = rng.choice(("English", "Chinese", "Japanese"))
    return Turn(say(rng.choice(pair["ask"]), rng, l=spoken), pair[language])


def _fact(rng: Random, language: str) -> Turn:
    """A capital, a colour or an opposite."""
    texts = rng.choice(_TEXTS["table"][: _MOST if rng.random() < 0.6 else None])
    asked, *others = rng.choice(texts["facts"].strip().split("\n")).split(" / ")
    key, value = others[("zh", "ja").index(language)].split(" ")
    answer = fill(texts[language], {"k": key, "v": value})
    return Turn(say(rng.choice(texts["ask"]), rng, k=asked), answer)


def _on_the_app(rng: Random, language: str) -> Turn:
    answers = _answers(language)
    known = [intent for intent in knowledge.intents("en") if intent["id"] in answers]
    first = [intent for intent in known if intent["id"] in _FIRST]
    intent = rng.choice(first if first and rng.random() < 0.4 else known)
    asked = say(knowledge.question(rng, intent, "en"), rng)
    return Turn(asked, rng.choice(answers[intent["id"]]))


def asked_in_english(rng: Random, language: str) -> Turn:
    """A simple English question, answered in Chinese (`zh`) or Japanese (`ja`)."""
    kind = rng.random()
    if kind < 0.33:
        return _simple(rng, language)
    if kind < 0.55:
        return _fact(rng, language)
    if kind < 0.88:
        return _on_the_app(rng, language)
    if kind < 0.94:
        return arithmetic.calculate(rng)
    unknown = limits.chinese(rng) if language == "zh" else limits.japanese(rng)
    return Turn(limits.english(rng).user, unknown.assistant)


def brief(rng: Random, language: str) -> Turn:
    """The same without the long answers: small talk or a fact."""
    return (_simple if rng.random() < 0.4 else _fact)(rng, language)


def answered_in_english(rng: Random) -> Turn:
    """A Chinese or Japanese question, answered in English."""
    language = rng.choice(("zh", "ja"))
    if rng.random() < 0.2:
        return Turn(rng.choice(_GREETINGS[language]), "Hello! How can I help you?")
    answers = _answers("en")
    known = [intent for intent in knowledge.intents(language) if intent["id"] in answers]
    intent = rng.choice(known)
    asked = say_cjk(knowledge.question(rng, intent, language), rng)
    return Turn(asked, rng.choice(answers[intent["id"]]))
