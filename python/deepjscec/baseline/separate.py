# SPDX-License-Identifier: GPL-3.0-or-later
"""The separate system as a whole: picture coder, AES-256, 5G LDPC, QAM, and back."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from deepjscec.crypto import SESSION_ID_BYTES, Secret

from .modes import ModeTable
from .payload_cipher import PayloadCipher
from .source import Rung, SourceCoder

Carry = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Reception:
    """What Bob has of n pictures.

    Attributes:
        pictures: uint8[n, H, W, 3]; where one failed, what Bob expects of any picture.
        failed: bool[n]: none of its codings fits, or a bit arrived wrong.
    """

    pictures: np.ndarray
    failed: np.ndarray


class SeparateScheme:
    """Sends pictures as encrypted, coded bits, a payload of one size for each picture.

    Alice takes the best coding that fits and fills up with zeros, which Bob cuts off: no length is signalled. Modes
    are agreed on for a design SNR, so they are not signalled either. Bob knows of every wrong payload without paying
    for it, as a CRC of no length would tell him: 5G spends 2 or 3 bytes on each code block.
    """

    def __init__(
        self,
        source: SourceCoder,
        modes: ModeTable,
        expected: Callable[[tuple[int, int]], np.ndarray],
        *,
        secret: Secret | bytes | None = None,
        session_id: bytes | None = None,
        tag_bytes: int = 0,
    ) -> None:
        """`expected` gives the picture uint8[H, W, 3] of a shape (H, W) that Bob shows in place of a failed one.

        `tag_bytes` as for `PayloadCipher`. Without `secret` and `session_id`, fresh random ones.
        """
        self._source, self._modes, self._expected = source, modes, expected
        self._cipher = PayloadCipher(
            Secret.random() if secret is None else secret,
            secrets.token_bytes(SESSION_ID_BYTES) if session_id is None else session_id,
            tag_bytes,
        )
        self._next_packet = 0

    def transmit(
        self, images: np.ndarray, rate: Fraction, design_snr_db: float, carry: Carry, *, fading: bool = False
    ) -> Reception:
        """Send uint8[n, H, W, 3] over `carry`, in the mode for `rate`, `design_snr_db` and `fading`.

        `carry` takes complex64[n, k] of mean energy 1, a row a picture, and returns what arrived, equalised, with noise
        variances float32[n, k] per complex symbol, `inf` where a symbol was lost. Raises `ValueError` where there is no
        such mode, and what the picture coder raises.
        """
        shape = (images.shape[1], images.shape[2])
        tag_bytes = self._cipher.tag_bytes
        mode = self._modes.find(
            self._source.name, shape[0] * shape[1], rate, design_snr_db, fading=fading, tag_bytes=tag_bytes
        )
        room, code = mode.payload_bytes - tag_bytes, mode.code
        chosen = [best_fit(rungs, room) for rungs in self._source.ladder(images, mode.variant)]
        packets = range(self._next_packet, self._next_packet + len(images))
        self._next_packet += len(images)
        sealed = [self._cipher.encrypt(payload.ljust(room, b"\0"), number) for payload, number in zip(chosen, packets)]
        sent = np.frombuffer(b"".join(sealed), np.uint8).reshape(len(images), mode.payload_bytes)

        found, _ = code.decode(*carry(code.encode(sent)))
        right = (found == sent).all(axis=1)
        payloads = [
            self._cipher.decrypt(row.tobytes(), number).rstrip(b"\0") if good else b""
            for row, good, number in zip(found, right, packets)
        ]
        return self._pictures(payloads, shape, mode.variant)

    def _pictures(self, payloads: list[bytes], shape: tuple[int, int], variant: str) -> Reception:
        """Decoded pictures; those of empty payloads failed."""
        pictures = np.repeat(self._expected(shape)[None], len(payloads), axis=0)
        arrived = [i for i, payload in enumerate(payloads) if payload]
        if arrived:
            pictures[arrived] = self._source.decode([payloads[i] for i in arrived], shape, variant)
        return Reception(pictures, np.array([not payload for payload in payloads]))


def best_fit(rungs: list[Rung], room: int) -> bytes:
    """The best of a picture's payloads within `room` bytes, empty where none is.

    One that ends in a zero byte would lose it with the filling, so it is passed over.
    """
    fitting = [r.payload for r in rungs if len(r.payload) <= room and not r.payload.endswith(b"\0")]
    return fitting[-1] if fitting else b""
