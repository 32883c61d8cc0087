"""Measured speeds are remembered, bounded, and never in anybody's way."""

import asyncio
import json
from pathlib import Path

import pytest

from app.inference import measurements
from app.inference.measurements import (
    FILE,
    MAX_KEPT,
    MAX_SAMPLES,
    MIN_TOKENS,
    Measurements,
    Sample,
    find,
    read,
)
from tests.scripted import Engines, MakeService, collect, end_of, until


def test_the_middle_of_what_was_measured_counts(tmp_path: Path) -> None:
    writer = Measurements(tmp_path)
    for speed, together in ((10, 1), (200, 8), (30, 2)):
        writer.record("qwen", "int8", "CPU", Sample(speed, together))
    writer.record("qwen", "int4", "CPU", Sample(99, 1))
    measured = find(tmp_path, "qwen", "int8", "CPU")
    assert measured is not None
    assert measured.tokens_per_second == 30
    assert measured.together == 2
    assert find(tmp_path, "qwen", "int8", "GPU") is None


def test_only_the_latest_samples_and_models_are_kept(tmp_path: Path) -> None:
    writer = Measurements(tmp_path)
    for speed in range(MAX_SAMPLES + 5):
        writer.record("qwen", "int8", "CPU", Sample(speed, 1))
    assert [s.tokens_per_second for s in read(tmp_path)[0].samples] == list(range(5, 25))
    for number in range(MAX_KEPT):
        writer.record(f"m{number}", "int8", "CPU", Sample(1, 1))
    kept = read(tmp_path)
    assert len(kept) == MAX_KEPT
    assert kept[0].model_id == "m0"
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", '{"a": 1}', '[{"model_id": "x", "samples": []}]']
)
def test_a_damaged_file_is_begun_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert read(tmp_path) == []
    Measurements(tmp_path).record("qwen", "int8", "CPU", Sample(5, 1))
    assert len(json.loads((tmp_path / FILE).read_text())) == 1


def test_a_disk_that_takes_nothing_is_no_trouble(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Measurements(tmp_path / "missing").record("qwen", "int8", "CPU", Sample(5, 1))
    assert "not stored" in caplog.text
    assert measurements.read(tmp_path / "missing") == []


@pytest.mark.anyio
async def test_completions_that_ran_are_measured(
    make_service: MakeService, engines: Engines
) -> None:
    engines.prepare = lambda engine: setattr(engine, "token_s", 0.002)
    async with make_service(device="AUTO") as service:
        data_dir = service.settings.data_dir
        await collect(service, new=MIN_TOKENS - 1)
        finished = end_of(await collect(service, new=MIN_TOKENS))
        await until(lambda: read(data_dir))
        (measured,) = read(data_dir)
        assert (measured.model_id, measured.weight_format) == ("first", "int8")
        assert measured.device == "CPU"  # what ran, not what was asked for
        speed = pytest.approx(finished.receipt.tokens_per_second, abs=0.01)
        assert measured.samples == (Sample(speed, 1),)
        await asyncio.gather(*(collect(service, name, new=30) for name in ("ada", "bob")))
        await until(lambda: len(read(data_dir)[0].samples) == 3)
        assert [sample.together for sample in read(data_dir)[0].samples] == [1, 2, 2]
