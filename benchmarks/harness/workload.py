"""The model that is measured and what it is asked: a real shape, random weights, made-up words.

Speed does not depend on the values. The words are whole tokens in both directions, so a prompt has
as many tokens as it was given words.
"""

import random
from functools import cache
from pathlib import Path

from app.config import load_settings
from app.inference.preparation import Prepared, prepare
from app.inference.types import ModelRef, Target
from benchmarks.harness.api import Ask
from benchmarks.random_model import SHAPES, make, words, write_checkpoint

SHAPE = "qwen2-0.5b"
MODEL = f"{SHAPE}-random"
WEIGHT_FORMAT = "int8"
APP_OPTIONS = ("--model", MODEL, "--weight-format", WEIGHT_FORMAT)


def model_dir(data_dir: Path) -> Path:
    """Where the model is; made and converted by the app's own code if it is not there yet."""
    folder = data_dir / "models" / MODEL / WEIGHT_FORMAT
    if not folder.exists():
        print(f"Making {MODEL}, once …", flush=True)
        make(SHAPES[SHAPE], WEIGHT_FORMAT, folder)
    return folder


def checkpoint_dir(data_dir: Path) -> Path:
    """The same model before its conversion, for PyTorch."""
    folder = data_dir / "checkpoints" / MODEL
    if not (folder / "tokenizer.json").exists():
        write_checkpoint(folder, SHAPES[SHAPE])
    return folder


async def prepared(data_dir: Path) -> Prepared:
    """What the app would start its engine with: settings of the engine, and the prompts."""
    settings = load_settings(data_dir=data_dir, model=MODEL, weight_format=WEIGHT_FORMAT)
    target = Target(ModelRef(MODEL, WEIGHT_FORMAT), settings.device)
    return await prepare(settings, target, (settings.device,), lambda _progress: None)


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
