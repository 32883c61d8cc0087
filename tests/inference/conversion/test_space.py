"""What a job needs of disk and memory, and how a refusal reads."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from app.errors import ConversionFailed
from app.inference.conversion import space
from app.inference.conversion.types import Compression
from app.inference.memory import Memory

GB = 10**9
HALF = {"torch_dtype": "bfloat16"}
INT8, INT4, FP16 = Compression("int8"), Compression("int4"), Compression("fp16")


def test_parameters_by_the_type_of_the_weights() -> None:
    assert space.parameters(14 * GB, HALF) == 7 * GB
    assert space.parameters(28 * GB, {"dtype": "float32"}) == 7 * GB
    assert space.parameters(14 * GB, {}) == 7 * GB


def test_the_disk_holds_fp16_and_every_format_at_once() -> None:
    one = space.of_export(14 * GB, HALF, [INT8]).disk
    assert 21 * GB < one < 23 * GB
    assert space.of_export(14 * GB, HALF, [INT8, INT4]).disk > one + 4 * GB
    assert space.of_export(14 * GB, HALF, [FP16]).disk < one


def test_memory_grows_with_pickles_and_awq() -> None:
    plain = space.of_export(14 * GB, HALF, [INT8]).memory
    assert 15 * GB < plain < 22 * GB
    assert space.of_export(14 * GB, HALF, [INT8], pickles=True).memory > plain
    awq = Compression("int4", awq=True)
    assert space.of_export(14 * GB, HALF, [awq]).memory > plain


def test_a_finished_model_is_held_once_and_a_little_more() -> None:
    assert 16 * GB < space.to_try(14 * GB) < 18 * GB


def test_a_full_disk_is_refused_with_the_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space.shutil, "disk_usage", lambda _path: SimpleNamespace(free=12 * GB))
    models, downloads = tmp_path / "not" / "yet", tmp_path / "downloads"
    assert space.same_disk(models, downloads)
    space.check_disk({models: 10 * GB, downloads: 2 * GB})
    with pytest.raises(ConversionFailed, match=r"about 31\.0 GB of disk, 12\.0 GB are free in"):
        space.check_disk({models: 30 * GB, downloads: GB})


def test_each_disk_is_asked_for_what_will_lie_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`downloads` may be a link to another disk."""
    large, small = tmp_path / "large", tmp_path / "small"
    large.mkdir()
    small.mkdir()
    devices, free = {large: 1, small: 2}, {large: 30 * GB, small: GB}
    stat = lambda path: SimpleNamespace(st_dev=devices[path])  # noqa: E731
    monkeypatch.setattr(
        space,
        "_existing",
        lambda path: SimpleNamespace(name=path.name, stat=lambda: stat(path), path=path),
    )
    monkeypatch.setattr(
        space.shutil, "disk_usage", lambda place: SimpleNamespace(free=free[place.path])
    )
    assert not space.same_disk(large, small)
    space.check_disk({large: 29 * GB, small: GB})
    with pytest.raises(ConversionFailed, match=r"about 2\.0 GB of disk, 1\.0 GB are free in small"):
        space.check_disk({large: GB, small: 2 * GB})


def test_too_little_memory_is_refused_with_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "memory", lambda: Memory(64 * GB, 6 * GB, swap=GB))
    space.check_memory(7 * GB)
    with pytest.raises(ConversionFailed, match=r"about 20\.0 GB of memory, 7\.0 GB are free"):
        space.check_memory(20 * GB)
