"""What a folder must hold to be converted, and what is wrong with one that cannot be.

Weights are read from safetensors, or, where a model has none, from `pytorch_model*.bin` by torch's
reader that takes tensors only. Every other kind of pickle can run code and is never opened.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from app.errors import ConversionFailed, LoadFailed
from app.inference import model_config

IR_NAMES = ("openvino_model.xml", "openvino_decoder_model.xml")
TOKENIZERS = (
    "tokenizer.json",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
    "vocab.json",
    "vocab.txt",
)
_OTHER_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
_OTHER_WEIGHTS = (".gguf", ".ggml", ".onnx", ".msgpack", ".h5")


def check(folder: Path) -> model_config.Config:
    """The configuration of a checkpoint that can be converted.

    Raises ConversionFailed naming what is missing, cut short or unsafe, before hours of work.
    """
    if not folder.exists():
        raise ConversionFailed(f"There is no folder {folder.name} to convert. Check the path.")
    if not folder.is_dir():
        raise ConversionFailed(
            f"{folder.name} is a file. Give the folder that holds the model's config.json."
        )
    names = [path.name for path in folder.iterdir() if path.is_file()]
    if any(name in IR_NAMES for name in names):
        raise ConversionFailed(
            f"{folder.name} holds an OpenVINO model already. Copy it to "
            "DATA_DIR/models/MODEL_ID/WEIGHT_FORMAT/ to use it."
        )
    try:
        config = model_config.read(folder)
    except LoadFailed as error:
        raise ConversionFailed(str(error)) from None
    if not config.get("model_type"):
        raise ConversionFailed(
            f"The config.json of {folder.name} names no model_type, so it is not that of a "
            "language model. Give the folder of a whole checkpoint."
        )
    check_names(folder.name, names, "Download the whole model again.")
    _check_parts(folder)
    return config


def check_names(title: str, names: list[str], remedy: str) -> None:
    """Weights that can be read, and a tokenizer, are among a checkpoint's files."""
    if not weight_files(names):
        raise ConversionFailed(_no_weights(title, names, remedy))
    tokenizer = any(name in TOKENIZERS or name.endswith(".tiktoken") for name in names)
    if not tokenizer and not any(name.startswith("tokenization") for name in names):
        raise ConversionFailed(f"{title} holds no tokenizer (tokenizer.json). {remedy}")


def weight_files(names: list[str]) -> list[str]:
    """The weights to read among a checkpoint's file names, pickles only if there is nothing else.

    The same weights in a second layout, as some makers add them, are left out.
    """
    safetensors = [name for name in names if name.endswith(".safetensors")]
    plain = [name for name in safetensors if name.startswith("model")] or [
        name for name in safetensors if not name.startswith(("consolidated", "adapter"))
    ]
    return plain or [
        name for name in names if name.startswith("pytorch_model") and name.endswith(".bin")
    ]


def is_ir_weights(name: str) -> bool:
    """Whether a file holds the weights of an OpenVINO model, and not of a tokenizer."""
    return name.startswith("openvino_") and name.endswith("model.bin")


def needs_code(config: model_config.Config) -> bool:
    """Whether Python code of its own reads a model, and not the libraries installed here."""
    if not config.get("auto_map"):
        return False
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    return config.get("model_type") not in CONFIG_MAPPING_NAMES


def index_files(names: list[str]) -> list[str]:
    """The list of parts that goes with the weights of `weight_files`."""
    ending = (
        ".safetensors.index.json"
        if any(name.endswith(".safetensors") for name in weight_files(names))
        else ".bin.index.json"
    )
    return [name for name in names if name.endswith(ending)]


def reads_pickles(folder: Path) -> bool:
    """Whether the weights are in torch's own format."""
    return any(name.endswith(".bin") for name in weight_files([p.name for p in folder.iterdir()]))


def _no_weights(title: str, names: list[str], remedy: str) -> str:
    if any(name.endswith(_OTHER_PICKLES) for name in names):
        return (
            f"{title} holds its weights as pickle files only, which can run code when they are "
            "opened. Get a version of the model with .safetensors files."
        )
    other = next((name for name in names if name.endswith(_OTHER_WEIGHTS)), None)
    if other is not None:
        return (
            f"{title} holds weights for another program only ({other}). Get the original version "
            "of the model, with .safetensors files."
        )
    return f"{title} holds no weights (.safetensors). {remedy}"


def _check_parts(folder: Path) -> None:
    """Every part of the weights is there and whole: cheap, and minutes before the export."""
    names = [path.name for path in folder.iterdir()]
    for index in index_files(names):
        try:
            content: dict[str, Any] = json.loads((folder / index).read_text(encoding="utf-8"))
            wanted = set(content["weight_map"].values())
        except (ValueError, KeyError, AttributeError):
            raise ConversionFailed(
                f"{index} of {folder.name} is damaged. Download the model again."
            ) from None
        missing = sorted(name for name in wanted if not (folder / name).is_file())
        if missing:
            raise ConversionFailed(
                f"{folder.name} lacks {', '.join(missing[:5])}. Download the whole model again."
            )
    for name in weight_files(names):
        if not _is_whole(folder / name):
            raise ConversionFailed(
                f"The weights of {folder.name} ({name}) are damaged or cut short. "
                "Download the model again."
            )


def _is_whole(file: Path) -> bool:
    if file.suffix == ".bin":
        # Before torch 1.6 it was no archive; such a file is torch's to judge.
        with file.open("rb") as stream:
            return stream.read(2) != b"PK" or zipfile.is_zipfile(file)
    try:
        # It compares the file's length with what its header promises.
        with safe_open(file, framework="numpy"):  # type: ignore[no-untyped-call]
            return True
    except (SafetensorError, OSError):
        return False
