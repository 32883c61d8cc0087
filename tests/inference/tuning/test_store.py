"""What tuning found is remembered for one machine, and never in anybody's way."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.inference.processors import Processors
from app.inference.tuning.changes import Changes
from app.inference.tuning.store import FILE, MAX_KEPT, Subject, find, machine, remember
from app.inference.types import ModelRef

HERE = Processors("Any CPU", cores=4, threads=8)
SUBJECT = Subject(ModelRef("qwen", "int8"), "CPU", "genai", machine(HERE))
FOUND = Changes(("f32 instead of bf16",), {"INFERENCE_PRECISION_HINT": "f32"}, 512)


def test_what_was_found_is_found_again(tmp_path: Path) -> None:
    assert find(tmp_path, SUBJECT) is None
    remember(tmp_path, SUBJECT, FOUND)
    assert find(tmp_path, SUBJECT) == FOUND
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_that_the_default_is_best_is_remembered_as_well(tmp_path: Path) -> None:
    remember(tmp_path, SUBJECT, FOUND)
    remember(tmp_path, SUBJECT, Changes())
    assert find(tmp_path, SUBJECT) == Changes()


@pytest.mark.parametrize(
    "other",
    [
        replace(SUBJECT, model=ModelRef("qwen", "int4")),
        replace(SUBJECT, device="GPU"),
        replace(SUBJECT, engine="optimum"),
        replace(SUBJECT, machine=machine(replace(HERE, name="Another CPU"))),
        replace(SUBJECT, machine=machine(replace(HERE, cores=8))),
        replace(SUBJECT, machine=machine(replace(HERE, share=2))),
    ],
)
def test_it_counts_for_nothing_else(tmp_path: Path, other: Subject) -> None:
    remember(tmp_path, SUBJECT, FOUND)
    assert find(tmp_path, other) is None
    remember(tmp_path, other, Changes())
    assert find(tmp_path, SUBJECT) == FOUND


def test_another_openvino_is_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    before = machine(HERE)
    monkeypatch.setattr("app.inference.tuning.store.version", lambda _name: "2030.1.0")
    assert machine(HERE) != before


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[1]",
        '{"a": 1}',
        "[[]]",
        '[{"model_id": "x"}]',
        '[{"model_id": "x", "weight_format": "int8", "device": "CPU", "engine": "genai",'
        ' "machine": "m", "words": [], "properties": {}, "max_batched_tokens": 0}]',
        '[{"model_id": "x", "weight_format": "int8", "device": "CPU", "engine": "genai",'
        ' "machine": "m", "words": [], "properties": [], "max_batched_tokens": 1}]',
    ],
)
def test_a_damaged_file_is_begun_anew(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_text(content)
    assert find(tmp_path, SUBJECT) is None
    assert "begun anew" in caplog.text
    remember(tmp_path, SUBJECT, FOUND)
    assert find(tmp_path, SUBJECT) == FOUND


def test_only_so_many_are_kept(tmp_path: Path) -> None:
    subjects = [replace(SUBJECT, machine=str(number)) for number in range(MAX_KEPT + 1)]
    for subject in subjects:
        remember(tmp_path, subject, FOUND)
    assert find(tmp_path, subjects[0]) is None
    assert find(tmp_path, subjects[1]) == find(tmp_path, subjects[-1]) == FOUND
