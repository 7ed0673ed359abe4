# SPDX-License-Identifier: GPL-3.0-or-later
"""Alice and Bob with a fresh key and no radio between them."""

import dataclasses

import numpy as np

from deepjscec.codec import ModelCard, find_model
from deepjscec.crypto import HeaderOpener, Secret, Session
from deepjscec.link import LinkReceiver, LinkSender

CARD = ModelCard.load(find_model("photo"))
SHAPE = (160, 96)
RATE_INDEX = len(CARD.rates) - 1


def codewords(rng, pictures=1, shape=SHAPE):
    """Random codewords with the energy of real ones, complex64[pictures, k]."""
    length = CARD.codeword_length(shape, RATE_INDEX)
    blocks = rng.standard_normal((pictures * length // CARD.block_size, CARD.block_size, 2)) @ np.array([1, 1j])
    blocks *= np.sqrt(CARD.block_size / np.sum(np.abs(blocks) ** 2, axis=1, keepdims=True))
    return blocks.astype(np.complex64).reshape(pictures, length)


def pair(cipher="isometric", payload_symbols=2000, bob_secret=None, card=CARD, bob_cipher=None, **bob_options):
    """A sender and a receiver that share secret, cipher and model unless Bob gets his own."""
    secret = Secret.random()
    sender = LinkSender(Session.start(secret), cipher, CARD, payload_symbols)
    receiver = LinkReceiver(HeaderOpener(bob_secret or secret), bob_cipher or cipher, card, **bob_options)
    return sender, receiver


def other_model():
    return dataclasses.replace(CARD, sha256={**CARD.sha256, "decoder.onnx": "0" * 64})
