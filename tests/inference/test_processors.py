"""The share of the processors that control groups leave, on made-up ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.inference import processors as module
from app.inference.processors import processors


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    processors.cache_clear()
    yield
    processors.cache_clear()


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "group"
    folder.mkdir()
    above = tmp_path / "above"
    above.mkdir()
    (above / "cpu.max").write_text("max 100000\n")
    monkeypatch.setattr(module, "group_folders", lambda _controller: iter((folder, above)))
    monkeypatch.setattr(module, "_usable_threads", lambda: 16)
    return folder


def test_this_machine_has_a_name_and_cores() -> None:
    here = processors()
    assert here.name
    assert 1 <= here.cores <= here.threads


@pytest.mark.parametrize(
    ("files", "share"),
    [
        ({"cpu.max": "400000 100000"}, 4),
        ({"cpu.max": "150000 100000"}, 2),
        ({"cpu.max": "max 100000"}, None),
        ({"cpu.max": "1600000 100000"}, None),
        ({"cpu.cfs_quota_us": "200000", "cpu.cfs_period_us": "100000"}, 2),
        ({"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"}, None),
        ({"cpu.max": "nonsense"}, None),
        ({}, None),
    ],
)
def test_the_smallest_limit_counts(group: Path, files: dict[str, str], share: int | None) -> None:
    for name, content in files.items():
        (group / name).write_text(content)
    assert processors().share == share


def test_elsewhere_than_on_linux_the_processor_has_a_name_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "_CPU_INFO", tmp_path / "missing")
    assert processors().name
