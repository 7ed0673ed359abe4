# SPDX-License-Identifier: GPL-3.0-or-later
"""Separate coding in the evaluation: matched it arrives, below its SNR it fails, and every channel carries it."""

import json

import numpy as np
import pytest

pytest.importorskip("av")

from deepjscec.baseline.ldpc import ldpc_python
from deepjscec.baseline.modes import Mode, ModeTable
from deepjscec.evaluation import separate
from deepjscec.evaluation.cell import Cell
from deepjscec.evaluation.coders import cached_coder
from deepjscec.evaluation.configuration import Channel, Pictures, Separate
from deepjscec.evaluation.measure import measure
from deepjscec.evaluation.picture_set import PictureSet, failed_picture
from deepjscec.evaluation.quality import psnr_db
from deepjscec.evaluation.summary import row_of
from tests.evaluation.evaluation_setup import crops

try:
    ldpc_python()
except ValueError as reason:
    pytest.skip(str(reason), allow_module_level=True)


@pytest.fixture(scope="module")
def sets():
    from skimage import data

    return PictureSet(list(crops([data.chelsea()], 6))), PictureSet(list(crops([data.coffee()], 6)))


@pytest.fixture
def run(sets, monkeypatch):
    variant = cached_coder("hevc").variants[0]
    table = [
        Mode("hevc", 1024, "1/6", fading, 6.0, tag, variant, "qpsk", 64, 0.0, 0.0)
        for fading in (False, True)
        for tag in (0, 8)
    ]
    monkeypatch.setattr(separate, "modes", lambda: ModeTable(table))

    def measured(kind, snr_db, **options):
        scheme = Separate(name="hevc", source="hevc", design_snr_db=6.0, **options)
        cell = Cell(
            experiment="x",
            scheme=scheme,
            rate="1/6",
            channel=Channel(kind=kind),
            snr_db=snr_db,
            pictures=Pictures(name="x"),
            seed=0,
            repeats=1,
        )
        return cell, measure(cell, *sets)

    return measured


@pytest.mark.parametrize("kind", ["awgn", "waveform"])
def test_matched_every_picture_arrives_as_its_best_coding_that_fits(run, sets, kind):
    _, found = run(kind, 6.0)
    coder = cached_coder("hevc")
    best = [
        max(rung.psnr_db for rung in rungs if len(rung.payload) <= 64)
        for rungs in coder.ladder(np.stack(sets[0].images), coder.variants[0])
    ]
    assert not any(found["failed"])
    # a payload may be passed over for a last byte of zero
    assert found["psnr_db"] == pytest.approx(best, abs=0.5)
    assert np.mean(np.isclose(found["psnr_db"], best, atol=1e-3)) >= 0.5


@pytest.mark.parametrize("kind", ["awgn", "waveform"])
def test_far_below_its_snr_every_picture_is_the_mean_picture(run, sets, kind):
    _, found = run(kind, -2.0)
    mean = failed_picture(sets[1], (32, 32))
    assert all(found["failed"])
    assert found["psnr_db"] == pytest.approx([psnr_db(image, mean) for image in sets[0].images])


def test_above_its_snr_it_gains_nothing(run):
    assert run("awgn", 20.0)[1]["psnr_db"] == run("awgn", 7.0)[1]["psnr_db"]


def test_fading_loses_some_pictures(run):
    found = run("rayleigh", 6.0)[1]
    assert 0 < np.mean(found["failed"]) < 1


def test_a_tag_leaves_less_room(run):
    assert np.mean(run("awgn", 20.0, tag_bytes=8)[1]["psnr_db"]) < np.mean(run("awgn", 20.0)[1]["psnr_db"])


def test_measuring_again_gives_the_same(run):
    assert run("awgn", 4.0)[1] == run("awgn", 4.0)[1]


def test_rows_name_mode_and_releases(run, sets):
    cell, found = run("awgn", 6.0)
    inputs = separate.inputs_of(cell, cell.scheme, sets[0].shapes)
    assert json.loads(inputs["modes"])[0]["payload_bytes"] == 64 and "sionna-no-rt" in inputs
    row = row_of(cell, found)
    assert row["failed"] == 0 and row["channel_uses"] == pytest.approx(1 / 6)
    with pytest.raises(ValueError, match="no mode for hevc, 2048 pixels"):
        separate.inputs_of(cell, cell.scheme, [(32, 64)])
