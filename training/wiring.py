"""A start from which copying is learned in minutes: weights wired as a rough copying circuit.

Contract: `wire` changes initial weights only; the architecture stays a plain Llama, and training is
free to keep, mend or overwrite what stands here. Remembering a name needs two steps: a head that
looks one token back, and a later head that finds the place where the current token stood before
and takes what followed it. From random weights these two have to be found together, which costs
more training than everything else that the model learns.

The residual stream starts in three parts: one constant dimension, a token's own identity, and room
for the identity of the token before it.
"""

import math

import torch
from transformers import LlamaForCausalLM

_SPREAD = 0.08  # standard deviation of the embeddings
_CONSTANT = 0.5
_LOOKING_BACK, _MATCHING = 0, 2  # the layers of the two steps
_FAST_PAIRS = 6  # rotary pairs that tell one position from the next
_SHARPNESS = 1.0
_MATCH = 1.5


@torch.no_grad()
def wire(model: LlamaForCausalLM) -> None:
    """Set the embeddings and two attention layers; let all other layers begin by adding nothing."""
    config = model.config
    half = config.hidden_size // 2
    embeddings = model.model.embed_tokens.weight
    embeddings.normal_(0.0, _SPREAD)
    embeddings[:, 0] = _CONSTANT
    embeddings[:, half:] = 0.0
    for layer in model.model.layers:
        layer.self_attn.o_proj.weight.zero_()
        layer.mlp.down_proj.weight.zero_()
    theta = config.rope_parameters["rope_theta"]
    _look_back(model.model.layers[_LOOKING_BACK].self_attn, half, config.head_dim, theta)
    _match(model.model.layers[_MATCHING].self_attn, half, config.head_dim)


def _look_back(attention: torch.nn.Module, half: int, width: int, theta: float) -> None:
    """Heads whose score peaks one position back, and that carry that token's identity here."""
    query, key = attention.q_proj.weight, attention.k_proj.weight
    value, output = attention.v_proj.weight, attention.o_proj.weight
    for head in range(half // width):
        rows = slice(head * width, (head + 1) * width)
        query[rows] = 0.0
        key[rows] = 0.0
        for pair in range(_FAST_PAIRS):
            angle = theta ** (-2 * pair / width)
            first, second = head * width + pair, head * width + pair + width // 2
            key[first, 0] = _SHARPNESS
            query[first, 0] = _SHARPNESS * math.cos(angle)
            query[second, 0] = -_SHARPNESS * math.sin(angle)
        value[rows] = 0.0
        for at in range(head * width, (head + 1) * width):
            if at:  # dimension 0 is the constant
                value[at, at] = 1.0
                output[half + at, at] = _SPREAD


def _match(attention: torch.nn.Module, half: int, width: int) -> None:
    """Heads that find where the current token was the previous one, and copy what stands there.

    Only the slow rotary pairs are used, since a match must count at any distance.
    """
    query, key = attention.q_proj.weight, attention.k_proj.weight
    value, output = attention.v_proj.weight, attention.o_proj.weight
    quarter = width // 4
    slow = [*range(quarter, 2 * quarter), *range(3 * quarter, width)]
    query.zero_()
    key.zero_()
    value.zero_()
    for head in range(2 * half // width):
        for at, row in enumerate(slow):
            source = head * len(slow) + at
            if source:
                query[head * width + row, source] = _MATCH
                key[head * width + row, half + source] = _MATCH
        for at in range(width):
            target = (head * width + at) % half
            if target:
                value[head * width + at, target] = 1.0
                output[target, head * width + at] = _SPREAD
