"""What tuning found, remembered across restarts for one model, device, engine and machine.

A file that is lost or damaged costs nothing but the time to find it again; what was found on
another machine, or with another OpenVINO, does not count.
"""

import json
import logging
import os
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app.inference.processors import Processors
from app.inference.tuning.changes import Changes
from app.inference.types import EngineKind, ModelRef

logger = logging.getLogger(__name__)

FILE = "tuning.json"
MAX_KEPT = 200
"""The one that was found longest ago is forgotten first."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is tuned: a model on a concrete device in one kind of engine, on this machine."""

    model: ModelRef
    device: str
    engine: EngineKind
    machine: str


def machine(here: Processors) -> str:
    """What speeds depend on, in one line that is compared as a whole."""
    share = here.share or here.threads
    cores = f"{here.cores} cores, {share} of {here.threads} threads"
    return f"{here.name}, {cores}, OpenVINO {version('openvino')}"


def find(data_dir: Path, subject: Subject) -> Changes | None:
    """What is remembered, perhaps that the default is best; None if nothing is."""
    return next((changes for known, changes in _read(data_dir) if known == subject), None)


def remember(data_dir: Path, subject: Subject, changes: Changes) -> None:
    """Keep it in the place of what was known before. Raises OSError."""
    others = [known for known in _read(data_dir) if known[0] != subject]
    entries = [_entry(*known) for known in [*others, (subject, changes)][-MAX_KEPT:]]
    work = data_dir / f".{FILE}.{os.getpid()}"
    try:
        work.write_text(json.dumps(entries, indent=1, ensure_ascii=False), encoding="utf-8")
        work.replace(data_dir / FILE)
    finally:
        work.unlink(missing_ok=True)


def _read(data_dir: Path) -> list[tuple[Subject, Changes]]:
    try:
        content = json.loads((data_dir / FILE).read_text(encoding="utf-8"))
        return [_known(entry) for entry in content]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        logger.warning("%s cannot be read and is begun anew: %s", FILE, error)
        return []


def _entry(subject: Subject, changes: Changes) -> dict[str, Any]:
    return {
        "model_id": subject.model.model_id,
        "weight_format": subject.model.weight_format,
        "device": subject.device,
        "engine": subject.engine,
        "machine": subject.machine,
        "words": changes.words,
        "properties": changes.properties,
        "max_batched_tokens": changes.max_batched_tokens,
    }


def _known(entry: dict[str, Any]) -> tuple[Subject, Changes]:
    model = ModelRef(entry["model_id"], entry["weight_format"])
    subject = Subject(model, entry["device"], entry["engine"], entry["machine"])
    batch = entry["max_batched_tokens"]
    if batch is not None and (not isinstance(batch, int) or batch < 1):
        raise ValueError(f"max_batched_tokens is {batch!r}")
    words = tuple(str(one) for one in entry["words"])
    properties = {str(name): str(value) for name, value in entry["properties"].items()}
    return subject, Changes(words, properties, batch)
