# SPDX-License-Identifier: GPL-3.0-or-later
"""Eve against remote classification: a network that learns classes from ciphertexts whose labels she knows.

She encrypts as many pictures of known classes as she likes and looks at every ciphertext without noise; then she names
the classes of ciphertexts that she has not seen. Needs torch.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from deepjscec.attack.oracle import Oracle

WIDTH = 512
BATCH = 256
LEARNING_RATE = 1e-3


def name_ciphertexts(
    oracle: Oracle,
    known: np.ndarray,
    labels: np.ndarray,
    unknown: np.ndarray,
    *,
    passes: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """The classes, int64[m], that Eve gives to the codewords `unknown` complex64[m, k] when she sees their ciphertexts.

    She learns from `known` complex64[n, k] and their `labels` uint8[n], encrypted anew in each of her `passes`.
    """
    classes = int(labels.max()) + 1
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**62)))  # torch's layers offer no generator argument
        network = nn.Sequential(
            nn.Linear(2 * known.shape[1], WIDTH),
            nn.GELU(),
            nn.Linear(WIDTH, WIDTH),
            nn.GELU(),
            nn.Linear(WIDTH, classes),
        )
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=0.01)
    for _ in range(passes):
        seen = torch.from_numpy(oracle.encrypt(known).parts())
        for chosen in np.array_split(rng.permutation(len(known)), -(-len(known) // BATCH)):
            loss = F.cross_entropy(network(seen[chosen]), torch.from_numpy(labels[chosen].astype(np.int64)))
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
    with torch.no_grad():
        return network(torch.from_numpy(oracle.encrypt(unknown).parts())).argmax(1).numpy()
