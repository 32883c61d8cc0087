"""The architecture of the built-in model and how its folder is written.

Contract: a plain `LlamaForCausalLM`, so that transformers, optimum-intel and OpenVINO need no code
of ours. `save` writes a complete model folder: safetensors, configs, tokenizer, chat template.
"""

from pathlib import Path

import torch
from torch.nn import functional
from transformers import (
    AttentionInterface,
    GenerationConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from training.tokenizer import CONTEXT, END, END_OF_TEXT
from training.wiring import wire

_DENSE_UP_TO = 640  # tokens


def _attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,  # noqa: ARG001
    scaling: float,
    **rest: object,  # noqa: ARG001
) -> tuple[torch.Tensor, None]:
    """Causal attention as plain matrix products where windows are short.

    On a CPU the fused kernel's backward pass takes three times as long there.
    """
    length = query.shape[2]
    if length > _DENSE_UP_TO or not module.training:
        mixed = functional.scaled_dot_product_attention(
            query, key, value, is_causal=True, scale=scaling
        )
        return mixed.transpose(1, 2).contiguous(), None
    rows = query.shape[0] * query.shape[1]
    future = query.new_full((length, length), float("-inf")).triu(1)
    scores = torch.baddbmm(
        future.expand(rows, length, length),
        query.flatten(0, 1),
        key.flatten(0, 1).transpose(1, 2),
        alpha=scaling,
    )
    mixed = (scores.softmax(-1) @ value.flatten(0, 1)).unflatten(0, query.shape[:2])
    return mixed.transpose(1, 2).contiguous(), None


AttentionInterface.register("short_windows", _attention)


def build(
    tokenizer: PreTrainedTokenizerFast, width: int = 256, layers: int = 6
) -> LlamaForCausalLM:
    """A new model. Heads are 32 wide: many heads make copying easier."""
    heads = width // 32
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        num_hidden_layers=layers,
        intermediate_size=3 * width,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        head_dim=32,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.convert_tokens_to_ids(END),
        pad_token_id=tokenizer.convert_tokens_to_ids(END_OF_TEXT),
    )
    config._attn_implementation = "short_windows"
    model = LlamaForCausalLM(config)
    wire(model)
    return model


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write the folder that the app ships, weights as float16."""
    small = LlamaForCausalLM(model.config)
    small.load_state_dict(model.state_dict())
    small.generation_config = GenerationConfig(
        eos_token_id=model.config.eos_token_id, pad_token_id=model.config.pad_token_id
    )
    small.to(torch.float16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
