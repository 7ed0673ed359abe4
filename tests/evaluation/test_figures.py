# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures come from the results alone."""

import shutil

import numpy as np
import pytest
from PIL import Image

from deepjscec.cli import main
from tests.evaluation.evaluation_setup import SMALL, evaluate

NAMES = ["small_psnr_db.png", "small_psnr_db_rate.png", "small_psnr_db_difference.png", "small_strip.png"]


@pytest.fixture(scope="module")
def results(folder, tmp_path_factory):
    measured = evaluate(folder, SMALL, "drawn", "--figures", str(folder / "with"))
    alone = tmp_path_factory.mktemp("alone")
    for name in ("small.json", "small.png"):
        shutil.copy(measured / name, alone)
    return alone


def test_figures_need_only_the_files_of_the_results(folder, results, tmp_path, capsys):
    assert main(["figures", str(results), "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / name) for name in NAMES]
    for name in NAMES:
        assert (tmp_path / name).read_bytes() == (folder / "with" / name).read_bytes()


def test_figures_are_as_wide_as_a_page_and_not_empty(folder, results):
    for name in NAMES:
        pixels = np.asarray(Image.open(folder / "with" / name).convert("RGB"))
        assert 600 <= pixels.shape[1] <= 1000
        assert np.mean(pixels != 255) > 0.02


def test_the_strip_holds_the_pictures_as_sent(folder, results):
    sheet = np.asarray(Image.open(results / "small.png").convert("RGB"))
    with np.load(folder / "crops.npz") as data:
        assert np.array_equal(sheet[:32, :32], data["images"][0])
        assert np.array_equal(sheet[:32, 32:64], data["images"][3])


@pytest.mark.parametrize("text", [None, "{", "[]", '{"rows": []}'])
def test_what_is_no_result_is_one_line(tmp_path, capsys, text):
    if text is not None:
        (tmp_path / "x.json").write_text(text)
    assert main(["figures", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert "no results of deepjscec evaluate" in error and error.count("\n") == 1
