"""Muon, an optimiser for matrices: momentum whose singular values are all brought near one.

Like `torch.optim.Muon`, with the precision of its products as an argument: that one always computes
them in bfloat16, which a CPU without such instructions emulates at an eighth of the speed. From
Keller Jordan, https://kellerjordan.github.io/posts/muon/, whose coefficients these are.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ROUNDS = 5
_EPSILON = 1e-7


class Muon(torch.optim.Optimizer):
    """For parameters of shape (rows, columns) only. `kind` is what the products are computed in."""

    def __init__(
        self,
        matrices: Iterable[Tensor],
        lr: float,
        *,
        weight_decay: float,
        momentum: float,
        kind: torch.dtype,
    ) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})
        self._kind = kind

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """One update with Nesterov's momentum; taller matrices move further."""
        for group in self.param_groups:
            for matrix in group["params"]:
                state = self.state[matrix]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(matrix)
                mean, kept = state["momentum"], group["momentum"]
                mean.lerp_(matrix.grad, 1 - kept)
                update = orthogonal(matrix.grad.lerp(mean, kept), self._kind)
                rows, columns = matrix.shape
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                matrix.add_(update, alpha=-group["lr"] * max(1.0, rows / columns) ** 0.5)


def orthogonal(matrix: Tensor, kind: torch.dtype) -> Tensor:
    """The matrix with its singular values brought to between about 0.7 and 1.2, by Newton-Schulz.

    Same shape and type as `matrix`; computed in `kind`.
    """
    a, b, c = _COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    x = (matrix.T if tall else matrix).to(kind)
    x = x / (x.norm() + _EPSILON)
    for _ in range(_ROUNDS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.T if tall else x).to(matrix.dtype)
