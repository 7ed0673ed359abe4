# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes on the air, at a million draws: uniform on the sphere, Haar, and one block independent of the next.

All through `IsometricCipher.encrypt`, of basis vectors. Keys are fixed and so is the outcome; bounds stand at 4.5
standard errors. Statistics are shown to see faults of one percent. (`test_crypto_haar.py` has the kernel's matrices.)
"""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from deepjscec.crypto import IsometricCipher, Session

SECRET = bytes(range(32))
DRAWS = 10**6
MATRICES = 400_000
BOUND = 4.5


def first_columns(m: int, count: int, packet: int = 0, basis: int = 0) -> np.ndarray:
    """complex64[count, m]: column `basis` of the unitaries of a packet's blocks, times the square root of m."""
    z = np.zeros((count, m), np.complex64)
    z[:, basis] = np.sqrt(m)
    cipher = IsometricCipher(Session.derive(SECRET, bytes(8)), m, dither_db=None)
    return cipher.encrypt(z.reshape(-1), packet).reshape(count, m)


@pytest.fixture(scope="module")
def small() -> np.ndarray:
    return first_columns(8, DRAWS)


@pytest.fixture(scope="module")
def matrices() -> np.ndarray:
    """complex64[MATRICES, 4, 4]: whole unitaries, column by column under one session and packet."""
    return np.stack([first_columns(4, MATRICES, basis=j) for j in range(4)], axis=2) / 2


def follows(values: np.ndarray, law: Callable[[np.ndarray], np.ndarray]) -> bool:
    """Kolmogorov-Smirnov: float[n] against a distribution function."""
    return stats.ks_1samp(values, law, method="asymp").pvalue > 1e-4


def uniform(x: np.ndarray) -> np.ndarray:
    return np.clip(x, 0, 1)


def is_uniform_on_the_sphere(c: np.ndarray) -> bool:
    """Of a uniform point c on the sphere in C^m, |c_i|^2 / |c|^2 is Beta(1, m - 1), phases and their differences are
    uniform, and so is |c_i|^2 / (|c_i|^2 + |c_j|^2); entries have the mean 0 and are uncorrelated.
    """
    n, m = c.shape
    if np.abs(c.mean(axis=0, dtype=np.complex128)).max() > BOUND / np.sqrt(n):
        return False
    if np.abs(c.T @ c.conj() / n - np.eye(m)).max() > BOUND / np.sqrt(n):
        return False
    for i, j in ((0, 1), (m - 1, 0)):
        power, other = (np.abs(c[:, k]).astype(np.float64) ** 2 for k in (i, j))
        phase, difference = (np.angle(x) / (2 * np.pi) % 1 for x in (c[:, i], c[:, i] * c[:, j].conj()))
        if not (
            follows(power / m, lambda x: 1 - (1 - np.clip(x, 0, 1)) ** (m - 1))
            and follows(phase, uniform)
            and follows(power / (power + other), uniform)
            and follows(difference, uniform)
        ):
            return False
    return True


def are_independent(a: np.ndarray, b: np.ndarray) -> bool:
    """Blocks complex64[n, m] and their partners: overlaps, and correlations of all entries and of their powers."""
    n, m = a.shape
    overlap = np.abs(np.einsum("ni,ni->n", a.conj(), b)).astype(np.float64) ** 2 / m**2
    if not follows(overlap, lambda x: 1 - (1 - np.clip(x, 0, 1)) ** (m - 1)):
        return False
    powers = [(np.abs(x) ** 2 - 1) / np.sqrt((m - 1) / (m + 1)) for x in (a, b)]  # of mean 0 and variance 1
    correlations = (a.T @ b.conj(), a.T @ b, powers[0].T @ powers[1])
    return max(np.abs(c).max() for c in correlations) < BOUND * np.sqrt(n)


def test_first_column_is_uniform_on_the_sphere_in_a_million_draws(small):
    assert is_uniform_on_the_sphere(small)


def test_first_column_of_a_block_of_64_is_uniform_on_the_sphere():
    assert is_uniform_on_the_sphere(first_columns(64, 40_000))


@pytest.mark.parametrize(
    "fault",
    [
        lambda c: c * np.array([1.01] + [1] * (c.shape[1] - 1)),
        lambda c: np.where(np.arange(len(c))[:, None] % 100 == 0, np.abs(c), c),
        lambda c: c + 0.01 * np.roll(c, 1, axis=1),
    ],
    ids=["one percent stronger", "one percent without phase", "one percent of a neighbour"],
)
def test_a_fault_of_one_percent_is_seen(small, fault):
    assert not is_uniform_on_the_sphere(fault(small))


def test_trace_moments_are_those_of_haar(matrices):
    """E|tr U|^2 = 1, E|tr U|^4 = 2 and E|tr U^2|^2 = 2 (Diaconis and Shahshahani, 1994), with variances 1, 20 and 4."""
    n = len(matrices)
    first = np.abs(np.trace(matrices, axis1=1, axis2=2)).astype(np.float64) ** 2
    second = np.abs(np.einsum("nij,nji->n", matrices, matrices)).astype(np.float64) ** 2
    assert abs(first.mean() - 1) < BOUND / np.sqrt(n)
    assert abs((first**2).mean() - 2) < BOUND * np.sqrt(20 / n)
    assert abs(second.mean() - 2) < BOUND * np.sqrt(4 / n)


def test_eigenphases_are_uniform_and_repel_each_other(matrices):
    u = matrices[:100_000].astype(np.complex128)
    phases = np.sort(np.angle(np.linalg.eigvals(u)) / (2 * np.pi) % 1, axis=1)
    pick = np.random.default_rng(1).integers(4, size=len(u))
    assert stats.kstest(phases[np.arange(len(u)), pick], "uniform").pvalue > 1e-4
    # Weyl's density on U(4): the mean of the least gap is that of 4 points that repel, not of 4 that do not (1/16)
    gaps = np.diff(np.concatenate([phases, phases[:, :1] + 1], axis=1), axis=1)
    assert gaps.min(axis=1).mean() > 1.5 / 16


def test_neighbouring_blocks_are_independent(small):
    assert are_independent(small[:-1], small[1:])
    assert are_independent(small[:-2], small[2:])


def test_blocks_of_one_number_in_other_packets_are_independent(small):
    assert are_independent(small, first_columns(8, DRAWS, packet=1))


def test_a_dependence_of_one_percent_is_seen(small):
    leaked = small[1:] + 0.01 * small[:-1]
    assert not are_independent(small[:-1], leaked)
    energies = np.abs(small[:-1]) ** 2 - 1
    assert not are_independent(small[:-1], small[1:] * (1 + 0.01 * energies))


@pytest.mark.parametrize("m", [4, 64, 256])
def test_what_encryption_does_is_unitary_to_1e_5(m):
    u = np.stack([first_columns(m, 2, packet=3, basis=j) for j in range(m)], axis=2) / np.sqrt(m)
    products = np.einsum("bji,bjk->bik", u.conj(), u)
    assert np.abs(products - np.eye(m)).max() < 1e-5


@pytest.mark.parametrize("m", [4, 64, 256, 1024])
def test_decryption_inverts_encryption_to_minus_110_db_in_float32(m):
    rng = np.random.default_rng(m)
    z = rng.standard_normal((4, m, 2)).astype(np.float32).view(np.complex64)[..., 0]
    z *= np.sqrt(m / np.sum(np.abs(z) ** 2, axis=1, keepdims=True, dtype=np.float64)).astype(np.float32)
    cipher = IsometricCipher(Session.derive(SECRET, bytes(8)), m, dither_db=None)
    error = cipher.decrypt(cipher.encrypt(z.reshape(-1), 0), 0) - z.reshape(-1)
    assert 10 * np.log10(np.mean(np.abs(error) ** 2)) < -110
