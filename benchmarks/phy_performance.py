# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the waveform on white noise: packets received, implementation loss, calibration, QPSK, header's time.

Every packet has a random header, silence of random length around it, a random fraction of a sample of delay, a carrier
offset uniform within +-2 carrier spacings and a sample clock offset uniform within +-20 ppm.  One receiver runs on
over all packets of a point.  Success means that the right header came out; intervals are of 95 %.

    python benchmarks/phy_performance.py --json results/phy_performance.json
    python benchmarks/phy_performance.py --headers 500 --packets 50
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from phy_bursts import gaussian, one_packet
from phy_statistics import proportion, ratio_of_means
from scipy.special import erfc, erfcinv

from deepjscec.phy import Packet, Profile, Receiver, Transmitter

HEADER_SNRS = (-5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 2.0)
PAYLOAD_SNRS = (-2.0, 0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0)
QPSK_SNRS = (7.4, 8.7, 9.8, 10.7, 11.4)  #: bit error rates of 1e-2 to 1e-4
ONE_SYMBOL = 192
SMALLEST_RATE = 1e-9  #: bit error rates below, as of a short run's lucky draws, count as this
HEADER_TRIALS = 200  #: headers whose decoding is timed

Payload = NDArray[np.complex64]


def qpsk(rng: np.random.Generator, n: int) -> Payload:
    """complex64[n], one of four equally likely, of energy 1."""
    return ((1 - 2 * rng.integers(0, 2, 2 * n).astype(np.float32)) / np.float32(np.sqrt(2))).view(np.complex64)


def exchange(
    rng: np.random.Generator, snr_db: float, packets: int, payload: Callable[[], Payload]
) -> tuple[dict[str, Any], list[tuple[Packet, Payload]]]:
    """Send packets one after the other: a row with what was received, and the packets beside what was sent."""
    transmitter, receiver = Transmitter(Profile()), Receiver(Profile())
    awaited: dict[bytes, Payload] = {}
    received: list[tuple[Packet, Payload]] = []
    false = 0
    for number in range(packets):
        sent = one_packet(rng, transmitter, snr_db, payload())
        awaited[sent.header] = sent.payload
        found = receiver.process(sent.samples)
        if number == packets - 1:
            found += receiver.flush()
        for packet in found:
            if packet.header in awaited:
                received.append((packet, awaited.pop(packet.header)))
            else:
                false += 1
    return {
        "snr_db": snr_db,
        "packets": packets,
        "received": len(received),
        "rate": len(received) / packets,
        "rate_interval": proportion(len(received), packets),
        "bad_header": receiver.stats["bad_header"],
        "false_packets": false,
    }, received


def header_success(snr_db: float, packets: int, seed: int) -> dict[str, Any]:
    """Packets of one payload symbol: what the payload's length has no part in."""
    rng = np.random.default_rng([seed, 1, round(100 * snr_db) + 10000])
    return exchange(rng, snr_db, packets, lambda: gaussian(rng, ONE_SYMBOL))[0]


def payload_error(snr_db: float, packets: int, seed: int) -> dict[str, Any]:
    """Full Gaussian payloads: error over the channel's noise, in dB, and reported noise variance over true error."""
    rng = np.random.default_rng([seed, 2, round(100 * snr_db) + 10000])
    row, received = exchange(rng, snr_db, packets, lambda: gaussian(rng, Profile().max_payload_symbols))
    if received:
        error = np.array([np.mean(np.abs(packet.symbols - payload) ** 2) for packet, payload in received])
        promised = np.array([np.mean(packet.noise_var) for packet, _ in received])
        noise = np.full(len(error), 10 ** (-snr_db / 10))
        loss = [10 * float(np.log10(value)) for value in ratio_of_means(error, noise)]
        ratio = ratio_of_means(promised, error)
        row |= {"loss_db": loss[0], "loss_interval_db": loss[1:]}
        row |= {"reported_over_true": ratio[0], "reported_over_true_interval": ratio[1:]}
    return row


def qpsk_errors(snr_db: float, packets: int, seed: int) -> dict[str, Any]:
    """QPSK in place of learned symbols: bit error rate, and by how many dB less SNR theory has the same."""
    rng = np.random.default_rng([seed, 3, round(100 * snr_db) + 10000])
    row, received = exchange(rng, snr_db, packets, lambda: qpsk(rng, Profile().max_payload_symbols))
    if received:
        rates = np.array([_bit_error_rate(packet.symbols, payload) for packet, payload in received])
        rate, *edges = ratio_of_means(rates, np.ones(len(rates)))
        loss = np.mean([np.mean(np.abs(packet.symbols - payload) ** 2) for packet, payload in received])
        row |= {
            "bit_error_rate": rate,
            "theory": float(erfc(np.sqrt(10 ** (snr_db / 10) / 2)) / 2),
            "gap_db": snr_db - _theory_snr_db(rate),
            "gap_interval_db": [snr_db - _theory_snr_db(edge) for edge in edges],
            "loss_db": 10 * float(np.log10(loss)) + snr_db,
        }
    return row


def _bit_error_rate(symbols: Payload, sent: Payload) -> float:
    wrong = (symbols.real < 0) != (sent.real < 0), (symbols.imag < 0) != (sent.imag < 0)
    return float(np.mean(wrong))


def _theory_snr_db(rate: float) -> float:
    """Es/N0 at which QPSK has this bit error rate, Q(sqrt(Es/N0))."""
    rate = max(rate, SMALLEST_RATE)
    return float(20 * np.log10(np.sqrt(2) * erfcinv(2 * rate)))


def header_seconds(seed: int) -> dict[str, float]:
    """Time from a header's last sample to its content: the longest call around the header's end, sample by sample.
    The first of the packets is left out."""
    rng = np.random.default_rng(seed)
    profile = Profile()
    transmitter, receiver = Transmitter(profile), Receiver(profile)
    before = 2 * profile.fft_len
    around = slice(before + profile.overhead_len - profile.cp_len, before + profile.overhead_len + profile.cp_len)
    seconds = []
    for _ in range(HEADER_TRIALS + 1):
        burst = transmitter.modulate(rng.bytes(profile.header_bytes), gaussian(rng, ONE_SYMBOL))
        samples = np.pad(burst, (before, 2 * profile.max_packet_len))
        samples = samples + gaussian(rng, len(samples)) * np.float32(0.3)
        receiver.process(samples[: around.start])
        calls = []
        for at in range(around.start, around.stop):
            begin = time.perf_counter()
            receiver.process(samples[at : at + 1])
            calls.append(time.perf_counter() - begin)
        seconds.append(max(calls))
        receiver.process(samples[around.stop :])
    if receiver.stats["packets"] != HEADER_TRIALS + 1:
        raise RuntimeError(f"{receiver.stats['packets']} of {HEADER_TRIALS + 1} packets received while timing headers")
    values = 1e3 * np.array(seconds[1:])
    return {"median_ms": float(np.median(values)), "p95_ms": float(np.percentile(values, 95))}


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--headers", type=int, default=5000, help="short packets per SNR (default %(default)s)")
    parser.add_argument("--packets", type=int, default=1000, help="full packets per SNR (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="write the numbers here, too")
    options = parser.parse_args(argv)
    if options.headers < 1 or options.packets < 1:
        parser.error("--headers and --packets must be positive")

    result: dict[str, Any] = {"seed": options.seed, "headers": [], "payload": [], "qpsk": []}
    print("short packets\nEs/N0 dB      received      rate [95 % interval]  false")
    for snr_db in HEADER_SNRS:
        result["headers"].append(row := header_success(snr_db, options.headers, options.seed))
        print(_received(row), flush=True)
    print("full packets\nEs/N0 dB      received      rate [95 % interval]  false   loss dB [...]   reported/true [...]")
    for snr_db in PAYLOAD_SNRS:
        result["payload"].append(row := payload_error(snr_db, options.packets, options.seed))
        print(_received(row), _edges(row, "loss_db", "loss_interval_db"), end="")
        print(_edges(row, "reported_over_true", "reported_over_true_interval"), flush=True)
    print("QPSK\nEs/N0 dB      received      rate [95 % interval]  false   bit errors, theory, gap dB [...], loss dB")
    for snr_db in QPSK_SNRS:
        result["qpsk"].append(row := qpsk_errors(snr_db, options.packets, options.seed))
        figures = f"  {row['bit_error_rate']:.3e} {row['theory']:.3e}" if row["received"] else ""
        print(_received(row), figures, _edges(row, "gap_db", "gap_interval_db"), f"{row.get('loss_db', 0):7.3f}")
    result["header_decoding"] = header_seconds(options.seed)
    print("header decoding: {median_ms:.2f} ms, 95 % within {p95_ms:.2f} ms".format(**result["header_decoding"]))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")
    return 0


def _received(row: dict[str, Any]) -> str:
    low, high = row["rate_interval"]
    counts = f"{row['snr_db']:8.1f} {row['received']:6}/{row['packets']:<6}"
    return f"{counts} {row['rate']:.5f} [{low:.5f}, {high:.5f}] {row['false_packets']:4}"


def _edges(row: dict[str, Any], name: str, interval: str) -> str:
    return f" {row[name]:8.3f} [{row[interval][0]:.3f}, {row[interval][1]:.3f}]" if name in row else ""


if __name__ == "__main__":
    sys.exit(main())
