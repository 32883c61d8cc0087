"""What is said of folders that cannot be converted. No libraries are loaded for that."""

import json
import shutil
from pathlib import Path

import pytest

from app.errors import ConversionFailed
from app.inference.conversion import checkpoint
from app.inference.conversion.failures import readable


def refusal(folder: Path) -> str:
    with pytest.raises(ConversionFailed) as failed:
        checkpoint.check(folder)
    assert str(folder.parent) not in str(failed.value), "a path of the server"
    return str(failed.value)


@pytest.fixture
def source(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """A copy of the tiny Llama's checkpoint, to be spoilt."""
    return shutil.copytree(tiny_checkpoint, tmp_path / "source")


def test_a_whole_checkpoint_passes(source: Path) -> None:
    assert checkpoint.check(source)["model_type"] == "llama"


def test_a_missing_folder_and_a_file(tmp_path: Path) -> None:
    assert "There is no folder nowhere to convert" in refusal(tmp_path / "nowhere")
    (tmp_path / "model.gguf").write_bytes(b"")
    assert "model.gguf is a file. Give the folder" in refusal(tmp_path / "model.gguf")


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("config.json", "has no config.json, so it is not a model folder"),
        ("tokenizer.json", "holds no tokenizer"),
        ("model.safetensors", "holds no weights"),
    ],
)
def test_an_incomplete_checkpoint_is_named(source: Path, missing: str, words: str) -> None:
    (source / missing).unlink()
    assert words in refusal(source)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "cannot be read"),
        ("[]", "not a JSON object"),
        ('{"hidden_size": 3}', "names no model_type"),
    ],
)
def test_a_wrong_config_is_named(source: Path, content: str, words: str) -> None:
    (source / "config.json").write_text(content)
    assert words in refusal(source)


@pytest.mark.parametrize("name", ["model.pt", "weights.pth", "model.ckpt", "model.bin"])
def test_pickles_are_refused(source: Path, name: str) -> None:
    (source / "model.safetensors").rename(source / name)
    message = refusal(source)
    assert "pickle" in message
    assert ".safetensors" in message


def test_weights_for_another_program_are_named(source: Path) -> None:
    (source / "model.safetensors").rename(source / "model.Q4_K_M.gguf")
    assert "for another program only (model.Q4_K_M.gguf)" in refusal(source)


def test_an_openvino_model_needs_no_conversion(source: Path) -> None:
    (source / "openvino_model.xml").write_text("<net/>")
    message = refusal(source)
    assert "holds an OpenVINO model already" in message
    assert "DATA_DIR/models/" in message


def test_a_missing_part_of_the_weights_is_named(source: Path) -> None:
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (source / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "lacks model-2.safetensors" in refusal(source)
    (source / "model.safetensors.index.json").write_text("{}")
    assert "model.safetensors.index.json of source is damaged" in refusal(source)


@pytest.mark.parametrize("length", [0, 100, 20_000])
def test_weights_cut_short_are_named(source: Path, length: int) -> None:
    with (source / "model.safetensors").open("r+b") as file:
        file.truncate(length)
    assert "(model.safetensors) are damaged or cut short" in refusal(source)


def test_a_pickle_cut_short_is_named(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    source = shutil.copytree(checkpoints["dolly"], tmp_path / "source")
    checkpoint.check(source)
    assert checkpoint.reads_pickles(source)
    weights = source / "pytorch_model.bin"
    with weights.open("r+b") as file:
        file.truncate(weights.stat().st_size // 2)
    assert "(pytorch_model.bin) are damaged or cut short" in refusal(source)


def test_code_is_needed_where_the_libraries_do_not_know_the_model() -> None:
    own = {"AutoConfig": "own.Config"}
    assert checkpoint.needs_code({"model_type": "own", "auto_map": own})
    assert not checkpoint.needs_code({"model_type": "phi3", "auto_map": own})
    assert not checkpoint.needs_code({"model_type": "own"})


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "not enough memory"),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried"), "not enough memory"),
        (OSError(28, "No space left on device"), "disk is full"),
        (RuntimeError("basic_ios::clear: iostream error"), "disk is full"),
        (ValueError("The repository x contains custom code which must be"), "Python code"),
        (ValueError("a x model, that is a custom or unsupported architecture"), "ready-made"),
        (ValueError("Maximum required is 4.57.6, got: 5.5.4"), "ready-made"),
        (KeyError("x"), r"(KeyError); the log has the details"),
        (ConversionFailed("as it is"), "as it is"),
    ],
)
def test_what_the_libraries_say_is_told_in_words(error: Exception, words: str) -> None:
    assert words in readable(error)
