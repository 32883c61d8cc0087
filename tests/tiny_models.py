"""Tiny models with random weights, made once a test run, and converted by the app's own code."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from app.inference.conversion.process import run
from app.inference.conversion.types import Compression, ConversionRequest
from app.inference.offline import stay_offline
from benchmarks.random_model import Shape, Weights, write_checkpoint, write_json, write_tokenizer

TINY_CONTEXT = 512
TINY_VOCAB = 320
TINY = Shape("llama", "LlamaForCausalLM", TINY_VOCAB, 64, 128, 2, 4, 2, TINY_CONTEXT)
T5_CONFIG: dict[str, Any] = {
    "architectures": ["T5ForConditionalGeneration"],
    "model_type": "t5",
    "is_encoder_decoder": True,
    "vocab_size": TINY_VOCAB,
    "d_model": 64,
    "d_kv": 16,
    "d_ff": 128,
    "num_layers": 1,
    "num_decoder_layers": 1,
    "num_heads": 4,
    "n_positions": TINY_CONTEXT,
    "relative_attention_num_buckets": 32,
    "tie_word_embeddings": False,
    "decoder_start_token_id": 0,
    **{"pad_token_id": 0, "eos_token_id": 2},
}


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of two layers, as somebody would download it."""
    folder = tmp_path_factory.mktemp("checkpoints") / "tiny"
    write_checkpoint(folder, TINY)
    return folder


@pytest.fixture(scope="session")
def tiny_model(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny Llama, converted to int8."""
    return _converted(tiny_checkpoint, tmp_path_factory)


@pytest.fixture(scope="session")
def built_in_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in model, converted to int8."""
    return _converted(Path(__file__).parents[1] / "data" / "built-in", tmp_path_factory)


@pytest.fixture(scope="session")
def tiny_seq2seq_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A T5 of one layer, converted to int8."""
    folder = tmp_path_factory.mktemp("checkpoints") / "tiny-t5"
    folder.mkdir()
    _write_t5(folder)
    return _converted(folder, tmp_path_factory)


def _converted(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    stay_offline()
    data = tmp_path_factory.mktemp("data")
    request = ConversionRequest(str(checkpoint), checkpoint.name, (Compression("int8"),))
    asyncio.run(run(request, data, lambda _progress: None))
    return data / "models" / checkpoint.name / "int8"


def _write_t5(folder: Path) -> None:
    width, heads, inner = T5_CONFIG["d_model"], T5_CONFIG["num_heads"], T5_CONFIG["d_ff"]
    random = np.random.default_rng(0)

    def matrix(rows: int, columns: int, gain: float = 1.0) -> np.ndarray:
        return random.normal(0, gain / columns**0.5, (rows, columns)).astype(np.float32)

    ones = np.ones(width, np.float32)
    weights: Weights = {"shared.weight": matrix(TINY_VOCAB, width, 3)}
    weights["lm_head.weight"] = matrix(TINY_VOCAB, width, 3)
    for stack, parts in (("encoder", ("Self",)), ("decoder", ("Self", "EncDec"))):
        weights[f"{stack}.final_layer_norm.weight"] = ones
        layer = f"{stack}.block.0.layer"
        for place, part in enumerate(parts):
            weights[f"{layer}.{place}.layer_norm.weight"] = ones
            for projection in "qkvo":
                name = f"{layer}.{place}.{part}Attention.{projection}.weight"
                weights[name] = matrix(width, width)
        relative = f"{layer}.0.SelfAttention.relative_attention_bias.weight"
        weights[relative] = matrix(32, heads)
        last = len(parts)
        weights[f"{layer}.{last}.layer_norm.weight"] = ones
        weights[f"{layer}.{last}.DenseReluDense.wi.weight"] = matrix(inner, width)
        weights[f"{layer}.{last}.DenseReluDense.wo.weight"] = matrix(width, inner)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    write_json(folder / "config.json", T5_CONFIG)
    write_tokenizer(folder, TINY_VOCAB, TINY_CONTEXT)
