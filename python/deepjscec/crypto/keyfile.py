# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of keys and capsules: a few lines of text; secret ones are readable by their owner only.

    deepjscec-key 1                 a secret that Alice and Bob share
    id 1a2b3c4d
    secret <44 characters of base64>

    deepjscec-private-key 1         Bob's half of a pair                deepjscec-public-key 1      ... and everyone's
    id 5e6f7a8b                                                         id 5e6f7a8b
    secret <base64 of 96 bytes>                                         value <base64 of 1216 bytes>

    deepjscec-capsule 1             a secret on its way to the holder of that pair
    id 5e6f7a8b
    value <base64 of 1120 bytes>

The first line is the format's version; the second names the key, which also catches a damaged third line. With a
passphrase the third line is `sealed` (see `passphrase.py`). Windows has no permission bits, and none are checked there.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .hybrid import CAPSULE_BYTES, PRIVATE_BYTES, PUBLIC_BYTES, PrivateKey, PublicKey
from .passphrase import SEALED_EXTRA_BYTES, open_sealed, seal
from .secret import SECRET_BYTES, Secret
from .session import KEY_ID_BYTES, key_id

PASSPHRASE_VARIABLE = "DEEPJSCEC_PASSPHRASE"
_VERSION = "1"
_MAX_BYTES = 4096
_BODY = re.compile(r"id ([0-9a-f]{8})\n(secret|value|sealed) ([A-Za-z0-9+/]+=*)\n?")


@dataclass(frozen=True)
class _Kind:
    magic: str
    holds: str
    name: str
    size: int
    private: bool
    id_of: Callable[[bytes], bytes] | None  # None where the id is another key's


_SHARED = _Kind("deepjscec-key", "shared", "key file", SECRET_BYTES, True, key_id)
_PRIVATE = _Kind(
    "deepjscec-private-key", "private", "private key", PRIVATE_BYTES, True, lambda v: PrivateKey(v).public_key.id
)
_PUBLIC = _Kind("deepjscec-public-key", "public", "public key", PUBLIC_BYTES, False, lambda v: PublicKey(v).id)
_CAPSULE = _Kind("deepjscec-capsule", "capsule", "capsule", CAPSULE_BYTES, False, None)
_KINDS = {kind.magic: kind for kind in (_SHARED, _PRIVATE, _PUBLIC, _CAPSULE)}


def write_key_file(path: str | os.PathLike, secret: Secret | None = None, passphrase: str | None = None) -> Secret:
    """Create `path` (mode 0600) with `secret`, by default a new random one, and return the secret.

    Raises `FileExistsError` when there is anything at `path`, another `OSError` when it cannot be written; a
    file that could not be written whole is removed again.
    """
    secret = Secret.random() if secret is None else secret
    _write(Path(path), _SHARED, key_id(secret), secret.reveal(), passphrase)
    return secret


def read_key_file(path: str | os.PathLike, passphrase: str | None = None) -> Secret:
    """The secret in the key file `path`; the environment's `DEEPJSCEC_PASSPHRASE` serves where none is given.

    Raises `FileNotFoundError`, `PermissionError` (others may read the file: `chmod 600` it) or another
    `OSError`, and `ValueError` for a wrong version, size, format or passphrase. Every message is one line that names
    the file and shows no secret.
    """
    return Secret(_read(Path(path), _SHARED, passphrase)[1])


def write_private_key_file(path: str | os.PathLike, key: PrivateKey, passphrase: str | None = None) -> None:
    """Create `path` (mode 0600) with Bob's private key; errors as `write_key_file`."""
    _write(Path(path), _PRIVATE, key.public_key.id, key.reveal(), passphrase)


def read_private_key_file(path: str | os.PathLike, passphrase: str | None = None) -> PrivateKey:
    """Errors as `read_key_file`."""
    return PrivateKey(_read(Path(path), _PRIVATE, passphrase)[1])


def write_public_key_file(path: str | os.PathLike, key: PublicKey) -> None:
    """Create `path` with Bob's public key; errors as `write_key_file`."""
    _write(Path(path), _PUBLIC, key.id, key.to_bytes())


def read_public_key_file(path: str | os.PathLike) -> PublicKey:
    """Errors as `read_key_file`, but for permissions: everyone may read it."""
    return PublicKey(_read(Path(path), _PUBLIC)[1])


def write_capsule_file(path: str | os.PathLike, capsule: bytes, recipient: PublicKey) -> None:
    """Create `path` with a capsule for the holder of `recipient`'s private half; errors as `write_key_file`."""
    _write(Path(path), _CAPSULE, recipient.id, capsule)


def read_capsule_file(path: str | os.PathLike) -> tuple[bytes, bytes]:
    """The capsule in `path`, and the id of the public key that it is for; errors as `read_public_key_file`."""
    id_, value = _read(Path(path), _CAPSULE)
    return value, id_


def describe_file(path: str | os.PathLike) -> str:
    """What kind of file `path` is and which key it names, in a line without secrets; errors as `read_key_file`.

    The id is checked against the content, but where that is sealed or names another key, as a capsule does.
    """
    path = Path(path)
    data, mode = _load(path)
    kind, id_, value, label = _parse(path, data)
    _check_private(path, kind, mode)
    if label != "sealed":
        _check_id(path, kind, id_, value)
    notes = ", sealed with a passphrase" if label == "sealed" else ""
    return f"{path}: {kind.name} {'for ' if kind is _CAPSULE else ''}{id_.hex()}{notes}"


def holds(path: str | os.PathLike) -> str:
    """What is in `path`: "shared", "private", "public" or "capsule"; errors as `read_public_key_file`."""
    return _parse(Path(path), _load(Path(path), "key file")[0])[0].holds


def is_sealed(path: str | os.PathLike) -> bool:
    """Whether a passphrase is needed for what is in `path`; errors as `read_public_key_file`."""
    return _parse(Path(path), _load(Path(path))[0])[3] == "sealed"


def _write(path: Path, kind: _Kind, id_: bytes, value: bytes, passphrase: str | None = None) -> None:
    label = "secret" if kind.private else "value"
    if passphrase is not None:
        try:
            label, value = "sealed", seal(value, passphrase, _head(kind, id_).encode("ascii"))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
    text = f"{_head(kind, id_)}{label} {base64.b64encode(value).decode('ascii')}\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if kind.private else 0o644)
    except FileExistsError:
        raise FileExistsError(f"{path}: exists already, a {kind.name} is never overwritten") from None
    except OSError as error:
        raise type(error)(f"{path}: cannot create the {kind.name}: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OSError(f"{path}: cannot write the {kind.name}: {error.strerror}") from None
        raise


def _read(path: Path, kind: _Kind, passphrase: str | None = None) -> tuple[bytes, bytes]:
    """Id and value of a file of `kind`."""
    data, mode = _load(path, kind.name)
    found, id_, value, label = _parse(path, data)
    if found is not kind:
        raise ValueError(f"{path}: a {found.name}, where a {kind.name} is needed")
    _check_private(path, kind, mode)
    if label == "sealed":
        if passphrase is None:
            passphrase = os.environ.get(PASSPHRASE_VARIABLE)
        if passphrase is None:
            raise ValueError(f"{path}: sealed with a passphrase: put it into {PASSPHRASE_VARIABLE}")
        try:
            value = open_sealed(value, passphrase, _head(kind, id_).encode("ascii"))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
    _check_id(path, kind, id_, value)
    return id_, value


def _head(kind: _Kind, id_: bytes) -> str:
    return f"{kind.magic} {_VERSION}\nid {id_.hex()}\n"


def _check_id(path: Path, kind: _Kind, id_: bytes, value: bytes) -> None:
    try:
        fits = kind.id_of is None or kind.id_of(value) == id_
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{path}: damaged {kind.name} (its content and its id do not belong together)")


def _check_private(path: Path, kind: _Kind, mode: int) -> None:
    if kind.private and os.name == "posix" and mode & 0o077:
        raise PermissionError(f"{path}: others may read or change this {kind.name}: run chmod 600 {path}")


def _load(path: Path, name: str = "file") -> tuple[bytes, int]:
    """The bytes of a file, and its mode; `name` for messages."""
    try:
        # without O_NONBLOCK, opening a pipe would wait for a writer
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            status = os.fstat(file.fileno())  # of the file opened, which the path may no longer name
            if not stat.S_ISREG(status.st_mode):
                raise ValueError(f"{path}: not a regular file")
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        if error.strerror is None:  # raised above, with its message
            raise
        raise type(error)(f"{path}: cannot read the {name}: {error.strerror}") from None
    if len(data) > _MAX_BYTES:
        raise ValueError(f"{path}: too long for a {name}")
    return data, status.st_mode


def _parse(path: Path, data: bytes) -> tuple[_Kind, bytes, bytes, str]:
    """Kind, id, value and the value's label: secret, value or sealed."""
    first, _, body = data.decode("ascii", errors="replace").replace("\r\n", "\n").partition("\n")
    magic, _, version = first.partition(" ")
    kind = _KINDS.get(magic)
    if kind is None:
        raise ValueError(f"{path}: not a key file (it does not start with '{_SHARED.magic}' or the like)")
    if version != _VERSION:
        raise ValueError(f"{path}: {kind.name} version {version[:16]!r}, this library reads {_VERSION}")
    match = _BODY.fullmatch(body)
    labels = ("secret", "sealed") if kind.private else ("value",)
    if match is not None and match.group(2) in labels:
        size = kind.size + (SEALED_EXTRA_BYTES if match.group(2) == "sealed" else 0)
        try:
            value = base64.b64decode(match.group(3), validate=True)
        except binascii.Error:
            value = b""
        if len(value) == size and base64.b64encode(value).decode("ascii") == match.group(3):
            return kind, bytes.fromhex(match.group(1)), value, match.group(2)
    raise ValueError(
        f"{path}: damaged {kind.name} (expected a line 'id' and a line '{labels[0]}' of {kind.size} bytes)"
    )


assert KEY_ID_BYTES == 4  # what _BODY says in hexadecimal
