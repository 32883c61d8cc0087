"""The record beside a model's files, and what is said when they are not what was recorded."""

import json
from pathlib import Path

import pytest

from app.errors import LoadFailed
from app.inference import manifest

SOURCE = "maker/model"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """An installed model with its record."""
    folder = tmp_path / "models" / "zephyr" / "int4"
    (folder / "sub").mkdir(parents=True)
    (folder / "openvino_model.bin").write_bytes(bytes(range(256)) * 100)
    (folder / "config.json").write_text("{}")
    (folder / "sub" / "more.txt").write_text("x")
    manifest.write(
        folder,
        source=SOURCE,
        way="export",
        command="optimum-cli …",
        revision="abc",
        catalogue_id="zephyr-7b-beta",
        settings={"weight_format": "int4", "ratio": 0.8, "awq": True},
        versions={"nncf": "3"},
    )
    return folder


def test_it_is_read_as_it_was_written(model: Path) -> None:
    record = manifest.read(model)
    assert record is not None
    assert (record.source, record.way, record.revision) == (SOURCE, "export", "abc")
    assert record.catalogue_id == "zephyr-7b-beta"
    assert record.settings == {"weight_format": "int4", "ratio": 0.8, "awq": True}
    assert set(record.files) == {"openvino_model.bin", "config.json", "sub/more.txt"}
    manifest.verify(model)


@pytest.mark.parametrize("name", ["openvino_model.bin", "config.json", "sub/more.txt"])
def test_a_flipped_byte_is_refused_by_name_and_with_the_remedy(model: Path, name: str) -> None:
    content = bytearray((model / name).read_bytes())
    content[len(content) // 2] ^= 1
    (model / name).write_bytes(content)
    with pytest.raises(LoadFailed) as failed:
        manifest.verify(model)
    message = str(failed.value)
    assert f"The file {name} of zephyr (int4) is damaged" in message
    assert "Delete the model on the Models page and install it again" in message


def test_a_file_cut_short_or_missing_is_refused(model: Path) -> None:
    with (model / "openvino_model.bin").open("r+b") as file:
        file.truncate(100)
    with pytest.raises(LoadFailed, match="damaged"):
        manifest.verify(model)
    (model / "openvino_model.bin").unlink()
    with pytest.raises(LoadFailed, match=r"zephyr \(int4\) lacks its file openvino_model\.bin"):
        manifest.verify(model)


def test_a_file_that_was_added_is_nobodys_matter_unless_it_would_be_used(model: Path) -> None:
    (model / "notes.txt").write_text("mine")
    manifest.verify(model)
    for name in ("tokenizer.json", "chat_template.jinja", "generation_config.json"):
        (model / name).write_text("{}")
        with pytest.raises(LoadFailed, match=rf"{name} of zephyr \(int4\) was added .* Remove it"):
            manifest.verify(model)
        (model / name).unlink()
    manifest.verify(model)


def test_a_folder_that_was_put_there_by_hand_passes(model: Path) -> None:
    (model / manifest.NAME).unlink()
    (model / "config.json").write_text('{"changed": true}')
    assert manifest.read(model) is None
    manifest.verify(model)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"source": 1}', '{"source": "x"}'])
def test_a_damaged_record_is_refused(model: Path, content: str) -> None:
    (model / manifest.NAME).write_text(content)
    with pytest.raises(LoadFailed, match=r"record of zephyr \(int4\) \(manifest.json\) is damaged"):
        manifest.verify(model)


def test_a_record_from_before_the_catalogue_was_named_is_read(model: Path) -> None:
    older = json.loads((model / manifest.NAME).read_text())
    del older["catalogue_id"]
    (model / manifest.NAME).write_text(json.dumps(older))
    record = manifest.read(model)
    assert record is not None
    assert record.catalogue_id == ""


def test_outdated_is_what_was_made_from_another_checkpoint_or_is_damaged(tmp_path: Path) -> None:
    checkpoint, model = tmp_path / "checkpoint", tmp_path / "model"
    for folder in (checkpoint, model):
        folder.mkdir()
    (checkpoint / "model.safetensors").write_bytes(b"weights")
    (checkpoint / "config.json").write_text(json.dumps({"model_type": "llama"}))
    assert manifest.is_outdated(model, checkpoint)
    print_ = manifest.fingerprint(checkpoint)
    (model / "openvino_model.bin").write_bytes(b"converted")
    manifest.write(model, source="x", way="export", command="", fingerprint=print_)
    assert not manifest.is_outdated(model, checkpoint)
    (model / "openvino_model.bin").write_bytes(b"convertee")
    assert manifest.is_outdated(model, checkpoint)
    (model / "openvino_model.bin").write_bytes(b"converted")
    assert not manifest.is_outdated(model, checkpoint)
    (checkpoint / "generation_config.json").write_text("{}")
    assert manifest.is_outdated(model, checkpoint)
    (model / manifest.NAME).write_text("{")
    assert manifest.is_outdated(model, checkpoint)
    assert manifest.is_outdated(tmp_path / "missing", checkpoint)
