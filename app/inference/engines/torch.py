"""PyTorch itself, on a checkpoint as its makers publish it: for comparison only, never for serving.

The weights are used as they are stored, which is what everybody gets who loads the checkpoint. Many
CPUs have no arithmetic for 16 bits and read a prompt several times faster in float32: the property
"dtype" asks for that.
"""

from pathlib import Path

from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM
from transformers.utils.logging import disable_progress_bar

from app.errors import LoadFailed
from app.inference import model_config
from app.inference.engines.generate import GenerateEngine, describe
from app.inference.types import EngineSpec


class TorchEngine(GenerateEngine):
    """See `protocol.Engine`. Raises LoadFailed for any device but the CPU."""

    def __init__(self, spec: EngineSpec) -> None:
        if spec.device not in ("CPU", "AUTO"):
            raise LoadFailed("PyTorch is compared on the CPU only.")
        config = model_config.read(Path(spec.model_dir))
        disable_progress_bar()  # type: ignore[no-untyped-call]
        family = AutoModelForSeq2SeqLM if model_config.is_seq2seq(config) else AutoModelForCausalLM
        model = family.from_pretrained(
            spec.model_dir,
            dtype=spec.properties.get("dtype", "auto"),
            trust_remote_code=False,
            local_files_only=True,
            use_safetensors=True,
        )
        super().__init__(model, config, describe(spec, config, "CPU"))
