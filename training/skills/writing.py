"""Tips, small programs, formulas and Markdown: fixed texts that show what the pages can render.

Contract: texts are whole and correct by themselves; the number of tips is the number asked for, and
three where none is named. Texts and wordings stand in `writing.toml`.
"""

import tomllib
from pathlib import Path
from random import Random
from typing import Any

from training.dialogue import Turn, weighted
from training.phrasing import say

_TEXTS: dict[str, Any] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
_COUNTS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}
_WRITTEN = 0.45  # the share of messages that were written out


def _asked(rng: Random, entry: dict[str, Any], pattern: str, **slots: str) -> str:
    """A message that was written out for the entry, or the pattern, `{g}` being its name."""
    if rng.random() < _WRITTEN:
        return say(rng.choice(entry["messages"]), rng)
    return say(pattern.replace("{g}", entry.get("name", "")), rng, **slots)


def tips(rng: Random) -> Turn:
    """ "Give me three tips for …": a topic's first so many: a choice is nothing to learn."""
    topic, count = rng.choice(_TEXTS["tips"]), 3
    if rng.random() < 0.6:
        user = _asked(rng, topic, rng.choice(_TEXTS["ask_tips"]))
    else:
        count = rng.choice((2, 3, 3, 3, 4, 5))
        number = rng.choice((str(count), _COUNTS[count], _COUNTS[count]))
        pattern = rng.choice(_TEXTS["ask_counted_tips"]).replace("{g}", topic["name"])
        user = say(pattern, rng, n=number)
    return Turn(user, "\n".join(f"{at}. {tip}" for at, tip in enumerate(topic["tips"][:count], 1)))


def code(rng: Random) -> Turn:
    """A tiny Python program in a code block, with one sentence."""
    program = rng.choice(_TEXTS["program"])
    pattern = rng.choice(_TEXTS["ask_that"]).replace("{p}", program["that"])
    if rng.random() < 0.4:
        pattern = rng.choice(_TEXTS["ask_for"])
    user = _asked(rng, program, pattern)
    return Turn(user, f"```python\n{program['code']}\n```\n\n{program['remark']}")


def fixed(rng: Random) -> Turn:
    """A formula, a table or another short text."""
    if rng.random() < 0.55:
        entry, pattern = rng.choice(_TEXTS["formula"]), rng.choice(_TEXTS["ask_formula"])
    else:
        entry = rng.choice(_TEXTS["fixed"])
        pattern = entry["ask"]
    return Turn(_asked(rng, entry, pattern), entry["answer"])


def english(rng: Random) -> Turn:
    """Any of the above."""
    return weighted(rng, [(2, tips), (3.2, code), (2.4, fixed)])
