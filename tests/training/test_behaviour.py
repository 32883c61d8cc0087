"""What the shipped weights hold on held-out prompts: greedy, int8, through the app's own engine.

The aims stand in training/README.md; `LEAST` is what the weights that ship must not fall under.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from training.cases.aims import AIMS

REPOSITORY = Path(__file__).parents[2]
LEAST = {
    "greeting": 0.8, "small talk": 0.8, "remember name": 0.9, "remember other": 0.9,
    "remember several": 0.7, "remember anew": 0.85, "not told": 0.9, "remember long": 0.75,
    "remember zh": 0.8, "remember ja": 0.7, "app": 0.65, "app zh/ja": 0.8, "limits": 0.8,
    "not refused": 0.9, "facts": 0.8, "arithmetic": 0.7, "repeat": 0.7, "lower case": 0.7,
    "reverse words": 0.7, "replace a word": 0.6, "sort words": 0.5, "spell": 0.7,
    "join with commas": 0.8, "bullet list": 0.8, "numbered list": 0.8, "exactly n words": 0.8,
    "JSON": 0.8, "two steps": 0.7, "system prompt": 0.8,
    "count words": 0.7, "sort numbers": 0.6, "writing": 0.7,
}  # fmt: skip
# In the plainest wordings, by aim: some way below what was measured, too.
LEAST_IN_SERIES = {
    "remember": 0.92, "text": 0.93, "arithmetic": 0.93, "small facts": 0.95, "system prompts": 0.9,
}  # fmt: skip


_LONGEST = 200  # tokens of a completion


def _asked(*chosen: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "training.evaluate", "--engine", "int8", "--json"]
    done = subprocess.run(
        [*command, "--settings", "greedy", "--longest", str(_LONGEST), *chosen],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["greedy"]
    return found


@pytest.fixture(scope="module")
def outcomes() -> list[dict[str, Any]]:
    return _asked("--skills", ",".join(LEAST))


@pytest.fixture(scope="module")
def in_series() -> list[dict[str, Any]]:
    return _asked("--series")


def _missed(outcomes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (outcome["messages"][-1]["content"], outcome["completion"])
        for outcome in outcomes
        if not outcome["passed"]
    ]


@pytest.mark.parametrize("skill", list(LEAST))
def test_held_out_prompts(outcomes: list[dict[str, Any]], skill: str) -> None:
    own = [outcome for outcome in outcomes if outcome["skill"] == skill]
    missed = _missed(own)
    assert 1 - len(missed) / len(own) >= LEAST[skill], missed


@pytest.mark.parametrize("name", list(LEAST_IN_SERIES))
def test_plain_prompts_in_series(in_series: list[dict[str, Any]], name: str) -> None:
    (aim,) = (aim for aim in AIMS if aim.name == name)
    own = [outcome for outcome in in_series if outcome["skill"] in aim.skills]
    missed = _missed(own)
    assert 1 - len(missed) / len(own) >= LEAST_IN_SERIES[name], missed


def test_right_answers_to_small_questions_are_short(outcomes: list[dict[str, Any]]) -> None:
    small = [
        outcome for outcome in outcomes
        if outcome["skill"] in ("greeting", "not told") and outcome["passed"]
    ]  # fmt: skip
    assert max(len(outcome["completion"]) for outcome in small) < 120


def test_completions_end_by_themselves(
    outcomes: list[dict[str, Any]], in_series: list[dict[str, Any]]
) -> None:
    asked = outcomes + in_series
    endless = [outcome["completion"] for outcome in asked if not outcome["ended"]]
    assert len(endless) <= len(asked) / 200, endless
