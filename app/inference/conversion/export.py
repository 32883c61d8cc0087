"""The step that turns a checkpoint into an OpenVINO model at fp16, by optimum-intel.

A process of its own: its memory is given back when it ends, code that comes with a model runs here
or nowhere, and older libraries can stand in front of the installed ones.
"""

import logging
import shutil
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app.errors import ConversionFailed
from app.inference import model_config
from app.inference.conversion import checkpoint, failures
from app.inference.conversion.channel import Say, serve
from app.inference.offline import stay_offline

logger = logging.getLogger(__name__)

MODULE = __name__ if __name__ != "__main__" else "app.inference.conversion.export"

_KEPT = (*model_config.TEXT_FILES, *model_config.VOCABULARY_FILES, "LICENSE*", "NOTICE*")


def work(task: dict[str, Any], say: Say) -> dict[str, str]:
    """Export `task["source"]` into the folder `task["target"]`; the versions that did it."""
    stay_offline()
    source, target = Path(task["source"]), Path(task["target"])
    say("progress", [0.0, "Loading the conversion libraries"])
    from torch.jit._trace import TracerWarning

    # Expected of every model, in dozens of lines that would push the log's meaning out of sight.
    warnings.filterwarnings("ignore", category=TracerWarning)
    say("progress", [0.3, "Reading and tracing the model"])
    _export(source, target, trust_remote_code=task["trust_remote_code"])
    say("progress", [0.9, "Keeping tokenizer and licence"])
    _keep_files(source, target)
    _check_tokenizer(target)
    return {name: version(name) for name in ("transformers", "optimum-intel", "torch")}


def _export(source: Path, target: Path, *, trust_remote_code: bool) -> None:
    from optimum.exporters.openvino import main_export
    from optimum.intel import OVConfig

    seq2seq = model_config.is_seq2seq(model_config.read(source))
    loading = {} if checkpoint.reads_pickles(source) else {"use_safetensors": True}
    main_export(
        str(source),
        target,
        task="text2text-generation-with-past" if seq2seq else "text-generation-with-past",
        library_name="transformers",
        local_files_only=True,
        trust_remote_code=trust_remote_code,
        ov_config=OVConfig(dtype="fp16"),
        model_loading_kwargs=loading,
        convert_tokenizer=True,
    )


def _keep_files(source: Path, target: Path) -> None:
    """Take tokenizer, template and licence from the source as they are, not as saved anew."""
    for pattern in _KEPT:
        for file in source.glob(pattern):
            shutil.copyfile(file, target / file.name)


def _check_tokenizer(target: Path) -> None:
    converted = ("openvino_tokenizer.xml", "openvino_detokenizer.xml")
    if (target / "tokenizer.json").is_file():
        return
    if not all((target / name).is_file() for name in converted):
        raise ConversionFailed(
            "The model's tokenizer cannot be converted: it has no tokenizer.json, and OpenVINO has "
            "no counterpart for its own code. The log has the details. Choose another version of "
            "the model."
        )


if __name__ == "__main__":
    sys.exit(serve(work, failures.readable))
