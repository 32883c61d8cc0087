"""Texts for AWQ, and the model inputs that are made of them."""

import json
from pathlib import Path

import pytest

from app.errors import ConversionFailed
from app.inference.conversion import calibration


def test_ours_has_enough_text_in_three_languages() -> None:
    texts = calibration.texts()
    assert 90 <= len(texts) <= calibration.MOST_TEXTS
    assert len(set(texts)) == len(texts)
    assert sum("の" in text for text in texts) >= 20
    assert sum("的" in text for text in texts) >= 20
    assert sum(" the " in text for text in texts) >= 25


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    plain = tmp_path / "own.txt"
    plain.write_text("A first paragraph.\n\n  \nshort\nA second paragraph.\n")
    assert calibration.texts(str(plain)) == ["A first paragraph.", "A second paragraph."]
    rows = [{"text": "From a row of JSON."}, {"other": 1}, ["no"], {"text": 3}]
    lines = tmp_path / "own.jsonl"
    lines.write_text("\n".join(map(json.dumps, rows)) + "\nno JSON")
    assert calibration.texts(str(lines)) == ["From a row of JSON."]


def test_only_the_first_texts_are_used(tmp_path: Path) -> None:
    many = tmp_path / "many.txt"
    many.write_text("\n".join(f"Paragraph number {i}." for i in range(1000)))
    assert len(calibration.texts(str(many))) == calibration.MOST_TEXTS


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "holds no text"), (b"\xff\xfe\x00", "cannot be read"), (b"a\nb\n", "holds no text")],
)
def test_a_file_that_is_no_use_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "own.txt"
    file.write_bytes(content)
    with pytest.raises(ConversionFailed, match=rf"own\.txt {words}"):
        calibration.texts(str(file))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConversionFailed, match=r"none\.txt cannot be read"):
        calibration.texts(str(tmp_path / "none.txt"))


def test_inputs_of_a_stateful_model(tiny_checkpoint: Path) -> None:
    names = {"input_ids", "attention_mask", "position_ids", "beam_idx"}
    paragraphs = ["hello there", "x" * 1000]
    short, long = calibration.inputs(tiny_checkpoint, paragraphs, names)
    assert set(short) == names
    assert short["input_ids"].shape == short["attention_mask"].shape == (1, 11)
    assert short["position_ids"].tolist() == [list(range(11))]
    assert short["beam_idx"].tolist() == [0]
    assert long["input_ids"].shape == (1, calibration.MOST_TOKENS)


def test_an_input_that_nobody_knows_is_refused(tiny_checkpoint: Path) -> None:
    with pytest.raises(ConversionFailed, match="pixel_values"):
        list(calibration.inputs(tiny_checkpoint, ["hello"], {"pixel_values"}))
