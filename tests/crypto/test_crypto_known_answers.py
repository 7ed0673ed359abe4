# SPDX-License-Identifier: GPL-3.0-or-later
"""Published known answers of every primitive, where possible through the code that uses it, and frozen ones of ours.

More of ours stand beside what they are of: key stream, header, modulo cipher, capsule.
"""

import hashlib
import hmac
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from deepjscec.crypto import IsometricCipher, KeyStream, PrivateKey, Secret, Session, key_id
from deepjscec.crypto import header as header_module
from deepjscec.crypto import keystream as keystream_module
from deepjscec.crypto import passphrase as passphrase_module

SECRET = bytes(range(32))
SESSION_ID = bytes(range(100, 108))
MLKEM = json.loads((Path(__file__).parent / "mlkem768_kat.json").read_text())

# RFC 7748, section 6.1
ALICE = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
ALICE_PUBLIC = bytes.fromhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
BOB = bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
BOB_PUBLIC = bytes.fromhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
SHARED = bytes.fromhex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")


def key_stream(key: str, counter: bytes, count: int, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """`count` bytes of `KeyStream` from a counter block on that its own layout need not allow."""
    monkeypatch.setattr(keystream_module, "counter_block", lambda *fields: counter)
    return KeyStream(Secret(bytes.fromhex(key)), 0, 1).words(-(-count // 8)).astype("<u8").tobytes()[:count]


def hkdf(ikm: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA-256 once more, out of HMAC alone (RFC 5869, section 2)."""
    key = hmac.digest(salt or bytes(32), ikm, "sha256")
    block = output = b""
    for number in range(1, -(-length // 32) + 1):
        block = hmac.digest(key, block + info + bytes([number]), "sha256")
        output += block
    return output[:length]


def test_aes_256_ctr_of_nist_sp_800_38a_f_5_5(monkeypatch):
    stream = key_stream(
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", bytes(range(0xF0, 0x100)), 64, monkeypatch
    )
    plaintext = bytes.fromhex(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
    )
    assert bytes(a ^ b for a, b in zip(stream, plaintext)).hex() == (
        "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
        "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6"
    )


@pytest.mark.parametrize(
    ("key", "fields", "plaintext", "ciphertext"),
    [
        (
            "776beff2851db06f4c8a0542c8696f6c6a81af1eec96b4d37fc1d689e6c1c104",
            (0x00000060, 0xDB56, 0x72C9, 0x7AA8F0B200000001),
            "53696e676c6520626c6f636b206d7367",
            "145ad01dbf824ec7560863dc71e3e0c0",
        ),
        (
            "f6d66d6bd52d59bb0796365879eff886c66dd51a5b6a99744b50590c87a23884",
            (0x00FAAC24, 0xC158, 0x5EF1, 0x5A43D87500000001),
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "f05e231b3894612c49ee000b804eb2a9b8306b508f839d6a5530831d9344af1c",
        ),
    ],
)
def test_aes_256_ctr_of_rfc_3686_through_the_counters_layout(key, fields, plaintext, ciphertext):
    """Test vectors 7 and 8, whose counter blocks our layout can write. (That of number 9 is beyond a packet's end.)"""
    packet, scheme, parameter, first = fields
    words = KeyStream(Secret(bytes.fromhex(key)), packet, scheme, parameter, first).words(len(plaintext) // 16)
    stream = words.astype("<u8").tobytes()
    assert bytes(a ^ b for a, b in zip(stream, bytes.fromhex(plaintext))).hex() == ciphertext


@pytest.mark.parametrize(
    ("associated", "payload", "sealed"),
    [
        (
            "7022eaa52c9da821da72d2edd98f6b91dfe474999b75b34699aeb38465f70c1c",
            "28ef408d57930086011b167ac04b866e5b58fe6690a0b9c3",
            "356367c6cee4453658418d9517f7c6faddcd7c65aef460138cf050f48c505151",
        ),
        (
            "a61b6c1f0293a7c35520abf158a995e5ae59b43ec5f38ff6fd6529970c9f83ac",
            "1c5ad37d2a55afbc390b27cde0c42d6651fe191239bfaa27",
            "01d6f436b322ea0c6051bc2237786df2d76b9b1107eb73f76bca352f92f383e1",
        ),
    ],
)
def test_aes_256_ccm_with_a_tag_of_8_bytes_of_nist_cavp(associated, payload, sealed):
    """VTT256.rsp, Tlen = 8, counts 20 and 21. (The vectors of RFC 3610 are of AES-128.)"""
    key = bytes.fromhex("bae73483de27b581a7c13f178a6d7bda168c1b4a1cb9180512a13e3ab914eb61")
    nonce = bytes.fromhex("daf54faef6e4fc7867624b76f2")
    assert len(nonce) == len(header_module._nonce(0))
    aead = header_module._aead(SimpleNamespace(header_key=Secret(key)))
    assert aead.encrypt(nonce, bytes.fromhex(payload), bytes.fromhex(associated)).hex() == sealed


HKDF_VECTORS = [
    (
        b"\x0b" * 22,
        bytes(range(13)),
        bytes(range(0xF0, 0xFA)),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        bytes(range(0x50)),
        bytes(range(0x60, 0xB0)),
        bytes(range(0xB0, 0x100)),
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
        "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
    ),
    (b"\x0b" * 22, b"", b"", "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
]


@pytest.mark.parametrize(("ikm", "salt", "info", "expected"), HKDF_VECTORS)
def test_hkdf_sha_256_of_rfc_5869(ikm, salt, info, expected):
    length = len(expected) // 2
    assert HKDF(hashes.SHA256(), length, salt or None, info).derive(ikm).hex() == expected
    assert hkdf(ikm, salt, info, length).hex() == expected


def test_keys_of_a_session_are_those_of_hkdf():
    session = Session.derive(SECRET, SESSION_ID)
    assert session.header_key.reveal() == hkdf(SECRET, b"", b"deepjscec 1 header " + SESSION_ID, 32)
    stream_key = hkdf(SECRET, b"", b"deepjscec 1 key stream " + SESSION_ID, 32)
    expected = KeyStream(Secret(stream_key), 5, 1, 64).words(8)
    np.testing.assert_array_equal(session.key_stream(5, 1, 64).words(8), expected)
    named = hashlib.sha256(hkdf(SECRET, b"", b"deepjscec 1 key id", 32)).digest()[:4]
    assert key_id(SECRET) == session.key_id == named == bytes.fromhex("ca00e229")


@pytest.mark.parametrize(
    ("scalar", "u", "expected"),
    [
        (
            "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
        ),
        (
            "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
            "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
        ),
    ],
)
def test_x25519_of_rfc_7748_5_2(scalar, u, expected):
    ours = X25519PrivateKey.from_private_bytes(bytes.fromhex(scalar))
    assert ours.exchange(X25519PublicKey.from_public_bytes(bytes.fromhex(u))).hex() == expected


def test_x25519_of_rfc_7748_6_1_through_our_keys():
    seed = bytes.fromhex(MLKEM["seed"])
    for private, public in ((ALICE, ALICE_PUBLIC), (BOB, BOB_PUBLIC)):
        assert PrivateKey(private + seed).public_key.to_bytes()[:32] == public


def test_ml_kem_768_key_generation_through_our_keys():
    public = PrivateKey(BOB + bytes.fromhex(MLKEM["seed"])).public_key.to_bytes()
    assert hashlib.sha256(public[32:]).hexdigest() == MLKEM["ek_sha256"]


@pytest.mark.parametrize("kind", ["", "rejected_"])
def test_a_capsule_of_published_vectors_gives_the_secret_that_follows_from_them(kind):
    """X25519 of RFC 7748 and ML-KEM-768, one decapsulation that succeeds and one that FIPS 203 rejects implicitly."""
    private = PrivateKey(BOB + bytes.fromhex(MLKEM["seed"]))
    capsule = ALICE_PUBLIC + bytes.fromhex(MLKEM[f"{kind}ciphertext"])
    binding = hashlib.sha256(capsule + private.public_key.to_bytes()).digest()
    ikm = bytes.fromhex(MLKEM[f"{kind}shared"]) + SHARED
    assert private.decapsulate(capsule).reveal() == hkdf(ikm, b"", b"deepjscec 1 hybrid " + binding, 32)


@pytest.mark.parametrize(
    ("password", "salt", "cost", "expected"),
    [
        (
            b"",
            b"",
            {"n": 16, "r": 1, "p": 1},
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
            "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906",
        ),
        (
            b"pleaseletmein",
            b"SodiumChloride",
            {"n": 16384, "r": 8, "p": 1},
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
            "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
        ),
    ],
)
def test_scrypt_of_rfc_7914_12(password, salt, cost, expected):
    assert Scrypt(salt=salt, length=64, **cost).derive(password).hex() == expected
    assert hashlib.scrypt(password, salt=salt, **cost, dklen=64).hex() == expected


def test_a_passphrase_makes_its_key_by_scrypt():
    expected = hashlib.scrypt("größer".encode(), salt=SECRET[:16], n=2**15, r=8, p=1, maxmem=2**26, dklen=32)
    assert passphrase_module._key("größer", SECRET[:16]) == expected


GCM_KEY, GCM_IV = "feffe9928665731c6d6a8f9467308308" * 2, "cafebabefacedbaddecaf888"
GCM_TEXT = (
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
)
GCM_SEALED = (
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
)


@pytest.mark.parametrize(
    ("key", "iv", "text", "associated", "sealed", "tag"),
    [
        ("00" * 32, "00" * 12, "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
        ("00" * 32, "00" * 12, "00" * 16, "", "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"),
        (GCM_KEY, GCM_IV, GCM_TEXT, "", GCM_SEALED, "b094dac5d93471bdec1a502270e3cc6c"),
        (
            GCM_KEY,
            GCM_IV,
            GCM_TEXT[:120],
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            GCM_SEALED[:120],
            "76fc6ece0f4e1768cddf8853bb2d551b",
        ),
    ],
)
def test_aes_256_gcm_of_mcgrew_and_viega_through_sealed_files(monkeypatch, key, iv, text, associated, sealed, tag):
    """Test cases 13 to 16 of "The Galois/Counter Mode of Operation (GCM)", 2005."""
    monkeypatch.setattr(passphrase_module, "_key", lambda passphrase, salt: bytes.fromhex(key))
    file = bytes(passphrase_module.SALT_BYTES) + bytes.fromhex(iv + sealed + tag)
    assert passphrase_module.open_sealed(file, "", bytes.fromhex(associated)).hex() == text
    drawn = iter([file[:16], file[16:28]])  # salt, nonce
    monkeypatch.setattr(passphrase_module, "os", SimpleNamespace(urandom=lambda count: next(drawn)))
    assert passphrase_module.seal(bytes.fromhex(text), "any", bytes.fromhex(associated)) == file


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
        (b"a" * 10**6, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ],
)
def test_sha_256_of_fips_180(message, digest):
    assert hashlib.sha256(message).hexdigest() == digest
    hasher = hashes.Hash(hashes.SHA256())
    hasher.update(message)
    assert hasher.finalize().hex() == digest


@pytest.mark.parametrize(
    ("m", "digest", "beginnings"),
    [
        (
            4,
            "2b25952c7346a836f57612251734348afba00a0694fbd4ccc227b6490581bae9",
            [[1.360591 + 0.512092j, 0.669538 - 0.741938j], [-0.114391 + 0.850871j, 1.102085 + 0.761070j]],
        ),
        (
            64,
            "de2eea523dcfab021aa926219e55f1ee753f5ee889f506ad891d9dbeef259f3b",
            [[1.190958 + 0.692757j, 0.759706 + 0.924265j], [-0.203508 - 1.461161j, 1.054905 - 0.252408j]],
        ),
    ],
)
def test_isometric_key_stream_and_ciphertext_are_frozen(m, digest, beginnings):
    """Known answers: whoever changes these values cuts off everyone in the field."""
    words = Session.derive(SECRET, SESSION_ID).key_stream(17, 1, m).words(3 * m * (m + 1))
    assert hashlib.sha256(words.astype("<u8").tobytes()).hexdigest() == digest
    cipher = IsometricCipher(Session.derive(SECRET, SESSION_ID), m, dither_db=None)
    blocks = cipher.encrypt(np.ones(2 * m, np.complex64), 17).reshape(2, m)
    np.testing.assert_allclose(blocks[:, :2], beginnings, rtol=0, atol=2e-6)
