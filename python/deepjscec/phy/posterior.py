# SPDX-License-Identifier: GPL-3.0-or-later
"""Gaussian posterior of a channel that is a sum of products, a function of delay times a function of time."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray


class Posterior:
    """What the observations tell of the coefficients of delay basis times functions of time.

    Args:
        basis: complex128[columns, rank], orthonormal.
        functions: float64[functions, rows].
        weight: float64[rows, columns], inverse noise variances of raw channel estimates, 0 where there is none.
        matched: complex128[rows, columns], those estimates times their weights.
        prior: float64[functions * rank], prior variances of the coefficients, function by function.

    Raises:
        numpy.linalg.LinAlgError: where damaged samples make the equations too ill-conditioned to solve.

    ``score`` is the logarithm of how likely the observations are, up to a constant.
    """

    def __init__(
        self,
        basis: NDArray[np.complex128],
        functions: NDArray[np.float64],
        weight: NDArray[np.float64],
        matched: NDArray[np.complex128],
        prior: NDArray[np.float64],
    ) -> None:
        self._basis, self._functions, self._prior = basis, functions, prior
        count, rank = len(functions), basis.shape[1]
        information = np.empty((count, rank, count, rank), np.complex128)
        for i in range(count):
            for j in range(i, count):
                block = (np.conj(basis.T) * ((functions[i] * functions[j]) @ weight)) @ basis
                information[i, :, j] = information[j, :, i] = block
        matrix = information.reshape(count * rank, count * rank)
        matrix[np.diag_indices(len(prior))] += 1.0 / prior
        projected = (functions @ matched @ np.conj(basis)).ravel()
        self._factor = scipy.linalg.cholesky(matrix, lower=True, overwrite_a=True, check_finite=False)
        self._mean = scipy.linalg.cho_solve((self._factor, True), projected, check_finite=False)
        self.score = float(np.vdot(projected, self._mean).real - np.sum(np.log(prior)))
        self.score -= 2.0 * float(np.sum(np.log(np.diag(self._factor).real)))

    def response(self) -> NDArray[np.complex128]:
        """complex128[rows, columns], the mean of what the observations tell."""
        count, rank = len(self._functions), self._basis.shape[1]
        return np.asarray(self._functions.T @ self._mean.reshape(count, rank) @ self._basis.T)

    def error(self) -> tuple[NDArray[np.float64], float]:
        """float64[rows, columns], variance of the response's error, and the number of complex parameters fitted."""
        basis, functions = self._basis, self._functions
        count, rank = len(functions), basis.shape[1]
        covariance, _ = scipy.linalg.lapack.zpotri(self._factor, lower=1)
        # Blocks on and under the diagonal; those above are their adjoints.
        blocks = covariance.reshape(count, rank, count, rank)
        error = np.zeros((functions.shape[1], len(basis)))
        for i in range(count):
            for j in range(i + 1):
                block = blocks[i, :, j]
                if i == j:
                    lower = np.tril(block, -1)
                    block = lower + np.conj(lower.T) + np.diag(np.diag(block).real)
                per_carrier = np.sum((basis @ block) * np.conj(basis), axis=1).real
                pair = functions[i] * functions[j] * (1.0 if i == j else 2.0)
                error += pair[:, None] * per_carrier
        degrees = len(self._prior) - float(np.sum(np.diag(covariance).real / self._prior))
        return error, degrees
