"""What a system prompt tells: of the user, of the model's own role, of a shop or an office.

Contract: `conversation` is such a prompt and questions for what it tells. What it tells of the user
is answered as if the user had told it; anything else with the sentence that tells it, word by
word, so that which sentence is asked for is all that has to be found.
"""

import re
import tomllib
from pathlib import Path
from random import Random
from typing import Any

from training import words
from training.dialogue import Conversation, Skill, Turn
from training.phrasing import expand, fill, say, usual, with_article
from training.skills.memory_facts import SLOTS, drawn_fact
from training.skills.memory_slots import UNTOLD, slots_of
from training.skills.memory_turns import recalled
from training.skills.memory_values import DRAW
from training.skills.memory_written import OF_OTHERS

_TEXTS: dict[str, Any] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
_USER: dict[str, list[str]] = _TEXTS["user"]
_ROLE: dict[str, list[str]] = _TEXTS["role"]
# Pairs of a sentence and questions for it, with a mark for the value: written for a place that has
# visitors, and those of the facts of no kind that speak of others.
_HOUSE: list[tuple[str, list[str]]] = [(one["tell"], one["ask"]) for one in _TEXTS["house"]]
_MARK = re.compile(r"\{(\w+)\}")
_UNTOLD_SHARE = 0.2


def _frame(rng: Random, sentences: list[str]) -> str:
    before = rng.choice(_TEXTS["before"]) if rng.random() < 0.5 else ""
    return " ".join(filter(None, (before, *sentences)))


def _of_user(rng: Random) -> tuple[list[str], list[Turn], list[Turn]]:
    kinds = rng.sample(list(_USER), rng.choice((1, 1, 1, 2, 3)))
    facts = [drawn_fact(rng, SLOTS, kind, rng.choice(SLOTS[kind].keys)) for kind in kinds]
    told = [fill(expand(usual(rng, _USER[one.kind]), rng), slots_of(one)) for one in facts]
    return told, [recalled(rng, one, plain=True) for one in facts], []


def _of_role(rng: Random) -> tuple[list[str], list[Turn], list[Turn]]:
    name, job, place = words.name(rng), DRAW["job"](rng), DRAW["employer"](rng)
    values = {"n": name, "j": job, "a_j": with_article(job), "e": place}
    told = fill(expand(rng.choice(_ROLE["tell"]), rng), values)
    answers = {"who": f"I am {name}.", "job": f"I work as {values['a_j']}.",
               "place": f"I work for {place}."}  # fmt: skip
    value = {"who": name, "job": job, "place": place}
    asked = [
        Turn(say(rng.choice(_ROLE[kind]), rng), answers[kind])
        for kind in answers
        if value[kind] in told
    ]
    return [told], asked, []


def _of_house(rng: Random) -> tuple[list[str], list[Turn], list[Turn]]:
    source = _HOUSE if rng.random() < 0.6 else OF_OTHERS
    count = rng.choice((1, 1, 2, 2, 3, 4))
    told, asked = [], []
    for tell, ask in rng.sample(source, count + 1):
        values: dict[str, str] = {}
        for mark in _MARK.findall(tell):
            values[mark] = DRAW[mark](rng)
        sentence = fill(tell, values)
        told.append(sentence[0].upper() + sentence[1:])
        asked.append(say(rng.choice(ask), rng))
    turns = [Turn(question, told[at]) for at, question in enumerate(asked[:-1])]
    return told[:-1], turns, [Turn(asked[-1], UNTOLD)]


def conversation(rng: Random, other: Skill) -> Conversation:
    """A system prompt that tells something, questions for it, and at times another question."""
    kind = rng.random()
    draw = _of_user if kind < 0.4 else _of_role if kind < 0.6 else _of_house
    told, asked, left_out = draw(rng)
    turns = rng.sample(asked, rng.randint(1, len(asked)))
    if left_out and rng.random() < _UNTOLD_SHARE:
        turns.insert(rng.randint(0, len(turns)), left_out[0])
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
        turns.insert(rng.randint(0, len(turns)), other(rng))
    return Conversation(_frame(rng, told), tuple(turns))
