"""The step that compresses an fp16 OpenVINO model by NNCF, in a process of its own.

The model's inputs for AWQ are made here from its tokenizer: neither torch nor transformers is
asked.
"""

import logging
import sys
from pathlib import Path
from typing import Any

from app.inference import model_config
from app.inference.conversion import calibration, failures
from app.inference.conversion.channel import Say, serve
from app.inference.conversion.types import Compression
from app.inference.offline import stay_offline

MODULE = "app.inference.conversion.compress"

_NO_PATTERN = "No matching patterns were found for applying AWQ"
_SKIPPED = "AWQ was skipped: this model has no layers of the kind that it works on."
_SEQ2SEQ = "AWQ was left out: it is not offered for encoder-decoder models."
_LAST = "Applying Weight Compression"
"""What NNCF calls its last pass; those before it take half of the time with AWQ, else nearly none.
"""


def work(task: dict[str, Any], say: Say) -> dict[str, str]:
    """Compress the models of `task["source"]` into the folder `task["target"]`.

    Returns a note for people, and the versions that did it.
    """
    stay_offline()
    source, target = Path(task["source"]), Path(task["target"])
    compression = Compression(**task["compression"])
    say("progress", [0.0, "Loading the compression library"])
    import nncf
    import openvino

    awq = compression.awq and not model_config.is_seq2seq(model_config.read(source))
    settings = _settings(compression)
    listener = _Listener()
    logging.getLogger("nncf").addHandler(listener)
    _watch_progress(say, awq=awq)
    core = openvino.Core()
    for file in sorted(source.glob("openvino_*model.xml")):
        model = core.read_model(file)
        if awq:
            texts = calibration.texts(task["calibration"])
            inputs = list(calibration.inputs(source, texts, _input_names(model)))
            settings |= {"awq": True, "dataset": nncf.Dataset(inputs), "subset_size": len(inputs)}
        compressed = nncf.compress_weights(model, **settings)
        openvino.save_model(compressed, target / file.name, compress_to_fp16=False)
    note = _SKIPPED if listener.no_pattern else _SEQ2SEQ if compression.awq and not awq else ""
    return {"note": note, "nncf": nncf.__version__, "openvino": openvino.__version__}


def _settings(compression: Compression) -> dict[str, Any]:
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


def _input_names(model: Any) -> set[str]:
    return {name for port in model.inputs for name in port.get_names()}


def _watch_progress(say: Say, *, awq: bool) -> None:
    """Pass on how far NNCF's own progress bars are; it offers no other way to ask."""
    from rich.progress import Progress

    shown, last = Progress.update, [0.0]

    def update(bar: Any, task_id: Any, *values: Any, **named: Any) -> None:
        shown(bar, task_id, *values, **named)
        for task in bar.tasks:
            share = task.completed / task.total if task.total else 0.0
            done = _fraction(str(task.description), share, awq=awq)
            if done > last[0]:
                last[0] = done
                say("progress", [done, str(task.description)])

    Progress.update = update  # type: ignore[method-assign, assignment]


def _fraction(description: str, share: float, *, awq: bool) -> float:
    before = 0.6 if awq else 0.1
    return before + (0.95 - before) * share if description == _LAST else before * share


class _Listener(logging.Handler):
    """Hears NNCF say that AWQ found nothing to do."""

    no_pattern = False

    def emit(self, record: logging.LogRecord) -> None:
        self.no_pattern |= _NO_PATTERN in record.getMessage()


if __name__ == "__main__":
    sys.exit(serve(work, failures.readable))
