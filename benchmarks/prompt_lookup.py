"""Whether guessing the next tokens from the prompt pays: prompt lookup against plain decoding.

Greedy completions of one user and of several by `ContinuousBatchingPipeline` with and without its
prompt lookup. The random model soon repeats itself, which is the best that can happen to it: real
completions repeat less, but for edits and summaries. Its tokens must be the same on both sides.
"""

import argparse
import asyncio
import random
import time
from typing import Any

import numpy
import openvino
import openvino_genai

from app.inference.types import EngineSpec
from benchmarks.harness.figures import Figure, Report, at_least, ratio
from benchmarks.harness.rounds import Side, in_turns

ROUNDS = 5
PLAIN, LOOKUP = "plain", "prompt lookup"
_GUESSES, _NGRAM = 5, 3
_NO_TOKEN = 2**40


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--users", type=int, nargs="+", default=[1, 4], help="(1 4)")
    parser.add_argument("--tokens", type=int, default=64, help="new tokens for each user (64)")


async def measure(options: argparse.Namespace) -> Report:
    report = Report("prompt_lookup", "Prompt lookup against plain decoding, greedy")
    await asyncio.to_thread(options.model.make)
    spec = (await options.model.prepared()).spec
    pipelines = {name: _Pipeline(spec, lookup=name == LOOKUP) for name in (PLAIN, LOOKUP)}
    for users in options.users:
        await _compare(users, options, pipelines, report)
    report.notes.append(f"{_GUESSES} guesses a step, after the last {_NGRAM} tokens.")
    return report


async def _compare(
    users: int, options: argparse.Namespace, pipelines: "dict[str, _Pipeline]", report: Report
) -> None:
    written: dict[str, list[list[list[int]]]] = {name: [] for name in pipelines}

    def side(name: str) -> Side:
        async def run(number: int) -> float:
            made = pipelines[name].run(users, options.tokens, number)
            written[name].append(made.tokens)
            return made.tokens_per_second

        return run

    print(f"{users} users, tokens/s:", flush=True)
    rates = await in_turns({name: side(name) for name in pipelines}, options.rounds)
    for name, rate in rates.items():
        report.add(Figure.median(f"{users} users, {name}", rate, "tokens/s"))
    aim = at_least(1.05)
    report.add(ratio(f"{users} users, {LOOKUP} / {PLAIN}", rates[LOOKUP], rates[PLAIN], aim))
    same = sum(one == other for one, other in zip(*written.values(), strict=True))
    report.add(Figure(f"{users} users, rounds with the same tokens on both sides", same))


class _Made:
    """What one round wrote, and how fast after the first token of each user."""

    def __init__(self, tokens: list[list[int]], first: int, seconds: float) -> None:
        self.tokens = tokens
        self.tokens_per_second = (sum(map(len, tokens)) - first) / seconds


class _Pipeline:
    def __init__(self, spec: EngineSpec, *, lookup: bool) -> None:
        scheduler = openvino_genai.SchedulerConfig()
        scheduler.num_kv_blocks = 512
        scheduler.dynamic_split_fuse = True
        scheduler.max_num_batched_tokens = spec.max_batched_tokens
        properties = dict(spec.properties) | ({"prompt_lookup": True} if lookup else {})
        self._lookup, self._next_id = lookup, 0
        self._pipeline = openvino_genai.ContinuousBatchingPipeline(
            spec.model_dir, scheduler, spec.device, properties
        )

    def run(self, users: int, tokens: int, number: int) -> _Made:
        """All users at once, measured from when each has its first token."""
        chance = random.Random(number)
        handles = [self._add(chance, tokens) for _ in range(users)]
        made: list[list[int]] = [[] for _ in handles]
        began, first = 0.0, 0
        while self._pipeline.has_non_finished_requests():
            self._pipeline.step()
            for handle, ids in zip(handles, made, strict=True):
                while handle.can_read():
                    ids.extend(handle.read().popitem()[1].generated_ids)
            if not began and all(made):
                began, first = time.monotonic(), sum(map(len, made))
        return _Made(made, first, time.monotonic() - began)

    def _add(self, chance: random.Random, tokens: int) -> Any:
        config = openvino_genai.GenerationConfig(max_new_tokens=tokens)
        config.eos_token_id, config.stop_token_ids = _NO_TOKEN, {_NO_TOKEN}
        if self._lookup:
            config.num_assistant_tokens, config.max_ngram_size = _GUESSES, _NGRAM
        prompt = numpy.array([chance.choices(range(300, 10_000), k=64) * 2], dtype=numpy.int64)
        self._next_id += 1
        return self._pipeline.add_request(self._next_id, openvino.Tensor(prompt), config)
