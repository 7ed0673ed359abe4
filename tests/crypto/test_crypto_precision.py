# SPDX-License-Identifier: GPL-3.0-or-later
"""The numerical errors that the finite-precision bound of docs/security.md is built on."""

import numpy as np
import pytest

from deepjscec.crypto import _kernel, reference

pytestmark = pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="needs 80-bit longdouble")


@pytest.mark.parametrize(("m", "bound"), [(16, 5e-15), (64, 1e-14)])
def test_rotation_error_in_float64(m, bound):
    """Mean |float64 kernel - exact| over a block of energy m: documented as 1e-14 at most for m = 64."""
    rng = np.random.default_rng(6)
    errors = []
    for _ in range(20):
        words = rng.integers(0, 2**64, m * (m + 1), dtype=np.uint64)
        re, im = np.zeros((1, m)), np.zeros((1, m))
        re[0, 0] = np.sqrt(m)
        _kernel.rotate(words, re, im, False)
        exact = np.sqrt(np.longdouble(m)) * reference.unitary(words, rounded=False)[:, 0]
        errors.append(np.sqrt(np.sum((re[0] - exact.real) ** 2 + (im[0] - exact.imag) ** 2)))
    assert np.mean(errors) < bound


def test_gaussians_are_accurate_to_a_few_units_in_the_last_place():
    words = np.random.default_rng(7).integers(0, 2**64, 100_000, dtype=np.uint64)
    re, im = np.empty(50_000), np.empty(50_000)
    _kernel._gaussians(words, re, im)
    exact_re, exact_im = reference.gaussians(words)
    size = np.sqrt(exact_re**2 + exact_im**2)
    assert np.max(np.abs(re - exact_re) / size) < 6e-16
    assert np.max(np.abs(im - exact_im) / size) < 6e-16


def test_logarithm_at_the_ends_of_its_range():
    for word in (0, 1, 2**32 - 1, 2**32, 2**53, 2**63, 0xB504F333F9DE6484, 2**64 - 2**12, 2**64 - 1):
        u = np.longdouble(float(2 * word + 1)) / np.longdouble(2) ** 65  # float() rounds to nearest
        exact = -np.log(u)
        assert abs(_kernel._minus_log(np.uint64(word)) - exact) <= 4e-16 * exact
