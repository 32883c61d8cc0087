"""What a model's `config.json` says: context length, vocabulary, size of a token in the KV cache.

Every architecture spells these its own way; the spellings live here and nowhere else. Nothing here
loads a model.
"""

import json
import math
from pathlib import Path
from typing import Any

from app.errors import LoadFailed
from app.inference.types import EngineKind

Config = dict[str, Any]

_CONTEXT = (
    "max_position_embeddings",
    "n_positions",
    "n_ctx",
    "max_seq_len",
    "max_sequence_length",
    "seq_length",
    "model_max_length",
)
_LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
_HEADS = ("num_attention_heads", "n_head", "n_heads", "num_heads")
_KV_HEADS = ("num_key_value_heads", "num_kv_heads", "multi_query_group_num")
_HIDDEN = ("hidden_size", "n_embd", "d_model")

# For architectures without a limit of their own (ALiBi, relative positions) that state none.
_DEFAULT_CONTEXT = 2048
# Continuous batching gives MPT wrong tokens from the first one on, without an error.
_OPTIMUM_ONLY = frozenset({"mpt"})


def read(model_dir: Path) -> Config:
    """The model's configuration, or LoadFailed naming what is wrong with the folder."""
    path = model_dir / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LoadFailed(
            f"{model_dir.name} has no config.json, so it is not a model folder. "
            "Point to the folder of a downloaded or converted model."
        ) from None
    except (OSError, ValueError) as error:
        raise LoadFailed(
            f"The config.json of {model_dir.name} cannot be read ({error}). Download it again."
        ) from None
    if not isinstance(config, dict):
        raise LoadFailed(f"The config.json of {model_dir.name} is not a JSON object.")
    return config


def is_seq2seq(config: Config) -> bool:
    return bool(config.get("is_encoder_decoder"))


def engine_kind_for(config: Config) -> EngineKind:
    """The engine that serves this architecture correctly."""
    if is_seq2seq(config) or config.get("model_type") in _OPTIMUM_ONLY:
        return "optimum"
    return "genai"


def architecture(config: Config) -> str:
    names = config.get("architectures") or [config.get("model_type", "unknown")]
    return str(names[0])


def context_length(config: Config) -> int:
    return _first(config, _CONTEXT) or _DEFAULT_CONTEXT


def vocabulary_size(config: Config) -> int:
    """The number of token ids that the model knows; 0 when the configuration does not say."""
    return _first(config, ("vocab_size", "padded_vocab_size")) or 0


def kv_bytes_per_token(config: Config, precision: str) -> int:
    """How much KV cache one token takes, at most; an 8-bit cache also keeps a scale per head."""
    heads = _first(config, _HEADS) or 1
    kv_heads = _first(config, _KV_HEADS) or heads
    head_dim = _first(config, ("head_dim", "kv_channels", "d_kv"))
    if head_dim is None:
        head_dim = math.ceil((_first(config, _HIDDEN) or heads) / heads)
    per_head = {"f32": 4 * head_dim, "f16": 2 * head_dim, "bf16": 2 * head_dim}.get(
        precision, head_dim + 8
    )
    return 2 * (_first(config, _LAYERS) or 1) * kv_heads * per_head


def _first(config: Config, names: tuple[str, ...]) -> int | None:
    """The first of `names` with a positive number, here or in the nested text model's part."""
    for part in (config, config.get("text_config") or {}):
        for name in names:
            value = part.get(name)
            if isinstance(value, int) and value > 0:
                return value
    return None
