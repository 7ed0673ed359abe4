# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures and codewords that the tests of Eve share."""

from functools import cache

import numpy as np
from skimage.data import astronaut, chelsea, coffee

from deepjscec.attack import make_oracle
from deepjscec.codec import Codec

RATE = "1/12"
SIDE = 32
CERTAIN = 1 - 1e-9  # confidence: a test of a cipher with a fresh key must not fail by chance


@cache
def codec():
    return Codec.load("cifar", threads=1)


def crops(images, count, seed):
    """Random crops, uint8[count, 32, 32, 3]."""
    rng = np.random.default_rng(seed)
    found = np.empty((count, SIDE, SIDE, 3), np.uint8)
    for slot in found:
        image = images[rng.integers(len(images))]
        y, x = (rng.integers(side - SIDE + 1) for side in image.shape[:2])
        slot[:] = image[y : y + SIDE, x : x + SIDE]
    return found


@cache
def known():
    """What Eve learns from."""
    return crops([coffee()[::2, ::2], astronaut()[::2, ::2]], 1500, seed=1)


@cache
def held_out():
    """What she attacks: of a photograph that she has not seen."""
    return crops([chelsea()[::2, ::2]], 32, seed=2)


@cache
def codewords():
    """Of `known`, complex64[n, k]."""
    return codec().encode_batch(known(), RATE)


def oracle(name, seed=0):
    length = codec().codeword_length((SIDE, SIDE), RATE)
    return make_oracle(name, codec().block_size, length, np.random.default_rng(seed))
