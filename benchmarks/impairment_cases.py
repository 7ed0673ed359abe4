# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix: what is done to the waveform, at which ratio of signal to noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import impairment_blocks as radio
import numpy as np
from impairment_bursts import TAIL, Batch
from impairment_case import (
    BAND,
    PROFILE,
    RMS,
    SPACING,
    Case,
    drawn,
    fixed,
    gaps,
    level,
    mobile,
    overflow,
    two_path,
)

#: Share of the cyclic prefix that the longest path is late by.
SHARES = {name.upper(): share for name, (_, _, share) in radio.FADING_PATHS.items()}


def all_cases() -> list[Case]:
    """Every row, in the table's order."""
    return [
        *_white_noise(),
        *(two_path(*row) for row in ((-6, 20, 10.0), (-6, 20, 20.0), (-1, 24, 15.0))),
        *(mobile(name, share, hz, 15.0) for name, share in SHARES.items() for hz in (1.0, 10.0, 50.0, 100.0)),
        *(mobile(name, share, 10.0, 25.0) for name, share in SHARES.items()),
        *_frequency(),
        *_clock(),
        *_phase_noise(),
        *_front_end(),
        *_transmitter(),
        *_interference(),
        *_losses(),
        *_together(),
    ]


def _white_noise() -> Iterator[Case]:
    for snr in (-2.0, 0.0, 5.0, 10.0, 15.0, 20.0, 25.0):
        yield Case(f"awgn-{snr:g}db", "White noise", "white noise alone", snr)


def _walk(step: float, unit: str) -> str:
    packet = step * np.sqrt(PROFILE.max_packet_len)
    return f"random walk of {step:g} {unit} a sample, {packet:.2g} {unit} over a full packet"


def _frequency() -> Iterator[Case]:
    group = "Carrier frequency"
    for carriers in (-4.0, 4.0):
        says = f"offset of {carriers:+g} carrier spacings, {carriers * SPACING / 1e3:+.1f} kHz"
        offset = fixed(radio.frequency_offset, carriers * SPACING)
        yield Case(f"cfo{carriers:+g}", group, says, 10.0, channel=offset, cfo_carriers=0.0)
    for step in (0.01, 0.1, 0.3):
        drift = drawn(radio.frequency_drift, step, 4e3)
        yield Case(f"cfo-drift-{step:g}hz", group, _walk(step, "Hz"), 20.0, front_end=drift)


def _clock() -> Iterator[Case]:
    group = "Sample clock"
    for ppm in (-50.0, -20.0, 20.0, 50.0):
        yield Case(f"clock{ppm:+g}ppm", group, f"offset of {ppm:+g} ppm", 20.0, channel=fixed(radio.clock_offset, ppm))
    for step in (0.005, 0.02):
        drift = drawn(radio.clock_drift, step, 50.0)
        yield Case(f"clock-drift-{step:g}ppm", group, _walk(step, "ppm"), 20.0, channel=drift)


def _phase_noise() -> Iterator[Case]:
    for degrees, corner in ((1.0, 100.0), (5.0, 100.0), (1.0, 1600.0), (3.0, 1600.0), (1.0, 50e3)):
        says = f"{degrees:g}° rms, white up to {corner / 1e3:g} kHz"
        noise = drawn(radio.phase_noise, degrees, corner)
        yield Case(f"phase-noise-{degrees:g}deg-{corner:g}hz", "Phase noise", says, 20.0, front_end=noise)


def _front_end() -> Iterator[Case]:
    group = "Receiver's front end"
    for decibels, degrees in ((0.2, 1.0), (0.5, 3.0), (1.0, 5.0)):
        says = f"IQ imbalance of {decibels:g} dB and {degrees:g}°"
        imbalance = fixed(radio.iq_imbalance, decibels, degrees)
        yield Case(f"iq-{decibels:g}db-{degrees:g}deg", group, says, 25.0, front_end=imbalance)
    for decibels in (-20, -10, 0):
        offset = fixed(radio.dc_offset, np.sqrt(level(decibels)) * np.exp(1j))
        yield Case(f"dc{decibels:+d}db", group, f"DC, {decibels:+d} dB relative to the signal", 15.0, front_end=offset)
    for name, backoff in (("12-bit", 12), ("12-bit-weak", 40)):
        says = f"12 bits, full scale {backoff} dB over I's and Q's rms"
        bits = fixed(radio.converter, 12, RMS * 10 ** (backoff / 20))
        yield Case(name, group, says, 25.0, front_end=bits)


def _transmitter() -> Iterator[Case]:
    group = "Transmitter's amplifier"
    for backoff in (10, 6, 3):
        clip = fixed(radio.clipping, RMS * 10 ** (backoff / 20))
        yield Case(f"clip-{backoff}db", group, f"clips I and Q {backoff} dB over their rms", 25.0, channel=clip)
    yield Case("cubic-5%", group, "x - 0.05 x |x|^2", 25.0, channel=fixed(radio.cubic, -0.05))


def _interference() -> Iterator[Case]:
    group = "Interference, anywhere in the band"
    for decibels in (-10, 0, 10):
        carrier = drawn(radio.tone, BAND, level(decibels))
        yield Case(
            f"tone{decibels:+d}db", group, f"carrier, {decibels:+d} dB relative to the signal", 15.0, front_end=carrier
        )
    for decibels in (-10, 0):
        says = f"noise 20 kHz wide, {decibels:+d} dB relative to the signal"
        noise = drawn(radio.narrow_band, BAND, 20e3, level(decibels))
        yield Case(f"narrow-band{decibels:+d}db", group, says, 15.0, front_end=noise)
    for carriers in (1, 3):
        says = f"notch, {carriers} carrier spacings wide at -3 dB"
        notch = drawn(radio.notch, BAND, carriers * SPACING)
        yield Case(f"notch-{carriers}", group, says, 15.0, channel=notch)
    clicks = drawn(radio.clicks, 20, 2000, level(10))
    says = "clicks of white noise, 20 samples, 10 dB over the signal, one in 2000 samples in the mean"
    yield Case("clicks", "Losses and clicks", says, 15.0, front_end=clicks)


def _losses() -> Iterator[Case]:
    group = "Losses and clicks"
    for share in (0.01, 0.05):
        says = f"{100 * share:g} % of each packet zero, in one piece behind the header"
        yield Case(f"erased-{100 * share:g}%", group, says, 15.0, front_end=gaps(share))
    for count in (4, 500):
        says = f"{count} samples missing once in a packet's length, headers included"
        # GNU Radio's block gives out nothing of an unfinished period.
        tail = PROFILE.max_packet_len + TAIL
        yield Case(f"dropped-{count}", group, says, 15.0, front_end=overflow(count), tail=tail)


def _together() -> Iterator[Case]:
    group = "Together"

    def hardware(batch: Batch) -> list[Any]:
        parameters = {"magbal": 0.3, "phasebal": 2.0, "i_ofs": 0.06, "q_ofs": 0.06, "freq_offset": 2e-3, "beta": -0.02}
        return radio.impairments(batch.rng, -20.0, **parameters)

    says = (
        "channels.impairments: phase noise 0.4° up to 1.6 kHz, x - 0.02 x |x|^2, IQ 0.3 dB and 2°, DC -20 dB at +2 kHz"
    )
    yield Case("hardware", group, says, 20.0, front_end=hardware)

    def receiver(batch: Batch) -> list[Any]:
        return [
            *radio.clock_offset(20.0),
            *radio.phase_noise(batch.rng, 1.0, 100.0),
            *radio.iq_imbalance(0.5, 3.0),
            *radio.dc_offset(np.sqrt(level(-20))),
            *radio.converter(12, RMS * 10),
        ]

    for name, share in SHARES.items():
        path = mobile(name, share, 10.0, 15.0)
        says = "clock +20 ppm, phase noise 1° up to 0.1 kHz, IQ 0.5 dB and 3°, DC -20 dB, 12 bits"
        says = f"{name} as above, 10 Hz; {says}"
        yield replace(path, name=f"{name.lower()}-radio", group=group, says=says, front_end=receiver)
