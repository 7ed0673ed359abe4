# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands on keys: keygen, encapsulate, decapsulate, inspect."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def add_keygen(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the file to make; it must not exist")
    parser.add_argument(
        "--pair", action="store_true", help="a private key, and FILE.pub for whoever wants to send to its holder"
    )
    _passphrase(parser)

    def run(arguments: argparse.Namespace) -> int:
        from deepjscec.crypto import (
            PrivateKey,
            describe_file,
            write_key_file,
            write_private_key_file,
            write_public_key_file,
        )

        passphrase = _read_passphrase(arguments)
        if not arguments.pair:
            write_key_file(arguments.file, passphrase=passphrase)
            print(describe_file(arguments.file))
            return 0
        public = arguments.file.with_name(arguments.file.name + ".pub")
        key = PrivateKey.generate()
        write_private_key_file(arguments.file, key, passphrase)
        with _or_remove(arguments.file):
            write_public_key_file(public, key.public_key)
        print(describe_file(arguments.file), describe_file(public), sep="\n")
        return 0

    parser.set_defaults(run=run)


def add_encapsulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("public", type=Path, help="public key of whoever is to receive")
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="key file to make, for the sender")
    parser.add_argument("--capsule", type=Path, required=True, metavar="FILE", help="to make, and to pass on openly")
    _passphrase(parser)

    def run(arguments: argparse.Namespace) -> int:
        from deepjscec.crypto import describe_file, read_public_key_file, write_capsule_file, write_key_file

        passphrase = _read_passphrase(arguments)
        recipient = read_public_key_file(arguments.public)
        capsule, secret = recipient.encapsulate()
        write_capsule_file(arguments.capsule, capsule, recipient)
        with _or_remove(arguments.capsule):
            write_key_file(arguments.key, secret, passphrase)
        print(describe_file(arguments.key), describe_file(arguments.capsule), sep="\n")
        return 0

    parser.set_defaults(run=run)


def add_decapsulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("capsule", type=Path)
    parser.add_argument("--private", type=Path, required=True, metavar="FILE", help="private key it was made for")
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="key file to make")
    _passphrase(parser)

    def run(arguments: argparse.Namespace) -> int:
        from deepjscec.crypto import (
            PASSPHRASE_VARIABLE,
            describe_file,
            is_sealed,
            read_capsule_file,
            read_private_key_file,
            write_key_file,
        )

        capsule, recipient = read_capsule_file(arguments.capsule)
        passphrase = _read_passphrase(arguments)
        if passphrase is None and is_sealed(arguments.private):  # what it opens must not lie there open
            passphrase = os.environ.get(PASSPHRASE_VARIABLE)
        private = read_private_key_file(arguments.private, passphrase)
        if private.public_key.id != recipient:
            raise ValueError(
                f"{arguments.capsule}: for the key {recipient.hex()}, and {arguments.private} is "
                f"{private.public_key.id.hex()}"
            )
        write_key_file(arguments.key, private.decapsulate(capsule), passphrase)
        print(describe_file(arguments.key))
        return 0

    parser.set_defaults(run=run)


def add_inspect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")

    def run(arguments: argparse.Namespace) -> int:
        from deepjscec.crypto import describe_file

        for path in arguments.files:
            print(describe_file(path))
        return 0

    parser.set_defaults(run=run)


def _passphrase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="its first line seals what is made and opens what is read; later, DEEPJSCEC_PASSPHRASE opens it",
    )


def _read_passphrase(arguments: argparse.Namespace) -> str | None:
    path = arguments.passphrase_file
    if path is None:
        return None
    if os.name == "posix" and path.is_file() and path.stat().st_mode & 0o077:
        raise PermissionError(f"{path}: others may read or change this passphrase: run chmod 600 {path}")
    first = path.read_bytes().partition(b"\n")[0].removesuffix(b"\r")
    if not first:
        raise ValueError(f"{path}: its first line, the passphrase, is empty")
    try:
        return first.decode("utf-8")
    except UnicodeDecodeError:  # whose message would show some of it
        raise ValueError(f"{path}: its first line, the passphrase, is not UTF-8 text") from None


@contextmanager
def _or_remove(path: Path) -> Iterator[None]:
    """Take away a file that is worth nothing without what comes next, where that fails."""
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise
