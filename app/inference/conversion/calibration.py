"""The text that AWQ looks at a model's layers with, and the model's inputs that are made of it.

Ours is `calibration.txt`: short paragraphs in the catalogue's languages. Instead, a person can give
a text file (a paragraph a line), a `.jsonl` file with a field "text" in each line, or a data set
of the hub that holds such a file (`Sources.calibration` finds it; parquet is not read).
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import ConversionFailed
from app.inference.tokenizing import load_tokenizer

OURS = Path(__file__).with_name("calibration.txt")
MOST_TEXTS = 128
MOST_TOKENS = 256
_SHORTEST = 8
_MOST_BYTES = 64_000_000


def texts(file: str = "") -> list[str]:
    """The first texts of a file, ours if none is named. ConversionFailed if it holds none."""
    path = Path(file) if file else OURS
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ConversionFailed(
                f"The calibration text {path.name} is larger than {_MOST_BYTES // 10**6} MB. "
                f"A few hundred lines are enough: the first {MOST_TEXTS} are used."
            )
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConversionFailed(
            f"The calibration text {path.name} cannot be read ({reason}). Give a UTF-8 text file."
        ) from None
    found = [text for text in map(_of(path), lines) if len(text) >= _SHORTEST][:MOST_TEXTS]
    if not found:
        raise ConversionFailed(
            f"The calibration text {path.name} holds no text. Give one with a paragraph a line, or "
            'a .jsonl file with a field "text" in each line.'
        )
    return found


def is_usable(name: str, size: int) -> bool:
    """Whether a file of a data set can hold texts for us."""
    title = name.rpartition("/")[2].lower()
    about = title.startswith(("readme", "license", "notice", "requirements"))
    return name.endswith((".txt", ".jsonl")) and 0 < size <= _MOST_BYTES and not about


def inputs(
    folder: Path, paragraphs: Iterable[str], names: set[str]
) -> Iterator[dict[str, np.ndarray]]:
    """What the decoder-only model in `folder` is given for each paragraph.

    `names` are the model's inputs; one that is not known here is refused.
    """
    tokenizer = load_tokenizer(folder)
    for paragraph in paragraphs:
        ids = tokenizer.encode(paragraph, add_special_tokens=True)[:MOST_TOKENS]
        if ids:
            yield {name: _input(name, ids) for name in sorted(names)}


def _of(path: Path) -> Any:
    return _text_of_json if path.suffix in (".jsonl", ".ndjson") else str.strip


def _text_of_json(line: str) -> str:
    try:
        row = json.loads(line)
    except ValueError:
        return ""
    text = row.get("text") if isinstance(row, dict) else None
    return text.strip() if isinstance(text, str) else ""


def _input(name: str, ids: list[int]) -> np.ndarray:
    length = len(ids)
    match name:
        case "input_ids":
            return np.array([ids], dtype=np.int64)
        case "attention_mask":
            return np.ones((1, length), dtype=np.int64)
        case "position_ids":
            return np.arange(length, dtype=np.int64)[None, :]
        case "beam_idx":
            return np.zeros(1, dtype=np.int32)
    raise ConversionFailed(
        "AWQ is not possible for this model: it has an input that VinoChat does not know "
        f"({name}). Choose int4 without AWQ."
    )
