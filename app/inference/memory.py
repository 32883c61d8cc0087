"""How much memory this process may use: the machine's, or less where a container or a service has
been given a limit. psutil knows the machine only."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import psutil

_GROUPS = Path("/sys/fs/cgroup")
_OWN_GROUPS = Path("/proc/self/cgroup")


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes: all that there is, what can be had now, and what swapping would add to that."""

    total: int
    available: int
    swap: int = 0


def memory() -> Memory:
    """As it is now, within every limit of Linux's control groups that holds for this process."""
    machine = psutil.virtual_memory()
    limits = list(_limits())
    if not limits:
        return Memory(machine.total, machine.available, psutil.swap_memory().free)
    # A group's swap has limits of its own: none is counted on.
    return Memory(
        min(machine.total, *(limit for limit, _ in limits)),
        max(0, min(machine.available, *(limit - used for limit, used in limits))),
    )


def _limits() -> Iterator[tuple[int, int]]:
    """Limit and use of each group that this process is in, as far as they are below infinity."""
    for folder in group_folders("memory"):
        for limit_name, used_name, cache_name in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            try:
                limit = int((folder / limit_name).read_text())  # "max" is none
                used = int((folder / used_name).read_text())
                lines = (folder / "memory.stat").read_text().splitlines()
                stat = dict(line.split() for line in lines)
            except (OSError, ValueError):
                continue
            if limit < 2**60:  # version 1 writes "none" as nearly 2**63
                # Files that were read once and are kept in case: given back when memory is asked.
                yield limit, used - int(stat.get(cache_name, 0))


def group_folders(controller: str) -> Iterator[Path]:
    """Where the groups' files are, version 2 and 1, this process's own first, then what is above.

    In a container the own group is often the top one, whatever its name outside.
    """
    try:
        lines = _OWN_GROUPS.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, name = line.split(":", 2)
        if controllers == "" or controller in controllers.split(","):
            top = _GROUPS / controllers
            path = PurePosixPath(name.lstrip("/"))
            yield from (top / part for part in (path, *path.parents))
