# SPDX-License-Identifier: GPL-3.0-or-later
"""Linear and quadratic discriminants from moments that are collected as the ciphertexts pass by.

With the classes taken for Gaussian these are the likelihood-ratio tests (Fisher, "The use of multiple measurements in
taxonomic problems", 1936; Hastie, Tibshirani and Friedman, "The elements of statistical learning", section 4.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RIDGE = 1e-3  # added to variances, in those of the standardised feature: a static cipher's classes have none


@dataclass(frozen=True)
class Rule:
    """Says 1 where x^T A x + b^T x + c > 0, x the standardised features."""

    shift: np.ndarray
    gain: np.ndarray
    quadratic: np.ndarray | None  # float32[d, d], or None for a linear rule
    linear: np.ndarray  # float32[d]
    constant: float

    def decide(self, features: np.ndarray) -> np.ndarray:
        """float[n, d] -> bool[n]."""
        x = ((features - self.shift) * self.gain).astype(np.float32)
        score = x @ self.linear + self.constant
        if self.quadratic is not None:
            score += np.einsum("nd,nd->n", x @ self.quadratic, x)
        return score > 0


class ClassMoments:
    """Counts, means and covariances of two classes of features, summed up batch by batch."""

    def __init__(self, first: np.ndarray, labels: np.ndarray) -> None:
        """`first` float[n, d] and their classes bool[n], some features to standardise by: their sizes differ by many
        powers of ten."""
        first = first.astype(np.float64)
        self.shift = first.mean(0)
        self.gain = 1 / np.maximum(first.std(0), 1e-9 * (1 + np.abs(self.shift)))
        x = (first - self.shift) * self.gain
        if not 0 < labels.sum() < len(labels):
            raise ValueError(f"{len(labels)} labelled ciphertexts of one class alone")
        # each class is summed up around a centre of its own, or rounding hides how little a static cipher's vary
        self._centres = np.stack([x[~labels].mean(0), x[labels].mean(0)])
        d = first.shape[1]
        self._count, self._sums, self._grams = np.zeros(2), np.zeros((2, d)), np.zeros((2, d, d))

    def add(self, features: np.ndarray, labels: np.ndarray) -> None:
        """Take float[n, d] with their classes bool[n]."""
        # float32 products, summed up in float64 batch by batch: exact to 1e-6, and twice as fast
        x = (features - self.shift) * self.gain
        for label in (0, 1):
            own = (x[labels == label] - self._centres[label]).astype(np.float32)
            self._count[label] += len(own)
            self._sums[label] += own.sum(0, dtype=np.float64)
            self._grams[label] += own.T @ own

    def linear(self) -> Rule:
        """Fisher's discriminant: one covariance for both classes."""
        means, covariances = self._moments()
        pooled = np.average(covariances, axis=0, weights=self._count)
        weights = np.linalg.solve(pooled, means[1] - means[0])
        return self._rule(None, weights, -weights @ means.mean(0))

    def quadratic(self, group: np.ndarray | None = None) -> Rule:
        """A covariance for each class; with `group` int[d], features of different groups taken for independent."""
        means, covariances = self._moments()
        if group is not None:
            covariances = covariances * (group[:, None] == group)
        inverse = np.linalg.inv(covariances)
        logdet = np.linalg.slogdet(covariances)[1]
        pulled = np.einsum("cde,ce->cd", inverse, means)
        constant = 0.5 * (logdet[0] - logdet[1] + means[0] @ pulled[0] - means[1] @ pulled[1])
        return self._rule(0.5 * (inverse[0] - inverse[1]), pulled[1] - pulled[0], constant)

    def _moments(self) -> tuple[np.ndarray, np.ndarray]:
        rest = self._sums / self._count[:, None]
        covariances = self._grams / self._count[:, None, None] - rest[:, :, None] * rest[:, None, :]
        return self._centres + rest, covariances + RIDGE * np.eye(rest.shape[1])

    def _rule(self, quadratic: np.ndarray | None, linear: np.ndarray, constant: float) -> Rule:
        matrix = None if quadratic is None else quadratic.astype(np.float32)
        return Rule(self.shift, self.gain, matrix, linear.astype(np.float32), float(constant))
