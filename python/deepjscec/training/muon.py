# SPDX-License-Identifier: GPL-3.0-or-later
"""Muon: momentum whose matrices are made orthogonal before each step, for the weights inside the residual blocks.

Source: K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024, with the coefficients of the
Newton-Schulz iteration given there. torch.optim.Muon takes matrices alone; here a convolution is the matrix [outputs,
inputs x taps], and layers of one shape are iterated on together.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5


class Muon(torch.optim.Optimizer):
    """`params` are weights of two or more axes, `lr` the size of a step in units of the usual root mean square of
    AdamW's (0.2, Liu et al., "Muon is scalable for LLM training", 2025), so that both optimisers share a schedule."""

    def __init__(
        self, params: Iterable[torch.Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[torch.Tensor]] = {}
            for weight in group["params"]:
                if weight.grad is not None:
                    by_shape.setdefault(weight.shape, []).append(weight)
            for weights in by_shape.values():
                self._step(weights, group)

    def _step(self, weights: list[torch.Tensor], group: dict) -> None:
        updates = []
        for weight in weights:
            state = self.state[weight]
            if "momentum" not in state:
                state["momentum"] = torch.zeros_like(weight)
            state["momentum"].lerp_(weight.grad, 1 - group["momentum"])
            updates.append(channels_last(weight.grad.lerp(state["momentum"], group["momentum"])).flatten(1))
        orthogonal = orthogonalise(torch.stack(updates))
        scale = 0.2 * max(orthogonal.shape[1:]) ** 0.5
        for weight, update in zip(weights, orthogonal):
            weight.mul_(1 - group["lr"] * group["weight_decay"])
            target = channels_last(weight)
            target.add_(update.view(target.shape), alpha=-group["lr"] * scale)


def channels_last(weight: torch.Tensor) -> torch.Tensor:
    """A view in the order that a convolution's weights lie in memory: the order of a matrix's columns does not matter
    to its orthogonalisation, but copies against the order of memory take longer than that itself."""
    return weight.permute(0, 2, 3, 1) if weight.ndim == 4 else weight


def orthogonalise(matrices: torch.Tensor) -> torch.Tensor:
    """The nearest orthogonal matrices, roughly: [n, rows, columns], all singular values brought near 1; bfloat16.

    Each iteration is three products of matrices and nothing else as large: on a processor sums and copies of such
    tensors, written to fresh memory, take longer than the products.
    """
    a, b, c = COEFFICIENTS
    wide = matrices.shape[1] <= matrices.shape[2]
    x = matrices if wide else matrices.mT.contiguous()
    scale = 1 / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    x = torch.mul(x, scale, out=torch.empty(x.shape, dtype=torch.bfloat16, device=x.device))
    other = torch.empty_like(x)
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        polynomial = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        polynomial.diagonal(dim1=1, dim2=2).add_(a)
        torch.bmm(polynomial, x, out=other)
        x, other = other, x
    return x if wide else x.mT
