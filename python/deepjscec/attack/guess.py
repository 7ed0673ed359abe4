# SPDX-License-Identifier: GPL-3.0-or-later
"""What needs no attack: guessing without looking, decoding as if nothing were encrypted, and trying a wrong key.

The first is the yardstick: an attack that beats no guess has learned nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepjscec.attack.oracle import Oracle
from deepjscec.attack.pictures import NOISELESS_VAR, decode_noiseless, mean_psnr_db, size_of
from deepjscec.codec import Codec
from deepjscec.codec.codec import Rate
from deepjscec.crypto import Secret, Session, make_cipher

ROUNDS = 30  # of the fixed-point iteration; it moves by less than a grey level after ten


@dataclass(frozen=True)
class Guess:
    """PSNR in dB of one picture for all, the mean over held-out pictures."""

    mean_picture_db: float
    best_constant_db: float  # of the picture that has the highest mean PSNR on the pictures Eve knows


def guess(known: np.ndarray, held_out: np.ndarray) -> tuple[Guess, np.ndarray]:
    """Guess every picture of `held_out` alike from `known`, both uint8[n, H, W, 3].

    Returns the PSNRs and the two guesses, uint8[2, H, W, 3].
    """
    guesses = np.stack([np.rint(mean_picture(known)), np.rint(best_constant(known))]).astype(np.uint8)
    return Guess(mean_psnr_db(held_out, guesses[0]), mean_psnr_db(held_out, guesses[1])), guesses


def mean_picture(known: np.ndarray) -> np.ndarray:
    """Pixel by pixel, float64[H, W, 3]: the constant of least squared error."""
    return known.mean(axis=0, dtype=np.float64)


def best_constant(known: np.ndarray) -> np.ndarray:
    """The constant of highest mean PSNR, float64[H, W, 3].

    PSNR is a logarithm, so pictures that are met well count for more: the mean weighted by each picture's inverse
    squared error, which depends on the constant in turn.
    """
    pixels = known.reshape(len(known), -1).astype(np.float32)
    constant = pixels.mean(0)
    for _ in range(ROUNDS):
        weights = 1 / (np.square(pixels - constant).mean(1) + 1)
        constant = weights @ pixels / weights.sum()
    return constant.reshape(known.shape[1:]).astype(np.float64)


@dataclass(frozen=True)
class Naive:
    """PSNR in dB of attempts without any knowledge of the cipher, the mean over pictures."""

    cipher: str
    psnr_db: float


def decode_as_if_unencrypted(
    oracle: Oracle, codec: Codec, pictures: np.ndarray, rate: Rate
) -> tuple[Naive, np.ndarray]:
    """Decode ciphertexts of `pictures` uint8[n, H, W, 3] as they are; the result, and uint8[n, H, W, 3]."""
    seen = oracle.encrypt(codec.encode_batch(pictures, rate))
    found = decode_noiseless(codec, seen.symbols, size_of(pictures), rate)
    return Naive(oracle.name, mean_psnr_db(pictures, found)), found


@dataclass(frozen=True)
class WrongKey:
    """PSNR in dB of Bob's own receive path without noise, the mean over pictures."""

    cipher: str
    right_key_db: float
    wrong_key_db: float


def try_wrong_key(name: str, codec: Codec, pictures: np.ndarray, rate: Rate) -> tuple[WrongKey, np.ndarray]:
    """Decrypt and decode `pictures` uint8[n, H, W, 3], a packet each, under their secret and under another one.

    Returns the PSNRs and what the wrong key shows, uint8[n, H, W, 3]. Raises `ValueError` for an unknown cipher `name`.
    """
    right = Secret.random()
    alice = Session.start(right)
    cipher = make_cipher(name, alice, codec.block_size)
    packets = []
    for codeword in codec.encode_batch(pictures, rate):
        number = alice.next_packet()
        packets.append((number, *cipher.encrypt_message(codeword, number)))
    found = []
    for secret in (right, Secret.random()):
        bob = make_cipher(name, Session.derive(secret, alice.id, receive_only=True), codec.block_size)
        clear = [
            bob.decrypt_message(prefix, c, np.full(c.shape, NOISELESS_VAR, np.float32), number)
            for number, prefix, c in packets
        ]
        symbols, noise_var = map(np.stack, zip(*clear))
        found.append(codec.decode_batch(symbols, noise_var, size_of(pictures), rate))
    return WrongKey(name, mean_psnr_db(pictures, found[0]), mean_psnr_db(pictures, found[1])), found[1]
