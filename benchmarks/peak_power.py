# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure what holding the peaks down (`Transmitter`'s ``max_papr_db``) brings and costs.

For each limit: how rarely the envelope exceeds which level, the error in the band, the loss at the receiver over
SNR, and the mean power gained where the peak is what a radio is short of.  Beside it what happens when the radio
clips the envelope at that level instead.  Then the spectrum, as it is and behind a soft limiter (Rapp's model,
p = 2) at 6 and 8 dB of back-off.

    python benchmarks/peak_power.py --json results/peak_power.json
    python benchmarks/peak_power_plots.py results/peak_power.json docs/images

Bursts are full packets of Gaussian payload without gaps between them, interpolated 8 times for the envelope and 4
times for the spectrum.  Levels are over the profile's mean power.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

from deepjscec.phy import PROFILES, Profile, Receiver, Transmitter

Samples = NDArray[np.complexfloating]

LIMITS_DB = (5.0, 6.0, 7.0, 8.0, 9.0)
SNRS_DB = (5.0, 10.0, 20.0, 25.0)
LEVELS_DB = np.arange(0.0, 13.01, 0.1)
RARE = 1e-5  # the share of the time for which a radio may be driven over its peak
BACK_OFFS_DB = (6.0, 8.0)
SMOOTHNESS = 2.0  # Rapp's p


def gaussian(rng: np.random.Generator, n: int) -> NDArray[np.complex64]:
    """complex64[n], circular, unit variance."""
    return (rng.standard_normal(2 * n, np.float32) * np.float32(np.sqrt(0.5))).view(np.complex64)


def bursts(profile: Profile, limit_db: float | None, count: int, seed: int) -> Iterator[Samples]:
    """Full packets; the same headers and payloads for every limit."""
    rng = np.random.default_rng(seed)
    transmitter = Transmitter(profile, limit_db)
    for _ in range(count):
        yield transmitter.modulate(rng.bytes(profile.header_bytes), gaussian(rng, profile.max_payload_symbols))


def interpolated(samples: Samples, times: int) -> Samples:
    """Band-limited interpolation; the ends run into zeros."""
    padded = np.pad(samples, 256).astype(np.complex128)
    spectrum = scipy.fft.fftshift(scipy.fft.fft(padded))
    extra = (times - 1) * len(padded)
    spectrum = np.pad(spectrum, (extra // 2, extra - extra // 2))
    return times * scipy.fft.ifft(scipy.fft.ifftshift(spectrum))[256 * times : -256 * times]


def exceeded(profile: Profile, made: Iterator[Samples]) -> NDArray[np.float64]:
    """Share of the time for which the power exceeds each of `LEVELS_DB`."""
    thresholds = profile.mean_power * 10 ** (LEVELS_DB / 10)
    above, total = np.zeros(len(thresholds)), 0
    for samples in made:
        power = np.sort(np.abs(interpolated(samples, 8)) ** 2)
        above += len(power) - np.searchsorted(power, thresholds, "right")
        total += len(power)
    return above / total


def level_db(share: NDArray[np.float64], rare: float) -> float:
    """The level exceeded for a share ``rare`` of the time, between the grid's points by straight lines."""
    with np.errstate(divide="ignore"):
        logs = np.log10(np.maximum(share, 1e-12))
    return float(np.interp(-np.log10(rare), -logs, LEVELS_DB))


def band_error_db(profile: Profile, made: Samples, wanted: Samples) -> float:
    """Error on the active carriers of full packets, relative to the signal; a gain common to all is no error."""

    def active(samples: Samples) -> Samples:
        rows = samples.reshape(-1, profile.max_packet_len)[:, profile.preamble_len :]
        bodies = rows.reshape(-1, profile.symbol_len)[:, profile.cp_len :]
        return scipy.fft.fft(bodies, axis=1, norm="ortho")[:, profile.carriers % profile.fft_len]

    x, y = active(wanted).ravel(), active(made).ravel()
    rest = y - x * np.vdot(x, y) / np.vdot(x, x)
    return decibels(np.sum(np.abs(rest) ** 2) / (np.sum(np.abs(y) ** 2) - np.sum(np.abs(rest) ** 2)))


def through(samples: Samples, device: Callable[[Samples], Samples]) -> Samples:
    """A memoryless device at 4 samples for one, seen through a receiver's filter."""
    behind = scipy.fft.fft(np.pad(device(interpolated(samples, 4)), 1024))
    keep = len(behind) // 8
    kept = np.concatenate([behind[:keep], behind[-keep:]])
    return scipy.fft.ifft(kept)[256:-256] / 4


def clipper(profile: Profile, limit_db: float) -> Callable[[Samples], Samples]:
    """An ideal limiter of the envelope."""
    peak = np.sqrt(profile.mean_power * 10 ** (limit_db / 10))
    return lambda x: x * np.minimum(1.0, peak / np.maximum(np.abs(x), 1e-12))


def rapp(profile: Profile, back_off_db: float) -> Callable[[Samples], Samples]:
    """A solid-state amplifier (C. Rapp, 2nd European Conference on Satellite Communications, 1991)."""
    peak = np.sqrt(profile.mean_power * 10 ** (back_off_db / 10))
    return lambda x: x / (1.0 + (np.abs(x) / peak) ** (2 * SMOOTHNESS)) ** (1 / (2 * SMOOTHNESS))


def reception(profile: Profile, limit_db: float | None, snr_db: float, packets: int, seed: int) -> dict[str, float]:
    """Mean squared error of the payload over the noise in dB, and what the receiver reports over what is true."""
    rng = np.random.default_rng([seed, round(10 * snr_db)])
    transmitter = Transmitter(profile, limit_db)
    errors, reports = [], []
    for _ in range(packets):
        header, payload = rng.bytes(profile.header_bytes), gaussian(rng, profile.max_payload_symbols)
        before, after = rng.integers(300, 1500, 2)
        air = np.pad(transmitter.modulate(header, payload), (int(before), int(after)))
        air = air * np.exp(2j * np.pi * (rng.uniform(-2, 2) / profile.fft_len * np.arange(len(air)) + rng.uniform()))
        air = air + gaussian(rng, len(air)) * 10 ** (-snr_db / 20)
        receiver = Receiver(profile)
        found = receiver.process(air.astype(np.complex64)) + receiver.flush()
        if len(found) == 1 and found[0].header == header:
            errors.append(float(np.mean(np.abs(found[0].symbols - payload) ** 2)))
            reports.append(float(np.mean(found[0].noise_var)))
    if not errors:
        raise RuntimeError(f"no packet arrived at {snr_db} dB")
    loss = decibels(np.mean(errors)) + snr_db
    return {"received": len(errors), "loss_db": loss, "reported_over_true": float(np.mean(reports) / np.mean(errors))}


def density(air: Samples) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequency in units of the profile's sample rate, and power spectral density, of 4 samples for one."""
    frequency, power = scipy.signal.welch(
        air, 4.0, window="blackmanharris", nperseg=2048, return_onesided=False, detrend=False
    )
    order = np.argsort(frequency)
    return frequency[order], power[order]


def adjacent_db(air: Samples) -> float:
    """Power in one neighbouring channel, as wide as the sample rate, over the power in the own one.

    Neighbours begin a hundredth away: what the interpolation leaves of the window's own width must not count.
    """
    frequency, power = density(air)
    beside = (np.abs(frequency) > 0.51) & (np.abs(frequency) < 1.51)
    return decibels(np.sum(power[beside]) / 2 / np.sum(power[np.abs(frequency) < 0.5]))


def spectra(profile: Profile, count: int) -> dict[str, object]:
    """Spectra with and without a limit of 7 dB, in dB against the middle of the band, behind each device."""
    devices = {"as transmitted": lambda x: x, "behind an envelope limiter at 7 dB": clipper(profile, 7.0)}
    devices |= {f"behind a Rapp amplifier at {back_off:g} dB": rapp(profile, back_off) for back_off in BACK_OFFS_DB}
    streams = {limit: np.concatenate(list(bursts(profile, limit, count, seed=3))) for limit in (None, 7.0)}
    rows: list[dict[str, object]] = []
    for name, device in devices.items():
        for limit, samples in streams.items():
            air = device(interpolated(samples, 4))
            frequency, power = density(air)
            middle = np.mean(power[np.abs(frequency) < 0.3])
            row = {
                "device": name,
                "max_papr_db": limit,
                "adjacent_db": adjacent_db(air),
                "band_error_db": band_error_db(profile, through(samples, device), streams[None]),
            }
            print(row, flush=True)
            row["density_db"] = np.round(10 * np.log10(np.maximum(power / middle, 1e-12)), 1).tolist()
            rows.append(row)
    return {"sample_rate": profile.sample_rate, "frequency": np.round(frequency, 5).tolist(), "rows": rows}


def decibels(ratio: float) -> float:
    """Decibels of a power ratio, to three places."""
    return round(float(10 * np.log10(max(ratio, 1e-20))), 3)


def measure(name: str, count: int, packets: int) -> dict[str, object]:
    """All of it for one profile."""
    profile = PROFILES[name]
    plain = exceeded(profile, bursts(profile, None, count, seed=1))
    free = {snr: reception(profile, None, snr, packets, seed=2) for snr in SNRS_DB}
    header = f"{'limit':>6} {'error':>8} {'level':>7} {'gained':>7}" + "".join(f"{f'at {s:g} dB':>16}" for s in SNRS_DB)
    print(f"{name}: without a limit {level_db(plain, RARE):.2f} dB are exceeded {RARE:g} of the time\n{header}")
    rows = []
    for limit in LIMITS_DB:
        share = exceeded(profile, bursts(profile, limit, count, seed=1))
        gained = level_db(plain, RARE) - level_db(share, RARE)
        fewer = max(1, count // 3)
        wanted = np.concatenate(list(bursts(profile, None, fewer, seed=1)))
        begin = time.perf_counter()
        made = np.concatenate(list(bursts(profile, limit, fewer, seed=1)))
        seconds = (time.perf_counter() - begin) / fewer
        losses = []
        for snr in SNRS_DB:
            row = reception(profile, limit, snr, packets, seed=2)
            loss = row["loss_db"] - free[snr]["loss_db"]
            losses.append({"snr_db": snr, **row, "added_loss_db": round(loss, 3), "net_db": round(gained - loss, 3)})
        cut = clipper(profile, limit)
        rows.append(
            {
                "max_papr_db": limit,
                "band_error_db": band_error_db(profile, made, wanted),
                "level_db": round(level_db(share, RARE), 3),
                "gained_db": round(gained, 3),
                "milliseconds_a_packet": round(1e3 * seconds, 2),
                "reception": losses,
                "clipped_by_radio": {
                    "band_error_db": band_error_db(profile, through(wanted, cut), wanted),
                    "adjacent_db": adjacent_db(cut(interpolated(wanted, 4))),
                },
                "exceeded": np.round(share, 9).tolist(),
            }
        )
        cells = "".join(f"{row['added_loss_db']:8.2f} ({row['net_db']:+.2f})" for row in losses)
        print(
            f"{limit:6.1f} {rows[-1]['band_error_db']:8.2f} {rows[-1]['level_db']:7.2f} {gained:7.2f} {cells}",
            flush=True,
        )
    return {
        "levels_db": np.round(LEVELS_DB, 3).tolist(),
        "exceeded": np.round(plain, 9).tolist(),
        "level_db": round(level_db(plain, RARE), 3),
        "reception": [{"snr_db": snr, **row} for snr, row in free.items()],
        "limits": rows,
    }


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bursts", type=int, default=60, help="bursts for the envelope, 163 thousand points each")
    parser.add_argument("--packets", type=int, default=40, help="packets received for each limit and SNR")
    parser.add_argument("--profile", choices=tuple(PROFILES), nargs="+", default=["default", "wideband"])
    parser.add_argument("--json", metavar="FILE", help="write the numbers here, too")
    options = parser.parse_args(argv)
    if min(options.bursts, options.packets) < 1:
        parser.error("--bursts and --packets must be positive")
    result: dict[str, object] = {"rare": RARE, "bursts": options.bursts, "packets": options.packets}
    result["profiles"] = {name: measure(name, options.bursts, options.packets) for name in options.profile}
    result["spectra"] = spectra(Profile(), max(2, options.bursts // 3))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file)
            file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
