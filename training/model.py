"""The architecture of the built-in model and how its folder is written.

Contract: `Llama` computes what transformers' `LlamaForCausalLM` computes, from weights of the same
names, so that transformers, optimum-intel and OpenVINO need no code of ours; a test compares the
two. Several conversations share a row: a token sees only earlier ones of its own segment, and in a
segment that branches only those of its own branch and of what stands before all branches. `save`
writes a complete model folder: safetensors, configs, tokenizer, chat template; `load` reads one.
"""

import copy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import (
    GenerationConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from training.tokenizer import BRANCHES, CONTEXT, END, END_OF_TEXT

HEAD = 32  # many narrow heads make copying easier
# Rotary pairs of the slow half turn by less than two radians over the whole context, so that a
# match counts alike at any distance; with 10,000 nothing was found beyond 800 tokens.
ROPE_THETA = 1e6
_EPSILON = 1e-6
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a model; heads and the inner width follow."""

    vocabulary: int
    width: int = 256
    layers: int = 8

    @property
    def heads(self) -> int:
        return self.width // HEAD

    @property
    def inner(self) -> int:
        return 3 * self.width


class Norm(nn.Module):
    """Root-mean-square normalisation."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        scale = torch.rsqrt(x.float().square().mean(-1, keepdim=True) + _EPSILON)
        return self.weight * (x * scale.to(x.dtype))


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x.chunk(2, -1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), -1)


def _attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    """Attention as plain matrix products, block by block, each with what stands before its end.

    On a CPU the fused kernel takes up to twice as long, and one product over a long window two to
    three times.
    """
    length = query.shape[2]
    mixed = []
    for start in range(0, length, _BLOCK):
        end = min(start + _BLOCK, length)
        earlier = key[:, :, :end].transpose(2, 3)
        scores = query[:, :, start:end] @ earlier + mask[:, :, start:end, :end]
        mixed.append(scores.softmax(-1) @ value[:, :, :end])
    return torch.cat(mixed, 2)


class Attention(nn.Module):
    """Causal attention inside each segment."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.heads = shape.heads
        self.q_proj = nn.Linear(width, width, bias=False)
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width, bias=False)
        self.o_proj = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        rows, length, width = x.shape
        joint = torch.cat((self.q_proj.weight, self.k_proj.weight, self.v_proj.weight))
        parts = functional.linear(x, joint).view(rows, length, 3, self.heads, HEAD)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        query, key = _rotate(query, cos, sin), _rotate(key, cos, sin)
        if x.is_cuda:
            mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        else:
            mixed = _attend(query * HEAD**-0.5, key, value, mask)
        out: Tensor = self.o_proj(mixed.transpose(1, 2).reshape(rows, length, width))
        return out


class Inner(nn.Module):
    """The gated layer between attentions."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(shape.width, shape.inner, bias=False)
        self.up_proj = nn.Linear(shape.width, shape.inner, bias=False)
        self.down_proj = nn.Linear(shape.inner, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        joint = torch.cat((self.gate_proj.weight, self.up_proj.weight))
        gate, up = functional.linear(x, joint).chunk(2, -1)
        out: Tensor = self.down_proj(functional.silu(gate) * up)
        return out


class Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.self_attn = Attention(shape)
        self.mlp = Inner(shape)
        self.input_layernorm = Norm(shape.width)
        self.post_attention_layernorm = Norm(shape.width)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask)
        out: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return out


class Llama(nn.Module):
    """Token ids and segments to hidden states; the embedding is also the output layer."""

    cos: Tensor
    sin: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.width)
        turns = ROPE_THETA ** (-torch.arange(0, HEAD, 2) / HEAD)
        angles = torch.arange(CONTEXT)[:, None] * turns
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        for weight in self.parameters():
            if weight.ndim == 2:
                nn.init.normal_(weight, 0.0, 0.02)

    def forward(self, ids: Tensor, segments: Tensor) -> Tensor:
        device = ids.device.type
        x = self.embed_tokens(ids)
        kind = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype
        at = torch.arange(ids.shape[1], device=ids.device)
        own, stem = segments[:, :, None], (segments - segments % BRANCHES)[:, :, None]
        seen = (segments[:, None] == own) | (segments[:, None] == stem)
        seen &= at[None, :] <= at[:, None]
        places = seen.sum(-1) - 1  # every branch begins where the stem ends
        cos, sin = (angles.to(kind)[places][:, None] for angles in (self.cos, self.sin))
        mask = torch.zeros(seen.shape, dtype=kind, device=ids.device)
        mask = mask.masked_fill(~seen, float("-inf"))[:, None]
        for layer in self.layers:
            x = layer(x, cos, sin, mask)
        out: Tensor = self.norm(x)
        return out


def folder_config(shape: Shape, tokenizer: PreTrainedTokenizerFast) -> LlamaConfig:
    """The same architecture in transformers' words."""
    return LlamaConfig(  # type: ignore[call-arg]
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        intermediate_size=shape.inner,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        head_dim=HEAD,
        rms_norm_eps=_EPSILON,
        rope_theta=ROPE_THETA,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.convert_tokens_to_ids(END),
        pad_token_id=tokenizer.convert_tokens_to_ids(END_OF_TEXT),
    )


def as_transformers(model: Llama, tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """A copy of the model that transformers runs."""
    config = folder_config(model.shape, tokenizer)
    whole = LlamaForCausalLM(config)  # type: ignore[no-untyped-call]
    whole.model.load_state_dict(model.state_dict())
    whole.tie_weights()
    whole.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
        eos_token_id=config.eos_token_id, pad_token_id=config.pad_token_id
    )
    return whole


def save(model: Llama, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write the folder that the app ships, weights as float16."""
    whole = as_transformers(model, tokenizer)
    whole.half().save_pretrained(folder)  # type: ignore[no-untyped-call]
    tokenizer.save_pretrained(folder)


def deepened(model: Llama, layers: int) -> Llama:
    """The same function in more layers: copies, spread evenly, that add nothing yet.

    A copy of the layer before it sees what is worth seeing; the matrices that would write its
    result are zero, and get the first updates. The given model's own parts are in the new one.
    """
    shape = model.shape
    made = Llama(Shape(shape.vocabulary, shape.width, layers))
    made.embed_tokens, made.norm = model.embed_tokens, model.norm
    deeper = nn.ModuleList()
    for at, layer in enumerate(model.layers):
        deeper.append(layer)
        while len(deeper) < layers * (at + 1) // shape.layers:
            new = copy.deepcopy(layer)
            nn.init.zeros_(new.self_attn.o_proj.weight)
            nn.init.zeros_(new.mlp.down_proj.weight)
            deeper.append(new)
    made.layers = deeper
    return made


def load(folder: Path) -> Llama:
    """The weights of a folder that `save` wrote, as float32.

    Raises ValueError for a folder whose rotary base is not ours: its weights would mean nothing.
    """
    whole: LlamaForCausalLM = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    config = whole.config
    base = config.rope_parameters["rope_theta"]
    if base != ROPE_THETA:
        raise ValueError(f"{folder} has a rotary base of {base:g}, not {ROPE_THETA:g}; start anew.")
    model = Llama(Shape(config.vocab_size, config.hidden_size, config.num_hidden_layers))
    model.load_state_dict(whole.model.state_dict())
    return model
