# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the waveform: packets received over SNR, implementation loss, calibration, speed.

Each packet travels alone: random header, Gaussian payload, random delay, carrier offset uniform within +-2
carrier spacings, sample clock offset uniform within +-20 ppm, white noise.  Success means the right header
came out.

    python benchmarks/phy_performance.py --packets 1000 --snr -4 -3 -2 -1 0 5 10 15 20 25
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from deepjscec.phy import Packet, Profile, Receiver, Transmitter

OFF_CARRIERS = 2.0
OFF_CLOCK = 20e-6


def gaussian(rng: np.random.Generator, n: int) -> NDArray[np.complex64]:
    """complex64[n], circular, unit variance."""
    return (rng.standard_normal(2 * n, np.float32) * np.float32(np.sqrt(0.5))).view(np.complex64)


def resampled(samples: NDArray[np.complex64], delay: float, clock: float) -> NDArray[np.complex128]:
    """``samples`` at the instants ``n (1 + clock) - delay``, by a windowed sinc of 33 taps.  The burst
    occupies 13/16 of the band; the error is 70 dB down."""
    at = np.arange(len(samples)) * (1.0 + clock) - delay
    whole = np.floor(at).astype(np.int64)
    fraction = at - whole
    taps = np.arange(-16, 17)
    padded = np.concatenate([np.zeros(32, np.complex64), samples, np.zeros(32, np.complex64)])
    result = np.zeros(len(samples), np.complex128)
    for tap in taps:
        offset = tap - fraction
        kernel = np.sinc(offset) * np.i0(10.0 * np.sqrt(np.maximum(1 - (offset / 17) ** 2, 0))) / np.i0(10.0)
        result += padded[np.clip(whole + tap + 32, 0, len(padded) - 1)] * kernel
    return result


def one_packet(
    rng: np.random.Generator,
    transmitter: Transmitter,
    snr_db: float,
    payload: NDArray[np.complex64],
    taps: NDArray[np.complex128] | None = None,
) -> tuple[NDArray[np.complex64], bytes, float]:
    """A stretch of stream with one packet in it, its header and its carrier offset in Hz."""
    profile = transmitter.profile
    header = rng.bytes(profile.header_bytes)
    before, after = rng.integers(100, 1500, 2)
    burst = transmitter.modulate(header, payload)
    samples = np.concatenate([np.zeros(before, np.complex64), burst, np.zeros(after, np.complex64)])
    air = resampled(samples, rng.uniform(0, 1), rng.uniform(-OFF_CLOCK, OFF_CLOCK))
    if taps is not None:
        air = np.convolve(air, taps)[: len(samples)]
    cfo = rng.uniform(-OFF_CARRIERS, OFF_CARRIERS) * profile.carrier_spacing
    air *= np.exp(2j * np.pi * (cfo / profile.sample_rate * np.arange(len(air)) + rng.uniform()))
    noise = gaussian(rng, len(air)) * 10 ** (-snr_db / 20)
    return (air + noise).astype(np.complex64), header, cfo


def interval(hits: int, trials: int) -> tuple[float, float]:
    """Clopper-Pearson interval of a proportion at 95 %."""
    low = float(beta.ppf(0.025, hits, trials - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, trials - hits)) if hits < trials else 1.0
    return low, high


def measure(snr_db: float, packets: int, payload_symbols: int, seed: int, two_path: bool = False) -> dict[str, float]:
    """Success, implementation loss and calibration at one SNR."""
    rng = np.random.default_rng([seed, round(100 * snr_db) + 10000, payload_symbols])
    transmitter = Transmitter(Profile())
    good = wrong = 0
    squared = weighted = promised = 0.0
    taps = np.zeros(21, np.complex128)
    taps[[0, 20]] = np.array([1.0, 0.5j]) / np.sqrt(1.25)
    for _ in range(packets):
        payload = gaussian(rng, payload_symbols)
        stream, header, _ = one_packet(rng, transmitter, snr_db, payload, taps if two_path else None)
        receiver = Receiver(transmitter.profile)
        found: list[Packet] = receiver.process(stream) + receiver.flush()
        right = [packet for packet in found if packet.header == header]
        wrong += len(found) - len(right)
        if right:
            good += 1
            error = np.abs(right[0].symbols - payload) ** 2
            squared += float(np.mean(error))
            promised += float(np.mean(right[0].noise_var))
            weighted += float(np.mean(error / right[0].noise_var))
    low, high = interval(good, packets)
    row = {
        "snr_db": snr_db,
        "packets": packets,
        "received": good,
        "rate": good / packets,
        "rate_low": low,
        "rate_high": high,
        "false_packets": wrong,
    }
    if good:
        row["loss_db"] = 10 * float(np.log10(squared / good)) + snr_db
        row["reported_over_true"] = promised / squared
        row["error_over_reported"] = weighted / good
    return row


def speed(samples: NDArray[np.complex64], chunk: int, repeat: int = 3) -> float:
    """Best of ``repeat``: millions of samples a second through one receiver."""
    best = 0.0
    for _ in range(repeat):
        receiver = Receiver(Profile())
        begin = time.perf_counter()
        for first in range(0, len(samples), chunk):
            receiver.process(samples[first : first + chunk])
        receiver.flush()
        best = max(best, len(samples) / (time.perf_counter() - begin) / 1e6)
    return best


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packets", type=int, default=200, help="packets per SNR")
    parser.add_argument(
        "--snr", type=float, nargs="+", default=[-4, -3, -2, -1, 0, 5, 10, 15, 20, 25], help="Es/N0 in dB"
    )
    parser.add_argument("--payload", type=int, default=11520, help="payload symbols per packet")
    parser.add_argument("--two-path", action="store_true", help="echo of -6 dB, 20 samples late (loss: no meaning)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-speed", action="store_true", help="leave the speed tests out")
    parser.add_argument("--json", metavar="FILE", help="write the numbers here, too")
    options = parser.parse_args(argv)
    if options.packets < 1:
        parser.error(f"--packets must be positive, got {options.packets}")
    if not 1 <= options.payload <= Profile().max_payload_symbols:
        parser.error(f"--payload must be from 1 to {Profile().max_payload_symbols}, got {options.payload}")

    print("Es/N0 dB   received        rate [95 % interval]       false   loss dB   reported/true  err/reported")
    rows = []
    for snr in options.snr:
        row = measure(snr, options.packets, options.payload, options.seed, options.two_path)
        rows.append(row)
        tail = (
            ""
            if not row["received"]
            else (f"{row['loss_db']:9.3f} {row['reported_over_true']:15.3f} {row['error_over_reported']:14.3f}")
        )
        print(
            f"{snr:8.1f} {row['received']:5.0f}/{row['packets']:<5.0f}   {row['rate']:.4f} "
            f"[{row['rate_low']:.4f}, {row['rate_high']:.4f}] {row['false_packets']:8.0f} {tail}",
            flush=True,
        )
    result: dict[str, object] = {
        "packets": rows,
        "payload_symbols": options.payload,
        "two_path": options.two_path,
    }
    if not options.no_speed:
        rng = np.random.default_rng(options.seed)
        transmitter = Transmitter(Profile())
        bursts = [transmitter.modulate(rng.bytes(48), gaussian(rng, 11520)) for _ in range(20)]
        packets = np.concatenate(bursts)
        packets = packets + gaussian(rng, len(packets)) * np.float32(0.3)
        noise = gaussian(rng, 4_000_000)
        sine = np.exp(2j * np.pi * 0.0123 * np.arange(400_000)).astype(np.complex64)
        speeds = {}
        for name, samples in (("noise", noise), ("packets", packets), ("sine", sine)):
            for chunk in (4096, 65536):
                speeds[f"{name}, chunks of {chunk}"] = speed(samples, chunk)
        result["msamples_per_second"] = speeds
        for name, value in speeds.items():
            print(f"{value:8.2f} Msamples/s on {name}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
