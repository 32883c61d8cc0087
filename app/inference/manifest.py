"""The record beside a model's files: where they came from, how they were made, their checksums.

It is written when a model is installed and checked before it is loaded, so that a file that was
cut short, changed on the disk or added later is never used. A folder without one was put there by
hand and is taken as it is.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from app.errors import LoadFailed
from app.inference.model_config import TEXT_FILES

NAME = "manifest.json"

_READ_IF_THERE = (
    "config.json",
    *TEXT_FILES,
    "openvino_tokenizer.xml",
    "openvino_detokenizer.xml",
)
_REMEDY = (
    "Delete the model on the Models page and install it again, or, if you changed the file "
    f"yourself, delete {NAME} beside it."
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of an installed model.

    `source` is a hub id or the name of a folder, `revision` the hub's commit, `fingerprint` that of
    the checkpoint in a folder, `catalogue_id` the catalogue's model that it is, under whatever name
    it is installed; "" if it is none of them. `settings` and `versions` are for people. `files`
    maps each file's name to its SHA-256.
    """

    source: str
    way: str
    command: str
    revision: str = ""
    fingerprint: str = ""
    catalogue_id: str = ""
    settings: dict[str, str | int | float | bool] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def write(
    folder: Path,
    *,
    source: str,
    way: str,
    command: str,
    revision: str = "",
    fingerprint: str = "",
    catalogue_id: str = "",
    settings: Mapping[str, str | int | float | bool] | None = None,
    versions: Mapping[str, str] | None = None,
) -> Manifest:
    """Record every file that `folder` holds now."""
    manifest = Manifest(
        source=source,
        way=way,
        command=command,
        revision=revision,
        fingerprint=fingerprint,
        catalogue_id=catalogue_id,
        settings=dict(settings or {}),
        versions=dict(versions or {}),
        files={name: checksum(folder / name) for name in _names(folder)},
    )
    text = json.dumps(asdict(manifest), indent=2, ensure_ascii=False)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")
    return manifest


def read(folder: Path) -> Manifest | None:
    """The record of `folder`; None if it has none. LoadFailed if it cannot be read."""
    path = folder / NAME
    try:
        return TypeAdapter(Manifest).validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise LoadFailed(f"The record of {_title(folder)} ({NAME}) is damaged. {_REMEDY}") from None


def verify(folder: Path) -> None:
    """Compare every recorded file with its checksum; LoadFailed names the first that differs, or
    one that would be read although it came later."""
    manifest = read(folder)
    if manifest is None:
        return
    for name in _READ_IF_THERE:
        if name not in manifest.files and (folder / name).exists():
            raise LoadFailed(
                f"The file {name} of {_title(folder)} was added after the model was installed. "
                f"Remove it, or install the model again; if you want it, delete {NAME} beside it."
            )
    for name, expected in sorted(manifest.files.items()):
        path = folder / name
        if not path.is_file():
            raise LoadFailed(f"{_title(folder)} lacks its file {name}. {_REMEDY}")
        if checksum(path) != expected:
            raise LoadFailed(
                f"The file {name} of {_title(folder)} is damaged: it is not what was installed. "
                + _REMEDY
            )


def checksum(file: Path) -> str:
    """SHA-256 of a file's content."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fingerprint(checkpoint: Path) -> str:
    """SHA-256 over a checkpoint's weights and configuration: another one after any change."""
    digest = hashlib.sha256()
    for file in sorted([*checkpoint.glob("*.safetensors"), *checkpoint.glob("*.json")]):
        digest.update(file.name.encode())
        digest.update(checksum(file).encode())
    return digest.hexdigest()


def is_outdated(folder: Path, checkpoint: Path) -> bool:
    """Whether `folder` was made from another version of `checkpoint`, is damaged or not there."""
    try:
        verify(folder)
        manifest = read(folder)
    except LoadFailed:
        return True
    return manifest is None or manifest.fingerprint != fingerprint(checkpoint)


def _names(folder: Path) -> list[str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    names = (path.relative_to(folder).as_posix() for path in files)
    return sorted(name for name in names if name != NAME)


def _title(folder: Path) -> str:
    return f"{folder.parent.name} ({folder.name})"
