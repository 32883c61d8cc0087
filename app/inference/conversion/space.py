"""Disk and memory that a job needs, and the refusal, with the numbers, when they are not there."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.errors import ConversionFailed
from app.inference.conversion.types import Compression
from app.inference.memory import memory
from app.inference.model_config import Config

_GB = 1e9
_BYTES_A_PARAMETER = {"fp16": 2.0, "int8": 1.05, "int4": 0.75}
"""On the disk, for every weight: int4 models keep some layers at int8."""

# Peaks of memory as multiples of the weights' size, with some room. Measured: 1.9 GB for 1.0 GB of
# safetensors, 3.0 GB for 2.2 GB. A pickle is read whole before the model is filled from it; AWQ
# runs the model.
_SAFETENSORS, _PICKLE, _AWQ = 1.3, 2.3, 2.5
_LIBRARIES = 1.2 * _GB
_RUN = 1.2
_ENGINE = 0.5 * _GB
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


def to_try(weights: int) -> int:
    """The memory that running a finished model takes, where `weights` is the size of its IR."""
    return int(_RUN * weights + _ENGINE)


def parameters(weights: int, config: Config) -> int:
    """How many weights a checkpoint of that many bytes holds."""
    kind = str(config.get("torch_dtype") or config.get("dtype") or "")
    return weights // (4 if kind.endswith("float32") else 2)


def check_disk(needed: Mapping[Path, int]) -> None:
    """Refuse what does not fit on the disks that these folders lie on, or will lie on."""
    disks: dict[int, tuple[Path, int]] = {}
    for folder, size in needed.items():
        place = _existing(folder)
        first, before = disks.get(place.stat().st_dev, (place, 0))
        disks[place.stat().st_dev] = (first, before + size)
    for place, size in disks.values():
        free = shutil.disk_usage(place).free
        if size > free:
            raise ConversionFailed(
                f"This needs about {_size(size)} of disk, {_size(free)} are free in {place.name}. "
                "Free some space, or point VINOCHAT_DATA_DIR to a larger disk."
            )


def same_disk(one: Path, other: Path) -> bool:
    """Whether two folders lie, or will lie, on one file system, so that files can be linked."""
    return _existing(one).stat().st_dev == _existing(other).stat().st_dev


def check_memory(needed: int) -> None:
    """Refuse what would not fit into the memory that is free now, swap included."""
    here = memory()
    free = here.available + here.swap
    if needed > free:
        raise ConversionFailed(
            f"This needs about {_size(needed)} of memory, {_size(free)} are free. Close other "
            "programs, or choose a smaller model or a ready-made OpenVINO version in fewer bits."
        )


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())


def _size(size: int) -> str:
    return f"{size / _GB:.1f} GB" if size >= _GB / 10 else f"{size / 1e6:.0f} MB"
