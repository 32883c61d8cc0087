"""Prompts as people type them, from files of lines: in ordinary words, judged by key words.

Contract: one case a line, written by somebody who saw neither the corpus nor the held-out cases.
What is missed in `plain.jsonl` may move the corpus, its wordings may not, so it shows what the
held-out cases, far-fetched on purpose, hide: whether plain requests work. `unread.jsonl` moves
nothing: whoever works on the corpus reads neither its prompts nor what was missed, only totals.
"""

import json
from pathlib import Path

from training.cases.case import Case


def cases() -> list[Case]:
    """All that may be read, skill by skill."""
    return _read("plain.jsonl")


def unread() -> list[Case]:
    """All that may not, skill by skill."""
    return _read("unread.jsonl")


def _read(name: str) -> list[Case]:
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
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
