# SPDX-License-Identifier: GPL-3.0-or-later
"""The known-plaintext attack: regress codewords on ciphertexts of other packets, and decode what the estimate says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepjscec.attack.front_end import FrontEnd, fit_front_end
from deepjscec.attack.oracle import Oracle
from deepjscec.attack.pictures import mean_psnr_db, size_of
from deepjscec.codec import Codec
from deepjscec.codec.codec import Rate


@dataclass(frozen=True)
class KnownPlaintext:
    """What the regression recovers of fresh packets with pictures that it has not met."""

    cipher: str
    pairs: int
    normalised_error: float  # mean squared error over the codewords' variance: 1 is guessing their mean, 0 is all
    psnr_db: float  # of the pictures decoded from the estimates, the mean over them


def known_plaintext(
    oracle: Oracle,
    codec: Codec,
    known: np.ndarray,
    held_out: np.ndarray,
    rate: Rate,
    pairs: int,
    rng: np.random.Generator,
) -> tuple[KnownPlaintext, np.ndarray, FrontEnd]:
    """Learn from ciphertexts of `known` and attack `held_out`, both uint8[n, H, W, 3].

    Returns the result, Eve's pictures uint8[n, H, W, 3] and the front end. Raises `ValueError` as `fit_front_end`.
    """
    clear = codec.encode_batch(known, rate)
    front_end = fit_front_end(oracle, clear, pairs, rng)
    sent = codec.encode_batch(held_out, rate)
    estimate = front_end.estimate(front_end.features(oracle.encrypt(sent)))
    error = np.square(np.abs(estimate - sent)).mean() / np.square(np.abs(sent - clear.mean(0))).mean()
    symbols, noise_var = front_end.as_received(estimate)
    found = codec.decode_batch(symbols, noise_var, size_of(held_out), rate)
    return KnownPlaintext(oracle.name, pairs, float(error), mean_psnr_db(held_out, found)), found, front_end
