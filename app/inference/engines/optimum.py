"""The reference engine: `OVModelForCausalLM` and `OVModelForSeq2SeqLM` of optimum-intel.

For encoder-decoder models and for what continuous batching gets wrong. As "optimum-stateless" it
keeps the past of a text outside of the model, as older exports did: for comparison only.
"""

import logging
from pathlib import Path
from typing import Any

import openvino
from openvino._offline_transformations import stateful_to_stateless_transformation
from optimum.intel import OVModelForCausalLM, OVModelForSeq2SeqLM
from transformers import CONFIG_MAPPING, AutoConfig, PreTrainedConfig

from app.errors import LoadFailed
from app.inference import devices, model_config
from app.inference.engines.generate import GenerateEngine, describe
from app.inference.types import EngineSpec


class OptimumEngine(GenerateEngine):
    """See `protocol.Engine`."""

    def __init__(self, spec: EngineSpec) -> None:
        config = model_config.read(Path(spec.model_dir))
        stateless = spec.kind == "optimum-stateless"
        if stateless and model_config.is_seq2seq(config):
            raise LoadFailed("Only decoder-only models can be run without their state here.")
        info = describe(spec, config, devices.resolve(spec.device))
        # It looks for a local folder in the Hub's cache first, and says so as a warning.
        logging.getLogger("optimum.intel.openvino.modeling_base").setLevel(logging.ERROR)
        super().__init__((_stateless if stateless else _load)(spec, config), config, info)


def _load(spec: EngineSpec, config: model_config.Config) -> Any:
    family = OVModelForSeq2SeqLM if model_config.is_seq2seq(config) else OVModelForCausalLM
    return family.from_pretrained(
        spec.model_dir,
        config=_without_code(config),
        device=spec.device,
        ov_config=dict(spec.properties),
        trust_remote_code=False,
        local_files_only=True,
    )


def _stateless(spec: EngineSpec, config: model_config.Config) -> Any:
    """The same model with its past as inputs and outputs, so that each token copies all of it."""
    model = openvino.Core().read_model(Path(spec.model_dir) / "openvino_model.xml")
    stateful_to_stateless_transformation(model)
    # That there is no state is meant, and would be said as a warning.
    logging.getLogger("optimum.intel.openvino.modeling_decoder").setLevel(logging.ERROR)
    own = _without_code(config) or AutoConfig.from_pretrained(spec.model_dir, local_files_only=True)
    return OVModelForCausalLM(model, own, device=spec.device, ov_config=dict(spec.properties))


def _without_code(config: model_config.Config) -> PreTrainedConfig | None:
    """A configuration to be used instead of one that would need code from the model's makers.

    None where the libraries know the architecture themselves. An exported model needs of its
    configuration hardly more than what is written in it; the code is never imported.
    """
    if config.get("model_type") in CONFIG_MAPPING:
        return None
    own = {name: value for name, value in config.items() if name != "auto_map"}
    return PreTrainedConfig.from_dict(own)
