"""The shipped weights answer held-out prompts; run beside the tests, since it needs torch."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
SKILLS = "greeting,remember name,not told,app,app zh/ja"
LEAST = {"greeting": 0.8, "remember name": 0.8, "not told": 0.6, "app": 0.7, "app zh/ja": 0.6}


@pytest.fixture(scope="module")
def outcomes() -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "training.evaluate", "--json", "--settings", "greedy"]
    done = subprocess.run(
        [*command, "--skills", SKILLS],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False,
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


def test_completions_end_by_themselves(outcomes: list[dict[str, Any]]) -> None:
    assert max(len(outcome["completion"]) for outcome in outcomes) < 1000
