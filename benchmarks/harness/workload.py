"""The model that is measured and what it is asked: a real shape, random weights, made-up words.

Speed does not depend on the values, as long as some words are much likelier than others (see
`random_model`). The words are whole tokens in both directions, so a prompt has
as many tokens as it was given words.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.config import load_settings
from app.inference.preparation import Prepared, prepare
from app.inference.types import ModelRef, Target
from benchmarks.harness.api import Ask
from benchmarks.harness.app import App, running
from benchmarks.random_model import SHAPES, make, words, write_checkpoint

WEIGHT_FORMAT = "int8"


@dataclass(frozen=True, slots=True)
class RandomModel:
    """A model of one of `SHAPES` in the data folder of the benchmarks."""

    shape: str
    data_dir: Path

    @property
    def id(self) -> str:
        return f"{self.shape}-random"

    @property
    def folder(self) -> Path:
        return self.data_dir / "models" / self.id / WEIGHT_FORMAT

    @property
    def app_options(self) -> tuple[str, ...]:
        """What `launch.py serve` serves it with."""
        return ("--model", self.id, "--weight-format", WEIGHT_FORMAT)

    def make(self) -> None:
        """Write it and let the app's own code convert it, unless that has been done."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if not self.folder.exists():
            print(f"Making {self.id}, once …", flush=True)
            make(SHAPES[self.shape], WEIGHT_FORMAT, self.folder)

    def checkpoint(self) -> Path:
        """The same model as it was before the conversion, for PyTorch."""
        folder = self.data_dir / "checkpoints" / self.id
        if not (folder / "tokenizer.json").exists():
            write_checkpoint(folder, SHAPES[self.shape])
        return folder

    async def prepared(self) -> Prepared:
        """What the app would start its engine with: the engine's settings, and the prompts."""
        settings = load_settings(data_dir=self.data_dir, model=self.id, weight_format=WEIGHT_FORMAT)
        target = Target(ModelRef(self.id, WEIGHT_FORMAT), settings.device)
        return await prepare(settings, target, (settings.device,), lambda _progress: None)


@asynccontextmanager
async def serving(model: RandomModel) -> AsyncIterator[App]:
    """The app with this model, which is made first if it has to be; it ends with the block."""
    await asyncio.to_thread(model.make)
    async with running(model.data_dir, *model.app_options) as app:
        yield app


@cache
def _vocabulary() -> tuple[str, ...]:
    return tuple(words(20_000))


def text(tokens: int, seed: int | str) -> str:
    """So many made-up words; another seed, others from the first word on."""
    return "".join(random.Random(seed).choices(_vocabulary(), k=tokens))


def asks(users: int, tokens: int, round_number: int, prompt_tokens: int = 32) -> list[Ask]:
    """One question for each user, no two alike in all rounds, so that no prefix is cached."""
    seeds = (round_number * 1000 + user for user in range(users))
    return [Ask.of(text(prompt_tokens, seed), tokens, seed) for seed in seeds]
