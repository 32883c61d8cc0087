"""Rows without conversation ask for nothing that does not follow from what stands before."""

from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from transformers import PreTrainedTokenizerFast

from training import tokenizer as tokenizers
from training.bare import Encoded, copies, spellings, sums
from training.skills.arithmetic import is_held_out

FOLDER = Path(__file__).parents[2] / "data" / "built-in"


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return tokenizers.load(FOLDER)


def _parts(tokenizer: PreTrainedTokenizerFast, made: Encoded) -> list[tuple[str, str]]:
    """Each line's given and result; the result is what carries weight."""
    ids, own = made
    lines, given, result = [], list[int](), list[int]()
    for at, length in zip(ids, own, strict=True):
        if not length and result:
            lines.append((tokenizer.decode(given).strip(), tokenizer.decode(result).strip()))
            given, result = [], []
        (result if length else given).append(at)
    return [*lines, (tokenizer.decode(given).strip(), tokenizer.decode(result).strip())]


def test_copies_ask_for_pairs_that_stood_there_before() -> None:
    for seed in range(40):
        ids, own = copies(Random(seed), range(3, 500))
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
