# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from deepjscec.baseline.payload_cipher import PayloadCipher
from deepjscec.crypto import ReusedCounterError

SECRET, ID = bytes(range(32)), b"session1"


def test_ctr_has_the_length_of_the_payload_and_gcm_that_of_its_tag_more():
    payload = b"a picture" * 9
    assert len(PayloadCipher(SECRET, ID).encrypt(payload, 0)) == len(payload)
    assert len(PayloadCipher(SECRET, ID, 12).encrypt(payload, 0)) == len(payload) + 12


@pytest.mark.parametrize("tag_bytes", [0, 8, 16])
def test_bob_reads_what_alice_sent_and_nobody_else(tag_bytes):
    payload = bytes(100)
    sealed = PayloadCipher(SECRET, ID, tag_bytes).encrypt(payload, 7)
    assert PayloadCipher(SECRET, ID, tag_bytes).decrypt(sealed, 7) == payload
    for other in (PayloadCipher(bytes(32), ID, tag_bytes), PayloadCipher(SECRET, b"session2", tag_bytes)):
        if tag_bytes:
            with pytest.raises(ValueError, match="tag of packet 7"):
                other.decrypt(sealed, 7)
        else:
            assert other.decrypt(sealed, 7) != payload


def test_ctr_starts_a_new_key_stream_with_each_packet():
    cipher = PayloadCipher(SECRET, ID)
    assert cipher.encrypt(bytes(64), 0) != cipher.encrypt(bytes(64), 1)


def test_a_changed_bit_breaks_the_tag():
    sealed = bytearray(PayloadCipher(SECRET, ID, 8).encrypt(b"picture", 0))
    sealed[3] ^= 1
    with pytest.raises(ValueError, match="tag of packet 0 is wrong"):
        PayloadCipher(SECRET, ID, 8).decrypt(bytes(sealed), 0)


def test_no_number_twice():
    cipher = PayloadCipher(SECRET, ID)
    cipher.encrypt(b"x", 3)
    with pytest.raises(ReusedCounterError):
        cipher.encrypt(b"y", 3)


def test_bad_lengths_are_refused():
    with pytest.raises(ValueError, match="tag_bytes 4"):
        PayloadCipher(SECRET, ID, 4)
    with pytest.raises(ValueError, match="8 bytes, not 3"):
        PayloadCipher(SECRET, b"abc")
