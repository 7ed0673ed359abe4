# SPDX-License-Identifier: GPL-3.0-or-later
"""Key files: private, never overwritten, and clear about what is wrong."""

import os
import stat

import pytest

from deepjscec.crypto import Secret, key_id, read_key_file, write_key_file

posix = pytest.mark.skipif(os.name != "posix", reason="needs permission bits")


def test_a_written_key_reads_back(tmp_path):
    path = tmp_path / "alice.key"
    secret = write_key_file(path)
    assert read_key_file(path) == secret
    lines = path.read_text().splitlines()
    assert lines[:2] == ["deepjscec-key 1", f"id {key_id(secret).hex()}"]


def test_a_given_secret_is_kept(tmp_path):
    secret = Secret(bytes(range(32)))
    write_key_file(tmp_path / "k", secret)
    assert read_key_file(tmp_path / "k").reveal() == bytes(range(32))


@posix
def test_key_file_is_private_whatever_the_umask(tmp_path):
    old = os.umask(0)
    try:
        write_key_file(tmp_path / "k")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600


def test_nothing_is_ever_overwritten(tmp_path):
    path = tmp_path / "k"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match="never overwritten"):
        write_key_file(path)
    assert path.read_text() == "precious"


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="k: cannot write the key file: No space"):
        write_key_file(tmp_path / "k")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_key_file(tmp_path / "nowhere" / "k")


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_that_others_may_touch_is_refused(tmp_path, mode):
    path = tmp_path / "k"
    write_key_file(path)
    path.chmod(mode)
    with pytest.raises(PermissionError, match=f"chmod 600 {path}"):
        read_key_file(path)


def test_missing_file_and_folder_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent: cannot read the key file"):
        read_key_file(tmp_path / "absent")
    with pytest.raises((OSError, ValueError), match=tmp_path.name):
        read_key_file(tmp_path)


def good_text() -> str:
    secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # bytes 0 ... 31
    return f"deepjscec-key 1\nid ca00e229\nsecret {secret}\n"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda t: "", "not a key file"),
        (lambda t: "\0\xff" * 40, "not a key file"),
        (lambda t: "-----BEGIN PRIVATE KEY-----\n", "not a key file"),
        (lambda t: t.replace("key 1", "key 2"), "version '2'"),
        (lambda t: t.replace("AAEC", ""), "damaged"),
        (lambda t: t.replace("AAEC", "AAED"), "do not belong together"),
        (lambda t: t.replace("Hh8=", "Hh9="), "damaged"),
        (lambda t: t.replace("ca00", "CA00"), "damaged"),
        (lambda t: t + "more\n", "damaged"),
        (lambda t: t * 100, "too long"),
    ],
)
def test_damaged_files_are_refused_in_one_line_without_the_secret(tmp_path, change, complaint):
    path = tmp_path / "k"
    path.write_bytes(change(good_text()).encode("latin-1"))
    path.chmod(0o600)
    with pytest.raises(ValueError, match=complaint) as caught:
        read_key_file(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert "CAwQFBgcICQ" not in message


def test_windows_line_ends_are_read(tmp_path):
    path = tmp_path / "k"
    path.write_bytes(good_text().replace("\n", "\r\n").encode())
    path.chmod(0o600)
    assert read_key_file(path).reveal() == bytes(range(32))
