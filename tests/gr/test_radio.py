# SPDX-License-Identifier: GPL-3.0-or-later
"""The hardware path: with the real drivers, which find nothing here, and with stand-ins for devices."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gnuradio import deepjscec
from gnuradio.deepjscec.headless import main

from deepjscec.crypto import write_key_file
from tests.gr import fake_radios as fakes

ROOT = Path(__file__).parents[2]
RADIO = ["--frequency", "2.45G", "--model", "lite"]


def run(out, *arguments):
    code = main([*map(str, arguments), "--out", str(out)])
    path = out / "metrics.json"
    return code, json.loads(path.read_text()) if path.exists() else None


@pytest.fixture
def picture(tmp_path):
    from PIL import Image

    rng = np.random.default_rng(3)
    small = Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8))
    path = tmp_path / "picture.png"
    small.resize((128, 96), Image.Resampling.BICUBIC).save(path)
    return path


# With the real drivers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["--radio", "uhd", "--device-args", "serial=none"],
        ["--radio", "uhd", "--device-args", "serial=none", "--calibrate"],
        ["--radio", "uhd", "--device-args", "serial=none", "--role", "eve"],
        ["--radio", "soapy", "--device-args", "driver=none"],
        ["--radio", "soapy", "--device-args", "driver=none", "--calibrate", "--role", "bob"],
    ],
    ids=lambda arguments: " ".join(arguments[1::2]),
)
def test_no_device_is_one_line_and_exit_code_2(arguments, tmp_path):
    pytest.importorskip(f"gnuradio.{arguments[1]}")
    command = [sys.executable, ROOT / "run_flowgraph.py", "--frequency", "2.45G", *arguments, "--out", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert "answers with device arguments" in done.stderr and "none" in done.stderr


@pytest.mark.parametrize("name", ["uhd", "soapy"])
def test_stand_ins_have_no_method_that_the_real_blocks_lack(name):
    real = pytest.importorskip(f"gnuradio.{name}")
    fake = getattr(fakes, f"fake_{name}")(fakes.Air())
    for block in ("usrp_sink", "usrp_source") if name == "uhd" else ("sink", "source"):
        methods = [method for method in vars(getattr(fake, block).__mro__[1]) if not method.startswith("_")]
        assert len(methods) > 5
        assert [method for method in methods if not hasattr(getattr(real, block), method)] == []


@pytest.mark.parametrize("name", ["uhd", "soapy"])
def test_a_missing_driver_is_one_line_and_exit_code_2(name, tmp_path, monkeypatch, capsys):
    fakes.install(monkeypatch, name, None)
    code, _ = run(tmp_path, "--radio", name, *RADIO)
    assert code == 2
    assert "are missing" in capsys.readouterr().err


# What is checked before a device is opened -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--radio", "uhd"], "--radio uhd needs --frequency"),
        (["--radio", "uhd", "--frequency", "1G", "--snr", "3"], "--snr belongs to pictures over --radio sim"),
        (["--rx-gain", "3"], "--rx-gain needs --radio uhd or soapy"),
        (["--tx-gain", "3"], "--tx-gain needs --radio uhd or soapy"),
        (["--calibrate", "--image", "a.png"], "--image does not go with --calibrate"),
        (["--radio", "uhd", "--frequency", "1G", "--amplitude", "0.5"], "amplitude 0.5 clips with peaks 8 dB above"),
        (["--radio", "uhd", "--frequency", "100k"], "leaves no room for a band"),
        (["--radio", "uhd", "--frequency", "1G", "--role", "bob"], "--role bob needs --key FILE"),
        (["--radio", "uhd", "--frequency", "1G", "--role", "bob", "--tx-gain", "3"], "who receives alone"),
        (["--radio", "uhd", "--frequency", "1G", "--role", "eve", "--key", "k"], "who has none"),
        (["--radio", "uhd", "--frequency", "1G", "--role", "bob", "--key", "nowhere", "--dry-run"], "nowhere: cannot"),
        (["--radio", "uhd", "--frequency", "1G", "--calibrate", "--role", "eve"], "eve receives as bob does"),
    ],
)
def test_bad_settings_are_one_line_and_exit_code_2(arguments, message, tmp_path, capsys):
    assert run(tmp_path, *arguments) == (2, None)
    said = capsys.readouterr().err
    assert said.startswith("run_flowgraph.py: ") and message in said and said.count("\n") == 1


def test_a_dry_run_prints_the_plan_and_opens_nothing(tmp_path, monkeypatch, capsys):
    fakes.install(monkeypatch, "uhd", None)
    code, metrics = run(tmp_path, "--radio", "uhd", *RADIO, "--tx-gain", 12, "--dry-run")
    said = capsys.readouterr().out
    assert (code, metrics) == (0, None)
    for words in ("2449.591797 to 2450.408203 MHz", "gain 12 dB", "0.25 of full scale", "12 packets", "licence"):
        assert words in said
    assert list(tmp_path.iterdir()) == []


# What a device refuses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"frequency": 10e6}, "B210 does not tune to 10 MHz: it has 70 to 6000 MHz"),
        ({"gain": 90.0}, "B210 has no gain of 90 dB: 0 to 76 dB"),
        ({"antenna": "RX3"}, "B210 has no antenna 'RX3'"),
        ({"clock_source": "gpsdo"}, "B210 has no clock source 'gpsdo'"),
    ],
)
def test_a_setting_that_the_device_lacks_is_refused(arguments, message, monkeypatch):
    fakes.install(monkeypatch, "uhd", fakes.fake_uhd(fakes.Air()))
    with pytest.raises(ValueError, match=message):
        deepjscec.radio_source(**arguments, exit_on_failure=False)


def test_another_sample_rate_than_asked_for_is_refused(monkeypatch):
    air = fakes.Air()
    air.sample_rate_factor = 1.0417
    fakes.install(monkeypatch, "uhd", fakes.fake_uhd(air))
    with pytest.raises(ValueError, match=r"samples at 1041700.* take --sample-rate 1041700"):
        deepjscec.radio_sink(exit_on_failure=False)


def test_a_clock_that_does_not_lock_is_refused(monkeypatch):
    air = fakes.Air()
    air.locks = False
    fakes.install(monkeypatch, "uhd", fakes.fake_uhd(air))
    with pytest.raises(ValueError, match="does not lock to its external clock"):
        deepjscec.radio_source(clock_source="external", exit_on_failure=False)


def test_in_a_flowgraph_a_refusal_ends_the_program_and_a_later_one_is_left(monkeypatch, capsys):
    air = fakes.Air()
    fakes.install(monkeypatch, "uhd", fakes.fake_uhd(air))
    with pytest.raises(SystemExit) as ended:
        deepjscec.radio_source(frequency=10e6)
    assert ended.value.code == 2 and capsys.readouterr().err.count("\n") == 1
    source = deepjscec.radio_source()
    source.set_gain(20)
    source.set_gain(90)
    assert air.front_end.rx_gain == 20
    assert "no gain of 90 dB" in capsys.readouterr().err


def test_a_device_that_fails_while_running_does_not_end_the_window(monkeypatch, capsys):
    fakes.install(monkeypatch, "uhd", fakes.fake_uhd(fakes.Air()))
    shown, library = deepjscec.radio_source(), deepjscec.radio_source(exit_on_failure=False)

    def fail(_):
        raise RuntimeError("LIBUSB_TRANSFER_NO_DEVICE\nmore")

    for source in (shown, library):
        monkeypatch.setattr(source._end, "apply_gain", fail)
        monkeypatch.setattr(source._end, "apply_frequency", fail)
    shown.set_gain(20)
    shown.set_frequency(1e9)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and all("LIBUSB_TRANSFER_NO_DEVICE more" in line for line in said)
    with pytest.raises(OSError, match="refuses the gain"):
        library.set_gain(20)


# Over stand-ins --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["uhd", "soapy"])
def test_a_loopback_brings_every_picture_to_bob_and_none_to_eve(name, picture, tmp_path, monkeypatch):
    air = fakes.Air()
    fakes.install(monkeypatch, name, getattr(fakes, f"fake_{name}")(air))
    code, metrics = run(
        tmp_path / "out", "--radio", name, *RADIO, "--image", picture, "--pictures", 3, "--rx-gain", 40, "--timeout", 60
    )
    assert code == 0
    assert [image["image_id"] for image in metrics["images"]] == [0, 1, 2]
    for image in metrics["images"]:
        assert image["bob"]["snr_db"] > 25
        assert image["bob"]["psnr_db"] > image["mean_colour_psnr_db"] + 8
        assert image["eve"]["psnr_db"] < image["mean_colour_psnr_db"]
    assert metrics["counters"]["transmitter"]["pictures_sent"] == 3
    assert metrics["counters"]["transmitter"].get("clipped_samples", 0) == 0
    assert ("tx", "frequency", 2.45e9) in air.told and ("rx", "frequency", 2.45e9) in air.told


def test_bursts_are_tagged_and_the_first_is_timed(picture, tmp_path, monkeypatch):
    air = fakes.Air()
    fakes.install(monkeypatch, "uhd", fakes.fake_uhd(air))
    key = tmp_path / "bench.key"
    write_key_file(key)
    code, metrics = run(
        tmp_path / "out", "--radio", "uhd", *RADIO, "--role", "alice", "--key", key, "--image", picture, "--timeout", 60
    )
    assert code == 0
    packets = metrics["counters"]["transmitter"]["packets"]
    starts = [offset for tag, offset, _ in air.tags if tag == "tx_sob"]
    ends = [offset for tag, offset, _ in air.tags if tag == "tx_eob"]
    assert len(starts) == len(ends) == packets
    assert starts[0] == 0 and starts[1:] == [end + 1 for end in ends[:-1]], "every sample belongs to a burst"
    times = [(offset, value) for tag, offset, value in air.tags if tag == "tx_time"]
    assert times == [(0, (100, pytest.approx(0.85)))]


def test_bob_without_alice_gets_nothing_and_exit_code_1(tmp_path, monkeypatch, capsys):
    fakes.install(monkeypatch, "uhd", fakes.fake_uhd(fakes.Air()))
    key = tmp_path / "bench.key"
    write_key_file(key)
    code, metrics = run(tmp_path / "out", "--radio", "uhd", *RADIO, "--role", "bob", "--key", key, "--duration", 1)
    assert code == 1 and metrics["images"] == []
    assert "not every picture arrived" in capsys.readouterr().err


@pytest.mark.parametrize(("cfo_hz", "advice"), [(350, "take --rx-gain"), (12e3, "receive at 2450012")])
def test_calibration_measures_a_device(cfo_hz, advice, tmp_path, monkeypatch, capsys):
    air = fakes.Air(cfo_hz=cfo_hz)
    fakes.install(monkeypatch, "soapy", fakes.fake_soapy(air))
    code = main(["--radio", "soapy", "--frequency", "2.45G", "--calibrate", "--out", str(tmp_path)])
    result = json.loads((tmp_path / "calibration.json").read_text())
    assert code == 0
    assert [point["gain_db"] for point in result["sweep"]][::7] == [0, 73]
    assert result["chosen"]["sounding"]["cfo_hz"] == pytest.approx(cfo_hz, abs=20)
    assert result["chosen"]["sounding"]["snr_db"] > 25
    assert advice in capsys.readouterr().out


def test_calibration_of_the_simulated_front_end(tmp_path):
    assert main(["--calibrate", "--out", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "calibration.json").read_text())
    assert 25 < result["chosen"]["gain_db"] < 56
    assert result["sweep"][-1]["level"]["clipped"] > 0.3
