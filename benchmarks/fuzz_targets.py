# SPDX-License-Identifier: GPL-3.0-or-later
"""What reads bytes from strangers or from disk, each with valid inputs to start from and the promise it must keep.

A target's `feed` gives bytes to a parser. It returns where they were read, or refused by an error that the parser's
documentation names, in one line; anything else it raises is a finding. `benchmarks/fuzz_parsers.py` feeds what coverage
suggests, `tests/test_parser_fuzz.py` what hypothesis does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from deepjscec.codec import ModelCard, find_model, list_models
from deepjscec.codec.card import FORMAT
from deepjscec.codec.patch import apply_patch, make_patch
from deepjscec.crypto import (
    HEADER_BYTES,
    CapsuleError,
    ForeignKeyError,
    HeaderLengthError,
    HeaderOpener,
    HeaderSealer,
    HeaderTagError,
    HeaderVersionError,
    LweCipher,
    LwePrivateKey,
    LwePublicKey,
    PrivateKey,
    PublicKey,
    Session,
    SessionFile,
    describe_file,
    read_capsule_file,
    read_clear_part,
    read_key_file,
    read_private_key_file,
    read_public_key_file,
    write_capsule_file,
    write_key_file,
    write_private_key_file,
    write_public_key_file,
)
from deepjscec.crypto.hybrid import PRIVATE_BYTES
from deepjscec.crypto.session_file import MAGIC
from deepjscec.link.fields import PacketFields
from deepjscec.link.opening import OPENING_SYMBOLS, OpeningReceiver, SessionOpening, is_opening

SECRET = bytes(range(32))
OLD, NEW = bytes(200), bytes(100) + bytes(range(100))
FIELDS = PacketFields(7, 1, 3, 12, 512, 768, 2, bytes(range(8)))
READERS = (read_key_file, read_private_key_file, read_public_key_file, read_capsule_file, describe_file)


class BrokenPromiseError(Exception):
    """A parser read what it must refuse, or refused it in a way it does not document."""


@dataclass(frozen=True)
class Target:
    """`feed` takes bytes and a folder for files; `seeds` makes valid inputs, for which it may use the folder, too.

    `words`: what a fuzzer does well to put into inputs.
    """

    feed: Callable[[bytes, Path], None]
    seeds: Callable[[Path], list[bytes]]
    words: tuple[bytes, ...] = ()


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise BrokenPromiseError(what)


def _check_line(error: Exception, about: object = "") -> None:
    _check(str(about) in str(error) and len(str(error).splitlines()) == 1, f"not one line on {about}: {error!r}")


@cache
def _opener() -> HeaderOpener:
    return HeaderOpener(SECRET, bytes(32))


@cache
def _bob() -> PrivateKey:
    return PrivateKey(bytes(range(PRIVATE_BYTES)))


@cache
def _headers() -> tuple[bytes, ...]:
    """Genuine ones, of both secrets."""
    sealers = [HeaderSealer(Session.derive(secret, bytes(8))) for secret in (SECRET, bytes(32))]
    return tuple(sealer.seal(packet, FIELDS.pack()) for sealer in sealers for packet in (0, 1, 2**32 - 1))


def _feed_header(data: bytes, folder: Path) -> None:
    try:
        clear = read_clear_part(data)
        _check(clear.packet < 2**32, "packet number beyond its field")
    except HeaderLengthError as error:
        _check_line(error)
    try:
        opened = _opener().open(data)
        _check(data in _headers(), "a header that nobody sealed")
        _check(PacketFields.unpack(opened.fields) == FIELDS, "other fields than were sealed")
    except (HeaderLengthError, HeaderVersionError, ForeignKeyError, HeaderTagError) as error:
        _check_line(error)


def _feed_fields(data: bytes, folder: Path) -> None:
    try:
        _check(PacketFields.unpack(data).pack() == data, "fields that pack to other bytes")
    except ValueError as error:
        _check_line(error)


def _feed_capsule(data: bytes, folder: Path) -> None:
    try:
        _bob().decapsulate(data)
    except CapsuleError as error:
        _check_line(error)


def _feed_public_key(data: bytes, folder: Path) -> None:
    try:
        key = PublicKey(data)
        _check(key.to_bytes() == data, "a public key of other bytes")
        key.encapsulate()
    except ValueError as error:
        _check_line(error)


def _feed_key_file(data: bytes, folder: Path) -> None:
    path = folder / "key"
    path.write_bytes(data)
    path.chmod(0o600)
    read = 0
    for reader in READERS:
        try:
            read += bool(reader(path))
        except ValueError as error:
            _check_line(error, path)
    _check(read in (0, 1, 2), "a file of two kinds")  # its own reader, and the one that describes any


def _key_files(folder: Path) -> list[bytes]:
    capsule = PrivateKey(bytes(PRIVATE_BYTES)).public_key.to_bytes()[:32] + bytes(1088)
    write_key_file(folder / "shared", None)
    write_key_file(folder / "sealed", None, "correct horse")
    write_private_key_file(folder / "private", _bob())
    write_public_key_file(folder / "public", _bob().public_key)
    write_capsule_file(folder / "capsule", capsule, _bob().public_key)
    return [(folder / name).read_bytes() for name in ("shared", "sealed", "private", "public", "capsule")]


def _feed_session_file(data: bytes, folder: Path) -> None:
    path = folder / "sessions"
    path.write_bytes(data)
    try:
        file = SessionFile(path)
    except ValueError as error:
        _check_line(error, path)
        _check(path.read_bytes() == data, "a file refused and changed all the same")
        return
    seen = file.seen
    file.close()
    again = SessionFile(path)
    again.close()
    _check(list(again.seen.items()) == list(seen.items()), "a memory that changes when it is opened")


def _feed_model_card(data: bytes, folder: Path) -> None:
    (folder / "card.json").write_bytes(data)
    try:
        card = ModelCard.load(folder)
    except ValueError as error:
        _check_line(error, folder / "card.json")
        return
    _check(len(card.model_hash) == 8 and card.block_size > 0, "a card without hash or block")
    for index in range(len(card.rates)):
        for shape in ((32, 32), (2048, 1024)):
            _check(card.codeword_length(shape, index) > 0, "a codeword of no symbols")
            card.shares(shape, index)


def _model_cards(folder: Path) -> list[bytes]:
    """Of what ships, without what is for people to read, and one that builds on another."""
    cards = [json.loads((find_model(name) / "card.json").read_text()) for name in list_models()]
    keys = ("format", "name", "latent", "rates", "shares", "files", "base")
    cards = [{key: card[key] for key in keys if key in card} for card in cards]
    tuned = {"format": FORMAT, "name": "tuned", "base": "photo", "files": {"decoder.onnx": {"sha256": "0" * 64}}}
    return [json.dumps(card).encode() for card in [*cards, tuned]]


def _feed_model_name(data: bytes, folder: Path) -> None:
    try:
        found = find_model(os.fsdecode(data))
        _check((found / "card.json").is_file(), "a folder that holds no model")
    except ValueError as error:
        _check_line(error)


def _feed_opening(data: bytes, folder: Path) -> None:
    """A header of 48 bytes, then symbols as float16 pairs, of a variance that the next byte chooses."""
    header, rest = data[:HEADER_BYTES], data[HEADER_BYTES:]
    if not is_opening(header):
        return
    parts = np.frombuffer(rest[1 : 1 + len(rest[1:]) // 4 * 4], "<f2").astype(np.float32)
    symbols = np.zeros(OPENING_SYMBOLS, np.complex64)
    symbols[: parts.size // 2] = parts.view(np.complex64)[:OPENING_SYMBOLS]
    variance = (0.0, 0.1, np.inf, np.nan, -1.0, 1e38)[rest[0] % 6] if rest else 1.0
    receiver = OpeningReceiver(_bob())
    receiver.receive(header, symbols, np.full(OPENING_SYMBOLS, variance, np.float32))
    _check(sum(receiver.stats.values()) > 0, "a packet that is not counted")


def _openings(folder: Path) -> list[bytes]:
    packets = SessionOpening(_bob().public_key).first[:2]
    return [p.header + b"\1" + p.payload.view(np.float32).astype("<f2").tobytes()[:4000] for p in packets]


def _feed_lwe_public_key(data: bytes, folder: Path) -> None:
    try:
        _check(LwePublicKey.from_bytes(data).to_bytes() == data, "a public key of other bytes")
    except ValueError as error:
        _check_line(error)


@cache
def _lwe() -> LweCipher:
    return LweCipher(Session.derive(SECRET, bytes(8)), 4)


def _feed_lwe_prefix(data: bytes, folder: Path) -> None:
    try:
        clear, variance = _lwe().decrypt_message(data, np.ones(4, np.complex64), np.ones(4, np.float32), 0)
        _check(np.isfinite(clear).all() and (variance >= 0).all(), "a message that is no numbers")
    except ValueError as error:
        _check_line(error)


def _feed_patch(data: bytes, folder: Path) -> None:
    try:
        _check(len(apply_patch(OLD, data)) == len(OLD), "a patched file of another length")
    except ValueError as error:
        _check_line(error)


KEY_WORDS = (b"deepjscec-key 1\n", b"deepjscec-private-key 1\n", b"deepjscec-public-key 1\n", b"deepjscec-capsule 1\n")
KEY_WORDS += (b"id ca00e229\n", b"secret ", b"sealed ", b"value ", b"\r\n", b"====")
CARD_WORDS = (
    b'"format"',
    b'"name"',
    b'"latent"',
    b'"rates"',
    b'"shares"',
    b'"files"',
    b'"levels"',
    b'"area"',
    b'"base"',
)
CARD_WORDS += (b'"photo"', b'"tile"', b'"sha256"', b'"1/6"', b'"1e9999999"', b"NaN", b"-1", b"1e400", b"null", b"true")
CARD_WORDS += (b"[" * 1000, b"9" * 4400, b'"\\ud800"', b'"\\n"')

TARGETS = {
    "header": Target(_feed_header, lambda folder: list(_headers())),
    "fields": Target(_feed_fields, lambda folder: [FIELDS.pack()]),
    "capsule": Target(_feed_capsule, lambda folder: [_bob().public_key.encapsulate()[0]]),
    "public_key": Target(_feed_public_key, lambda folder: [_bob().public_key.to_bytes()]),
    "key_file": Target(_feed_key_file, _key_files, KEY_WORDS),
    "session_file": Target(_feed_session_file, lambda folder: [MAGIC, MAGIC + bytes(16) + bytes(range(32)) + b"cut"]),
    "model_card": Target(_feed_model_card, _model_cards, CARD_WORDS),
    "model_name": Target(
        _feed_model_name,
        lambda folder: [b"photo", b"./cifar", b"/nowhere/lite", b"a" * 250],  # the last nearly too long for a file
        (b"/", b"..", b"\0"),
    ),
    "opening": Target(_feed_opening, _openings),
    "lwe_public_key": Target(
        _feed_lwe_public_key, lambda folder: [LwePrivateKey.from_seed(SECRET, columns=2).public_key.to_bytes()]
    ),
    "lwe_prefix": Target(_feed_lwe_prefix, lambda folder: [bytes(_lwe().prefix_bytes)]),
    "patch": Target(_feed_patch, lambda folder: [make_patch(OLD, NEW)]),
}
