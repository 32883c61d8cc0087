"""Batches for training: conversations of like length side by side, and whole 2,048-token windows.

Contract: a batch is a function of (seed, number), so training resumes where it stopped by number
alone. Only tokens that the model itself writes carry weight, and a short completion's tokens carry
more each, since "Your name is Ada." matters as much as a poem.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import torch
from transformers import PreTrainedTokenizerFast

from training.corpus import conversation, long_conversation
from training.tokenizer import CONTEXT, encode

_POOL = 512  # conversations that are sorted by length together
# Few shapes, because the CPU's matrix kernels are prepared anew for each.
_WIDTHS = (48, 64, 96, 128, 160, 192, 256, 320, 448, 640, 1024, CONTEXT)


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded inputs, the next token at each place, and its weight in the loss."""

    inputs: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor


def _width(length: int) -> int:
    return next(width for width in _WIDTHS if width >= length)


def _batch(rows: list[tuple[list[int], list[int]]], pad: int) -> Batch:
    width = _width(max(len(ids) for ids, _ in rows) - 1) + 1
    ids = torch.full((len(rows), width), pad)
    weights = torch.zeros(len(rows), width)
    for at, (row, lengths) in enumerate(rows):
        ids[at, : len(row)] = torch.tensor(row)
        weights[at, : len(row)] = torch.tensor([n**-0.5 if n else 0.0 for n in lengths])
    return Batch(ids[:, :-1], ids[:, 1:], weights[:, 1:])


def long_batch(tokenizer: PreTrainedTokenizerFast, seed: int, number: int, tokens: int) -> Batch:
    """Conversations of many turns, cut at the full context."""
    rows = []
    for row in range(max(1, tokens // CONTEXT)):
        rng = Random(f"long-{seed}-{number}-{row}")
        made = long_conversation(rng, 60 if rng.random() < 0.7 else rng.randint(10, 40))
        ids, lengths = encode(tokenizer, made)
        rows.append((ids[: CONTEXT + 1], lengths[: CONTEXT + 1]))
    return _batch(rows, tokenizer.pad_token_id)


def _pool(
    tokenizer: PreTrainedTokenizerFast, seed: int, number: int, tokens: int, drill: float
) -> list[Batch]:
    rng = Random(f"pool-{seed}-{number}")
    rows = [encode(tokenizer, conversation(rng, drill)) for _ in range(_POOL)]
    rows.sort(key=lambda row: len(row[0]))
    batches, current = [], [rows[0]]
    for row in rows[1:]:
        if _width(len(row[0]) - 1) * (len(current) + 1) > tokens:
            batches.append(_batch(current, tokenizer.pad_token_id))
            current = []
        current.append(row)
    batches.append(_batch(current, tokenizer.pad_token_id))
    rng.shuffle(batches)
    return batches


def stream(
    tokenizer: PreTrainedTokenizerFast, seed: int, pool: int, tokens: int, drill: float
) -> Iterator[tuple[int, Batch]]:
    """Batches of usual length, each with the number of the pool to resume from after it."""
    while True:
        made = _pool(tokenizer, seed, pool, tokens, drill)
        for batch in made[:-1]:
            yield pool, batch
        yield pool + 1, made[-1]
        pool += 1
