"""Which processor this is, and how much of it this process may use.

psutil knows the machine only; where a container or a service has been given a share of it, OpenVINO
starts as many threads as the machine has cores all the same, and they are stopped and go by turns.
"""

import math
import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

from app.inference.memory import group_folders

_CPU_INFO = Path("/proc/cpuinfo")
_EFFICIENT_CORES = Path("/sys/devices/cpu_atom")


@dataclass(frozen=True, slots=True)
class Processors:
    """`cores` are physical ones and `threads` what they run at once; both at least 1.

    `share` is how many of them the limits of control groups leave, None without a limit. `hybrid`
    means cores of two kinds, where it can be told (Linux).
    """

    name: str
    cores: int
    threads: int
    share: int | None = None
    hybrid: bool = False


@cache
def processors() -> Processors:
    """Those of this machine; they are looked at once."""
    threads = _usable_threads()
    return Processors(
        name=_name(),
        cores=min(psutil.cpu_count(logical=False) or threads, threads),
        threads=threads,
        share=_share(threads),
        hybrid=_EFFICIENT_CORES.exists(),
    )


def _usable_threads() -> int:
    if hasattr(os, "sched_getaffinity"):  # a service may be bound to some of them
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _name() -> str:
    try:
        for line in _CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _share(threads: int) -> int | None:
    """The smallest limit of the control groups above this process, rounded up to whole threads."""
    limits = []
    for folder in group_folders("cpu"):
        try:
            quota, period = (folder / "cpu.max").read_text().split()  # version 2
        except (OSError, ValueError):
            try:
                quota = (folder / "cpu.cfs_quota_us").read_text()
                period = (folder / "cpu.cfs_period_us").read_text()
            except OSError:
                continue
        try:
            limits.append(int(quota) / int(period))
        except (ValueError, ZeroDivisionError):  # "max" is none
            continue
    least = min((math.ceil(limit) for limit in limits if limit > 0), default=threads)
    return least if least < threads else None
