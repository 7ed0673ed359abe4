# SPDX-License-Identifier: GPL-3.0-or-later
"""Carriers to samples and back, with unitary transforms."""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from .profile import Profile


def to_samples(profile: Profile, carriers: NDArray[np.complexfloating]) -> NDArray[np.complexfloating]:
    """Symbol bodies, complex[symbols, fft_len] without prefix, from complex[symbols, active_carriers]."""
    spectrum = np.zeros((len(carriers), profile.fft_len), carriers.dtype)
    spectrum[:, profile.carriers % profile.fft_len] = carriers
    return scipy.fft.ifft(spectrum, axis=1, norm="ortho")


def with_prefix(profile: Profile, bodies: NDArray[np.complexfloating]) -> NDArray[np.complexfloating]:
    """Symbols with their cyclic prefix in front, as one row of samples."""
    return np.concatenate([bodies[:, -profile.cp_len :], bodies], axis=1).ravel()


def to_carriers(
    profile: Profile,
    samples: NDArray[np.complexfloating],
    windows: NDArray[np.int64],
    cfo: float,
) -> NDArray[np.complex128]:
    """Active carriers of symbols cut out of a stream.

    Args:
        samples: complex[n], a packet's samples.
        windows: int64[symbols], index in ``samples`` of each transform window's first sample.
        cfo: frequency offset to take out, in carrier spacings; the phase is left alone at ``samples[0]``.

    Returns:
        complex128[symbols, active_carriers].
    """
    n = profile.fft_len
    body = samples[windows[:, None] + np.arange(n)]
    # The outer product of two short exponentials is far cheaper than one exponential per sample.
    body *= np.exp(-2j * np.pi * cfo / n * np.arange(n))
    body *= np.exp(-2j * np.pi * cfo / n * windows)[:, None]
    return scipy.fft.fft(body, axis=1, norm="ortho", overwrite_x=True)[:, profile.carriers % n]
