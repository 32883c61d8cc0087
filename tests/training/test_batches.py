"""Rows are full, whole conversations stay whole, and a pool depends on its number alone."""

import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from training import tokenizer as tokenizers
from training.batches import Batch, Recipe, _batch, pool, stream
from training.dialogue import Conversation, Turn

TOKENIZER = Path(__file__).parents[2] / "data" / "built-in"
RECIPE = Recipe(TOKENIZER, seed=3, tokens=4096)


@pytest.fixture(scope="module")
def made() -> list[Batch]:
    return pool(RECIPE, 70)


def test_rows_hold_hardly_any_padding(made: list[Batch]) -> None:
    assert sum(batch.tokens for batch in made) > 0.9 * sum(batch.ids.size for batch in made)


def test_few_shapes(made: list[Batch]) -> None:
    assert len({batch.ids.shape for batch in made}) <= 6
    assert all(len(batch.places) % 512 == 0 for batch in made)


def test_weights_add_up_and_targets_are_the_next_tokens(made: list[Batch]) -> None:
    tokenizer = tokenizers.load(TOKENIZER)
    start = tokenizer.convert_tokens_to_ids(tokenizers.START)
    for batch in made:
        assert batch.weights.sum() == pytest.approx(1.0, abs=1e-4)
        weighted = batch.weights > 0
        assert start not in batch.targets[weighted]
        inputs = batch.ids.reshape(-1)
        nexts = batch.places[weighted] + 1
        inside = nexts % batch.ids.shape[1] != 0  # the next token may stand beyond the row
        assert (inputs[nexts[inside]] == batch.targets[weighted][inside]).all()


def test_segments_begin_where_conversations_do_or_are_bare(made: list[Batch]) -> None:
    tokenizer = tokenizers.load(TOKENIZER)
    start = tokenizer.convert_tokens_to_ids(tokenizers.START)
    segments = [
        row[own == at]
        for batch in made
        for row, own in zip(batch.ids, batch.segments // tokenizers.BRANCHES, strict=True)
        for at in range(1, own.max() + 1)
    ]
    bare = [ids for ids in segments if ids[0] != start]
    assert 0 < len(bare) < 0.5 * len(segments)
    assert all(start not in ids for ids in bare)


def test_a_pool_holds_every_kind_of_segment(made: list[Batch]) -> None:
    tokenizer = tokenizers.load(TOKENIZER)
    texts = [
        tokenizer.decode(row[own == at])
        for batch in made
        for row, own in zip(batch.ids, batch.segments // tokenizers.BRANCHES, strict=True)
        for at in range(1, own.max() + 1)
    ]
    begun, ended = tokenizers.START, tokenizers.END
    kinds: dict[str, Callable[[str], object]] = {
        "conversation": lambda text: text.startswith(begun) and text.endswith(f"{ended}\n"),
        "long conversation": lambda text: text.count(f"{begun}user") > 30,
        "opening": lambda text: text.count(begun) == 2 and text.count(ended) == 1,
        "instructions": lambda text: text.startswith(("reverse", "backwards:", "sort")),
        "questions": lambda text: text[0] != "<" and "The capital of" in text,
        "styled": lambda text: text[0] != "<" and "THE CAPITAL OF" in text,
        "sums": lambda text: re.fullmatch(r"( ?\d+ [-+×] \d+ = -?\d+\n)+", text),
        "spellings": lambda text: re.fullmatch(r"( ?[A-Za-z]+ [A-Za-z](-[A-Za-z])*\n)+", text),
    }
    missing = [kind for kind, fits in kinds.items() if not any(fits(text) for text in texts)]
    assert not missing


def test_branches_are_numbered_within_their_segment() -> None:
    stem, one, two = (tokenizers.Encoded([at] * 5, [0, 5, 5, 5, 5]) for at in (7, 8, 9))
    made = tokenizers.branched(stem, [one, two])
    batch = _batch([[made, stem]], (1, 24), pad=0)
    first = [tokenizers.BRANCHES + at for at in (0, 1, 2) for _ in range(5)]
    assert batch.segments[0].tolist() == first + [2 * tokenizers.BRANCHES] * 5 + [0] * 4
    assert batch.tokens == 20
    with pytest.raises(ValueError, match="256 branches"):
        tokenizers.branched(stem, [one] * tokenizers.BRANCHES)


def test_what_another_assistant_said_carries_no_weight() -> None:
    tokenizer = tokenizers.load(TOKENIZER)
    heard, own = (
        Turn("I am Ada.", "Hello there, Ada!", heard=True),
        Turn("Who am I?", "You are Ada."),
    )
    made = Conversation(None, (heard, own))
    ids, lengths, _ = tokenizers.encode(tokenizer, tokenizers.letters(tokenizer), made)
    weighted = [token for token, length in zip(ids, lengths, strict=True) if length]
    assert tokenizer.decode(weighted) == f"You are Ada.{tokenizers.END}"


def test_same_number_same_pool(made: list[Batch]) -> None:
    again = pool(RECIPE, 70)
    assert all((a.ids == b.ids).all() for a, b in zip(made, again, strict=True))
    other = pool(RECIPE, 71)
    assert {batch.ids.tobytes() for batch in other}.isdisjoint(b.ids.tobytes() for b in made)


def test_bare_copying_fades() -> None:
    shares = [RECIPE.copied(number) for number in (0, 5, 10, 1000)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == RECIPE.copying
    started = Recipe(TOKENIZER, seed=3, tokens=4096, copying=0.0)
    assert 0 < shares[-1] == started.copied(0) < 0.1


def test_the_stream_says_where_to_resume() -> None:
    small = Recipe(TOKENIZER, seed=3, tokens=2048)
    batches = stream(small, first=8, workers=1)
    expected = pool(small, 8)
    numbers, came = zip(*islice(batches, len(expected)), strict=True)
    batches.close()
    assert all((a.ids == b.ids).all() for a, b in zip(came, expected, strict=True))
    assert set(numbers[:-1]) == {8}
    assert numbers[-1] == 9
