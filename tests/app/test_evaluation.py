# SPDX-License-Identifier: GPL-3.0-or-later
"""`deepjscec evaluate`: what it measures, and how it refuses."""

import itertools
import json

import numpy as np
import pytest

from deepjscec.app.evaluation import Condition, batches_of, evaluate
from deepjscec.app.pictures import default_picture, png_bytes
from deepjscec.app.quality import ms_ssim
from deepjscec.cli import main
from deepjscec.codec import Codec


@pytest.fixture(scope="module")
def crops():
    picture = default_picture()
    return [picture[y : y + 64, x : x + 96] for y in (0, 128) for x in (100, 300)] + [picture[:40, :40]]


@pytest.fixture
def folder(tmp_path, crops):
    (tmp_path / "crops").mkdir()
    for index, crop in enumerate(crops):
        (tmp_path / "crops" / f"{index}.png").write_bytes(png_bytes(crop))
    return tmp_path


def test_evaluation_measures_the_true_snr_and_orders_conditions(crops):
    conditions = [Condition("1/12", snr) for snr in (0, 10, 20)] + [Condition("1/12", 10, erased=0.3)]
    rows = evaluate(Codec.load("photo"), {"crops": crops}, conditions)["rows"]
    for row in rows:
        assert row["count"] == 5 and row["ms_ssim"] is None  # too small for five scales
        assert abs(row["true_snr_db"] - row["snr_db"]) < 0.3
    psnr = [row["psnr_db"] for row in rows]
    assert psnr[0] + 1 < psnr[1] < psnr[2]
    assert psnr[0] - 3 < psnr[3] < psnr[1]


def test_encryption_changes_nothing_but_the_draw_of_noise():
    codec, conditions, sets = Codec.load("photo"), [Condition("1/6", 10)], {"": [default_picture()]}
    encrypted, clear = (evaluate(codec, sets, conditions, cipher)["rows"][0] for cipher in ("isometric", "none"))
    assert encrypted["psnr_db"] == pytest.approx(clear["psnr_db"], abs=0.2)  # a draw scatters by 0.05


def test_batches_hold_every_picture_once_and_one_size_each(crops):
    batches = batches_of(crops)
    assert sorted(batch.shape for batch in batches) == [(1, 40, 40, 3), (4, 64, 96, 3)]


def test_command_writes_and_appends_rows(folder):
    target = folder / "result.json"
    command = ["evaluate", "--images", str(folder / "crops"), "--rate", "1/24", "--json", str(target)]
    assert main([*command, "--snr", "0", "10"]) == 0
    assert main([*command, "--snr", "5", "--told", "--erased", "0.1", "--append"]) == 0
    result = json.loads(target.read_text())
    assert [(row["snr_db"], row["told"], row["erased"]) for row in result["rows"]] == [
        (0, False, 0),
        (10, False, 0),
        (5, True, 0.1),
    ]
    assert result["settings"]["model_hash"] == Codec.load("photo").model_hash.hex()
    assert all(row["images"] == "crops" for row in result["rows"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rate", "1/7"], "1/7"),
        (["--snr", "x"], "'x'"),
        (["--erased", "1.5"], "'1.5'"),
        (["--model", "none"], "'none'"),
        (["--provider", "tensorrt"], "tensorrt"),
    ],
)
def test_bad_arguments_are_one_line_and_exit_code_2(folder, capsys, arguments, message):
    try:
        code = main(["evaluate", "--images", str(folder / "crops"), *arguments])
    except SystemExit as stop:
        code = stop.code
    error = capsys.readouterr().err
    assert code == 2 and message in error and error.count("\n") == 1


def test_results_of_another_model_are_not_mixed(folder, capsys):
    target = folder / "result.json"
    target.write_text(json.dumps({"settings": {"model": "photo", "model_hash": "00"}, "rows": []}))
    arguments = ["evaluate", "--images", str(folder / "crops"), "--rate", "1/24", "--json", str(target), "--append"]
    assert main(arguments) == 2
    assert "results of another model_hash, '00'" in capsys.readouterr().err
    for text in ("[]", '{"settings": {}}', "{"):
        target.write_text(text)
        assert main(arguments) == 2
        assert "result.json: no results of deepjscec evaluate" in capsys.readouterr().err
    assert main([*arguments[:-3], "--append"]) == 2
    assert "--append needs --json" in capsys.readouterr().err
    assert main([*arguments[:-3], "--json", str(folder / "none" / "x.json")]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_a_condition_measured_again_replaces_its_row(folder):
    command = ["evaluate", "--images", str(folder / "crops"), "--rate", "1/48", "--json", str(folder / "r.json")]
    for _ in range(2):
        assert main([*command, "--snr", "0", "--append"]) == 0
    assert len(json.loads((folder / "r.json").read_text())["rows"]) == 1


def test_ms_ssim_is_1_for_equal_pictures_and_falls_with_noise():
    picture = default_picture()[:256, :200]
    rng = np.random.default_rng(0)
    values = [
        ms_ssim(picture, (picture + rng.normal(0, deviation, picture.shape)).clip(0, 255).astype(np.uint8))
        for deviation in (0, 5, 20, 60)
    ]
    assert values[0] == pytest.approx(1, abs=1e-6)
    assert all(b < a for a, b in itertools.pairwise(values))
    assert np.isnan(ms_ssim(picture[:175], picture[:175]))


def test_ms_ssim_equals_a_published_implementation():
    # pytorch-msssim 1.0.0 on these two pictures
    picture = default_picture()[:256, :256]
    assert ms_ssim(picture, np.roll(picture, 2, axis=1)) == pytest.approx(0.9025, abs=1e-4)
