# SPDX-License-Identifier: GPL-3.0-or-later
"""A second transmitter, written from docs/waveform.md alone and sharing no code, makes the same samples."""

from __future__ import annotations

import binascii
import cmath
import math
import re
from pathlib import Path

import numpy as np
import pytest

from deepjscec.phy import Profile, Transmitter
from tests.phy.phy_signals import gaussian

PAGE = Path(__file__).parents[2] / "docs" / "waveform.md"
CARRIERS = [*range(-104, 0), *range(1, 105)]
PILOTS = [range(3, 208, 13), range(9, 208, 13)]


def prbs(state, count):
    bits = []
    for _ in range(count):
        bit = (state >> 14 ^ state >> 13) & 1
        bits.append(bit)
        state = (state << 1 | bit) & 0x7FFF
    return bits


def qpsk(bits):
    return [complex(1 - 2 * a, 1 - 2 * b) / math.sqrt(2) for a, b in zip(bits[::2], bits[1::2], strict=True)]


def body(values):
    n = np.arange(256)
    return sum(x * np.exp(2j * np.pi * k * n / 256) for k, x in zip(CARRIERS, values, strict=True)) / 16


def header_bits(header, payload_symbols):
    block = payload_symbols.to_bytes(2, "big") + header
    block += binascii.crc32(block).to_bytes(4, "big")
    bits = [byte >> (7 - i) & 1 for byte in block for i in range(8)]
    bits = [a ^ b for a, b in zip(bits, prbs(0x4D3C, 432), strict=True)] + [0] * 8
    coded, register = [], 0
    for bit in bits:
        register = (bit << 8) | (register >> 1)
        coded += [(register & g).bit_count() % 2 for g in (0o765, 0o671, 0o513, 0o473)]
    return [coded[i * 1087 % 1760] for i in range(3456)]


def by_the_page(header, payload):
    training = body(qpsk(prbs(0x3EC1, 416)))
    samples = [*training[-64:], *training, *training]
    symbols = -(-len(payload) // 192)
    turns = prbs(0x2E95, 2 * 192 * symbols)
    data = qpsk(header_bits(header, len(payload)))
    for i in range(192 * symbols):
        value = complex(payload[i]) if i < len(payload) else 1.0
        data.append(value * cmath.exp(1j * math.pi / 2 * (2 * turns[2 * i] + turns[2 * i + 1])))
    pilots = qpsk(prbs(0x1A2B, 2 * 16 * (9 + symbols)))
    for t in range(9 + symbols):
        values = [0j] * 208
        combed = PILOTS[t % 2]
        for i, index in enumerate(combed):
            values[index] = pilots[16 * t + i]
        for i, index in enumerate(sorted(set(range(208)) - set(combed))):
            values[index] = data[192 * t + i]
        x = body(values)
        samples += [*x[-32:], *x]
    return np.array(samples)


@pytest.mark.parametrize("count", [1, 192, 500])
def test_burst_is_the_one_of_the_specification(count):
    rng = np.random.default_rng(count)
    header, payload = rng.bytes(48), gaussian(rng, count)
    made = Transmitter(Profile()).modulate(header, payload)
    assert np.max(np.abs(made - by_the_page(header, payload))) < 2e-6


def test_check_values_of_the_page_are_true():
    made = Transmitter(Profile()).modulate(bytes(range(48)), np.ones(1, np.complex64))
    rows = re.findall(r"^\| (\d+) \| (-?\d\.\d{6}) ([+-]) (\d\.\d{6})j \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(rows) == 5
    for index, real, sign, imaginary in rows:
        assert made[int(index)] == pytest.approx(complex(float(real), float(sign + imaginary)), abs=2e-6)
