# SPDX-License-Identifier: GPL-3.0-or-later
"""The unitaries are Haar-distributed and independent. Fixed keys, so the outcome is fixed; bounds at 4
standard errors.

Every statistic is shown to work on something that is not Haar, or not independent.
"""

import numpy as np
import pytest
from scipy import stats

from deepjscec.crypto import IsometricCipher, Session, _kernel

M = 8
COUNT = 6000
SESSION = Session.derive(bytes(range(32)), bytes(8))


@pytest.fixture(scope="module")
def unitaries() -> np.ndarray:
    """complex128[COUNT, M, M], the blocks of one packet."""
    stream = SESSION.key_stream(1, 1, M)
    out = np.empty((COUNT, M, M), np.complex128)
    for i in range(COUNT):
        re, im = np.eye(M), np.zeros((M, M))
        _kernel.rotate(stream.words(M * (M + 1)), re, im, False)
        out[i] = (re + 1j * im).T
    return out


@pytest.fixture(scope="module")
def uncorrected() -> np.ndarray:
    """complex128[COUNT, M, M]: Q of a plain QR factorisation, unitary but not Haar (Mezzadri, 2007, section
    4)."""
    rng = np.random.default_rng(4)
    x = rng.standard_normal((COUNT, M, M)) + 1j * rng.standard_normal((COUNT, M, M))
    return np.linalg.qr(x)[0]


def trace_moments_are_haar(u: np.ndarray) -> bool:
    """E|tr U|^2 = 1 and E|tr U|^4 = 2 (Diaconis and Shahshahani, 1994), with variances 1 and 20."""
    t = np.abs(np.trace(u, axis1=1, axis2=2)) ** 2
    return abs(t.mean() - 1) < 4 / np.sqrt(len(u)) and abs((t * t).mean() - 2) < 4 * np.sqrt(20 / len(u))


def eigenphases_are_uniform(u: np.ndarray) -> bool:
    """One randomly chosen eigenphase of each matrix."""
    pick = np.random.default_rng(5).integers(u.shape[1], size=len(u))
    phases = np.angle(np.linalg.eigvals(u)[np.arange(len(u)), pick])
    return stats.kstest(phases / (2 * np.pi) + 0.5, "uniform").pvalue > 1e-3


def overlaps_are_those_of_independent_directions(c: np.ndarray) -> bool:
    """|<a, b>|^2 of independent uniform unit vectors in C^m is Beta(1, m - 1)."""
    m = c.shape[1]
    overlap = np.abs(np.sum(c[::2].conj() * c[1::2], axis=1)) ** 2 / m**2
    return stats.kstest(overlap, stats.beta(1, m - 1).cdf).pvalue > 1e-3


def test_trace_moments_are_those_of_haar(unitaries):
    assert trace_moments_are_haar(unitaries)


def test_trace_moments_unmask_a_static_unitary(unitaries):
    assert not trace_moments_are_haar(np.broadcast_to(unitaries[0], unitaries.shape))


def test_eigenphases_are_uniform(unitaries):
    assert eigenphases_are_uniform(unitaries)


def test_eigenphases_unmask_qr_without_phase_correction(uncorrected):
    assert not eigenphases_are_uniform(uncorrected)


def test_squared_trace_phase_is_uniform(unitaries):
    phases = np.angle(np.trace(unitaries @ unitaries, axis1=1, axis2=2))
    assert stats.kstest(phases / (2 * np.pi) + 0.5, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("column", [0, 3, M - 1])
def test_columns_and_rows_are_uniform_on_the_sphere(unitaries, column):
    law = stats.beta(1, M - 1).cdf
    for vectors in (unitaries[:, :, column], unitaries[:, column, :]):
        for entry in (0, M // 2, M - 1):
            assert stats.kstest(np.abs(vectors[:, entry]) ** 2, law).pvalue > 1e-3
            assert stats.kstest(np.angle(vectors[:, entry]) / (2 * np.pi) + 0.5, "uniform").pvalue > 1e-3
        mean = vectors.mean(axis=0)
        assert np.abs(mean).max() < 4 / np.sqrt(M * COUNT)


def test_gaussians_are_standard():
    stream = SESSION.key_stream(2, 1, M)
    re, im = np.empty(100_000), np.empty(100_000)
    _kernel._gaussians(stream.words(200_000), re, im)
    scaled = np.concatenate([re, im]) * np.sqrt(2)
    assert stats.kstest(scaled, "norm").pvalue > 1e-3
    assert abs(np.mean(re * im)) < 4 * 0.5 / np.sqrt(re.size)


def encrypted(z: np.ndarray, m: int, how: str) -> np.ndarray:
    """complex64[n, m]: z, complex64[m], encrypted over and over in fresh blocks, packets or sessions."""
    n = 1000
    if how == "blocks":
        return IsometricCipher(SESSION, m).encrypt(np.tile(z, n), SESSION.next_packet()).reshape(n, m)
    if how == "packets":
        session = Session.derive(bytes(32), bytes(8))
        return np.stack([IsometricCipher(session, m).encrypt(z, p) for p in range(n)])
    sessions = (Session.derive(bytes(32), i.to_bytes(8, "big")) for i in range(n))
    return np.stack([IsometricCipher(s, m).encrypt(z, 0) for s in sessions])


@pytest.mark.parametrize("how", ["blocks", "packets", "sessions"])
def test_repeated_plaintext_gives_independent_ciphertexts(how):
    z = np.ones(16, np.complex64)
    c = encrypted(z, 16, how)
    assert overlaps_are_those_of_independent_directions(c)
    assert np.abs(c.mean(axis=0)).max() < 4 / np.sqrt(len(c))


def test_independence_test_unmasks_a_static_unitary(unitaries):
    z = np.ones(M)
    assert not overlaps_are_those_of_independent_directions(np.broadcast_to(unitaries[0] @ z, (1000, M)))


def test_ciphertexts_of_extreme_plaintexts_look_alike():
    m = 16
    flat = np.ones(m, np.complex64)
    spike = np.zeros(m, np.complex64)
    spike[0] = np.sqrt(m)
    a, b = encrypted(flat, m, "blocks"), encrypted(spike, m, "blocks")
    for statistic in (lambda c: np.abs(c[:, 0]), lambda c: np.abs(c).max(axis=1), lambda c: c.real.ravel()):
        assert stats.ks_2samp(statistic(a), statistic(b)).pvalue > 1e-3
