"""What is left of the machine's memory within a container's limits."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from app.inference import memory as module
from app.inference.memory import Memory, memory

GB = 10**9


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of 64 GB of which 40 are free; the folder for its control groups."""
    machine = SimpleNamespace(total=64 * GB, available=40 * GB)
    monkeypatch.setattr(module.psutil, "virtual_memory", lambda: machine)
    monkeypatch.setattr(module.psutil, "swap_memory", lambda: SimpleNamespace(free=2 * GB))
    monkeypatch.setattr(module, "_GROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(module, "_OWN_GROUPS", tmp_path / "own")
    (tmp_path / "own").write_text("12:cpuset:/\n4:memory:/docker/abc\n0::/system.slice/app\n")
    return tmp_path / "cgroup"


def group(folder: Path, limit: str, used: int, cache: int, version: int = 2) -> None:
    folder.mkdir(parents=True)
    names = {
        2: ("memory.max", "memory.current", "inactive_file"),
        1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    }[version]
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / names[1]).write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 1\n{names[2]} {cache}\n")


def test_the_machine_where_nothing_limits(groups: Path) -> None:
    assert memory() == Memory(64 * GB, 40 * GB, 2 * GB)
    group(groups / "system.slice" / "app", "max", 5 * GB, 0)
    group(groups / "memory" / "docker" / "abc", "9223372036854771712", 5 * GB, 0, version=1)
    assert memory() == Memory(64 * GB, 40 * GB, 2 * GB)
    (groups.parent / "own").unlink()
    assert memory() == Memory(64 * GB, 40 * GB, 2 * GB)


def test_a_limit_of_version_2_also_one_above(groups: Path) -> None:
    group(groups / "system.slice" / "app", str(32 * GB), 4 * GB, GB)
    assert memory() == Memory(32 * GB, 29 * GB)
    group(groups / "x", "max", 0, 0)
    for name in ("memory.max", "memory.current", "memory.stat"):
        (groups / "system.slice" / name).write_text("8000000000" if "max" in name else "0 0")
    assert memory() == Memory(32 * GB, 29 * GB), "a file that says nothing is left out"
    (groups / "system.slice" / "memory.current").write_text("6000000000")
    assert memory() == Memory(8 * GB, 2 * GB)


def test_groups_of_other_controllers(groups: Path) -> None:
    (groups.parent / "own").write_text("4:cpu,cpuacct:/docker\n0::/app\n")
    assert list(module.group_folders("cpu")) == [
        groups / "cpu,cpuacct" / "docker",
        groups / "cpu,cpuacct",
        groups / "app",
        groups,
    ]
    assert groups / "cpu,cpuacct" not in module.group_folders("memory")


def test_a_limit_of_version_1_as_a_container_sees_it(groups: Path) -> None:
    group(groups / "memory", str(8 * GB), 9 * GB, 0, version=1)
    assert memory() == Memory(8 * GB, 0), "never less than nothing"
    (groups / "memory" / "memory.stat").write_text(f"total_inactive_file {6 * GB}")
    assert memory() == Memory(8 * GB, 5 * GB), "the cache of files read is given back"
