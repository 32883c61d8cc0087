"""System prompts of the corpus are obeyed by the answers below them."""

import re
from collections.abc import Callable
from random import Random

import pytest

from training.dialogue import Conversation
from training.skills import memory_slots, system, system_told

ROUNDS = 150
OBEYED: dict[str, Callable[[str, str], bool]] = {
    "upper": lambda _, said: said == said.upper(),
    "lower": lambda _, said: said == said.lower(),
    "zh": lambda _, said: not re.search(r"\b(the|is|of|you)\b", said),
    "ja": lambda _, said: not re.search(r"\b(the|is|of|you)\b", said),
    "word": lambda _, said: " " not in said,
    "excited": lambda _, said: said[-1] in "!?" and not re.search(r"\.( |$)", said),
    "bullets": lambda _, said: all(line.startswith("- ") for line in said.split("\n")),
    "spelt": lambda _, said: not re.search(r"\d", said),
    "digits": lambda _, said: not re.search(r"\b(two|four|six|eight)\b", said),
    "thanks": lambda _, said: said.endswith("Thank you for asking!"),
    "address": lambda told, said: any(one in told for one in re.findall(r", ([^,.!?]+)", said)),
    "beginning": lambda told, said: said.split(" ")[0] in told,
    "ending": lambda told, said: said.split(" ")[-1] in told,
}


def _drawn(
    monkeypatch: pytest.MonkeyPatch, kind: str, draw: Callable[[Random], Conversation]
) -> list[Conversation]:
    for table in ("_WEIGHTS", "_DRILLED"):
        monkeypatch.setattr(system, table, {kind: 1.0})
    monkeypatch.setattr(system, "_TWO", 0.0)
    return [draw(Random(seed)) for seed in range(ROUNDS)]


@pytest.mark.parametrize("kind", OBEYED)
def test_what_a_system_prompt_orders_is_done(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    draws = [system.conversation, *([system.drill] if kind in system._DRILLED else [])]
    for draw in draws:
        for made in _drawn(monkeypatch, kind, draw):
            if made.system is None:  # ordered by the user, who may take it back
                continue
            for turn in made.turns:
                assert OBEYED[kind](made.system, turn.assistant), (made.system, turn)
                asked += 1
    assert asked > ROUNDS / 2


@pytest.mark.parametrize("second", system._SECOND)
def test_of_two_orders_both_are_done(second: str) -> None:
    for seed in range(ROUNDS):
        made = system._two_orders(Random(seed), "beginning", second)
        assert made.system is not None
        for turn in made.turns:
            assert OBEYED[second](made.system, turn.assistant), made
            assert turn.assistant.split(" ")[0].lower().rstrip("!.") in made.system.lower()


def test_what_a_system_prompt_tells_is_answered_and_nothing_else() -> None:
    untold = 0
    for seed in range(4 * ROUNDS):
        made = system_told.conversation(Random(seed), system._simple)
        assert made.system is not None
        others = [turn for turn in made.turns if turn.assistant not in made.system]
        known = len(made.turns) - len(others)
        untold += [turn.assistant for turn in others].count(memory_slots.UNTOLD)
        assert known or any(
            re.match(r"(Your |You |I am |I work )", turn.assistant) for turn in others
        ), made
    assert untold > 10


def test_a_role_is_asked_for_only_what_was_told() -> None:
    for seed in range(4 * ROUNDS):
        (told,), asked, left_out = system_told._of_role(Random(seed))
        assert asked
        assert not left_out
        for turn in asked:
            assert re.sub(r"^I (am|work as an?|work for) |\.$", "", turn.assistant) in told, turn
