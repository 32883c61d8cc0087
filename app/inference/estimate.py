"""Whether a model fits this machine and how fast it will be, before anything is downloaded.

Arithmetic over numbers that are known beforehand, and one short measurement of the memory's speed.
Everything here is an estimate and is to be called one; what a model really does is measured when it
runs. The catalogue is not known here.
"""

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import Literal

from app.inference.conversion.types import Compression
from app.inference.memory import memory

Verdict = Literal["fits", "tight", "too large"]

GIB = 2**30
SHARE_TO_FILL = 0.8
"""Of the memory that is free now; what is left is for everything else that the machine does."""
EFFICIENCY = 0.6
"""How much of the memory's speed a decode step gets; between a half and three quarters is usual."""
SCALES_FROM = 100_000_000
"""Bytes of weights below which a model's speed is not the memory's and says nothing of others."""

_RUNTIME_BYTES = 0.25 * GIB
_REPACKED = 0.2
_SCALE_BYTES = 2.0  # fp16
_VOCABULARY = 100_000
_COPIED_BYTES = 64 * 2**20
_MAX_THREADS = 8

# Billions of parameters, layers and width of published decoders (Pythia, TinyLlama, Phi, Llama,
# OPT), for models whose configuration is not here yet.
_SHAPES = (
    (0.16, 12, 768),
    (0.4, 24, 1024),
    (1.1, 22, 2048),
    (1.8, 24, 2048),
    (2.8, 32, 2560),
    (3.8, 32, 3072),
    (6.7, 32, 4096),
    (13.0, 40, 5120),
    (30.0, 60, 6656),
    (70.0, 80, 8192),
)


@dataclass(frozen=True, slots=True)
class Machine:
    """What a model runs on. `bandwidth` is how many bytes of memory can be read in a second."""

    memory_total: int
    memory_available: int
    bandwidth: float


@dataclass(frozen=True, slots=True)
class Reference:
    """A model that ran here: the size of its weights and its tokens per second for one user."""

    weights_bytes: int
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """Bytes while the model runs, and what one user may expect."""

    weights_bytes: int
    kv_cache_bytes: int
    runtime_bytes: int
    verdict: Verdict
    tokens_per_second: float

    @property
    def memory_bytes(self) -> int:
        return self.weights_bytes + self.kv_cache_bytes + self.runtime_bytes


def estimate(
    weights_bytes: int,
    kv_cache_bytes: int,
    machine: Machine,
    references: Sequence[Reference] = (),
    share_read: float = 1.0,
) -> Estimate:
    """What running these weights takes.

    The engine process needs a little by itself, and the CPU plugin keeps some weights a second
    time in the order that its kernels read (0.21 GB grew to 0.83 GB with a model of 0.5 GB).
    `share_read` is the part of the weights that one token needs: less than 1 for a mixture of
    experts.
    """
    runtime = int(_RUNTIME_BYTES + _REPACKED * weights_bytes)
    needed = weights_bytes + kv_cache_bytes + runtime
    read = max(1.0, weights_bytes * share_read)
    return Estimate(
        weights_bytes,
        kv_cache_bytes,
        runtime,
        verdict(needed, machine),
        tokens_per_second(read, machine, references),
    )


def verdict(needed: int, machine: Machine) -> Verdict:
    """ "tight" would fit if other programs, or the model that serves now, gave memory back."""
    if needed <= SHARE_TO_FILL * machine.memory_available:
        return "fits"
    return "tight" if needed <= SHARE_TO_FILL * machine.memory_total else "too large"


def tokens_per_second(
    bytes_read: float, machine: Machine, references: Sequence[Reference] = ()
) -> float:
    """Decode throughput for one user.

    One new token reads every weight once and computes little with it, so the memory's speed decides
    (the "roofline": Williams et al. 2009; for decoding: Pope et al. 2022, "Efficiently Scaling
    Transformer Inference"). A model that ran here tells more than the bare memory does: the
    nearest in size is taken, and its speed divided by the ratio of the sizes.
    """
    telling = [model for model in references if model.weights_bytes >= SCALES_FROM]
    if not telling:
        return EFFICIENCY * machine.bandwidth / bytes_read
    nearest = min(telling, key=lambda model: abs(math.log(model.weights_bytes / bytes_read)))
    return nearest.tokens_per_second * nearest.weights_bytes / bytes_read


def weights_bytes(parameters: float, compression: Compression) -> int:
    """The size of that many billion weights.

    fp16 takes 2 bytes a weight and int8 takes 1. int4 takes half a byte, plus for each group an
    fp16 scale and, unless symmetric, a 4-bit zero point; `ratio` of the layers are int4 and the
    others int8, as embeddings and the last layer always are (NNCF's weight compression).
    """
    count = parameters * 1e9
    if compression.weight_format == "fp16":
        return int(2 * count)
    if compression.weight_format == "int8":
        return int(count)
    group = compression.group_size
    per_group = _SCALE_BYTES + (0.0 if compression.sym else 0.5)
    int4 = 0.5 + (per_group / group if group > 0 else 0.0)
    in_layers = count - min(count / 2, _VOCABULARY * _shape(parameters)[1])
    share = in_layers * compression.ratio
    return int(share * int4 + (count - share))


def kv_bytes_per_token(parameters: float) -> int:
    """How much KV cache one token takes at most, for a model whose configuration is not here yet.

    Two vectors of the model's width in each layer, one byte a number: the CPU's default. Models
    with grouped-query attention (most since 2024) need a quarter to an eighth of it.
    """
    layers, width = _shape(parameters)
    return 2 * layers * width


def kv_cache_bytes(per_token: int, context: int, users: int, limit: int) -> int:
    """The KV cache of `users` conversations of `context` tokens; the app caps it at `limit`."""
    return min(per_token * context * users, limit)


def machine() -> Machine:
    """This machine as it is now. The first call takes a tenth of a second: not on an event loop."""
    here = memory()
    return Machine(here.total, here.available, _bandwidth())


@cache
def _bandwidth() -> float:
    """Bytes a second: the best of a few copies, by as many threads as help, once per process."""
    # Slow to import, and not needed to list commands.
    import numpy as np

    threads = min(os.cpu_count() or 1, _MAX_THREADS)
    sources = [np.ones(_COPIED_BYTES // 8) for _ in range(threads)]
    targets = [np.empty_like(source) for source in sources]
    best = math.inf
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(4):
            started = perf_counter()
            list(pool.map(np.copyto, targets, sources))
            best = min(best, perf_counter() - started)
    # A copy reads every byte once and writes it once.
    return 2 * _COPIED_BYTES * threads / best


def _shape(parameters: float) -> tuple[int, int]:
    """Layers and width of the published model that is nearest in size."""
    _, layers, width = min(_SHAPES, key=lambda shape: abs(math.log(shape[0] / parameters)))
    return layers, width
