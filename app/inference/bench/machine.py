"""The machine and the libraries that figures belong to: without them a figure says nothing."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import psutil

from app.inference.devices import Device
from app.inference.memory import memory

LIBRARIES = ("openvino", "openvino-genai", "optimum-intel", "nncf", "transformers", "torch")


@dataclass(frozen=True, slots=True)
class Machine:
    """`cores` are physical ones, `threads` those that this process may run on; memory in bytes."""

    system: str
    devices: dict[str, str]
    cores: int
    threads: int
    memory_bytes: int
    libraries: dict[str, str]

    def __str__(self) -> str:
        names = ", ".join(f"{name}: {full}" for name, full in self.devices.items())
        libraries = ", ".join(f"{name} {number}" for name, number in self.libraries.items())
        return (
            f"{names}; {self.cores} cores, {self.threads} threads, "
            f"{self.memory_bytes / 1e9:.1f} GB of memory; {self.system}\n{libraries}"
        )


def describe(devices: Sequence[Device]) -> Machine:
    """This machine; AUTO is no device of its own."""
    return Machine(
        system=platform.platform(terse=True),
        devices={one.name: one.full_name for one in devices if one.name != "AUTO"},
        cores=psutil.cpu_count(logical=False) or 0,
        threads=_threads(),
        memory_bytes=memory().total,
        libraries={name: number for name in LIBRARIES if (number := _version(name))},
    )


def _threads() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
