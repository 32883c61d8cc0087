"""Prompts as people type them, from `plain.jsonl`: in ordinary words, judged by key words.

Contract: one case a line, written by somebody who saw neither the corpus nor the held-out cases.
What is missed among them may move the corpus, its wordings may not, so they show what the held-out
cases, far-fetched on purpose, hide: whether plain requests work.
"""

import json
from pathlib import Path

from training.cases.case import Case


def cases() -> list[Case]:
    """All of them, skill by skill."""
    lines = Path(__file__).with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
    return [_case(**json.loads(line)) for line in lines]


def _case(
    skill: str,
    messages: list[dict[str, str]],
    one_of: list[str],
    forbidden: list[str] | None = None,
    *,
    fold: bool = False,
) -> Case:
    return Case(
        skill,
        tuple(messages),
        (),
        forbidden=tuple(forbidden or ()),
        one_of=tuple(one_of),
        fold=fold,
    )
