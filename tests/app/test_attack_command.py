# SPDX-License-Identifier: GPL-3.0-or-later
"""`deepjscec attack`: the suite, its results and its report."""

import json
from pathlib import Path

import numpy as np
import pytest

from deepjscec.app import attack_command
from deepjscec.cli import main

QUICK = ("--ciphertexts", "1000", "--pairs", "1000", "--steps", "0", "--attempts", "20")


def test_report_and_results_of_a_cipher_and_a_control(tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["attack", "--cipher", "isometric", "none", *QUICK, "--out", str(out)]) == 0
    results = json.loads((out / "attack.json").read_text())
    assert set(results["ciphers"]) == {"isometric", "none"}
    assert results["ciphers"]["none"]["distinguisher"]["black and white"]["accuracy"] == 1
    assert results["ciphers"]["none"]["known_plaintext"]["psnr_db"] > results["bob_db"] - 1.5
    assert results["ciphers"]["isometric"]["known_plaintext"]["normalised_error"] > 0.99
    assert [a["accepted"] for a in results["active"]["isometric"]] == [0] * 12
    report = (out / "report.html").read_text()
    assert report.count("<svg") == 2 and report.count("data:image/png") > 8
    assert "https://" not in report.replace("https://matplotlib.org", "")  # all that it needs is in it
    assert "results in" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--held-out", "x"), "--held-out needs --pictures"),
        (("--ciphertexts", "10"), "--ciphertexts 10: needs 1000 or more"),
        (("--pictures", "nowhere"), "nowhere"),
        (("--rate", "1/7"), "rate 1/7 is not offered"),
        (("--model", "nothing"), "nothing"),
    ],
)
def test_bad_input_is_named_in_a_line_and_leaves_nothing(tmp_path, capsys, arguments, message):
    assert main(["attack", *QUICK, *arguments, "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_pictures_of_several_sizes_are_refused(tmp_path, capsys):
    path = tmp_path / "mixed.npz"
    np.savez(path, a=np.zeros((32, 32, 3), np.uint8), b=np.zeros((32, 64, 3), np.uint8))
    assert main(["attack", *QUICK, "--pictures", str(path)]) == 2
    assert "mixed.npz" in capsys.readouterr().err


def conclusion(change):
    results = json.loads((Path(__file__).parents[2] / "results" / "attack.json").read_text())
    change(results)
    return attack_command._conclude(results)


def test_a_success_of_eves_and_a_control_that_holds_are_told(capsys):
    def told_apart(results):
        results["ciphers"]["modulo"]["distinguisher"]["two photographs"].update(accuracy=0.6, correct=600, tested=1000)

    def picture(results):
        results["ciphers"]["isometric"]["known_plaintext"]["psnr_db"] = 20.0

    def control_told(results):
        results["ciphers"]["none"]["distinguisher"]["black and white"]["accuracy"] = 0.5

    def accepted(results):
        results["active"]["lwe"] = [
            {"name": "replay", "attempts": 5, "accepted": 1, "genuine": 1, "genuine_refused": 0}
        ]

    def shut_out(results):
        results["active"]["lwe"] = [
            {"name": "replay", "attempts": 5, "accepted": 0, "genuine": 1, "genuine_refused": 1}
        ]

    assert conclusion(lambda results: None) == 0
    assert capsys.readouterr().err == ""
    for change, message in {
        told_apart: "modulo: two photographs told apart with accuracy 0.6",
        picture: "isometric: a picture of 20.00 dB, where a guess has 12.54 dB",
        control_told: "none: black and white told apart with 0.5000 only",
        accepted: "lwe: replay: 1 of 5 accepted",
        shut_out: "1 of Alice's 1 refused",
    }.items():
        assert conclusion(change) == 1
        assert message in capsys.readouterr().err
