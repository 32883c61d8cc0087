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
LEAST = {"greeting": 0.8, "remember other": 0.5, "not told": 0.8, "limits": 0.5, "not refused": 0.8}


@pytest.fixture(scope="module")
def outcomes() -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "training.evaluate", "--engine", "int8", "--json"]
    chosen = ["--settings", "greedy", "--skills", ",".join(LEAST), "--each", "20"]
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
