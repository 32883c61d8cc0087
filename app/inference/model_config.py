"""What a model's `config.json` says: context length, vocabulary, size of a token in the KV cache;
and what its `generation_config.json` says of sampling.

Every architecture spells these its own way; the spellings live here and nowhere else. Nothing here
loads a model.
"""

import json
import math
from pathlib import Path
from typing import Any

from app.errors import LoadFailed
from app.inference.types import SAMPLING_RANGES, EngineKind

Config = dict[str, Any]

TEXT_FILES = (
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
)
"""The files beside the weights that shape prompts and completions merely by being there."""
VOCABULARY_FILES = ("vocab.json", "vocab.txt", "merges.txt", "*.model", "*.tiktoken")
"""Patterns of what a tokenizer without a `tokenizer.json` is made from."""

_CONTEXT = (
    "max_encoder_position_embeddings",
    "max_source_positions",
    "max_position_embeddings",
    "n_positions",
    "n_ctx",
    "max_seq_len",
    "max_sequence_length",
    "seq_length",
    "model_max_length",
)
_COMPLETION = ("max_decoder_position_embeddings", "max_target_positions")
_LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
_HEADS = ("num_attention_heads", "n_head", "n_heads", "num_heads")
_KV_HEADS = ("num_key_value_heads", "num_kv_heads", "multi_query_group_num")
_HIDDEN = ("hidden_size", "n_embd", "d_model")

# What the rest of the app takes for granted, in the text model's part as well.
_KINDS = (
    ("model_type", str, "a text"),
    ("architectures", list, "a list"),
    ("text_config", dict, "an object"),
)
# No number of a real model is as large; below it no arithmetic overflows.
_TOO_LARGE = 2**40

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
    except (OSError, ValueError, RecursionError) as error:
        # Of the system's errors the reason alone: the rest is the path.
        reason = error.strerror if isinstance(error, OSError) else error
        raise LoadFailed(
            f"The config.json of {model_dir.name} cannot be read ({reason}). Download it again."
        ) from None
    if not isinstance(config, dict):
        raise LoadFailed(f"The config.json of {model_dir.name} is not a JSON object.")
    _check_kinds(model_dir, config)
    _check_kinds(model_dir, config.get("text_config") or {})
    return config


def _check_kinds(model_dir: Path, part: Config) -> None:
    for name, kind, words in _KINDS:
        if part.get(name) is not None and not isinstance(part[name], kind):
            raise LoadFailed(
                f"The config.json of {model_dir.name} is damaged: {name} is not {words}. "
                "Download it again."
            )


def is_seq2seq(config: Config) -> bool:
    return bool(config.get("is_encoder_decoder"))


def engine_kind_for(config: Config) -> EngineKind:
    """The engine that serves this architecture correctly."""
    if is_seq2seq(config) or config.get("model_type") in _OPTIMUM_ONLY:
        return "optimum"
    return "genai"


def architecture(config: Config) -> str:
    names = config.get("architectures") or [config.get("model_type") or "unknown"]
    return str(names[0])


def context_length(config: Config, otherwise: int = 0) -> int:
    """The tokens that a model was made for; of an encoder-decoder model, those of a prompt alone.

    `otherwise` stands in where the configuration states none. A sliding window does not count: it
    limits how far back a token looks, not how long a text may be.
    """
    stated = _first(config, _CONTEXT)
    if stated is None:
        return otherwise or _DEFAULT_CONTEXT
    return _stretched(config, stated)


def completion_length(config: Config) -> int | None:
    """The tokens that an encoder-decoder model can write; None where prompt and completion share
    one window."""
    if not is_seq2seq(config):
        return None
    return _first(config, _COMPLETION) or context_length(config)


def _stretched(config: Config, stated: int) -> int:
    """The window after rotary positions were stretched, where `stated` is that before it.

    Only for the two ways that a conversion keeps as they are: "dynamic" depends on the length of a
    prompt, which an OpenVINO model does not see, and where "longrope" and "llama3" are used,
    the stated window is the stretched one already. So it is in Gemma 3, with one scaling for each
    kind of layer.
    """
    part = config.get("text_config") or config
    scaling = part.get("rope_scaling") or part.get("rope_parameters") or {}
    if not isinstance(scaling, dict) or str(part.get("model_type", "")).startswith("gemma3"):
        return stated
    way, factor = scaling.get("rope_type", scaling.get("type")), scaling.get("factor")
    if not isinstance(factor, int | float) or not 1 < factor < _TOO_LARGE:
        return stated
    if way == "linear":
        return int(stated * factor)
    if way == "yarn":
        before = _count(scaling.get("original_max_position_embeddings")) or stated
        return max(stated, int(before * factor))
    return stated


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


def recommended_sampling(model_dir: Path) -> dict[str, Any]:
    """The temperature, top_p, top_k and repetition_penalty that came with the model.

    Only those that are stated and within our ranges; none where the makers switch sampling off.
    """
    try:
        stated = json.loads((model_dir / "generation_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(stated, dict) or stated.get("do_sample") is False:
        return {}
    found: dict[str, Any] = {}
    for name in ("temperature", "top_p", "top_k", "repetition_penalty"):
        value, (low, high) = stated.get(name), SAMPLING_RANGES[name]
        kind = int if name == "top_k" else (int, float)
        if isinstance(value, kind) and not isinstance(value, bool) and low <= value <= high:
            found[name] = value
    return found


def _first(config: Config, names: tuple[str, ...]) -> int | None:
    """The first of `names` with a sensible number, here or in the nested text model's part."""
    for part in (config, config.get("text_config") or {}):
        for name in names:
            if (value := _count(part.get(name))) is not None:
                return value
    return None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and 0 < value < _TOO_LARGE else None
