# SPDX-License-Identifier: GPL-3.0-or-later
"""`deepjscec replay`: what is in a recording comes out, and nothing but what may."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from scipy.signal import resample_poly

from deepjscec.app.quality import mean_colour_psnr_db, psnr_db
from deepjscec.cli import main
from deepjscec.codec import Codec, find_model
from deepjscec.crypto import write_key_file
from deepjscec.phy import Profile
from deepjscec.recording import Recording
from tests.recording.recording_setup import edit, fields_of, noise, on_the_air, picture, record


def command(capture, out, *options):
    """Exit code and metrics of a replay; metrics are None where it wrote none."""
    code = main(["replay", str(capture), "--out", str(out), *map(str, options)])
    path = out / "metrics.json"
    return code, json.loads(path.read_text()) if path.exists() else None


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "alice.key"
    write_key_file(path)
    return path


@pytest.fixture(scope="module")
def two_pictures(key):
    """Samples with two pictures in them."""
    rng = np.random.default_rng(7)
    return on_the_air(rng, key, [picture(), picture(64, 64)])


@pytest.fixture(scope="module")
def clear(key):
    """The same without encryption."""
    return on_the_air(np.random.default_rng(8), key, [picture(), picture(64, 64)], "none")


@pytest.fixture
def capture(tmp_path, two_pictures):
    return record(tmp_path / "x", two_pictures, fields=fields_of(picture()))


def test_pictures_come_out_as_they_were_sent(tmp_path, capture, key, capsys):
    code, metrics = command(capture, tmp_path / "out", "--key", key)
    assert code == 0
    for number, sent in enumerate([picture(), picture(64, 64)]):
        got = np.asarray(Image.open(tmp_path / "out" / f"{number + 1:03d}_bob.png"))
        assert psnr_db(sent, got) > 27
        figures = metrics["pictures"][number]
        assert (figures["height"], figures["width"]) == sent.shape[:2]
        assert figures["packets_received"] == figures["packets_sent"]
        assert figures["snr_db"] == pytest.approx(15, abs=0.5)
    assert {packet["outcome"] for packet in metrics["packets"]} == {"accepted"}
    assert metrics["counters"]["listener"]["pictures_complete"] == 2
    assert metrics["settings"]["cipher"] == "isometric"
    printed = capsys.readouterr().out
    assert "001_bob.png      128x96" in printed and "2 pictures" in printed


def test_packets_are_listed_without_a_key_and_no_picture_is_made(tmp_path, capture, key, capsys):
    code, metrics = command(capture, tmp_path / "out")
    assert code == 0
    assert metrics["pictures"] == [] and not list((tmp_path / "out").glob("*.png"))
    first, last = metrics["packets"][0], metrics["packets"][-1]
    assert first["start"] == pytest.approx(1500, abs=1)
    assert first["seconds"] == first["start"] / 1e6
    assert last["start"] + last["length"] == pytest.approx(Recording.open(capture).length - 700, abs=1)
    assert {packet["outcome"] for packet in metrics["packets"]} == {"heard"}
    assert all(abs(packet["snr_db"] - 15) < 0.7 and abs(packet["cfo_hz"]) < 20 for packet in metrics["packets"])
    assert key.read_text().splitlines()[1].removeprefix("id ") in capsys.readouterr().out


def test_packets_found_are_noted_where_they_lie(tmp_path, capture, key):
    _, metrics = command(capture, tmp_path / "out", "--annotate")
    annotations = json.loads(capture.read_text())["annotations"]
    assert [(a["core:sample_start"], a["core:sample_count"]) for a in annotations] == [
        (packet["start"], packet["length"]) for packet in metrics["packets"]
    ]
    code, _ = command(capture, tmp_path / "out", "--key", key)
    assert code == 0


def test_stretch_is_cut_out_and_packets_keep_their_place(tmp_path, capture, key):
    _, whole = command(capture, tmp_path / "whole")
    second = whole["packets"][1]["start"]
    code, part = command(capture, tmp_path / "part", "--key", key, "--start", (second - 300) / 1e6)
    assert code == 0 and len(part["pictures"]) == 1
    assert [p["start"] for p in part["packets"]] == pytest.approx([p["start"] for p in whole["packets"][1:]], abs=1)
    code, part = command(capture, tmp_path / "part", "--seconds", (second - 300) / 1e6)
    assert code == 0 and len(part["packets"]) == 1


def test_captures_beside_the_frequency_and_at_another_rate_are_brought_back(tmp_path, two_pictures, key):
    wide = resample_poly(two_pictures, 12, 5)
    wide = wide * np.exp(2j * np.pi * 250e3 / 2.4e6 * np.arange(len(wide)))
    capture = record(tmp_path / "x", wide.astype(np.complex64), 2.4e6)
    code, metrics = command(capture, tmp_path / "out", "--key", key, "--resample", "--shift", "-250e3")
    assert code == 0 and len(metrics["pictures"]) == 2
    assert metrics["packets"][0]["start"] == pytest.approx(1500 * 2.4, abs=3)
    assert all(abs(packet["cfo_hz"]) < 20 for packet in metrics["packets"])
    code, metrics = command(capture, tmp_path / "unshifted", "--key", key, "--resample")
    assert code == 1 and metrics["packets"] == []


def test_another_rate_is_refused_unless_resampling_is_asked_for(tmp_path, two_pictures, key, capsys):
    capture = record(tmp_path / "x", two_pictures, 2e6)  # as if the transmitter had run at twice its rate
    code, metrics = command(capture, tmp_path / "out", "--key", key)
    assert code == 2 and metrics is None
    err = capsys.readouterr().err
    assert "recorded at 2e+06 Hz, but the waveform has 1e+06 Hz: add --resample" in err and err.count("\n") == 1
    code, metrics = command(capture, tmp_path / "out", "--key", key, "--sample-rate", "2e6")
    assert code == 0 and metrics["settings"]["sample_rate"] == 2e6


def test_recording_narrower_than_the_waveform_is_refused(tmp_path, two_pictures, capsys):
    capture = record(tmp_path / "x", two_pictures, 250e3)
    code, _ = command(capture, tmp_path / "out", "--resample")
    assert code == 2 and "cannot hold the waveform's 812500 Hz" in capsys.readouterr().err


@pytest.mark.parametrize("noted", [True, False])
def test_waveform_is_taken_from_the_recording_or_told(tmp_path, key, noted):
    profile = Profile.named("narrowband")
    samples = on_the_air(np.random.default_rng(9), key, [picture(64, 64)], profile=profile)
    fields = {"profile": dataclasses.asdict(profile)} if noted else None
    capture = record(tmp_path / "x", samples, 250e3, fields=fields)
    code, metrics = command(capture, tmp_path / "out", "--key", key, *([] if noted else ["--profile", "narrowband"]))
    assert code == 0 and metrics["settings"]["sample_rate"] == 250e3


def test_wrong_key_is_exit_code_1_and_says_so(tmp_path, capture, capsys):
    write_key_file(tmp_path / "other.key")
    code, metrics = command(capture, tmp_path / "out", "--key", tmp_path / "other.key")
    assert code == 1 and metrics["pictures"] == []
    assert {packet["outcome"] for packet in metrics["packets"]} == {"foreign_key"}
    err = capsys.readouterr().err
    assert f"{len(metrics['packets'])} sealed with another key" in err and err.count("\n") == 1


def test_other_cipher_is_exit_code_1_and_says_so(tmp_path, capture, key, capsys):
    code, metrics = command(capture, tmp_path / "out", "--key", key, "--cipher", "none")
    assert code == 1 and {packet["outcome"] for packet in metrics["packets"]} == {"wrong_model"}
    assert "of another model or cipher" in capsys.readouterr().err


def test_other_model_is_exit_code_1_and_says_so(tmp_path, capture, key, capsys):
    shutil.copytree(find_model("photo"), tmp_path / "model")
    card = tmp_path / "model" / "card.json"
    content = json.loads(card.read_text())
    del content["rates"]["1/48"]
    card.write_text(json.dumps(content))
    code, metrics = command(capture, tmp_path / "out", "--key", key, "--model", tmp_path / "model")
    assert code == 1 and {packet["outcome"] for packet in metrics["packets"]} == {"wrong_model"}
    assert "of another model or cipher" in capsys.readouterr().err


def test_what_an_earlier_replay_left_does_not_pass_for_this_ones(tmp_path, capture, key):
    command(capture, tmp_path / "out", "--key", key)
    command(capture, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["metrics.json"]


def test_terminated_replay_leaves_no_half_made_results(tmp_path):
    capture = record(tmp_path / "x", noise(np.random.default_rng(11), 10_000_000))
    out = tmp_path / "out"
    arguments = [sys.executable, "-m", "deepjscec.cli", "replay", capture, "--out", out]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE)
    process.stdout.readline()  # the table's head: it is at work
    process.terminate()
    assert process.wait(60) == 143
    assert list(out.iterdir()) == []
    process.stdout.close()


def test_noise_is_exit_code_1(tmp_path, capsys):
    capture = record(tmp_path / "x", noise(np.random.default_rng(10), 100_000))
    code, metrics = command(capture, tmp_path / "out")
    assert code == 1 and metrics["packets"] == [] and metrics["counters"]["receiver"]["samples"] == 100_000
    assert "no packets found" in capsys.readouterr().err


def test_eve_sees_what_is_not_encrypted(tmp_path, clear):
    capture = record(tmp_path / "x", clear)
    code, metrics = command(capture, tmp_path / "out", "--eve", "--size", "128x96")
    assert code == 0
    got = np.asarray(Image.open(tmp_path / "out" / "001_eve.png"))
    assert psnr_db(picture(), got) > 27
    assert metrics["packets"][0]["outcome"] == "accepted"


def test_eve_sees_nothing_of_what_is(tmp_path, capture):
    code, _ = command(capture, tmp_path / "out", "--eve")  # the recording tells her the size
    assert code == 0
    got = np.asarray(Image.open(tmp_path / "out" / "001_eve.png"))
    assert psnr_db(picture(), got) < mean_colour_psnr_db(picture())


def test_eve_who_guesses_the_size_wrong_gets_no_picture(tmp_path, clear, capsys):
    code, _ = command(record(tmp_path / "x", clear), tmp_path / "out", "--eve", "--size", "512x512")
    assert code == 1 and "of another size or rate" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options, message",
    [
        (["--key", "{0}/none.key"], "none.key"),
        (["--key", "{0}/none.key", "--eve"], "not allowed with argument"),
        (["--key", "{1}", "--model", "none"], "known models"),
        (["--key", "{1}", "--cipher", "rot13"], "unknown cipher 'rot13'"),
        (["--profile", "wide"], "profile must be one of default"),
        (["--profile", "wideband"], "but the waveform has 5e+06 Hz"),
        (["--start", "100"], "--start 100 is behind its end"),
        (["--start", "-1"], "'-1' is not a number of seconds"),
        (["--seconds", "0"], "'0' is not above 0"),
        (["--shift", "far"], "'far' is not a number"),
        (["--eve", "--size", "512"], "'512' is not WIDTHxHEIGHT"),
        (["--eve", "--size", "8x8"], "sides must be 32"),
        (["--eve", "--rate", "1/7"], "its rates"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, capture, key, capsys, options, message):
    try:
        code, _ = command(capture, tmp_path / "out", *(option.format(tmp_path, key) for option in options))
    except SystemExit as error:
        code = error.code
    err = capsys.readouterr().err
    assert code == 2 and message in err and err.count("\n") == 1, err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"profile": 3}, "deepjscec:profile: 3 is no object"),
        ({"profile": {"fft_len": 100}}, "deepjscec:profile: fft_len must be"),
        ({"profile": {"fft_length": 256}}, "deepjscec:profile: .*fft_length"),
        ({"model": "../photo"}, "deepjscec:model: '../photo' is not a model's name"),
        ({"model": 7}, "deepjscec:model: 7 is no text"),
        ({"model": "none"}, "known models"),
        ({"model_hash": "00"}, "deepjscec:model_hash: 00, but model 'photo' has"),
        ({"cipher": "rot13"}, "unknown cipher"),
    ],
)
def test_what_a_recording_says_of_itself_is_not_trusted(tmp_path, capture, key, capsys, fields, message):
    edit(capture, **{f"deepjscec:{name}": value for name, value in fields.items()})
    code, _ = command(capture, tmp_path / "out", "--key", key)
    err = capsys.readouterr().err
    assert code == 2 and err.count("\n") == 1
    assert re.search(message, err)


def test_shapes_that_are_none_are_refused(tmp_path, capture, capsys):
    for shapes, message in (("big", "not a list of heights"), ([[1, 2]], "sides must be"), (None, "add --size")):
        edit(capture, **{"deepjscec:shapes": shapes})
        code, _ = command(capture, tmp_path / "out", "--eve")
        assert code == 2 and message in capsys.readouterr().err


def test_archive_is_replayed_and_not_annotated(tmp_path, capture, key, capsys):
    import sigmf

    sigmf.fromfile(capture).archive(str(tmp_path / "packed.sigmf"))
    code, metrics = command(tmp_path / "packed.sigmf", tmp_path / "out", "--key", key)
    assert code == 0 and metrics["capture"] == "packed.sigmf"
    code, _ = command(tmp_path / "packed.sigmf", tmp_path / "out", "--annotate")
    assert code == 2 and "cannot be annotated" in capsys.readouterr().err


def test_damaged_recording_is_one_line_and_exit_code_2(tmp_path, capture, key, capsys):
    data = capture.with_suffix(".sigmf-data")
    data.write_bytes(data.read_bytes()[:-8])
    code, _ = command(capture, tmp_path / "out", "--key", key)
    err = capsys.readouterr().err
    assert code == 2 and err.count("\n") == 1 and "core:sha512" in err


def test_key_reaches_neither_figures_nor_metadata(tmp_path, capture, key):
    command(capture, tmp_path / "out", "--key", key, "--annotate")
    secret = key.read_text().split()[-1]
    for path in [capture, *(tmp_path / "out").iterdir()]:
        assert secret.encode() not in path.read_bytes()


def test_model_named_by_the_recording_is_the_one_that_ships(capture):
    assert Recording.open(capture).fields["model_hash"] == Codec.load("photo").model_hash.hex()
