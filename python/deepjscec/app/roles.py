# SPDX-License-Identifier: GPL-3.0-or-later
"""Alice and Bob put together from their parts: a key file, a cipher's name, a model's name."""

from __future__ import annotations

from pathlib import Path

from deepjscec.codec import ModelCard, find_model
from deepjscec.crypto import CIPHER_NAMES, HeaderOpener, Secret, Session, SessionFile, SessionMemory, read_key_file
from deepjscec.link import LinkReceiver, LinkSender
from deepjscec.phy import Profile


def make_sender(key_file: str | Path, cipher: str, model: str, profile: Profile | None = None) -> LinkSender:
    """Alice's link in a new session. `ValueError` or `OSError` for a bad key file, cipher or model."""
    card = ModelCard.load(find_model(model))
    session = Session.start(_read_key(key_file))
    payload_symbols = (profile or Profile()).max_payload_symbols
    return LinkSender(session, cipher, card, payload_symbols)


def make_receiver(key_file: str | Path, cipher: str, model: str, session_file: str | Path = "") -> LinkReceiver:
    """Bob's link. `ValueError` or `OSError` for a bad key file, cipher, model or session file."""
    if cipher not in CIPHER_NAMES:
        raise ValueError(f"unknown cipher {cipher!r}: choose from {', '.join(CIPHER_NAMES)}")
    card = ModelCard.load(find_model(model))
    opener = HeaderOpener(_read_key(key_file))
    memory = SessionMemory(file=SessionFile(session_file)) if str(session_file) else None
    return LinkReceiver(opener, cipher, card, memory=memory)


def _read_key(key_file: str | Path) -> Secret:
    if not str(key_file):
        raise ValueError("no key file given; `deepjscec keygen FILE` makes one")
    return read_key_file(key_file)
