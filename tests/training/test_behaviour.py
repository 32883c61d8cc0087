"""What the shipped weights hold on held-out prompts: greedy, int8, through the app's own engine.

The aims stand in training/README.md; `LEAST` is what the weights that ship must not fall under.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
LEAST = {
    "greeting": 0.8, "small talk": 0.8, "remember name": 0.9, "remember other": 0.85,
    "remember several": 0.7, "remember anew": 0.8, "not told": 0.85, "remember long": 0.75,
    "remember zh": 0.8, "remember ja": 0.7, "app": 0.65, "app zh/ja": 0.8, "limits": 0.8,
    "not refused": 0.9, "facts": 0.75, "arithmetic": 0.7, "repeat": 0.7, "lower case": 0.7,
    "reverse words": 0.7, "replace a word": 0.6, "sort words": 0.4,
    "join with commas": 0.6, "bullet list": 0.7, "numbered list": 0.6, "exactly n words": 0.7,
    "JSON": 0.6, "two steps": 0.6, "system prompt": 0.8,
    "count words": 0.4, "sort numbers": 0.35, "writing": 0.7,
}  # fmt: skip


@pytest.fixture(scope="module")
def outcomes() -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "training.evaluate", "--engine", "int8", "--json"]
    chosen = ["--settings", "greedy", "--skills", ",".join(LEAST)]
    done = subprocess.run(
        [*command, *chosen, "--longest", "64"],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["greedy"]
    return found


@pytest.mark.parametrize("skill", list(LEAST))
def test_held_out_prompts(outcomes: list[dict[str, Any]], skill: str) -> None:
    own = [outcome for outcome in outcomes if outcome["skill"] == skill]
    missed = [
        (outcome["messages"][-1]["content"], outcome["completion"])
        for outcome in own
        if not outcome["passed"]
    ]
    assert 1 - len(missed) / len(own) >= LEAST[skill], missed


def test_answers_to_small_questions_are_short(outcomes: list[dict[str, Any]]) -> None:
    small = [outcome for outcome in outcomes if outcome["skill"] in ("greeting", "not told")]
    assert max(len(outcome["completion"]) for outcome in small) < 120
