"""The process that converts: export by optimum-intel, compression by NNCF, one rename at the end.

    python -m app.inference.conversion.worker --source DIR --target DIR --weight-format int8

Progress goes to standard output as one JSON object a line, everything else to standard error. Only
safetensors are read: a pickle can run code when it is opened.
"""

import argparse
import json
import logging
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors import safe_open

from app.errors import LoadFailed
from app.inference import model_config
from app.inference.conversion.process import RECORD, fingerprint, remove_leftovers, work_folder
from app.inference.conversion.types import Compression, Progress
from app.inference.offline import stay_offline

logger = logging.getLogger(__name__)

Report = Callable[[Progress], None]

_KEPT = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
    "generation_config.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "*.model",
    "LICENSE*",
    "NOTICE*",
)
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


def main(argv: list[str]) -> int:
    """Convert as the arguments say; 0, or 1 with a last line of stage "failed" that says why."""
    arguments = _parse(argv)
    report = _reporter()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    stay_offline()
    compression = Compression(
        arguments.weight_format, arguments.group_size, arguments.ratio, arguments.sym
    )
    try:
        _convert(arguments.source, arguments.target, compression, report)
    except Exception as error:
        logger.exception("The conversion failed")
        report(Progress("failed", 0.0, _readable(error)))
        return 1
    return 0


def _parse(argv: list[str]) -> argparse.Namespace:
    defaults = Compression("int8")
    parser = argparse.ArgumentParser(prog="python -m app.inference.conversion.worker")
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--weight-format", choices=("fp16", "int8", "int4"), required=True)
    parser.add_argument("--group-size", type=int, default=defaults.group_size)
    parser.add_argument("--ratio", type=float, default=defaults.ratio)
    parser.add_argument("--sym", action=argparse.BooleanOptionalAction, default=defaults.sym)
    parser.add_argument("--asym", dest="sym", action="store_false")
    return parser.parse_args(argv)


def _reporter() -> Report:
    """Keep standard output for progress alone: the libraries print to it as they please."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def report(progress: Progress) -> None:
        line = {
            "stage": progress.stage,
            "fraction": progress.fraction,
            "message": progress.message,
        }
        print(json.dumps(line), file=channel, flush=True)

    return report


def _convert(source: Path, target: Path, compression: Compression, report: Report) -> None:
    report(Progress("prepare", 0.0, "Preparing the conversion"))
    config = _check(source, target)
    remove_leftovers(target.parent.parent)
    work = work_folder(target, os.getpid())
    work.mkdir(parents=True)
    try:
        _export(source, work, config, report)
        _compress(work, compression, report)
        report(Progress("save", 0.95, "Saving the model"))
        _keep_files(source, work)
        record = {"source": fingerprint(source), **asdict(compression)}
        (work / RECORD).write_text(json.dumps(record, indent=2), encoding="utf-8")
        work.rename(target)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    report(Progress("done", 1.0, "The model is converted"))


def _check(source: Path, target: Path) -> model_config.Config:
    if not source.is_dir():
        raise LoadFailed(f"There is no folder {source.name} to convert. Check the path.")
    if target.exists():
        raise LoadFailed(f"{target.parent.name} ({target.name}) is installed already.")
    config = model_config.read(source)
    if not any(source.glob("*.safetensors")):
        if any(file for pattern in _PICKLES for file in source.glob(pattern)):
            raise LoadFailed(
                f"{source.name} holds its weights as pickle files only, which can run code when "
                "they are opened. Get a version of the model with .safetensors files."
            )
        raise LoadFailed(
            f"{source.name} holds no weights (.safetensors). Download the whole model again."
        )
    _check_weights(source)
    if not any(
        (source / name).is_file() for name in ("tokenizer.json", "spiece.model", "tokenizer.model")
    ):
        raise LoadFailed(
            f"{source.name} holds no tokenizer (tokenizer.json). Download the whole model again."
        )
    return config


def _check_weights(source: Path) -> None:
    """Every file is whole and none is missing: cheap, and minutes before the export would tell."""
    index = source / "model.safetensors.index.json"
    if index.is_file():
        wanted = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        missing = sorted(name for name in wanted if not (source / name).is_file())
        if missing:
            raise LoadFailed(
                f"{source.name} lacks {', '.join(missing)}. Download the whole model again."
            )
    for file in source.glob("*.safetensors"):
        # It compares the file's length with what its header promises.
        with safe_open(file, framework="numpy"):  # type: ignore[no-untyped-call]
            pass


def _export(source: Path, work: Path, config: model_config.Config, report: Report) -> None:
    report(Progress("export", 0.05, "Loading the conversion libraries"))
    from optimum.exporters.openvino import main_export
    from optimum.intel import OVConfig

    report(Progress("export", 0.2, "Reading and tracing the model"))
    seq2seq = model_config.is_seq2seq(config)
    main_export(
        str(source),
        work,
        task="text2text-generation-with-past" if seq2seq else "text-generation-with-past",
        library_name="transformers",
        local_files_only=True,
        ov_config=OVConfig(dtype="fp16"),
        model_loading_kwargs={"use_safetensors": True},
    )


def _compress(work: Path, compression: Compression, report: Report) -> None:
    if compression.weight_format == "fp16":
        return
    report(Progress("compress", 0.7, f"Compressing the weights to {compression.weight_format}"))
    import nncf
    import openvino

    core = openvino.Core()
    # The file that is read is the one that is written over.
    core.set_property({"ENABLE_MMAP": False})
    for file in sorted(work.glob("openvino_*model.xml")):
        model = nncf.compress_weights(core.read_model(file), **_nncf_settings(compression))
        openvino.save_model(model, file, compress_to_fp16=False)


def _nncf_settings(compression: Compression) -> dict[str, Any]:
    from nncf import CompressWeightsMode, GroupSizeFallbackMode
    from nncf.quantization.advanced_parameters import AdvancedCompressionParameters

    if compression.weight_format == "int8":
        return {"mode": CompressWeightsMode.INT8_ASYM}
    mode = CompressWeightsMode.INT4_SYM if compression.sym else CompressWeightsMode.INT4_ASYM
    # A layer whose width the group size does not divide gets the largest smaller group that does;
    # one without any of at least 16 stays int8. NNCF logs which.
    fallback = AdvancedCompressionParameters(
        group_size_fallback_mode=GroupSizeFallbackMode.ADJUST, min_adjusted_group_size=16
    )
    return {
        "mode": mode,
        "group_size": compression.group_size,
        "ratio": compression.ratio,
        "advanced_parameters": fallback,
    }


def _keep_files(source: Path, work: Path) -> None:
    """Take tokenizer, template and licence from the source as they are, not as saved anew."""
    for pattern in _KEPT:
        for file in source.glob(pattern):
            shutil.copyfile(file, work / file.name)


def _readable(error: Exception) -> str:
    text = str(error)
    if isinstance(error, LoadFailed):
        return text
    if isinstance(error, MemoryError) or "not enough memory" in text:
        return "There is not enough memory to convert this model. Choose a smaller one."
    if isinstance(error, OSError) and error.errno == 28:
        return "The disk is full. Free some space and convert again."
    if type(error).__name__ == "SafetensorError":
        return "The model's weights are damaged or cut short. Download the model again."
    if "contains custom code" in text:
        return (
            "This model needs code of its own, which is never run here. "
            "Install a ready-made OpenVINO version of it instead, if there is one."
        )
    if "architecture" in text or "model type" in text or "does not recognize" in text:
        return (
            "The libraries installed here cannot convert this kind of model. "
            "Install a ready-made OpenVINO version of it instead, if there is one."
        )
    return f"The model could not be converted ({type(error).__name__}); the log has the details."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
