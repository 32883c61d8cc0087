"""Makes models of real shapes with random weights, and converts them as the app does.

    python benchmarks/random_model.py --shape llama-250m --weight-format int8 \\
        --out data/models/slow/int8

What they write is nonsense that never ends by itself, at the speed of a real model: for benchmarks,
and for trying Stop, switching and kill on streams that last. Needs neither torch nor a download.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

Weights = dict[str, np.ndarray]

SPECIAL = ("<pad>", "<s>", "</s>")
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}:{{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)
_LOGIT_SPREAD = 6.0
"""Standard deviation of the logits. With 152,000 words it makes an entropy of some 2.5 nats at
temperature 1, about that of written language. Flatter ones slow the engine down as no real model
does: unless 1,024 words hold the mass that top-p asks for, it sorts the whole vocabulary for each
token (openvino.genai, src/cpp/src/sampling/logit_transformers.hpp, TopPFilter)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The dimensions of a decoder-only model of the Llama family."""

    model_type: str
    architecture: str
    vocab: int
    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    context: int
    tied: bool = False
    attention_bias: bool = False
    rope_theta: float = 10_000.0


SHAPES = {
    "llama-250m": Shape("llama", "LlamaForCausalLM", 16_000, 1024, 2816, 16, 16, 16, 4096),
    "qwen2-0.5b": Shape(
        *("qwen2", "Qwen2ForCausalLM", 151_936, 896, 4864, 24, 14, 2, 32_768),
        tied=True,
        attention_bias=True,
        rope_theta=1_000_000.0,
    ),
}


def write_checkpoint(folder: Path, shape: Shape, seed: int = 0) -> None:
    """A whole checkpoint in `folder`: weights, configuration, tokenizer and chat template."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(_decoder_weights(shape, seed), folder / "model.safetensors", {"format": "pt"})
    write_json(folder / "config.json", _config(shape))
    write_tokenizer(folder, shape.vocab, shape.context)


def write_tokenizer(folder: Path, vocab: int, context: int) -> None:
    """A byte-level tokenizer: the special tokens, the bytes, and made-up words for the rest.

    It has no merges, so that other text becomes bytes. A made-up word is one token in both
    directions: what the model wrote is the same tokens when it is sent back as history.
    """
    pieces = [*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    pieces += (word.replace(" ", "Ġ") for word in words(vocab - len(pieces)))
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    tokenizer.save(str(folder / "tokenizer.json"))
    pad, bos, eos = SPECIAL
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": context,
        "clean_up_tokenization_spaces": False,
        **{"pad_token": pad, "bos_token": bos, "eos_token": eos},
    }
    write_json(folder / "tokenizer_config.json", settings)
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")


def words(number: int) -> Iterator[str]:
    """The first made-up words of the vocabulary, each with the space before it."""
    syllables = ["".join(pair) for pair in product("bdfghjklmnprstvwz", "aeiou")]
    made = (" " + "".join(word) for size in (2, 3) for word in product(syllables, repeat=size))
    return islice(made, number)


def write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _config(shape: Shape) -> dict[str, Any]:
    return {
        "architectures": [shape.architecture],
        "model_type": shape.model_type,
        "vocab_size": shape.vocab,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "max_position_embeddings": shape.context,
        "tie_word_embeddings": shape.tied,
        "rope_theta": shape.rope_theta,
        "rms_norm_eps": 1e-6,
        "hidden_act": "silu",
        "dtype": "float16",
        **{"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2},
    }


def _decoder_weights(shape: Shape, seed: int) -> Weights:
    """Random weights that keep the size of what flows through, and spread the logits well."""
    random = np.random.default_rng(seed)

    def matrix(rows: int, columns: int, gain: float = 1.0) -> np.ndarray:
        values = random.standard_normal((rows, columns), dtype=np.float32)
        return (values * (gain / columns**0.5)).astype(np.float16)

    ones = np.ones(shape.hidden, dtype=np.float16)
    kv = shape.hidden // shape.heads * shape.kv_heads
    embedding = matrix(shape.vocab, shape.hidden, _LOGIT_SPREAD)
    embedding[: len(SPECIAL)] = 0  # they are hardly ever written, so that streams last
    weights = {"model.embed_tokens.weight": embedding, "model.norm.weight": ones}
    if not shape.tied:
        head = matrix(shape.vocab, shape.hidden, _LOGIT_SPREAD)
        head[: len(SPECIAL)] = 0
        weights["lm_head.weight"] = head
    for layer in range(shape.layers):
        name = f"model.layers.{layer}"
        weights[f"{name}.input_layernorm.weight"] = ones
        weights[f"{name}.post_attention_layernorm.weight"] = ones
        for part, rows in (("q", shape.hidden), ("k", kv), ("v", kv), ("o", shape.hidden)):
            weights[f"{name}.self_attn.{part}_proj.weight"] = matrix(rows, shape.hidden)
            if shape.attention_bias and part != "o":
                weights[f"{name}.self_attn.{part}_proj.bias"] = np.zeros(rows, np.float16)
        weights[f"{name}.mlp.gate_proj.weight"] = matrix(shape.intermediate, shape.hidden)
        weights[f"{name}.mlp.up_proj.weight"] = matrix(shape.intermediate, shape.hidden)
        weights[f"{name}.mlp.down_proj.weight"] = matrix(shape.hidden, shape.intermediate)
    return weights


def make(shape: Shape, weight_format: str, out: Path) -> None:
    """Write the checkpoint and convert it; `out` is an absolute DATA_DIR/models/NAME/FORMAT."""
    # Run as a script, this file sees only its own folder.
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from app.inference.conversion.process import run
    from app.inference.conversion.types import Compression, ConversionRequest

    models, model_id, name = out.parts[-3:]
    if (models, name) != ("models", weight_format):
        raise SystemExit(f"--out must end with models/NAME/{weight_format}.")
    with tempfile.TemporaryDirectory() as folder:
        write_checkpoint(Path(folder), shape)
        compression = Compression(weight_format, group_size=64)
        request = ConversionRequest(folder, model_id, (compression,))
        progress = run(request, out.parents[2], lambda step: print(step.message, flush=True))
        asyncio.run(progress)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", choices=SHAPES, required=True)
    parser.add_argument("--weight-format", choices=("fp16", "int8", "int4"), default="int8")
    parser.add_argument("--out", type=Path, required=True, help="DATA_DIR/models/NAME/FORMAT")
    arguments = parser.parse_args()
    make(SHAPES[arguments.shape], arguments.weight_format, arguments.out.absolute())


if __name__ == "__main__":
    main()
