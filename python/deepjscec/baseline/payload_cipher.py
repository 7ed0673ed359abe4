# SPDX-License-Identifier: GPL-3.0-or-later
"""AES-256 on a picture's bits: CTR, which adds no length, or GCM, whose tag is sent and charged."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher as AesCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes

from deepjscec.crypto import SESSION_ID_BYTES, Secret
from deepjscec.crypto.counter import PacketCounter, check_packet
from deepjscec.crypto.secret import hkdf

TAG_BYTES = (0, 8, 12, 13, 14, 15, 16)  # 0: CTR; else those that NIST SP 800-38D permits, from 8 up


class PayloadCipher:
    """Encrypts payloads under a key of their own, derived from a shared secret and a session's 8 random bytes.

    The nonce is session id and packet number (12 bytes), known to both sides and so never sent. A sender must not use
    one number twice, and `encrypt` refuses to. Without a tag nobody notices what an attacker changed.
    """

    def __init__(self, secret: Secret | bytes, session_id: bytes, tag_bytes: int = 0) -> None:
        if tag_bytes not in TAG_BYTES:
            raise ValueError(f"tag_bytes {tag_bytes} is none of {', '.join(map(str, TAG_BYTES))}")
        if len(session_id) != SESSION_ID_BYTES:
            raise ValueError(f"a session id has {SESSION_ID_BYTES} bytes, not {len(session_id)}")
        self._key = Secret(hkdf(Secret.of(secret).reveal(), b"separate coding " + session_id))
        self._id, self.tag_bytes = session_id, tag_bytes
        self._sent = PacketCounter("payload of")

    def encrypt(self, payload: bytes, packet: int) -> bytes:
        """`payload` and then the tag; `ReusedCounterError` unless `packet` exceeds all before."""
        nonce = self._nonce(self._sent.claim(packet))
        if not self.tag_bytes:
            return self._ctr(payload, nonce)
        encryptor = AesCipher(algorithms.AES(self._key.reveal()), modes.GCM(nonce)).encryptor()
        sealed = encryptor.update(payload) + encryptor.finalize()
        return sealed + encryptor.tag[: self.tag_bytes]

    def decrypt(self, sealed: bytes, packet: int) -> bytes:
        """The payload; `ValueError` where a tag is wrong."""
        nonce = self._nonce(check_packet(packet))
        if not self.tag_bytes:
            return self._ctr(sealed, nonce)
        payload, tag = sealed[: -self.tag_bytes], sealed[-self.tag_bytes :]
        try:
            mode = modes.GCM(nonce, tag, min_tag_length=min(TAG_BYTES[1:]))
            decryptor = AesCipher(algorithms.AES(self._key.reveal()), mode).decryptor()
            return decryptor.update(payload) + decryptor.finalize()
        except (InvalidTag, ValueError):
            raise ValueError(f"the tag of packet {packet} is wrong") from None

    def _nonce(self, packet: int) -> bytes:
        return self._id + packet.to_bytes(4, "big")

    def _ctr(self, data: bytes, nonce: bytes) -> bytes:
        # the last 4 bytes count AES blocks: 64 GiB a packet
        cipher = AesCipher(algorithms.AES(self._key.reveal()), modes.CTR(nonce + bytes(4))).encryptor()
        return cipher.update(data) + cipher.finalize()
