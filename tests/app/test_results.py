# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures in, figures and files out."""

import json
import os
import re

import numpy as np
import pytest
from PIL import Image

from deepjscec.app.options import make_parser
from deepjscec.app.pictures import default_picture, load_picture, png_bytes, side_by_side
from deepjscec.app.quality import mean_colour_psnr_db, psnr_db, ssim
from deepjscec.app.report import write_report
from deepjscec.app.results import compare, result_folder, write_json, write_pictures
from deepjscec.cli import main
from deepjscec.crypto import read_key_file


def test_psnr_is_that_of_the_definition():
    black = np.zeros((32, 32, 3), np.uint8)
    assert psnr_db(black, black) == float("inf")
    assert psnr_db(black, black + np.uint8(255)) == 0
    assert psnr_db(black, black + np.uint8(1)) == pytest.approx(48.13, abs=0.01)


def test_ssim_is_one_for_equal_pictures_and_small_for_noise():
    photo = default_picture()[:128, :128]
    noise = np.random.default_rng(0).integers(0, 256, photo.shape, dtype=np.uint8)
    assert ssim(photo, photo) == pytest.approx(1)
    assert abs(ssim(photo, noise)) < 0.05


def test_no_flat_picture_beats_the_mean_colour():
    photo = default_picture()[:64, :64]
    best = mean_colour_psnr_db(photo)
    mean = np.rint(photo.mean(axis=(0, 1)))
    for change in ((3, 0, 0), (0, -3, 0), (2, 2, 2)):
        flat = np.broadcast_to(mean + change, photo.shape).clip(0, 255).astype(np.uint8)
        assert psnr_db(photo, flat) < best


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "LA", "1", "CMYK"])
def test_pictures_of_every_mode_become_rgb(tmp_path, mode):
    image = Image.fromarray(default_picture()[:40, :50])
    path = tmp_path / ("x.tif" if mode == "CMYK" else "x.png")
    image.convert(mode).save(path)
    pixels = load_picture(path)
    assert pixels.shape == (40, 50, 3) and pixels.dtype == np.uint8
    grey = np.asarray(image.convert("L"), float)
    assert abs(pixels.mean() - grey.mean()) < 12


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_are_scaled_to_eight(tmp_path, suffix):
    values = np.linspace(0, 65535, 2000).astype(np.uint16).reshape(40, 50)
    Image.fromarray(values).save(tmp_path / f"x.{suffix}")
    np.testing.assert_array_equal(load_picture(tmp_path / f"x.{suffix}")[:, :, 1], values >> 8)


def test_floating_point_pictures_are_refused(tmp_path):
    Image.fromarray(np.ones((40, 40), np.float32)).save(tmp_path / "x.tif")
    with pytest.raises(ValueError, match=r"x\.tif: floating-point"):
        load_picture(tmp_path / "x.tif")


def test_pipes_are_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="not a file"):
        load_picture(tmp_path / "pipe")
    with pytest.raises(ValueError, match="not a regular file"):
        read_key_file(tmp_path / "pipe")


def test_picture_is_turned_upright(tmp_path):
    image = Image.fromarray(default_picture()[:40, :60])
    exif = image.getexif()
    exif[0x0112] = 6  # turned by a quarter
    image.save(tmp_path / "x.jpg", exif=exif)
    assert load_picture(tmp_path / "x.jpg").shape == (60, 40, 3)


def test_results_appear_all_at_once_or_not_at_all(tmp_path):
    with pytest.raises(KeyError), result_folder(tmp_path / "a") as folder:
        (folder / "half.png").write_text("x")
        raise KeyError
    assert list((tmp_path / "a").iterdir()) == []
    with result_folder(tmp_path / "a") as folder:
        (folder / "whole.png").write_text("x")
        assert not (tmp_path / "a" / "whole.png").exists()
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["whole.png"]


def test_results_of_an_earlier_run_do_not_stay_and_other_files_do(tmp_path):
    for name in ("bob.png", "003_eve.png", "notes.txt", "bob.png.bak"):
        (tmp_path / name).write_text("old")
    with result_folder(tmp_path) as folder:
        (folder / "sent.png").write_text("new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bob.png.bak", "notes.txt", "sent.png"]


def test_nothing_moves_where_a_name_is_taken_by_a_folder(tmp_path):
    (tmp_path / "metrics.json").mkdir()
    with pytest.raises(ValueError, match=r"metrics\.json is a folder"), result_folder(tmp_path) as folder:
        (folder / "bob.png").write_text("x")
        (folder / "metrics.json").write_text("x")
    assert [p.name for p in tmp_path.iterdir()] == ["metrics.json"]


def test_negative_numbers_are_values_and_images_add_up():
    arguments = make_parser(["awgn"], ["isometric"], ["default"], ["unencrypted"]).parse_args(
        ["--sweep", "-5:5:5", "--cfo", "-5e3", "--image", "a", "--image", "b", "c"]
    )
    assert arguments.sweep == (-5, 0, 5) and arguments.cfo == -5000
    assert [str(path) for path in arguments.image] == ["a", "b", "c"]


def test_json_holds_no_number_that_json_has_not(tmp_path):
    write_json(tmp_path / "x.json", {"a": [float("inf"), float("nan"), 1.5], "b": {"c": -float("inf")}})
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": [None, None, 1.5], "b": {"c": None}}


def test_report_is_self_contained_and_escapes_names(tmp_path):
    photo = default_picture()[:64, :64]
    meta = {"snr_db": 9.5, "packets_received": 1, "packets_sent": 2}
    runs = []
    for number, snr_db in enumerate((5.0, 10.0)):
        bob, eve = (
            (meta, photo ^ np.uint8(number + 1)),
            (meta, photo if number else 255 - photo),
        )  # Eve's PSNR: inf once
        figures = compare(photo, bob, eve)
        files = write_pictures(tmp_path, f"{number}_", photo, bob, eve, figures)
        image = {"name": "<b>&x", "files": files, **figures}
        runs.append({"snr_db": snr_db, "images": [image], "counters": {"bob": {"packets": 1}}})
    settings = {"model": "photo", "rate": "1/6", "cipher": "none", "channel": "awgn", "cfo_hz": 0.0, "packet_loss": 0.0}
    metrics = {"settings": settings, "runs": runs, "rate_net": 0.1, "rate_gross": 0.2}
    write_report(tmp_path / "report.html", metrics)
    text = (tmp_path / "report.html").read_text()
    assert "<b>&x" not in text and "&lt;b&gt;&amp;x" in text
    assert not re.findall(r"(?:src|href)='(?!data:)", text) and "http" not in text
    assert text.count("data:image/png;base64,") == 2 and "<polyline" in text


def test_comparison_has_room_for_small_and_large_pictures():
    for side in (32, 300):
        strip = side_by_side([("a", "b", np.zeros((side, side, 3), np.uint8))] * 3)
        assert strip.shape[0] > side and strip.shape[1] >= 3 * side


def test_sweep_includes_both_ends():
    arguments = make_parser(["awgn"], ["none"], ["default"], ["unencrypted"]).parse_args(
        ["--cipher", "none", "--sweep", "0:20:2.5"]
    )
    assert arguments.sweep == (0, 2.5, 5, 7.5, 10, 12.5, 15, 17.5, 20)


def test_keygen_makes_a_private_file_and_never_prints_or_overwrites_it(tmp_path, capsys):
    path = tmp_path / "alice.key"
    assert main(["keygen", str(path)]) == 0
    assert path.stat().st_mode & 0o777 == 0o600
    content = path.read_text()
    read_key_file(path)
    assert main(["keygen", str(path)]) == 2
    assert path.read_text() == content
    printed = "".join(capsys.readouterr())
    assert content.split()[-1] not in printed and "exists already" in printed


def test_models_lists_rates_and_refuses_damage(tmp_path, capsys, monkeypatch):
    assert main(["models"]) == 0
    assert "photo: rates 1/48" in capsys.readouterr().out
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "card.json").write_text("{}")
    monkeypatch.setenv("DEEPJSCEC_MODELS", str(tmp_path))
    assert main(["models"]) == 2
    assert "broken" in capsys.readouterr().err


def test_pictures_are_packed_for_training(tmp_path, capsys):
    (tmp_path / "x.png").write_bytes(png_bytes(default_picture()[:40, :50]))
    assert main(["pack", str(tmp_path), str(tmp_path / "x.npz")]) == 0
    assert "1 pictures" in capsys.readouterr().out
    assert main(["pack", str(tmp_path / "none"), str(tmp_path / "y.npz")]) == 2
