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

# Peaks of memory as multiples of the weights' size, with some room. Measured: 1.9 GB for 1.0 GB of
# safetensors, 3.0 GB for 2.2 GB. A pickle is read whole before the model is filled from it; AWQ
# runs the model.
_SAFETENSORS, _PICKLE, _AWQ = 1.3, 2.3, 2.5
_LIBRARIES = 1.2 * _GB
_MARGIN = 0.2 * _GB


@dataclass(frozen=True, slots=True)
class Needs:
    """Bytes, estimated. `memory` is the peak of the hungriest step."""

    disk: int
    memory: int


def of_export(
    weights: int, config: Config, formats: Iterable[Compression], *, pickles: bool = False
) -> Needs:
    """What exporting and compressing takes; `weights` is the size of the checkpoint's weights."""
    wanted = list(formats)
    fp16 = 2 * parameters(weights, config)
    made = {"fp16", *(one.weight_format for one in wanted)}
    disk = sum(fp16 / 2 * _BYTES_A_PARAMETER[name] for name in made) + _MARGIN
    memory = (_PICKLE if pickles else _SAFETENSORS) * weights
    if any(one.awq for one in wanted):
        memory = max(memory, _AWQ * fp16)
    return Needs(int(disk), int(memory + _LIBRARIES))


def parameters(weights: int, config: Config) -> int:
    """How many weights a checkpoint of that many bytes holds."""
    kind = str(config.get("torch_dtype") or config.get("dtype") or "")
    return weights // (4 if kind.endswith("float32") else 2)


def check_disk(data_dir: Path, needed: int) -> None:
    """Refuse what does not fit on the disk that the data folder is on."""
    free = shutil.disk_usage(data_dir).free
    if needed > free:
        raise ConversionFailed(
            f"This needs about {_size(needed)} of disk, {_size(free)} are free in {data_dir.name}. "
            "Free some space, or point VINOCHAT_DATA_DIR to a larger disk."
        )


def check_memory(needed: int) -> None:
    """Refuse what would not fit into the memory that is free now, swap included."""
    free = psutil.virtual_memory().available + psutil.swap_memory().free
    if needed > free:
        raise ConversionFailed(
            f"Converting this model needs about {_size(needed)} of memory, {_size(free)} are free. "
            "Close other programs, choose a smaller model, or a ready-made OpenVINO version."
        )


def _size(size: int) -> str:
    return f"{size / _GB:.1f} GB" if size >= _GB / 10 else f"{size / 1e6:.0f} MB"
