# SPDX-License-Identifier: GPL-3.0-or-later
"""A wrapper that keeps secret bytes out of logs, tracebacks and pickles."""

from __future__ import annotations

import hmac
import secrets
from typing import NoReturn

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES = 32
LABEL = b"deepjscec 1 "


class Secret:
    """32 secret bytes that print as `Secret(redacted)`.

    Raises `ValueError` for any other length and `TypeError` for anything but bytes; neither message shows the
    bytes. Python cannot promise to erase memory, so this guards against accidents, not against a debugger.
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes | bytearray | memoryview) -> None:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise TypeError(f"a secret is bytes, not {type(value).__name__}")
        value = bytes(value)
        if len(value) != SECRET_BYTES:
            raise ValueError(f"a secret has {SECRET_BYTES} bytes, not {len(value)}")
        self._value = value

    @classmethod
    def random(cls) -> Secret:
        """A new secret from the operating system's generator."""
        return cls(secrets.token_bytes(SECRET_BYTES))

    @classmethod
    def of(cls, value: Secret | bytes) -> Secret:
        """`value` itself when it is a `Secret` already, else wrapped."""
        return value if isinstance(value, Secret) else cls(value)

    def reveal(self) -> bytes:
        """The bytes. The only way to get at them, so that a search for the name finds every use."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # not a dictionary key: lookups are not constant-time

    def __repr__(self) -> str:
        return "Secret(redacted)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")


def hkdf(material: bytes, info: bytes) -> bytes:
    """HKDF-SHA-256 (RFC 5869), no salt, 32 bytes; `info` follows this project's label."""
    return HKDF(algorithm=hashes.SHA256(), length=SECRET_BYTES, salt=None, info=LABEL + info).derive(material)
