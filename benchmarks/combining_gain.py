# SPDX-License-Identifier: GPL-3.0-or-later
"""What MMSE combining of encrypted blocks gains over zero forcing on two-path channels, through the whole waveform.

A photograph's codeword is encrypted, spread over packets, sent as bursts through two paths and white noise with random
offsets, received, combined in both ways, decrypted and decoded.  Zero forcing gives all symbols of a block the same
weight and takes the block's noise variance for the mean of theirs; MMSE is `crypto/combining.py`.  Both see the same
reception, and the decoder is told each one's variances.  Beside them: the same reception without a cipher, where every
symbol keeps its own noise.

    python benchmarks/combining_gain.py --json results/phy_combining.json
    python benchmarks/combining_gain.py --pictures 1 --snr 10
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from phy_bursts import one_packet
from phy_statistics import ratio_of_means

from deepjscec.app.pictures import default_picture
from deepjscec.app.quality import psnr_db
from deepjscec.codec import Codec
from deepjscec.crypto import IsometricCipher, Secret, Session
from deepjscec.crypto.combining import mmse_weights
from deepjscec.link.interleaver import blocks_of_packet, gather, spread
from deepjscec.phy import Packet, Profile, Receiver, Transmitter

RATE = "1/6"
NO_CIPHER = "no_cipher"
#: Taps of unit energy, one sample apart.
CHANNELS = {
    "notches of 17 dB": (0.8, *[0] * 6, 0.6j),
    "nulls": (np.sqrt(0.5), *[0] * 6, 1j * np.sqrt(0.5)),
}

Blocks = NDArray[np.complex64]
Combiner = Callable[[NDArray[np.float32]], tuple[NDArray[np.float32], NDArray[np.float32]]]


def equal_weights(noise_var: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Zero forcing, as `mmse_weights`.  An erased symbol arrives as 0: its error is the symbol, of energy 1."""
    error = np.where(np.isfinite(noise_var), noise_var, 1)
    return np.ones_like(noise_var), error.mean(axis=1)


COMBINERS: dict[str, Combiner] = {"mmse": mmse_weights, "zero_forcing": equal_weights}


@dataclass(frozen=True)
class Reception:
    """One packet as it arrived, in the order of the codeword's blocks.

    Attributes:
        chosen: int64[blocks], which blocks of the codeword it carries.
        number: of the packet, for the cipher.
        symbols, noise_var: complex64[blocks, m] still encrypted, float32[blocks, m].
        error: complex64[blocks, m], what channel and receiver added.
    """

    chosen: NDArray[np.int64]
    number: int
    symbols: Blocks
    noise_var: NDArray[np.float32]
    error: Blocks


class Link:
    """One picture's codeword, sent again and again through one channel."""

    def __init__(self, codeword: Blocks, block_size: int, channel: str, snr_db: float, seed: int) -> None:
        self.blocks = codeword.reshape(-1, block_size)
        self.cipher = IsometricCipher(Session.start(Secret.random()), block_size)
        self.packets = -(-self.blocks.size // Profile().max_payload_symbols)
        self._transmitter, self._receiver = Transmitter(Profile()), Receiver(Profile())
        self._taps, self._snr_db = CHANNELS[channel], snr_db
        self._rng = np.random.default_rng([seed, *channel.encode(), round(100 * snr_db) + 10000])
        self._number = 0

    def transmit(self) -> list[Reception]:
        """Send the codeword once; what arrived of it."""
        sent: dict[bytes, tuple[NDArray[np.int64], int, Blocks]] = {}
        found = []
        for index in range(self.packets):
            chosen = blocks_of_packet(len(self.blocks), self.packets, index)
            encrypted = self.cipher.encrypt(self.blocks[chosen].ravel(), packet=self._number)
            air = one_packet(self._rng, self._transmitter, self._snr_db, spread(encrypted), self._taps)
            sent[air.header] = chosen, self._number, encrypted.reshape(len(chosen), -1)
            found += self._receiver.process(air.samples)
            self._number += 1
        found += self._receiver.flush()
        return [_reception(packet, *sent[packet.header]) for packet in found if packet.header in sent]


def _reception(packet: Packet, chosen: NDArray[np.int64], number: int, encrypted: Blocks) -> Reception:
    symbols = gather(packet.symbols).reshape(encrypted.shape)
    noise_var = gather(packet.noise_var).reshape(encrypted.shape)
    return Reception(chosen, number, symbols, noise_var, symbols - encrypted)


def measure(codec: Codec, channel: str, snr_db: float, pictures: int, seed: int) -> dict[str, Any]:
    """One channel at one SNR."""
    picture = default_picture()
    link = Link(codec.encode(picture, RATE), codec.block_size, channel, snr_db, seed)
    errors: dict[str, list[float]] = {way: [] for way in COMBINERS}
    promised: dict[str, list[NDArray[np.float32]]] = {way: [] for way in COMBINERS}
    psnr: dict[str, list[float]] = {way: [] for way in (*COMBINERS, NO_CIPHER)}
    lost = 0
    for _ in range(pictures):
        received = link.transmit()
        lost += link.packets - len(received)
        for way in psnr:
            symbols = np.zeros_like(link.blocks)
            noise_var = np.full(link.blocks.shape, np.inf, np.float32)
            for part in received:
                if way == NO_CIPHER:
                    symbols[part.chosen], noise_var[part.chosen] = link.blocks[part.chosen] + part.error, part.noise_var
                    continue
                weights, variance = COMBINERS[way](part.noise_var)
                clear = link.cipher.decrypt((part.symbols * weights).ravel(), packet=part.number)
                symbols[part.chosen] = clear.reshape(part.symbols.shape)
                noise_var[part.chosen] = variance[:, None]
                errors[way].append(float(np.mean(np.abs(symbols[part.chosen] - link.blocks[part.chosen]) ** 2)))
                promised[way].append(variance)
            got = codec.decode(symbols.ravel(), noise_var.ravel(), picture.shape[:2], RATE)
            psnr[way].append(psnr_db(picture, got))
    return _row(channel, snr_db, lost, errors, promised, psnr)


def _row(
    channel: str,
    snr_db: float,
    lost: int,
    errors: dict[str, list[float]],
    promised: dict[str, list[NDArray[np.float32]]],
    psnr: dict[str, list[float]],
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "channel": channel,
        "snr_db": snr_db,
        "packets": len(errors["mmse"]),
        "packets_lost": lost,
        "no_cipher": {"psnr_db": float(np.mean(psnr[NO_CIPHER]))},
    }
    for way in COMBINERS:
        variances = np.concatenate(promised[way])
        edges = np.percentile(-10 * np.log10(variances), [5, 50, 95])
        row[way] = {
            "snr_db": -10 * float(np.log10(np.mean(errors[way]))),
            "block_snr_db_5_50_95": [float(edge) for edge in edges],
            "reported_over_true": float(np.mean(variances) / np.mean(errors[way])),
            "psnr_db": float(np.mean(psnr[way])),
        }
    gain = ratio_of_means(np.array(errors["zero_forcing"]), np.array(errors["mmse"]))
    row["gain_db"], *row["gain_interval_db"] = (10 * float(np.log10(value)) for value in gain)
    return row


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--pictures", type=int, default=20, help="transmissions per point, 12 packets each (%(default)s)"
    )
    parser.add_argument("--snr", type=float, nargs="+", default=[0, 5, 10, 15, 20, 25], help="mean Es/N0 in dB")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="write the numbers here, too")
    options = parser.parse_args(argv)
    if options.pictures < 1:
        parser.error(f"--pictures must be positive, got {options.pictures}")
    codec = Codec.load("photo")
    rows = []
    print("effective SNR in dB [5 % and 95 % of the blocks], reported / true, picture's PSNR in dB")
    print(f"{'channel':17} {'Es/N0':>5}  {'MMSE':34} {'zero forcing':34} {'no cipher':>9}   gain dB [95 %]")
    for channel in CHANNELS:
        for snr_db in options.snr:
            rows.append(row := measure(codec, channel, snr_db, options.pictures, options.seed))
            low, high = row["gain_interval_db"]
            print(
                f"{channel:17} {snr_db:5.0f}  {_figures(row['mmse'])} {_figures(row['zero_forcing'])} "
                f"{row['no_cipher']['psnr_db']:9.2f}   {row['gain_db']:.2f} [{low:.2f}, {high:.2f}]",
                flush=True,
            )
    if options.json:
        result = {"seed": options.seed, "model_hash": codec.model_hash.hex(), "rate": RATE, "rows": rows}
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")
    return 0


def _figures(way: dict[str, Any]) -> str:
    low, _, high = way["block_snr_db_5_50_95"]
    return f"{way['snr_db']:6.2f} [{low:6.2f}, {high:6.2f}] {way['reported_over_true']:5.2f} {way['psnr_db']:6.2f}"


if __name__ == "__main__":
    sys.exit(main())
