# SPDX-License-Identifier: GPL-3.0-or-later
"""Averaging over retransmissions: the same pictures again and again under fresh packets, and Eve takes the mean.

Against noise this gains 3 dB with every doubling. Against a fresh key it gains nothing: the mean keeps what is fixed
in the ciphertexts, and nothing is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from deepjscec.attack.front_end import FrontEnd
from deepjscec.attack.oracle import Ciphertexts, Oracle
from deepjscec.attack.pictures import NOISELESS_VAR, mean_psnr_db, size_of
from deepjscec.codec import Codec
from deepjscec.codec.codec import Rate

REPEATS = (1, 4, 16, 64, 256)


@dataclass(frozen=True)
class Averaging:
    """PSNR in dB over the number of retransmissions, the mean over pictures."""

    cipher: str
    noise_var: float  # per complex symbol, on Eve's channel
    repeats: tuple[int, ...]
    direct_db: tuple[float, ...]  # the mean ciphertext decoded as a codeword
    regressed_db: tuple[float, ...]  # through the front end that known plaintexts gave


def average(
    oracle: Oracle,
    codec: Codec,
    pictures: np.ndarray,
    rate: Rate,
    front_end: FrontEnd,
    rng: np.random.Generator,
    *,
    repeats: Sequence[int] = REPEATS,
    noise_var: float = 0.0,
) -> tuple[Averaging, np.ndarray]:
    """Attack `pictures` uint8[n, H, W, 3], each sent as often as `repeats` (rising) says.

    `noise_var` of Eve's channel per complex symbol, drawn by `rng`. Returns the result and Eve's pictures from the most
    retransmissions through the front end. Raises `ValueError` where `repeats` do not rise from 1 or more.
    """
    if not repeats or repeats[0] < 1 or any(b <= a for a, b in pairwise(repeats)):
        raise ValueError(f"retransmissions {list(repeats)} are not rising numbers from 1")
    sent, size = codec.encode_batch(pictures, rate), size_of(pictures)
    symbols = np.zeros(sent.shape, np.complex128)
    features = np.zeros((len(sent), len(front_end.weights)))
    direct, regressed = [], []
    for done in range(1, repeats[-1] + 1):
        seen = oracle.encrypt(sent)
        if noise_var:
            noise = rng.standard_normal((*seen.symbols.shape, 2)) @ [1, 1j] * np.sqrt(noise_var / 2)
            seen = Ciphertexts((seen.symbols + noise).astype(np.complex64), seen.prefix)
        symbols += seen.symbols
        features += front_end.features(seen)
        if done in repeats:
            left = np.full(sent.shape, noise_var / done + NOISELESS_VAR, np.float32)
            mean = symbols / done
            level = np.sqrt(np.square(np.abs(mean)).mean() / (1 + left[0, 0]))  # over that of a codeword
            received = (mean / max(level, 1e-12)).astype(np.complex64)
            direct.append(mean_psnr_db(pictures, codec.decode_batch(received, left, size, rate)))
            estimate = front_end.estimate((features / done).astype(np.float32))
            received, variance = front_end.as_received(estimate, noise_var / done)
            found = codec.decode_batch(received, variance, size, rate)
            regressed.append(mean_psnr_db(pictures, found))
    return Averaging(oracle.name, noise_var, tuple(repeats), tuple(direct), tuple(regressed)), found
