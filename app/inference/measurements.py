"""How fast models really were on this machine, remembered across restarts.

Every completion of some length adds one sample to its model, weight format and device; only the
latest samples count, and only so many models are remembered. The file is for showing: one that is
lost or damaged costs nothing but the numbers, and two processes that write it at the same moment
may lose a sample.
"""

import json
import logging
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

logger = logging.getLogger(__name__)

FILE = "measurements.json"
MIN_TOKENS = 16
"""Shorter completions say more about their start than about the speed."""
MAX_SAMPLES = 20
MAX_KEPT = 200
"""Models, weight formats and devices together; the one that ran longest ago is forgotten first."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One completion: its decode speed, and how many ran at once at most, itself included."""

    tokens_per_second: float
    together: int


@dataclass(frozen=True, slots=True)
class Measured:
    """The latest samples of one model on one device, oldest first; never empty."""

    model_id: str
    weight_format: str
    device: str
    samples: tuple[Sample, ...]

    @property
    def tokens_per_second(self) -> float:
        """What one person got, in the middle of what was measured."""
        return median(sample.tokens_per_second for sample in self.samples)

    @property
    def together(self) -> float:
        """How many completions ran at once then, in the middle; 1 is alone."""
        return median(sample.together for sample in self.samples)


def read(data_dir: Path) -> list[Measured]:
    """Everything that is remembered, the latest last; empty if nothing is or it is unreadable."""
    try:
        content = json.loads((data_dir / FILE).read_text(encoding="utf-8"))
        return [_measured(entry) for entry in content]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        logger.warning("%s cannot be read and is begun anew: %s", FILE, error)
        return []


def find(data_dir: Path, model_id: str, weight_format: str, device: str) -> Measured | None:
    """What is remembered of one model on one device such as `CPU`."""
    wanted = (model_id, weight_format, device)
    return next((known for known in read(data_dir) if _key(known) == wanted), None)


class Measurements:
    """The writer. `record` may be called from several threads."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE
        self._lock = threading.Lock()

    def record(self, model_id: str, weight_format: str, device: str, sample: Sample) -> None:
        """Add a sample. Never raises: a full disk must not end a completion."""
        added = Measured(model_id, weight_format, device, (sample,))
        try:
            with self._lock:
                self._write(_with(read(self._path.parent), added))
        except OSError as error:
            logger.warning("a measurement was not stored: %s", error)

    def _write(self, everything: list[Measured]) -> None:
        text = json.dumps([_entry(known) for known in everything], ensure_ascii=False)
        work = self._path.with_name(f".{FILE}.{os.getpid()}")
        try:
            work.write_text(text, encoding="utf-8")
            work.replace(self._path)
        finally:
            work.unlink(missing_ok=True)


def _with(known: list[Measured], added: Measured) -> list[Measured]:
    """What was known with one more sample at the end, within the bounds."""
    before = next((one.samples for one in known if _key(one) == _key(added)), ())
    samples = (*before, *added.samples)[-MAX_SAMPLES:]
    others = [one for one in known if _key(one) != _key(added)]
    grown = Measured(added.model_id, added.weight_format, added.device, samples)
    return [*others, grown][-MAX_KEPT:]


def _key(measured: Measured) -> tuple[str, str, str]:
    return measured.model_id, measured.weight_format, measured.device


def _entry(measured: Measured) -> dict[str, Any]:
    return {
        "model_id": measured.model_id,
        "weight_format": measured.weight_format,
        "device": measured.device,
        "samples": [[round(s.tokens_per_second, 2), s.together] for s in measured.samples],
    }


def _measured(entry: dict[str, Any]) -> Measured:
    samples = tuple(Sample(float(speed), int(together)) for speed, together in entry["samples"])
    if not samples:
        raise ValueError("an entry without samples")
    return Measured(entry["model_id"], entry["weight_format"], entry["device"], samples)
