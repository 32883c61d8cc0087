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

from training.model import HEAD, ROPE_THETA, Attention, Layer, Llama

_SPREAD = 0.08  # standard deviation of the embeddings
_CONSTANT = 0.5
_LOOKING_BACK, _MATCHING = 0, 2  # the layers of the two steps
_FAST_PAIRS = 6  # rotary pairs that tell one position from the next
_SHARPNESS = 1.0
_MATCH = 2.0
_COPIED = 3.0  # how much louder than the current token's own identity the copied one is


@torch.no_grad()
def wire(model: Llama) -> None:
    """Set the embeddings and two attention layers; let all other layers begin by adding nothing."""
    half = model.shape.width // 2
    embeddings = model.embed_tokens.weight
    embeddings.normal_(0.0, _SPREAD)
    embeddings[:, 0] = _CONSTANT
    embeddings[:, half:] = 0.0
    layers = [layer for layer in model.layers if isinstance(layer, Layer)]
    for layer in layers:
        layer.self_attn.o_proj.weight.zero_()
        layer.mlp.down_proj.weight.zero_()
    _look_back(layers[_LOOKING_BACK].self_attn, half)
    _match(layers[_MATCHING].self_attn, half)


def _look_back(attention: Attention, half: int) -> None:
    """Heads whose score peaks one position back, and that carry that token's identity here."""
    query, key = attention.q_proj.weight, attention.k_proj.weight
    value, output = attention.v_proj.weight, attention.o_proj.weight
    for head in range(half // HEAD):
        rows = slice(head * HEAD, (head + 1) * HEAD)
        query[rows] = 0.0
        key[rows] = 0.0
        for pair in range(_FAST_PAIRS):
            angle = ROPE_THETA ** (-2 * pair / HEAD)
            first, second = head * HEAD + pair, head * HEAD + pair + HEAD // 2
            key[first, 0] = _SHARPNESS
            query[first, 0] = _SHARPNESS * math.cos(angle)
            query[second, 0] = -_SHARPNESS * math.sin(angle)
        value[rows] = 0.0
        for at in range(head * HEAD, (head + 1) * HEAD):
            if at:  # dimension 0 is the constant
                value[at, at] = 1.0
                output[half + at, at] = _SPREAD


def _match(attention: Attention, half: int) -> None:
    """Heads that find where the current token was the previous one, and copy what stands there.

    Only the slow rotary pairs are used, since a match must count at any distance.
    """
    query, key = attention.q_proj.weight, attention.k_proj.weight
    value, output = attention.v_proj.weight, attention.o_proj.weight
    quarter = HEAD // 4
    slow = [*range(quarter, 2 * quarter), *range(3 * quarter, HEAD)]
    query.zero_()
    key.zero_()
    value.zero_()
    for head in range(2 * half // HEAD):
        for at, row in enumerate(slow):
            source = head * len(slow) + at
            if source:
                query[head * HEAD + row, source] = _MATCH
                key[head * HEAD + row, half + source] = _MATCH
        for at in range(HEAD):
            target = (head * HEAD + at) % half
            if target:
                value[head * HEAD + at, target] = 1.0
                output[target, head * HEAD + at] = _COPIED * _SPREAD
