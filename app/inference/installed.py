"""What is installed: the models in `MODELS_DIR/MODEL_ID/WEIGHT_FORMAT/`.

A folder counts when it holds an OpenVINO IR, a configuration and a tokenizer (`tokenizer.json`, or
one converted to OpenVINO), whoever put it there; `manifest` tells more of those that we made.
The built-in model counts as soon as its checkpoint is there, because it is converted on first use.
"""

import contextlib
import logging
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from app.config import BUILT_IN_CHECKPOINT, WeightFormat
from app.errors import LoadFailed, UnknownModel
from app.inference import manifest, model_config
from app.inference.types import EngineKind, ModelRef

logger = logging.getLogger(__name__)

BUILT_IN = "built-in"
WEIGHT_FORMATS: tuple[str, ...] = get_args(WeightFormat)

_IR_FILES = (
    ("openvino_model.xml",),
    ("openvino_encoder_model.xml", "openvino_decoder_model.xml"),
)
_TOKENIZERS = (
    ("tokenizer.json",),
    ("openvino_tokenizer.xml", "openvino_detokenizer.xml"),
)
_DELETED = ".deleted-"
# A letter or digit first: neither "..", nor an option, nor a hidden (half-made) folder.
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model that can be loaded. `size_bytes` is 0 until the built-in model is converted."""

    ref: ModelRef
    path: Path
    size_bytes: int
    architecture: str
    context_length: int
    engine_kind: EngineKind
    source: str = ""
    """The hub id it came from, or the name of the folder; "" where nobody recorded it."""
    revision: str = ""
    """The hub's commit."""
    way: str = ""
    """How it came about, as in `conversion.types.Way`; "" where nobody recorded it."""
    catalogue_id: str = ""
    """The catalogue's model that it is, whatever it is called here; "" where nobody recorded it."""

    @property
    def converted(self) -> bool:
        return self.size_bytes > 0


def list_installed(
    models_dir: Path, built_in_checkpoint: Path = BUILT_IN_CHECKPOINT
) -> list[InstalledModel]:
    """Every model that can be loaded, the built-in one first, then by name and format."""
    folders = [folder for model in _named(models_dir) for folder in _named(model)]
    found = [model for folder in folders if (model := _inspect(folder)) is not None]
    here = {model.ref for model in found}
    for weight_format in WEIGHT_FORMATS:
        ref = ModelRef(BUILT_IN, weight_format)
        if ref not in here and (built_in_checkpoint / "config.json").is_file():
            found.append(_not_converted(ref, models_dir, built_in_checkpoint))
    order = {name: place for place, name in enumerate(("int8", "int4", "fp16"))}
    found.sort(
        key=lambda model: (
            model.ref.model_id != BUILT_IN,
            model.ref.model_id,
            order.get(model.ref.weight_format, len(order)),
            model.ref.weight_format,
        )
    )
    return found


def find(models_dir: Path, model_id: str, weight_format: str) -> InstalledModel:
    """The installed and converted model of that name and format; UnknownModel if there is none."""
    if is_safe_name(model_id) and is_safe_name(weight_format):
        model = _inspect(models_dir / model_id / weight_format)
        if model is not None:
            return model
    installed = [str(model.ref) for model in list_installed(models_dir)]
    raise UnknownModel(
        f"{model_id[:100]} ({weight_format[:20]}) is not installed. "
        f"Installed: {', '.join(installed) or 'none'}. "
        "Choose one of these, or put the model's OpenVINO files and tokenizer into "
        "DATA_DIR/models/MODEL_ID/WEIGHT_FORMAT/ first."
    )


def delete(models_dir: Path, ref: ModelRef) -> None:
    """Delete an installed model's files; UnknownModel if there is none of that name and format.

    It is gone at once: it is renamed first, so that nobody loads what is half deleted. What an
    interrupted deletion left behind goes, too.
    """
    folder = models_dir / ref.model_id / ref.weight_format
    if not (is_safe_name(ref.model_id) and is_safe_name(ref.weight_format) and folder.is_dir()):
        raise UnknownModel(f"{ref.model_id[:100]} ({ref.weight_format[:20]}) is not installed.")
    doomed = folder.with_name(f".{folder.name}{_DELETED}{secrets.token_hex(8)}")
    try:
        folder.rename(doomed)
    except OSError as error:  # Windows does not rename what somebody has open
        raise LoadFailed(
            f"{ref} is in use and cannot be deleted now ({error.strerror}). "
            "Load another model first."
        ) from None
    with contextlib.suppress(OSError):  # somebody else deletes as well
        _remove_deleted(models_dir)


def is_safe_name(name: str) -> bool:
    """Whether a model id or weight format is one plain path part."""
    return _SAFE_NAME.fullmatch(name) is not None


def _remove_deleted(models_dir: Path) -> None:
    for folder in sorted(models_dir.glob(f"*/.*{_DELETED}*")):
        if folder.is_symlink():  # where it leads is not our matter
            folder.unlink()
        else:
            shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # other formats of it are still there
            folder.parent.rmdir()


def _named(folder: Path) -> list[Path]:
    """What is in `folder` under a plain name; nothing if it is no folder or may not be read."""
    try:
        return sorted(path for path in folder.iterdir() if is_safe_name(path.name))
    except OSError:
        return []


def _inspect(folder: Path) -> InstalledModel | None:
    """The model in `folder`; None if there is none, it may not be read or is being deleted."""
    try:
        return _read(folder)
    except OSError as error:
        logger.warning("%s is left out: %s", folder, error)
        return None


def _read(folder: Path) -> InstalledModel | None:
    if not _holds_one_of(folder, _IR_FILES):
        return None
    if not _holds_one_of(folder, _TOKENIZERS):
        logger.warning("%s holds a model without a tokenizer; leaving it out", folder)
        return None
    try:
        config = model_config.read(folder)
    except LoadFailed as error:
        logger.warning("%s is left out: %s", folder, error)
        return None
    size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    return _describe(ModelRef(folder.parent.name, folder.name), folder, size, config)


def _holds_one_of(folder: Path, sets: tuple[tuple[str, ...], ...]) -> bool:
    return any(all((folder / name).is_file() for name in names) for names in sets)


def _not_converted(ref: ModelRef, models_dir: Path, checkpoint: Path) -> InstalledModel:
    folder = models_dir / ref.model_id / ref.weight_format
    return _describe(ref, folder, 0, model_config.read(checkpoint))


def _describe(
    ref: ModelRef, folder: Path, size_bytes: int, config: model_config.Config
) -> InstalledModel:
    try:
        record = manifest.read(folder)
    except LoadFailed as error:  # loading it will say so, too
        logger.warning("%s", error)
        record = None
    return InstalledModel(
        ref=ref,
        path=folder,
        size_bytes=size_bytes,
        architecture=model_config.architecture(config),
        context_length=model_config.context_length(config),
        engine_kind=model_config.engine_kind_for(config),
        source=record.source if record else "",
        revision=record.revision if record else "",
        way=record.way if record else "",
        catalogue_id=record.catalogue_id if record else "",
    )
