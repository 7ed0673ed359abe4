# SPDX-License-Identifier: GPL-3.0-or-later
"""Levels, measured on signals whose levels are known."""

import numpy as np
import pytest

from deepjscec.radio import measure_level


def noise(n, rms, seed=0):
    parts = np.random.default_rng(seed).standard_normal((n, 2)) * rms * np.sqrt(0.5)
    return parts.view(np.complex128)[:, 0]


def test_level_of_noise_with_a_constant():
    level = measure_level((noise(1 << 17, 0.01) + 0.05j).astype(np.complex64))
    assert level.rms_dbfs == pytest.approx(-40, abs=0.1)
    assert level.dc_dbfs == pytest.approx(20 * np.log10(0.05), abs=0.1)
    assert level.image_db < -40
    assert level.clipped == 0


def test_quiet_level_is_that_between_bursts():
    samples = noise(40 * 1024, 0.001)
    samples.reshape(40, 1024)[::2] += noise(20 * 1024, 0.1, 1).reshape(20, 1024)
    level = measure_level(samples.astype(np.complex64))
    assert level.rms_dbfs == pytest.approx(-23, abs=0.2)
    assert level.quiet_dbfs == pytest.approx(-60, abs=1)


@pytest.mark.parametrize("ratio", [0.1, 0.02, 0.02j])
def test_mirror_image_is_measured(ratio):
    samples = noise(1 << 19, 0.1)
    level = measure_level((samples + ratio * samples.conj()).astype(np.complex64))
    assert level.image_db == pytest.approx(20 * np.log10(abs(ratio)), abs=0.9)


def test_clipped_samples_are_counted():
    samples = noise(10_000, 0.01).astype(np.complex64)
    samples[:100] = 1 + 0j
    samples[100:150] = -1j
    level = measure_level(samples)
    assert level.clipped == pytest.approx(0.015)
    assert level.peak_dbfs == 0


def test_silence_has_a_finite_level():
    level = measure_level(np.zeros(1000, np.complex64))
    assert level.rms_dbfs == level.dc_dbfs == level.image_db == -200


@pytest.mark.parametrize("samples", [np.zeros(255, np.complex64), np.zeros((2, 500), np.complex64)])
def test_too_few_samples_are_refused(samples):
    with pytest.raises(ValueError, match="at least 256"):
        measure_level(samples)


def test_samples_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="finite"):
        measure_level(np.full(300, np.nan, np.complex64))
