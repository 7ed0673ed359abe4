# SPDX-License-Identifier: GPL-3.0-or-later
"""5G LDPC and QAM through the process with Sionna."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from deepjscec.baseline.finite_length import required_snr_db
from deepjscec.baseline.ldpc import MODULATIONS, PYTHON_VARIABLE, WORKER, LdpcCode, ldpc_python


@pytest.fixture(scope="module", autouse=True)
def environment():
    try:
        return ldpc_python()
    except ValueError as error:
        pytest.skip(str(error))


def random_payloads(code, count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, code.payload_bytes), dtype=np.uint8)


def noisy(symbols, snr_db, seed=1):
    variance = 10 ** (-snr_db / 10)
    noise = np.random.default_rng(seed).standard_normal((*symbols.shape, 2)) @ [1, 1j] * np.sqrt(variance / 2)
    return (symbols + noise).astype(np.complex64), np.full(symbols.shape, variance, np.float32)


@pytest.mark.parametrize(
    "code",
    [
        LdpcCode(256, "qpsk", 2),  # the least
        LdpcCode(512, "qpsk", 10),  # below the base graph's rate: coded bits are repeated
        LdpcCode(512, "16qam", 128),
        LdpcCode(512, "64qam", 300),
        LdpcCode(512, "256qam", 473),  # nearly the highest rate
        LdpcCode(4001, "64qam", 2003),  # two blocks of different lengths, filled up
        LdpcCode(6000, "qpsk", 320 * 3),  # several blocks of the small base graph
    ],
    ids=str,
)
def test_payloads_survive_a_good_channel_and_have_energy_1(code):
    payloads = random_payloads(code, 8)
    symbols = code.encode(payloads)
    assert symbols.shape == (8, code.uses) and symbols.dtype == np.complex64
    np.testing.assert_allclose(np.mean(np.abs(symbols) ** 2), 1, atol=0.05)
    found, fine = code.decode(*noisy(symbols, 32))
    assert fine.all()
    np.testing.assert_array_equal(found, payloads)


@pytest.mark.parametrize("modulation, rate", [("qpsk", 0.5), ("16qam", 0.5), ("64qam", 0.7), ("256qam", 0.75)])
def test_blocks_arrive_1_db_beyond_the_normal_approximation_and_fail_1_db_below(modulation, rate):
    bits = MODULATIONS[modulation]
    code = LdpcCode(512, modulation, int(rate * 512 * bits) // 8)
    needed = required_snr_db(8 * code.payload_bytes, 512, bits, 1e-3)
    payloads = random_payloads(code, 60)
    symbols = code.encode(payloads)

    found, fine = code.decode(*noisy(symbols, needed + 1))
    assert np.mean((found != payloads).any(axis=1)) <= 0.02
    assert (found[fine] == payloads[fine]).all()

    found, fine = code.decode(*noisy(symbols[:20], needed - 1))
    assert fine.mean() <= 0.2


def test_lost_symbols_count_for_nothing_whatever_stands_in_their_place():
    code = LdpcCode(512, "16qam", 100)
    payloads = random_payloads(code, 10)
    symbols, variance = noisy(code.encode(payloads), 12)
    symbols[:, ::8], variance[:, ::8] = 1000, np.inf
    found, fine = code.decode(symbols, variance)
    assert fine.all()
    np.testing.assert_array_equal(found, payloads)


def test_soft_bits_are_those_of_sionnas_demapper(environment):
    script = f"""
import sys; sys.path.insert(0, {str(WORKER.parent)!r})
import numpy as np, torch
from sionna.phy.mapping import Demapper, Mapper
from ldpc_worker import Qam
rng = np.random.default_rng(0)
for m in (2, 4, 6, 8):
    bits = rng.integers(0, 2, (3, 40 * m), dtype=np.uint8)
    symbols = Qam(m).map(bits)
    assert np.allclose(symbols, Mapper("qam", m, device="cpu")(torch.from_numpy(bits).float()).numpy()), m
    received = (symbols + rng.standard_normal((3, 40, 2)) @ [0.2, 0.2j]).astype(np.complex64)
    variance = rng.uniform(0.05, 0.5, (3, 40)).astype(np.float32)
    theirs = Demapper("app", "qam", m, device="cpu")(torch.from_numpy(received), torch.from_numpy(variance))
    assert np.allclose(Qam(m).demap(received, variance), theirs, rtol=1e-3, atol=1e-3), m
"""
    done = subprocess.run([environment, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_is_no_code_is_refused():
    with pytest.raises(ValueError, match="modulation '8psk'"):
        LdpcCode(512, "8psk", 100)
    with pytest.raises(ValueError, match="payload_bytes 1 "):
        LdpcCode(512, "qpsk", 1)
    with pytest.raises(ValueError, match=r"code rate is 0\.93"):
        LdpcCode(512, "qpsk", 120)
    with pytest.raises(ValueError, match="payloads must be"):
        LdpcCode(512, "qpsk", 100).encode(np.zeros((1, 99), np.uint8))
    with pytest.raises(ValueError, match="noise_var"):
        LdpcCode(512, "qpsk", 100).decode(np.zeros((1, 512), np.complex64), np.zeros((1, 512)))


def test_missing_environment_is_one_line_that_names_the_command(monkeypatch):
    monkeypatch.setenv(PYTHON_VARIABLE, "/nowhere/python")
    with pytest.raises(ValueError, match=r"no /nowhere/python: run `make evaluate-setup`"):
        LdpcCode(512, "qpsk", 100).encode(np.zeros((1, 100), np.uint8))


def test_interpreter_without_sionna_is_an_error(monkeypatch):
    monkeypatch.setenv(PYTHON_VARIABLE, sys.executable)
    with pytest.raises(ValueError, match=r"does .* have Sionna"):
        LdpcCode(512, "qpsk", 100).encode(np.zeros((1, 100), np.uint8))


def test_process_ends_with_its_parent():
    script = """
import numpy as np, os, time
from deepjscec.baseline import ldpc
ldpc.LdpcCode(64, "qpsk", 8).encode(np.zeros((1, 8), np.uint8))
print(ldpc._worker()._process.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    os.kill(child, 0)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while running(child):
        assert time.monotonic() < deadline, "still there"
        time.sleep(0.05)


def running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
