"""Small random checkpoints of every architecture that the catalogue requires, as on the hub.

`make` writes one into a folder: the real class with random weights of one to three million
parameters, the configuration's keys as the real repository has them, the family's kind of tokenizer
with its special tokens, and weight files of the kind that the real repository holds. Torch works
in a child process. What they write is nonsense that hardly ever ends by itself.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.checkpoints.families import FAMILIES, Family
from tests.checkpoints.remote import REMOTE

__all__ = [
    "FAMILIES",
    "REMOTE",
    "Family",
    "make",
    "make_ready",
    "make_remote",
    "ran",
    "torch_greedy",
]

ROOT = Path(__file__).parents[2]


def make(folder: Path, *names: str) -> dict[str, Path]:
    """Write the checkpoints of those families into `folder/NAME`; where they are.

    Code that they bring (see `Family.code`) writes the file `ran(checkpoint)` when it runs.
    """
    _in_child(folder, "checkpoint", *names)
    return {name: folder / name for name in names}


def make_ready(checkpoint: Path, folder: Path, weight_format: str) -> Path:
    """Convert a checkpoint as the repositories `OpenVINO/…-ov` are: IR, both tokenizers, configs.

    By the libraries themselves and not by the app's code, which is what is to be tested.
    """
    _in_child(folder, "ready", str(checkpoint), weight_format)
    return folder


def make_remote(folder: Path, model_id: str) -> Path:
    """A ready-made stand-in for a model of `REMOTE`: `folder/MODEL_ID` with its two formats."""
    _in_child(folder, "remote", model_id)
    return folder / model_id


def torch_greedy(checkpoint: Path, prompt: Sequence[int], new_tokens: int) -> list[int]:
    """What torch goes on with after these ids, always the likeliest, from weights rounded to fp16.

    An end token does not end it.
    """
    ids = json.dumps(list(prompt))
    said = _in_child(checkpoint, "greedy", ids, str(new_tokens))
    return list(json.loads(said.splitlines()[-1]))


def ran(checkpoint: Path) -> Path:
    """The file that is there once the checkpoint's own code has run."""
    return checkpoint.parent / f"{checkpoint.name}.ran"


def _in_child(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "tests.checkpoints.maker", str(folder), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-4000:]}")
    return done.stdout
