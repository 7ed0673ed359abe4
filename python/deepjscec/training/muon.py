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
            updates.append(weight.grad.lerp(state["momentum"], group["momentum"]).flatten(1))
        orthogonal = orthogonalise(torch.stack(updates))
        scale = 0.2 * max(orthogonal.shape[1:]) ** 0.5
        for weight, update in zip(weights, orthogonal):
            weight.mul_(1 - group["lr"] * group["weight_decay"])
            weight.add_(update.reshape(weight.shape), alpha=-group["lr"] * scale)


def orthogonalise(matrices: torch.Tensor) -> torch.Tensor:
    """The nearest orthogonal matrices, roughly: float32[n, rows, columns], all singular values brought near 1."""
    a, b, c = COEFFICIENTS
    wide = matrices.shape[1] <= matrices.shape[2]
    x = (matrices if wide else matrices.mT).bfloat16()
    x = x / (x.float().norm(dim=(1, 2), keepdim=True) + 1e-7).bfloat16()
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return (x if wide else x.mT).float()
