# SPDX-License-Identifier: GPL-3.0-or-later
"""A small network as a distinguisher, for what no discriminant looks at. Needs torch."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

WIDTH = 256
BATCH = 256
LEARNING_RATE = 1e-3


class SmallNetwork:
    """Two hidden layers on all features, trained once over the ciphertexts as they pass by."""

    def __init__(self, first: np.ndarray, seed: int) -> None:
        """`first` float[n, d], some features to standardise by; `seed` of the initial weights."""
        first = first.astype(np.float64)
        self._shift = first.mean(0)
        self._gain = 1 / np.maximum(first.std(0), 1e-9 * (1 + np.abs(self._shift)))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)  # torch's layers offer no generator argument
            self._layers = nn.Sequential(
                nn.Linear(first.shape[1], WIDTH), nn.GELU(), nn.Linear(WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, 1)
            )
        self._optimiser = torch.optim.AdamW(self._layers.parameters(), LEARNING_RATE, weight_decay=0.01)

    def learn(self, features: np.ndarray, labels: np.ndarray) -> None:
        """Steps of gradient descent over float[n, d] and their classes bool[n], each seen once."""
        x, target = self._tensor(features), torch.from_numpy(labels.astype(np.float32))
        for start in range(0, len(x), BATCH):
            score = self._layers(x[start : start + BATCH])[:, 0]
            loss = F.binary_cross_entropy_with_logits(score, target[start : start + BATCH])
            self._optimiser.zero_grad(set_to_none=True)
            loss.backward()
            self._optimiser.step()

    @torch.no_grad()
    def decide(self, features: np.ndarray) -> np.ndarray:
        """float[n, d] -> bool[n]."""
        return (self._layers(self._tensor(features))[:, 0] > 0).numpy()

    def _tensor(self, features: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(((features - self._shift) * self._gain).astype(np.float32).clip(-10, 10))
