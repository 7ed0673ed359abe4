# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals without a packet of the default waveform in them, at a mean power of 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import repeat

import numpy as np
import peer_ofdm
from numpy.typing import NDArray
from phy_bursts import gaussian

from deepjscec.phy import PROFILES, Profile, Transmitter

Samples = NDArray[np.complex64]
Maker = Callable[[np.random.Generator, int], Samples]

WIFI_SHORT = {4: -1, 8: -1, 12: 1, 16: 1, 20: 1, 24: 1, -4: 1, -8: -1, -12: -1, -16: 1, -20: -1, -24: 1}
#: IEEE 802.11, long training symbol, carriers -26 ... -1 and 1 ... 26.
WIFI_LONG = np.array([int(sign + "1") for sign in "++--++-+-++++++--++-+-++++" + "+--++-+-+-----++--+-+-++++"])


def all_signals() -> dict[str, Maker]:
    """Name to a maker of complex64[n]."""
    tones = {
        f"sine at {frequency:g} cycles/sample": _sine(frequency)
        for frequency in (0.0, 1e-7, 3 / 256, 3.5 / 256, 0.0123, 0.25, -0.49)
    }
    chirps = {
        f"chirp, {rate:g} cycles/sample in {length} samples": _chirp(rate, length)
        for rate, length in ((1.0, 256), (0.1, 256), (1.0, 1000), (1.0, 16384), (1.0, 1_000_000))
    }
    other = {
        "comb of carriers 16 spacings apart": _comb,
        "square wave of 64 samples": _square,
        "Wi-Fi (802.11a, 64 carriers, preambles)": _wifi,
        "LTE (128 carriers, prefix 9, synchronisation)": _lte,
        "OFDM, 256 carriers, prefix 32": _ofdm(256, 32, 104),
        "OFDM, 256 carriers, prefix 64": _ofdm(256, 64, 104),
        "OFDM, 2048 carriers, prefix 64 (DVB-T)": _ofdm(2048, 64, 852),
        "digital.ofdm_tx, default": _gnuradio("default"),
        "digital.ofdm_tx, long": _gnuradio("long"),
        "own waveform, wideband profile": _own(PROFILES["wideband"]),
        "own waveform, 128 carriers": _own(Profile(fft_len=128, cp_len=16, active_carriers=104, pilot_carriers=8)),
        "own waveform, spectrum inverted": lambda rng, n: _own(Profile())(rng, n).conj(),
        "own waveform, without preambles": _headless,
    }
    return tones | chirps | other


def _sine(frequency: float) -> Maker:
    return lambda rng, n: np.exp(2j * np.pi * (frequency * np.arange(n) + rng.uniform())).astype(np.complex64)


def _chirp(cycles: float, length: int) -> Maker:
    """From -cycles / 2 to cycles / 2 per sample, again and again."""

    def make(rng: np.random.Generator, n: int) -> Samples:
        at = np.arange(length) / length
        one = np.exp(1j * np.pi * cycles * length * (at * at - at)).astype(np.complex64)
        return _cut(repeat(one), n)

    return make


def _comb(rng: np.random.Generator, n: int) -> Samples:
    carriers = np.arange(-96, 97, 16)
    phases = rng.uniform(0, 1, len(carriers))
    period = np.exp(2j * np.pi * (np.outer(np.arange(256) / 256, carriers) + phases)).sum(axis=1)
    return _cut(repeat((period / np.sqrt(len(carriers))).astype(np.complex64)), n)


def _square(rng: np.random.Generator, n: int) -> Samples:
    return np.where((np.arange(n) + rng.integers(64)) % 64 < 32, 1, -1).astype(np.complex64)


def _ofdm(fft_len: int, cp_len: int, half: int) -> Maker:
    """Random QPSK on the carriers -half ... half but 0, without any frame."""
    return lambda rng, n: _cut(_symbols(rng, fft_len, cp_len, half), n)


def _symbols(rng: np.random.Generator, fft_len: int, cp_len: int, half: int) -> Iterator[Samples]:
    while True:
        spectrum = np.zeros((100, fft_len), complex)
        carriers = np.r_[-half:0, 1 : half + 1]
        spectrum[:, carriers] = _qpsk(rng, (100, 2 * half))
        yield _with_prefix(spectrum / np.sqrt(2 * half), cp_len)


def _qpsk(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.complex128]:
    return ((1 - 2 * rng.integers(0, 2, shape)) + 1j * (1 - 2 * rng.integers(0, 2, shape))) / np.sqrt(2)


def _with_prefix(spectrum: NDArray[np.complex128], cp_len: int) -> Samples:
    body = np.fft.ifft(spectrum, axis=-1) * spectrum.shape[-1]
    return np.concatenate([body[..., len(body[0]) - cp_len :], body], axis=-1).astype(np.complex64).ravel()


def _wifi(rng: np.random.Generator, n: int) -> Samples:
    """Frames with both training fields and 50 data symbols, 400 samples apart."""
    carriers = np.r_[-26:0, 1:27]
    short, long = np.zeros(64, complex), np.zeros(64, complex)
    short[list(WIFI_SHORT)] = np.sqrt(13 / 6) * (1 + 1j) * np.array(list(WIFI_SHORT.values()))
    long[carriers] = WIFI_LONG
    training = np.tile(np.fft.ifft(short) * 64, 3)[:160], np.tile(np.fft.ifft(long) * 64, 3)[32:192]
    head = np.concatenate(training).astype(np.complex64) / np.float32(np.sqrt(52))
    symbols = _symbols(rng, 64, 16, 26)

    def frames() -> Iterator[Samples]:
        while True:
            yield np.concatenate([head, next(symbols)[: 50 * 80], np.zeros(400, np.complex64)])

    return _cut(frames(), n)


def _lte(rng: np.random.Generator, n: int) -> Samples:
    """Half frames of 70 symbols, the seventh the primary synchronisation sequence of root 25."""
    m = np.arange(62)
    sequence = np.exp(-1j * np.pi * 25 * np.where(m < 31, m * (m + 1), (m + 1) * (m + 2)) / 63)

    def half_frames() -> Iterator[Samples]:
        while True:
            spectrum = np.zeros((70, 128), complex)
            spectrum[:, np.r_[-36:0, 1:37]] = _qpsk(rng, (70, 72))
            spectrum[6] = 0
            spectrum[6, np.r_[-31:0, 1:32]] = sequence
            yield _with_prefix(spectrum / np.sqrt(72), 9)

    return _cut(half_frames(), n)


def _gnuradio(geometry: str) -> Maker:
    def make(rng: np.random.Generator, n: int) -> Samples:
        shape = peer_ofdm.GEOMETRIES[geometry]
        bursts = peer_ofdm.transmit(shape, [rng.bytes(shape.packet_bytes) for _ in range(40)])
        return _cut(repeat(bursts.ravel() / np.float32(np.sqrt(shape.carrier_power))), n)

    return make


def _own(profile: Profile) -> Maker:
    transmitter = Transmitter(profile)

    def make(rng: np.random.Generator, n: int) -> Samples:
        def bursts() -> Iterator[Samples]:
            while True:
                yield transmitter.modulate(rng.bytes(profile.header_bytes), gaussian(rng, profile.max_payload_symbols))

        return _cut(bursts(), n)

    return make


def _headless(rng: np.random.Generator, n: int) -> Samples:
    """Headers and payloads: the right pilots in the right places, but no preamble."""
    transmitter, profile = Transmitter(Profile()), Profile()

    def bursts() -> Iterator[Samples]:
        while True:
            burst = transmitter.modulate(rng.bytes(profile.header_bytes), gaussian(rng, profile.max_payload_symbols))
            yield burst[profile.preamble_len :]

    return _cut(bursts(), n)


def _cut(pieces: Iterator[Samples], n: int) -> Samples:
    parts, have = [], 0
    while have < n:
        parts.append(next(pieces))
        have += len(parts[-1])
    return np.concatenate(parts)[:n]
