# SPDX-License-Identifier: GPL-3.0-or-later
"""Bob's estimate of the noise that decryption leaves, from the message's own symbols.

That noise, e1 R1 + e2 R2, is one linear map, which Bob knows, of 2 n small integers. A message of many more real parts
overdetermines them: what it and the channel add is to this estimate white noise of known variance. By generalised
approximate message passing (Rangan, ISIT 2011), with the outputs' wraps and the integers' discrete Gaussian in its two
scalar functions. For every real part it gives the mean and variance of the noise as the *other* parts tell it, so what
is subtracted has seen nothing of the symbol it is subtracted from.
"""

from __future__ import annotations

import numpy as np

from .lwe_noise import largest_error

_ROWS = 1024
_SETTLED = 0.01  # relative change of the variance at which the passes end
_WORTHWHILE = 0.1  # the noise's variance, over what least squares would leave of it


def estimate_noise(
    matrices: tuple[np.ndarray, np.ndarray],
    residues: np.ndarray,
    variances: np.ndarray,
    sigma: float,
    q: int,
    passes: int,
) -> tuple[np.ndarray, float]:
    """Mean float32[l] and variance of e1 R1 + e2 R2, given `residues` = it + message + channel modulo q.

    `matrices`: R1 and R2, int8[l, n], transposed. `residues` float32[l]; `variances` float32[l] of message and channel
    together, `inf` for a part that is lost. At most so many `passes`; none where they would gain next to nothing: a
    short message, or noise that is small already. Then the mean is 0.
    """
    columns, n = matrices[0].shape
    estimates = np.zeros((2, n), np.float32)
    variance = 2 * n * sigma**4
    scores = np.zeros(columns, np.float32)
    means = np.zeros(columns, np.float32)
    if variance * float((1 / variances).sum(dtype=np.float64)) < _WORTHWHILE * 2 * n:
        return means, variance
    for _ in range(passes):
        sums = np.zeros((2, n), np.float32)
        slopes = 0.0
        for start in range(0, columns, _ROWS):
            rows = slice(start, start + _ROWS)
            block = [matrix[rows].astype(np.float32) for matrix in matrices]
            scores[rows], slope = _score(residues[rows] - means[rows], variances[rows] + np.float32(variance), q)
            sums += np.stack([scores[rows] @ part for part in block])
            slopes += slope
        if slopes <= 0:  # any part may have wrapped either way
            break
        spread = 1 / (sigma**2 * slopes)
        estimates, mean_variance = _integers(estimates + np.float32(spread) * sums, spread, sigma)
        before, variance = variance, 2 * n * sigma**2 * mean_variance
        means = _product(matrices, estimates) - np.float32(variance) * scores
        if abs(before - variance) <= _SETTLED * variance:
            break
    return means, variance


def _score(residues: np.ndarray, variances: np.ndarray, q: int) -> tuple[np.ndarray, float]:
    """Derivative of the log-likelihood in the mean, for each residue, and minus the sum of the second ones.

    A residue is Gaussian with `variances`, modulo q.
    """
    centre = residues - np.float32(q) * np.rint(residues / np.float32(q))
    candidates = centre + np.array([[-q], [0], [q]], np.float32)
    exponent = candidates**2 * (np.float32(-0.5) / variances)
    weights = np.exp(exponent - exponent[1])
    weights /= weights.sum(axis=0)
    mean = (weights * candidates).sum(axis=0)
    spread = (weights * (candidates - mean) ** 2).sum(axis=0)
    return mean / variances, float(((1 - spread / variances) / variances).sum(dtype=np.float64))


def _integers(observed: np.ndarray, variance: float, sigma: float) -> tuple[np.ndarray, float]:
    """Mean float32[2, n] of discrete Gaussian integers seen in noise of `variance`, and the mean of their variances."""
    largest = largest_error(sigma)
    values = np.arange(-largest, largest + 1)
    exponent = -((observed[..., None] - values) ** 2) / (2 * variance) - values**2 / (2 * sigma**2)
    weights = np.exp(exponent - exponent.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    mean = weights @ values
    return mean.astype(np.float32), float((weights @ values**2 - mean**2).mean())


def _product(matrices: tuple[np.ndarray, np.ndarray], vectors: np.ndarray) -> np.ndarray:
    """float32[l]: the sum of both matrices times their vectors."""
    out = np.empty(len(matrices[0]), np.float32)
    for start in range(0, len(out), _ROWS):
        rows = slice(start, start + _ROWS)
        out[rows] = sum(matrix[rows].astype(np.float32) @ vector for matrix, vector in zip(matrices, vectors))
    return out
