"""Greedy completions of every architecture, engine against torch: the same tokens.

Half a minute each, so that they run only by their marker:

    python -m pytest tests/inference/test_exactness.py -m architectures
"""

import json
import shutil
from pathlib import Path

import pytest

from tests.checkpoints import make_ready, torch_greedy
from tests.inference.driving import complete, make

pytestmark = [pytest.mark.engine, pytest.mark.architectures]

NEW_TOKENS = 24
# Ordinary words of every family's tokenizer, whose special tokens stand at its ends.
PROMPT = tuple(range(300, 330))
LONGER = tuple(range(300, 500))

# Gemma and MiniCPM are exported by older libraries only.
CASES = [
    *("tiny-llama", "llama-2", "llama-3", "youri", "qwen2", "qwen1.5", "phi3", "phi"),
    *("mistral", "zephyr", "mistral-instruct", "stablelm", "red-pajama", "dolly"),
    *("mpt", "blenderbot"),
]


def equal(checkpoint: Path, folder: Path, kind: str, prompt: tuple[int, ...] = PROMPT) -> None:
    wanted = torch_greedy(checkpoint, prompt, NEW_TOKENS)
    engine = make(make_ready(checkpoint, folder, "fp16"), kind)
    written = complete(engine, prompt=prompt, max_new_tokens=NEW_TOKENS)
    engine.close()
    assert len(set(wanted)) > 2, "the same token over and over shows nothing"
    assert written == wanted


@pytest.mark.parametrize("name", CASES)
def test_the_engine_writes_what_torch_writes(
    name: str, checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    equal(checkpoints[name], tmp_path, "optimum" if name in ("mpt", "blenderbot") else "genai")


@pytest.mark.parametrize("name", ["mistral", "phi3"])
@pytest.mark.parametrize("kind", ["genai", "optimum"])
def test_beyond_a_sliding_window(
    name: str, kind: str, checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    checkpoint = shutil.copytree(checkpoints[name], tmp_path / name)
    config = json.loads((checkpoint / "config.json").read_text())
    (checkpoint / "config.json").write_text(json.dumps(config | {"sliding_window": 48}))
    equal(checkpoint, tmp_path / "ir", kind, LONGER)
