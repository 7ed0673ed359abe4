# SPDX-License-Identifier: GPL-3.0-or-later
"""5G LDPC and QAM by Sionna, as a process of its own: Sionna needs NumPy 2, GNU Radio's bindings NumPy 1.

`ldpc.py` starts this file by its path under the interpreter of the other environment. A line of JSON on standard input
is a job, {"job": "encode" | "decode", "input": FILE.npz, "output": FILE.npz, ...}; a line on standard output answers
it: {} or {"error": "..."}. The end of standard input ends it, so that it does not outlive its parent.

Code blocks, base graphs, rate matching and bit interleaving follow 3GPP TS 38.212, sections 5.3.2, 5.4.2 and 6.2.2,
without its CRCs. Sionna has no codes below the base graphs' own rates; there coded bits are sent again in a circle.
"""

from __future__ import annotations

import json
import sys
import warnings
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from sionna.phy import config
from sionna.phy.fec.ldpc import LDPC5GDecoder, LDPC5GEncoder
from sionna.phy.mapping import Constellation

LARGEST_BLOCK = {"bg1": 8448, "bg2": 3840}  # information bits
LOWEST_RATE = {"bg1": (1, 3), "bg2": (1, 5)}
STAGE = 4  # iterations between two looks at the parity checks
BATCH_BITS = 2**17  # coded bits decoded at once: more falls out of the processor's cache


class BlockCode:
    """One code block: `info_bits` -> `coded_bits`, the latter a multiple of `bits_per_symbol`."""

    def __init__(self, info_bits: int, coded_bits: int, bits_per_symbol: int, graph: str) -> None:
        numerator, denominator = LOWEST_RATE[graph]
        mother = min(coded_bits, info_bits * denominator // numerator) // bits_per_symbol * bits_per_symbol
        self._encoder = LDPC5GEncoder(info_bits, mother, num_bits_per_symbol=bits_per_symbol, bg=graph)
        self._decoder = LDPC5GDecoder(
            self._encoder, cn_update="boxplus-phi", return_state=True, v2c_callbacks=[self._remember], num_iter=STAGE
        )
        self._repeated = torch.arange(coded_bits) % mother
        self._mother, self._info_bits = mother, info_bits
        self._decided = torch.empty(0)

    def encode(self, bits: np.ndarray) -> np.ndarray:
        """uint8[n, info_bits] -> uint8[n, coded_bits]."""
        coded = self._encoder(torch.from_numpy(bits).float())
        return coded[:, self._repeated].to(torch.uint8).numpy()

    def decode(self, logits: torch.Tensor, iterations: int) -> tuple[np.ndarray, np.ndarray]:
        """float32[n, coded_bits] of log P(1) / P(0) -> uint8[n, info_bits] and whether all parity checks hold, bool[n].

        Belief propagation in stages; blocks whose checks hold leave after each.
        """
        logits = torch.zeros(len(logits), self._mother).index_add_(1, self._repeated, logits)
        bits = np.zeros((len(logits), self._info_bits), np.uint8)
        fine = np.zeros(len(logits), bool)
        waiting, state = np.arange(len(logits)), None
        for _ in range(-(-iterations // STAGE)):
            _, state = self._decoder(logits, num_iter=STAGE, msg_v2c=state)
            decided = (self._decided <= 0).to(torch.uint8).numpy()
            bits[waiting] = decided[:, : self._info_bits]
            wrong = ((self._decoder.pcm @ decided.T.astype(np.int32)) % 2).any(axis=0)
            fine[waiting] = ~wrong
            if not wrong.any():
                break
            left = torch.from_numpy(np.flatnonzero(wrong))
            waiting, logits, state = waiting[wrong], logits[left], state[left]
        return bits, fine

    def _remember(self, messages: torch.Tensor, _: int, decided: torch.Tensor) -> torch.Tensor:
        self._decided = decided  # log P(0) / P(1) of every bit of the graph, also of those never sent
        return messages


@lru_cache(maxsize=32)
def block_code(info_bits: int, coded_bits: int, bits_per_symbol: int, graph: str) -> BlockCode:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a rate is above 948 / 1024 by a hair
        return BlockCode(info_bits, coded_bits, bits_per_symbol, graph)


class Segments:
    """How the bits of a picture are cut into code blocks (38.212, 5.2.2 and 5.4.2.1), and put together again."""

    def __init__(self, info_bits: int, uses: int, bits_per_symbol: int) -> None:
        rate = info_bits / (uses * bits_per_symbol)
        small = info_bits <= 292 or (info_bits <= 3824 and rate <= 0.67) or rate <= 0.25
        self.graph = "bg2" if small else "bg1"
        count = -(-info_bits // LARGEST_BLOCK[self.graph])
        self.block_bits = -(-info_bits // count)  # zeros fill the last
        self.info_bits, self.bits_per_symbol = info_bits, bits_per_symbol
        edges = [i * uses // count for i in range(count + 1)]
        self.spans = list(pairwise(edges))  # of symbols

    def codes(self) -> list[BlockCode]:
        m = self.bits_per_symbol
        return [block_code(self.block_bits, (stop - start) * m, m, self.graph) for start, stop in self.spans]

    def encode(self, bits: np.ndarray) -> np.ndarray:
        """uint8[n, info_bits] -> uint8[n, uses * bits_per_symbol]."""
        size = self.block_bits
        padded = np.pad(bits, ((0, 0), (0, size * len(self.spans) - self.info_bits)))
        parts = [code.encode(padded[:, i * size : (i + 1) * size]) for i, code in enumerate(self.codes())]
        return np.concatenate(parts, axis=1)

    def decode(self, logits: torch.Tensor, iterations: int) -> tuple[np.ndarray, np.ndarray]:
        """float32[n, uses * bits_per_symbol] -> uint8[n, info_bits], and bool[n]: every block's checks hold."""
        m, parts, fine = self.bits_per_symbol, [], np.ones(len(logits), bool)
        for (start, stop), code in zip(self.spans, self.codes()):
            bits, good = code.decode(logits[:, start * m : stop * m], iterations)
            parts.append(bits)
            fine &= good
        return np.concatenate(parts, axis=1)[:, : self.info_bits], fine


class Qam:
    """Gray-mapped QAM of 38.211, section 5.1: even bits on the real axis, odd ones on the imaginary."""

    def __init__(self, bits_per_symbol: int) -> None:
        self._m = bits_per_symbol
        self.points = Constellation("qam", bits_per_symbol)().numpy()
        half = bits_per_symbol // 2
        labels = np.arange(2**half)[:, None] >> np.arange(half)[::-1] & 1
        spread = labels @ (1 << np.arange(half)[::-1] * 2 + 1)  # a label's bits at even places, zeros between them
        self._levels = torch.from_numpy(self.points[spread].real.astype(np.float32))
        self._ones = torch.from_numpy(labels.astype(bool))

    def map(self, bits: np.ndarray) -> np.ndarray:
        """uint8[n, uses * m] -> complex64[n, uses]."""
        groups = bits.reshape(len(bits), -1, self._m).astype(np.int64)
        return self.points[groups @ (1 << np.arange(self._m)[::-1])].astype(np.complex64)

    def demap(self, symbols: np.ndarray, noise_var: np.ndarray) -> torch.Tensor:
        """complex64[n, uses] and float32[n, uses] (`inf`: lost) -> float32[n, uses * m] of log P(1) / P(0), exact."""
        found = torch.zeros(*symbols.shape, self._m)
        with np.errstate(divide="ignore"):
            weight = torch.from_numpy(np.float32(1) / noise_var.astype(np.float32))
        for axis, part in enumerate((symbols.real, symbols.imag)):
            values = torch.from_numpy(np.ascontiguousarray(part))
            metric = -((values[..., None] - self._levels) ** 2) * weight[..., None]
            for i in range(self._m // 2):
                one = self._ones[:, i]
                found[..., 2 * i + axis] = metric[..., one].logsumexp(-1) - metric[..., ~one].logsumexp(-1)
        return found.reshape(len(symbols), -1)


@lru_cache(maxsize=8)
def qam(bits_per_symbol: int) -> Qam:
    return Qam(bits_per_symbol)


def encode(bits: np.ndarray, uses: int, bits_per_symbol: int) -> dict[str, np.ndarray]:
    segments = Segments(bits.shape[1], uses, bits_per_symbol)
    return {"symbols": qam(bits_per_symbol).map(segments.encode(bits))}


def decode(
    symbols: np.ndarray, noise_var: np.ndarray, info_bits: int, bits_per_symbol: int, iterations: int
) -> dict[str, np.ndarray]:
    segments = Segments(info_bits, symbols.shape[1], bits_per_symbol)
    size = max(1, BATCH_BITS * len(segments.spans) // (symbols.shape[1] * bits_per_symbol))
    bits, fine = [np.zeros((0, info_bits), np.uint8)], [np.zeros(0, bool)]
    for i in range(0, len(symbols), size):
        logits = qam(bits_per_symbol).demap(symbols[i : i + size], noise_var[i : i + size])
        found = segments.decode(logits, iterations)
        bits.append(found[0])
        fine.append(found[1])
    return {"bits": np.concatenate(bits), "fine": np.concatenate(fine)}


def work(line: str) -> dict[str, str]:
    try:
        job = json.loads(line)
        task: Any = {"encode": encode, "decode": decode}[job.pop("job")]
        output = job.pop("output")
        with np.load(job.pop("input")) as arrays, torch.inference_mode():
            np.savez(output, **task(**arrays, **job))
    except Exception as error:  # whatever it is, the parent reports it and this process lives on
        return {"error": f"{type(error).__name__}: {error}"}
    return {}


def main() -> None:
    config.device = "cpu"
    torch.set_num_threads(1)  # parallel work is whole processes side by side
    for line in sys.stdin:
        print(json.dumps(work(line)), flush=True)


if __name__ == "__main__":
    main()
