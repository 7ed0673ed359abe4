# SPDX-License-Identifier: GPL-3.0-or-later
"""Alice and Bob put together from their parts: a key file, a cipher's name, a model's name."""

from __future__ import annotations

from pathlib import Path

from deepjscec.codec import ModelCard, find_model
from deepjscec.crypto import (
    CIPHER_NAMES,
    HeaderOpener,
    PrivateKey,
    Secret,
    Session,
    SessionFile,
    SessionMemory,
    holds,
    read_key_file,
    read_private_key_file,
    read_public_key_file,
)
from deepjscec.link import LinkReceiver, LinkSender, SessionOpening
from deepjscec.phy import Profile


def make_sender(key_file: str | Path, cipher: str, model: str, profile: Profile | None = None) -> LinkSender:
    """Alice's link in a new session; with Bob's public key she tells him the session's secret over the air.

    `ValueError` or `OSError` for a bad key file, cipher or model.
    """
    card = ModelCard.load(find_model(model))
    payload_symbols = (profile or Profile()).max_payload_symbols
    key = _read_sender_key(key_file, payload_symbols)
    if isinstance(key, SessionOpening):
        return LinkSender(Session.start(key.secret), cipher, card, payload_symbols, key)
    return LinkSender(Session.start(key), cipher, card, payload_symbols)


def make_receiver(key_file: str | Path, cipher: str, model: str, session_file: str | Path = "") -> LinkReceiver:
    """Bob's link; with his private key he takes sessions that are opened over the air.

    `ValueError` or `OSError` for a bad key file, cipher, model or session file.
    """
    if cipher not in CIPHER_NAMES:
        raise ValueError(f"unknown cipher {cipher!r}: choose from {', '.join(CIPHER_NAMES)}")
    card = ModelCard.load(find_model(model))
    key = _read_receiver_key(key_file)
    memory = SessionMemory(file=SessionFile(session_file)) if str(session_file) else None
    if isinstance(key, PrivateKey):
        return LinkReceiver(HeaderOpener(), cipher, card, memory=memory, private_key=key)
    return LinkReceiver(HeaderOpener(key), cipher, card, memory=memory)


def check_key_files(
    sender: str | Path | None, receiver: str | Path | None, cipher: str, model: str, profile: Profile
) -> None:
    """Read the key files of `--key` and `--bob-key` once, so that what is wrong is said before anything begins.

    None for who takes no part. Raises as `make_sender` and `make_receiver` do, and for keys that do not go together.
    """
    if receiver is not None and holds(receiver) == "public":
        raise ValueError(f"{receiver}: a public key; --bob-key takes the private one")
    if sender is not None and receiver is not None and (holds(sender), holds(receiver)) == ("shared", "private"):
        raise ValueError(f"{receiver}: a private key; --key takes the public one")
    if sender is not None:
        make_sender(sender, cipher, model, profile)
    if receiver is not None:
        make_receiver(receiver, cipher, model)


def _read_sender_key(key_file: str | Path, payload_symbols: int) -> Secret | SessionOpening:
    """The secret that Alice shares with Bob, or a fresh one for the holder of a public key's other half."""
    kind = _kind(key_file)
    if kind == "public":
        return SessionOpening(read_public_key_file(key_file), payload_symbols)
    if kind != "shared":
        raise ValueError(f"{key_file}: a {_NAMES[kind]}; Alice needs a shared key file or Bob's public key")
    return read_key_file(key_file)


def _read_receiver_key(key_file: str | Path) -> Secret | PrivateKey:
    """The secret that Bob shares with Alice, or his private key."""
    kind = _kind(key_file)
    if kind == "private":
        return read_private_key_file(key_file)
    if kind != "shared":
        raise ValueError(f"{key_file}: a {_NAMES[kind]}; Bob needs a shared key file or his private key")
    return read_key_file(key_file)


_NAMES = {"private": "private key", "public": "public key", "capsule": "capsule"}


def _kind(key_file: str | Path) -> str:
    if not str(key_file):
        raise ValueError("no key file given; `deepjscec keygen FILE` makes one")
    return holds(key_file)
