# SPDX-License-Identifier: GPL-3.0-or-later
"""Gaussian posterior of a channel that is a sum of products, a function of delay times a function of time."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray


class Posterior:
    """What the observations tell of the coefficients of delay basis times functions of time.

    Args:
        basis: float64[columns, rank].
        functions: float64[functions, rows].
        weight: float64[rows, columns], inverse noise variances of raw channel estimates, 0 where there is none.
        matched: complex128[rows, columns], those estimates times their weights.
        prior: complex128[functions * rank, functions * rank], inverse of the coefficients' prior covariance.

    ``score`` plus the logarithm of the determinant of ``prior`` is the logarithm of how likely the observations are, up
    to a constant.
    """

    def __init__(
        self,
        basis: NDArray[np.float64],
        functions: NDArray[np.float64],
        weight: NDArray[np.float64],
        matched: NDArray[np.complex128],
        prior: NDArray[np.complex128],
    ) -> None:
        self._basis, self._functions = basis, functions
        count, rank = len(functions), basis.shape[1]
        information = np.empty((count, rank, count, rank))
        for i in range(count):
            for j in range(i, count):
                block = (basis.T * ((functions[i] * functions[j]) @ weight)) @ basis
                information[i, :, j] = information[j, :, i] = block
        self._information = information.reshape(count * rank, count * rank)
        projected = (functions @ matched @ basis).ravel()
        self._factor = scipy.linalg.cholesky(self._information + prior, lower=True, check_finite=False)
        self._mean = scipy.linalg.cho_solve((self._factor, True), projected, check_finite=False)
        self.score = float(np.vdot(projected, self._mean).real)
        self.score -= 2.0 * float(np.sum(np.log(np.diag(self._factor).real)))

    def response(self) -> NDArray[np.complex128]:
        """complex128[rows, columns], the mean of what the observations tell."""
        count, rank = len(self._functions), self._basis.shape[1]
        return np.asarray(self._functions.T @ self._mean.reshape(count, rank) @ self._basis.T)

    def error(self) -> tuple[NDArray[np.float64], float]:
        """float64[rows, columns], variance of the response's error, and the number of complex parameters fitted."""
        basis, functions = self._basis, self._functions
        count, rank = len(functions), basis.shape[1]
        inverse, _ = scipy.linalg.lapack.zpotri(self._factor.astype(np.complex128), lower=1)
        lower = np.tril(inverse.real, -1)
        covariance = lower + lower.T + np.diag(np.diag(inverse).real)
        blocks = covariance.reshape(count, rank, count, rank)
        error = np.zeros((functions.shape[1], len(basis)))
        for i in range(count):
            for j in range(i, count):
                per_carrier = np.sum((basis @ blocks[i, :, j]) * basis, axis=1)
                pair = functions[i] * functions[j] * (1.0 if i == j else 2.0)
                error += pair[:, None] * per_carrier
        return error, float(np.sum(self._information * covariance))
