# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking for secret bytes in what a program prints and writes, in the forms in which they could stand there."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deepjscec.crypto import PrivateKey, Secret

PIECE = 10  # bytes; chance does not make so many
STEP = 5  # between beginnings of pieces: any run of 14 bytes holds one


def forms(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """Pieces of `secret` as raw bytes, hexadecimal, base64, Python's escapes and decimal lists, each with its kind."""
    for start in range(0, len(secret) - PIECE + 1, STEP):
        piece = secret[start : start + PIECE]
        yield "raw", piece
        yield "reversed", piece[::-1]
        for separator in ("", " ", ":", ", 0x"):
            yield "hex", separator.join(f"{byte:02x}" for byte in piece).encode()
        yield "escapes", repr(piece)[2:-1].encode()
        for separator in (", ", ",", " "):
            yield "decimal", separator.join(map(str, piece)).encode()
        for shift in range(3):  # where the piece stands within the three bytes that four letters hold
            inner = base64.b64encode(bytes(shift) + piece)[4 if shift else 0 : -4]
            yield "base64", inner
            yield "base64url", inner.translate(bytes.maketrans(b"+/", b"-_"))


def leaks(where: bytes, secrets: Iterable[bytes]) -> list[str]:
    """Which secrets, by number, stand in `where` and how; hexadecimal in capitals counts, too."""
    lower = where.lower()
    hits = set()
    for number, secret in enumerate(secrets):
        for kind, form in forms(secret):
            if form in where or (kind == "hex" and form in lower):
                hits.add(f"secret {number} as {kind}")
    return sorted(hits)


def everything_in(folder: Path, leave_out: Iterable[Path] = ()) -> bytes:
    """Names and contents of all files below `folder`."""
    out = set(leave_out)
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path not in out)
    return b"\n".join(str(path).encode() + b"\n" + path.read_bytes() for path in files)


@contextmanager
def collected(monkeypatch):
    """A list that fills with the bytes of every `Secret` and `PrivateKey` that is made meanwhile."""
    made: list[bytes] = []
    secret_init, private_init = Secret.__init__, PrivateKey.__init__

    def secret(self, value):
        secret_init(self, value)
        if self.reveal() not in made:
            made.append(self.reveal())

    def private(self, value):
        private_init(self, value)
        if self.reveal() not in made:
            made.append(self.reveal())

    with monkeypatch.context() as patch:
        patch.setattr(Secret, "__init__", secret)
        patch.setattr(PrivateKey, "__init__", private)
        yield made
