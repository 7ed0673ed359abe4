# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys, key stream, ciphers on codewords of complex symbols, and the packet header's seal.

    session = Session.start(read_key_file("alice.key"))
    number = session.next_packet()
    header = HeaderSealer(session).seal(number, fields)
    payload = IsometricCipher(session, block_size=64).encrypt(symbols, packet=number)

    opened = HeaderOpener(secret).open(header)
    if memory.accept(opened.session.name, opened.packet):
        symbols = IsometricCipher(opened.session, block_size=64).decrypt(payload, packet=opened.packet)

Knows nothing of pictures or radio. What it claims, and what not: `docs/security.md`.
"""

from .cipher import CIPHER_NAMES, Cipher, make_cipher
from .counter import CounterExhaustedError, ReusedCounterError
from .header import (
    FIELD_BYTES,
    HEADER_BYTES,
    HEADER_VERSION,
    ClearPart,
    ForeignKeyError,
    HeaderError,
    HeaderLengthError,
    HeaderOpener,
    HeaderSealer,
    HeaderTagError,
    HeaderVersionError,
    OpenedHeader,
    open_header,
    read_clear_part,
)
from .hybrid import CapsuleError, PrivateKey, PublicKey
from .isometric import IsometricCipher
from .keyfile import (
    PASSPHRASE_VARIABLE,
    describe_file,
    holds,
    is_sealed,
    read_capsule_file,
    read_key_file,
    read_private_key_file,
    read_public_key_file,
    write_capsule_file,
    write_key_file,
    write_private_key_file,
    write_public_key_file,
)
from .keystream import KeyStream
from .lwe import LweCipher
from .lwe_keys import LwePrivateKey, LwePublicKey
from .modulo import ModuloCipher
from .null import NullCipher
from .reference_blocks import (
    ReferenceCheck,
    check_reference,
    correlation_threshold,
    reference_symbols,
    secret_order,
)
from .replay import ReplayWindow, SessionMemory
from .secret import Secret
from .session import KEY_ID_BYTES, SESSION_ID_BYTES, Session, key_id
from .session_file import SessionFile

__all__ = [
    "CIPHER_NAMES",
    "FIELD_BYTES",
    "HEADER_BYTES",
    "HEADER_VERSION",
    "KEY_ID_BYTES",
    "PASSPHRASE_VARIABLE",
    "SESSION_ID_BYTES",
    "CapsuleError",
    "Cipher",
    "ClearPart",
    "CounterExhaustedError",
    "ForeignKeyError",
    "HeaderError",
    "HeaderLengthError",
    "HeaderOpener",
    "HeaderSealer",
    "HeaderTagError",
    "HeaderVersionError",
    "IsometricCipher",
    "KeyStream",
    "LweCipher",
    "LwePrivateKey",
    "LwePublicKey",
    "ModuloCipher",
    "NullCipher",
    "OpenedHeader",
    "PrivateKey",
    "PublicKey",
    "ReferenceCheck",
    "ReplayWindow",
    "ReusedCounterError",
    "Secret",
    "Session",
    "SessionFile",
    "SessionMemory",
    "check_reference",
    "correlation_threshold",
    "describe_file",
    "holds",
    "is_sealed",
    "key_id",
    "make_cipher",
    "open_header",
    "read_capsule_file",
    "read_clear_part",
    "read_key_file",
    "read_private_key_file",
    "read_public_key_file",
    "reference_symbols",
    "secret_order",
    "write_capsule_file",
    "write_key_file",
    "write_private_key_file",
    "write_public_key_file",
]
