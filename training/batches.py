"""Batches for training: conversations and bare segments packed into rows of a few fixed widths.

Contract: a pool of batches is a function of (recipe, number), so training resumes where it stopped
by number alone, and pools are made ahead in worker processes. Rows hold several conversations or
bare rows, each a segment of its own; only openings, and what outgrows the context, are cut. Only
tokens that the model itself writes, or that `bare` asks for, carry weight, and a short completion's
tokens carry more each, since "Your name is Ada." matters as much as a poem. No torch here: workers
should start fast and stay small.
"""

import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from training import bare
from training import tokenizer as tokenizers
from training.corpus import conversation, long_conversation
from training.tokenizer import BRANCHES, Encoded

# Few widths, because matrix kernels are prepared or compiled anew for each; but a wide row costs
# more, so that no conversation should stand in one much wider than itself.
_WIDTHS = (192, 320, 512, 768, 1280, tokenizers.CONTEXT)
_POOL = 48  # batches, roughly
_AHEAD = 2  # pools that each worker prepares before they are needed
_PLACES = 512  # the number of weighted places is a multiple of this: again, few shapes

COPYING = 0.5  # share of bare copying at the start of a run from scratch
_COPYING_LATER = 0.01
_COPYING_TOKENS = 3e6  # until then the share falls from one to the other
# Shares of what copying leaves, in tokens.
_CONVERSATIONS, _LONG, _OPENINGS, _INSTRUCTIONS = 0.12, 0.02, 0.16, 0.19
_RECALLS, _NOTES, _KEYS, _QUESTIONS, _STYLED = 0.25, 0.05, 0.03, 0.02, 0.10
_SUMS, _SPELLINGS, _COUNTS = 0.03, 0.02, 0.01

Row = list[Encoded]


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that a pool depends on, apart from its number."""

    tokenizer: Path
    seed: int
    tokens: int  # in a batch, padding included
    copying: float = COPYING

    def copied(self, number: int) -> float:
        """The share of bare copying in a pool."""
        left = 1 - number * _POOL * self.tokens / _COPYING_TOKENS
        return max(_COPYING_LATER, self.copying * left)


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs and segments (`number * BRANCHES + branch`, 0 for padding) by row; places that carry
    weight, with targets and weights, flat."""

    ids: NDArray[np.int64]
    segments: NDArray[np.int32]
    places: NDArray[np.int64]
    targets: NDArray[np.int64]
    weights: NDArray[np.float32]
    tokens: int  # without padding


def _rows(encoded: Row) -> dict[int, list[Row]]:
    """Best fit, the longest first: each conversation goes where it leaves the least room."""
    rows: dict[int, list[Row]] = {width: [] for width in _WIDTHS}
    room: dict[int, list[Row]] = {}
    for item in sorted(encoded, key=lambda item: -len(item.ids)):
        length = len(item.ids)
        left = next((n for n in range(length, max(_WIDTHS) + 2) if room.get(n)), 0)
        if left:
            row = room[left].pop()
        else:
            width = next(width for width in _WIDTHS if width + 1 >= length)
            left, row = width + 1, []
            rows[width].append(row)
        row.append(item)
        room.setdefault(left - length, []).append(row)
    return rows


def _batch(rows: list[Row], shape: tuple[int, int], pad: int) -> Batch:
    ids = np.full((shape[0], shape[1] + 1), pad, np.int64)
    lengths = np.zeros(ids.shape, np.float32)
    segments = np.zeros(ids.shape, np.int32)
    for at, row in enumerate(rows):
        start = 0
        for segment, (tokens, own, branches) in enumerate(row, 1):
            end = start + len(tokens)
            ids[at, start:end] = tokens
            lengths[at, start:end] = own
            segments[at, start:end] = segment * BRANCHES
            if branches:
                segments[at, start:end] += np.array(branches, np.int32)
            start = end
    flat = lengths[:, 1:].reshape(-1)
    places = np.flatnonzero(flat)
    spare = np.flatnonzero(flat == 0)[: -len(places) % _PLACES]
    places = np.concatenate((places, spare))
    weights = np.zeros(len(places), np.float32)
    weights[: len(places) - len(spare)] = flat[places[: len(places) - len(spare)]] ** -0.5
    return Batch(
        ids[:, :-1], segments[:, :-1], places, ids[:, 1:].reshape(-1)[places],
        weights / weights.sum(), int((segments[:, :-1] > 0).sum()),
    )  # fmt: skip


@cache
def _tokenizers(folder: Path) -> tuple[PreTrainedTokenizerFast, Tokenizer]:
    tokenizer = tokenizers.load(folder)
    return tokenizer, tokenizers.letters(tokenizer)


def _segments(recipe: Recipe, number: int, rng: Random) -> Iterator[Encoded]:
    """Each kind's share of a pool, in tokens."""
    tokenizer, spelling = _tokenizers(recipe.tokenizer)
    tokens = range(len(tokenizer.all_special_ids), len(tokenizer))  # the special ones come first

    def usual() -> Encoded:
        return tokenizers.encode(tokenizer, spelling, conversation(rng))

    def long() -> Encoded:
        turns = 60 if rng.random() < 0.7 else rng.randint(10, 40)
        return tokenizers.encode(tokenizer, spelling, long_conversation(rng, turns))

    copied = recipe.copied(number)
    left = 1 - copied
    kinds: list[tuple[float, Callable[[], Encoded]]] = [
        (copied, lambda: bare.copies(rng, tokens)),
        (left * _CONVERSATIONS, usual),
        (left * _LONG, long),
        (left * _OPENINGS, lambda: bare.opening(rng, tokenizer, spelling)),
        (left * _INSTRUCTIONS, lambda: bare.instructions(rng, tokenizer, spelling)),
        (left * _RECALLS, lambda: bare.recalls(rng, tokenizer, spelling)),
        (left * _NOTES, lambda: bare.notes(rng, tokenizer, spelling)),
        (left * _KEYS, lambda: bare.keys(rng, tokenizer)),
        (left * _QUESTIONS, lambda: bare.questions(rng, tokenizer, spelling)),
        (left * _STYLED, lambda: bare.styled(rng, tokenizer, spelling)),
        (left * _SUMS, lambda: bare.sums(rng, tokenizer)),
        (left * _SPELLINGS, lambda: bare.spellings(rng, tokenizer, spelling)),
        (left * _COUNTS, lambda: bare.counts(rng, tokenizer)),
    ]
    for share, make in kinds:
        made = 0
        while made < _POOL * recipe.tokens * share:
            encoded = make()
            made += len(encoded.ids)
            yield Encoded(*(part[: tokenizers.CONTEXT + 1] for part in encoded))


def pool(recipe: Recipe, number: int) -> list[Batch]:
    """The batches of one pool, in the order of training."""
    rng = Random(f"pool-{recipe.seed}-{number}")
    pad = _tokenizers(recipe.tokenizer)[0].pad_token_id
    batches = []
    for width, rows in _rows(list(_segments(recipe, number, rng))).items():
        rng.shuffle(rows)
        each = max(1, recipe.tokens // width)
        # Every batch of a width has the same shape; the last one may have empty rows, but what
        # would fill less than half of it is left out.
        for start in range(0, len(rows) - (each - 1) // 2, each):
            part = rows[start : start + each]
            batches.append(_batch(part, (each, width), pad))
    rng.shuffle(batches)
    return batches


def stream(recipe: Recipe, first: int, workers: int) -> Generator[tuple[int, Batch]]:
    """Batches from pool `first` on, each with the number of the pool to resume from after it."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    # Ctrl-C reaches workers too; the trainer alone decides when they end.
    ignored = (signal.SIGINT, signal.SIG_IGN)
    executor = ProcessPoolExecutor(workers, get_context("spawn"), signal.signal, ignored)
    try:
        ahead: deque[Future[list[Batch]]] = deque()
        number = first
        while True:
            while len(ahead) <= _AHEAD * workers:
                ahead.append(executor.submit(pool, recipe, number + len(ahead)))
            made = ahead.popleft().result()
            for batch in made[:-1]:
                yield number, batch
            number += 1
            yield number, made[-1]
    finally:
        executor.shutdown(cancel_futures=True)
