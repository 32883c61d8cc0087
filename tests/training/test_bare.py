"""What carries weight in rows without whole conversations is right."""

import re
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from transformers import PreTrainedTokenizerFast

from training import tokenizer as tokenizers
from training.bare import (
    HOW_OFTEN_ASKED,
    between,
    copies,
    counts,
    instructions,
    opening,
    questions,
    recalls,
    spellings,
    styled,
    sums,
)
from training.dialogue import Conversation, Turn
from training.skills import facts, knowledge, memory, system
from training.skills.arithmetic import is_held_out
from training.tokenizer import Encoded

FOLDER = Path(__file__).parents[2] / "data" / "built-in"


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return tokenizers.load(FOLDER)


def _parts(tokenizer: PreTrainedTokenizerFast, made: Encoded) -> list[tuple[str, str]]:
    """Each line's given and result; the result is what carries weight."""
    ids, own, _ = made
    lines, given, result = [], list[int](), list[int]()
    for at, length in zip(ids, own, strict=True):
        if not length and result:
            lines.append((tokenizer.decode(given).strip(), tokenizer.decode(result).strip()))
            given, result = [], []
        (result if length else given).append(at)
    return [*lines, (tokenizer.decode(given).strip(), tokenizer.decode(result).strip())]


def test_copies_ask_for_pairs_that_stood_there_before() -> None:
    for seed in range(40):
        ids, own, _ = copies(Random(seed), range(3, 500))
        assert set(own) == {0, sum(length > 0 for length in own)} != {0}
        pairs = list(pairwise(ids))
        for at, length in enumerate(own):
            if length:
                assert pairs[at - 1] in pairs[: at - 1]


def test_spellings_are_right_and_come_in_one_way_a_segment(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    spelling, seen = tokenizers.letters(tokenizer), set[str]()
    ways = {
        "hyphens": "-".join, "spaces": " ".join, "capitals": str.upper, "small": str.lower,
        "backwards": lambda word: word[::-1],
    }  # fmt: skip
    for seed in range(60):
        lines = _parts(tokenizer, spellings(Random(seed), tokenizer, spelling))
        fit = {
            name for name, way in ways.items() if all(way(word) == shown for word, shown in lines)
        }
        assert fit, lines
        seen |= fit
    assert seen == set(ways)


def test_sums_are_right_and_none_is_held_out(tokenizer: PreTrainedTokenizerFast) -> None:
    for seed in range(40):
        for given, result in _parts(tokenizer, sums(Random(seed), tokenizer)):
            left, sign, right, equals = given.split()
            found = {"+": int.__add__, "-": int.__sub__, "×": int.__mul__}[sign]
            assert equals == "="
            assert int(result) == found(int(left), int(right))
            assert not is_held_out(int(left), sign.replace("×", "x"), int(right))


def test_instructions_are_followed(tokenizer: PreTrainedTokenizerFast) -> None:
    spelling, reversed_ones, replaced = tokenizers.letters(tokenizer), 0, 0
    for seed in range(120):
        for given, result in _parts(tokenizer, instructions(Random(seed), tokenizer, spelling)):
            order, _, text = given.partition(": ")
            if order in ("reverse", "backwards", "reverse the words", "words in reverse order"):
                assert result.split() == text.split()[::-1]
                reversed_ones += 1
            if match := re.fullmatch(r"replace (\w+) (?:by|with) (\w+)", order):
                assert result == re.sub(rf"\b{match[1]}\b", match[2], text)
                replaced += 1
    assert reversed_ones > 20
    assert replaced > 10


def test_questions_are_answered(tokenizer: PreTrainedTokenizerFast) -> None:
    spelling, capitals, after = tokenizers.letters(tokenizer), 0, 0
    known = facts.table("capital")
    for seed in range(120):
        for given, result in _parts(tokenizer, questions(Random(seed), tokenizer, spelling)):
            if match := re.fullmatch(r"The capital of (.+) is (.+)\.", result):
                assert known[match[1]] == match[2]
                capitals += 1
            if match := re.fullmatch(r"(\d+) comes after (\d+)\.", result):
                listed = [int(number) for number in re.findall(r"\d+", given)]
                step = listed[1] - listed[0] if len(listed) > 1 else 1
                assert int(match[1]) == int(match[2]) + step
                assert listed[-1] == int(match[2])
                after += 1
    assert capitals > 10
    assert after > 10


def test_below_a_system_prompt_only_answers_carry_weight(
    tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = (Turn("What is hot?", "FIRE"), Turn("And cold?", "ICE"))
    for name in ("drill", "conversation"):
        monkeypatch.setattr(system, name, lambda rng: Conversation("Shout.", turns))
    parts = _parts(tokenizer, styled(Random(1), tokenizer, tokenizers.letters(tokenizer)))
    assert [result for _, result in parts] == ["FIRE", "ICE"]
    assert "Shout." in parts[0][0]


def test_an_opening_is_a_question_and_the_first_words_of_its_answer(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    answers = [answer for intent in knowledge.intents("en") for answer in intent["answers"]]
    spelling, known = tokenizers.letters(tokenizer), 0
    for seed in range(200):
        ids, own, _ = opening(Random(seed), tokenizer, spelling)
        places = [at for at, length in enumerate(own) if length]
        # A very short answer is there as a whole, with the line break behind it.
        assert places == list(range(places[0], places[-1] + 1))
        assert places[-1] >= len(ids) - 2
        assert {own[at] for at in places} == {len(places)}
        begun = tokenizer.decode([ids[at] for at in places]).strip()
        if any(answer.startswith(begun) for answer in answers):
            known += 1
            assert len(places) == 6
            assert len(begun) < 50
    assert known > 50


def test_words_are_counted_right(tokenizer: PreTrainedTokenizerFast) -> None:
    seen = set[int]()
    for seed in range(40):
        for given, result in _parts(tokenizer, counts(Random(seed), tokenizer)):
            text = given.split("\n")[-1].removesuffix("=")
            assert len(text.split()) == int(result), text
            seen.add(int(result))
    assert set(range(1, 9)) <= seen


def test_of_facts_only_the_answers_carry_weight(tokenizer: PreTrainedTokenizerFast) -> None:
    spelling = tokenizers.letters(tokenizer)
    for seed in range(60):
        rng = Random(seed)
        read, asked = memory.to_read(rng, between, rng.choice(HOW_OFTEN_ASKED))
        answers = [turn.assistant for turn in read + asked if not turn.heard]
        weighed = _parts(tokenizer, recalls(Random(seed), tokenizer, spelling))
        results = [result.removesuffix(tokenizers.END) for _, result in weighed]
        assert [result for result in results if result] == answers


def test_questions_side_by_side_see_what_was_told_and_not_each_other(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    spelling, several = tokenizers.letters(tokenizer), 0
    for seed in range(40):
        made = recalls(Random(seed), tokenizer, spelling)
        if not made.branches:
            continue
        parts = [
            tokenizer.decode(
                [token for token, of in zip(made.ids, made.branches, strict=True) if of == at]
            )
            for at in range(max(made.branches) + 1)
        ]
        assert list(made.branches) == sorted(made.branches)
        for part in parts[1:]:
            assert part.startswith(f"{tokenizers.START}user ")
            assert part.count(tokenizers.START) == part.count(tokenizers.END) == 2
        several += len(parts) > 4
    assert several > 5
