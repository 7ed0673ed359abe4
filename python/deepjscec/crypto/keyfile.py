# SPDX-License-Identifier: GPL-3.0-or-later
"""Key files: one raw 32-byte secret in three lines of text, readable by their owner only.

    deepjscec-key 1
    id 1a2b3c4d
    secret <44 characters of base64>

The first line is the format's version, the second the public key id (see `deepjscec.crypto.key_id`), which
also catches a damaged third line. Windows has no such permission bits, and none are checked there.
"""

from __future__ import annotations

import base64
import os
import re
import stat
from pathlib import Path

from .secret import Secret
from .session import key_id

_MAGIC = "deepjscec-key"
_VERSION = "1"
_MAX_BYTES = 4096
_BODY = re.compile(r"id ([0-9a-f]{8})\nsecret ([A-Za-z0-9+/]{43}=)\n?")


def write_key_file(path: str | os.PathLike, secret: Secret | None = None) -> Secret:
    """Create `path` (mode 0600) with `secret`, by default a new random one, and return the secret.

    Raises `FileExistsError` when there is anything at `path`, another `OSError` when it cannot be written; a
    file that could not be written whole is removed again.
    """
    path = Path(path)
    secret = Secret.random() if secret is None else secret
    encoded = base64.b64encode(secret.reveal()).decode("ascii")
    text = f"{_MAGIC} {_VERSION}\nid {key_id(secret).hex()}\nsecret {encoded}\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise FileExistsError(f"{path}: exists already, a key file is never overwritten") from None
    except OSError as error:
        raise type(error)(f"{path}: cannot create the key file: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OSError(f"{path}: cannot write the key file: {error.strerror}") from None
        raise
    return secret


def read_key_file(path: str | os.PathLike) -> Secret:
    """The secret in the key file `path`.

    Raises `FileNotFoundError`, `PermissionError` (others may read the file: `chmod 600` it) or another
    `OSError`, and `ValueError` for a wrong version, size or format. Every message is one line that names the
    file and shows no secret.
    """
    path = Path(path)
    try:
        # without O_NONBLOCK, opening a pipe would wait for a writer
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            status = os.fstat(file.fileno())  # of the file opened, which the path may no longer name
            if not stat.S_ISREG(status.st_mode):
                raise ValueError(f"{path}: not a regular file")
            if os.name == "posix" and status.st_mode & 0o077:
                raise PermissionError(f"{path}: others may read or change this key file: run chmod 600 {path}")
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        if error.strerror is None:  # raised above, with its message
            raise
        raise type(error)(f"{path}: cannot read the key file: {error.strerror}") from None
    if len(data) > _MAX_BYTES:
        raise ValueError(f"{path}: too long for a key file")
    first, _, body = data.decode("ascii", errors="replace").replace("\r\n", "\n").partition("\n")
    magic, _, version = first.partition(" ")
    if magic != _MAGIC:
        raise ValueError(f"{path}: not a key file (it does not start with '{_MAGIC}')")
    if version != _VERSION:
        raise ValueError(f"{path}: key file version {version[:16]!r}, this library reads {_VERSION}")
    return _parse_body(path, body)


def _parse_body(path: Path, body: str) -> Secret:
    match = _BODY.fullmatch(body)
    if match is None:
        raise ValueError(f"{path}: damaged key file (expected a line 'id' and a line 'secret' of 32 bytes)")
    secret = Secret(base64.b64decode(match.group(2)))  # 43 characters and a pad are always 32 bytes
    canonical = base64.b64encode(secret.reveal()).decode("ascii") == match.group(2)
    if not canonical or key_id(secret).hex() != match.group(1):
        raise ValueError(f"{path}: damaged key file (secret and id do not belong together)")
    return secret
