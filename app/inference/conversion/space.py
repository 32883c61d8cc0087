"""Disk and memory that a job needs, and the refusal, with the numbers, when they are not there."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.errors import ConversionFailed
from app.inference.conversion.types import Compression
from app.inference.model_config import Config

_GB = 1e9
_BYTES_A_PARAMETER = {"fp16": 2.0, "int8": 1.05, "int4": 0.75}
"""On the disk, for every weight: int4 models keep some layers at int8."""

_EXPORT_MEMORY = 2.2
"""Memory of the export as a multiple of the fp16 weights, measured; docs/models.md has the runs."""
_AWQ_MEMORY = 3.5
_LIBRARIES = 1.5 * _GB
_MARGIN = 0.2 * _GB


@dataclass(frozen=True, slots=True)
class Needs:
    """Bytes, estimated. `memory` is the peak of the hungriest step."""

    disk: int
    memory: int


def of_export(weights: int, config: Config, formats: Iterable[Compression]) -> Needs:
    """What exporting and compressing takes; `weights` is the size of the checkpoint's weights."""
    wanted = list(formats)
    fp16 = 2 * parameters(weights, config)
    made = {"fp16", *(one.weight_format for one in wanted)}
    disk = sum(fp16 / 2 * _BYTES_A_PARAMETER[name] for name in made) + _MARGIN
    times = _AWQ_MEMORY if any(one.awq for one in wanted) else _EXPORT_MEMORY
    return Needs(int(disk), int(times * fp16 + _LIBRARIES))


def parameters(weights: int, config: Config) -> int:
    """How many weights a checkpoint of that many bytes holds."""
    kind = str(config.get("torch_dtype") or config.get("dtype") or "")
    return weights // (4 if kind.endswith("float32") else 2)


def check_disk(data_dir: Path, needed: int) -> None:
    """Refuse what does not fit on the disk that the data folder is on."""
    free = shutil.disk_usage(data_dir).free
    if needed > free:
        raise ConversionFailed(
            f"This needs about {_gb(needed)} of disk, {_gb(free)} are free in {data_dir.name}. "
            "Free some space, or point VINOCHAT_DATA_DIR to a larger disk."
        )


def check_memory(needed: int) -> None:
    """Refuse what would not fit into the memory that is free now, swap included."""
    free = psutil.virtual_memory().available + psutil.swap_memory().free
    if needed > free:
        raise ConversionFailed(
            f"Converting this model needs about {_gb(needed)} of memory, {_gb(free)} are free. "
            "Close other programs, choose a smaller model, or a ready-made OpenVINO version."
        )


def _gb(size: int) -> str:
    return f"{size / _GB:.1f} GB"
