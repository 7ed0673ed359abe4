# SPDX-License-Identifier: GPL-3.0-or-later
"""Source coders: what is charged is enough to decode, and costs what it should."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from deepjscec.baseline.source import SOURCE_CODERS, Rung, make_source_coder, pareto, psnr_db

pytest.importorskip("av")

CODERS = [make_source_coder(name) for name in SOURCE_CODERS]
CASES = [pytest.param(coder, variant, id=f"{coder.name}-{variant}") for coder in CODERS for variant in coder.variants]


@pytest.fixture(autouse=True)
def coarse_grid(monkeypatch):
    """Few quantisers: the grid's fineness is the benchmark's business."""
    from deepjscec.baseline import av1, hevc

    monkeypatch.setattr(hevc, "QUANTISERS", range(10, 52, 10))
    monkeypatch.setattr(hevc, "MULTIPLIERS_SMALL", (1.0, 2.0))
    monkeypatch.setattr(av1, "QUALITIES", range(0, 98, 20))


@pytest.fixture(scope="module")
def pictures():
    """uint8[4, 32, 32, 3] like photographs: smooth colour, an edge, some texture."""
    rng = np.random.default_rng(6)
    y, x = np.mgrid[:32, :32] / 32
    smooth = rng.uniform(-1, 1, (4, 1, 1, 3)) * x[..., None] + rng.uniform(-1, 1, (4, 1, 1, 3)) * y[..., None]
    edge = rng.uniform(-60, 60, (4, 1, 1, 3)) * (x + 0.4 * y > 0.6)[..., None]
    return np.clip(128 + 70 * smooth + edge + rng.normal(0, 4, (4, 32, 32, 1)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("coder, variant", CASES)
def test_payload_alone_decodes_to_the_stated_psnr(coder, variant, pictures):
    ladders = coder.ladder(pictures, variant)
    assert len(ladders) == len(pictures)
    for picture, ladder in zip(pictures, ladders):
        fresh = make_source_coder(coder.name)
        decoded = fresh.decode([rung.payload for rung in ladder], (32, 32), variant)
        stated = [rung.psnr_db for rung in ladder]
        np.testing.assert_allclose(psnr_db(np.broadcast_to(picture, decoded.shape), decoded), stated, atol=1e-9)


@pytest.mark.parametrize("coder, variant", CASES)
def test_ladder_rises_in_size_and_psnr_over_a_wide_range(coder, variant, pictures):
    for ladder in coder.ladder(pictures, variant):
        sizes = [len(rung.payload) for rung in ladder]
        quality = [rung.psnr_db for rung in ladder]
        assert sizes == sorted(set(sizes)) and quality == sorted(set(quality))
        assert sizes[0] < 60 and quality[-1] > 35


@pytest.mark.parametrize("coder, variant", CASES)
def test_company_does_not_change_a_picture(coder, variant, pictures):
    together, alone = coder.ladder(pictures, variant)[2], coder.ladder(pictures[2:3], variant)[0]
    assert [(len(r.payload), r.psnr_db) for r in together] == [(len(r.payload), r.psnr_db) for r in alone]


@pytest.mark.parametrize("coder, variant", CASES)
def test_damaged_payload_is_refused_or_decodes_to_some_picture(coder, variant, pictures):
    rng = np.random.default_rng(1)
    payload = coder.ladder(pictures[:1], variant)[0][-1].payload
    damaged = [b"", b"\0", bytes(40), payload[:1], payload[: len(payload) // 2], payload + payload, rng.bytes(300)]
    for flips in (1, 3, 30):
        for _ in range(20):
            bits = np.unpackbits(np.frombuffer(payload, np.uint8))
            bits[rng.choice(len(bits) if flips > 1 else 40, flips, replace=False)] ^= 1
            damaged.append(np.packbits(bits).tobytes())
    refused = 0
    for one in damaged:
        try:
            picture = coder.decode([one], (32, 32), variant)
        except ValueError as error:
            assert "\n" not in str(error)
            refused += 1
        else:
            assert picture.shape == (1, 32, 32, 3) and picture.dtype == np.uint8
    assert refused > 0


@pytest.mark.parametrize("coder, variant", CASES)
def test_photograph_costs_less_than_as_jpeg(coder, variant):
    photograph = np.ascontiguousarray(astronaut()[:256:2, 128:384:2])
    file = BytesIO()
    Image.fromarray(photograph).save(file, "JPEG", quality=60, optimize=True)
    scan = len(file.getvalue()) - file.getvalue().index(b"\xff\xda")  # without its tables
    jpeg_db = psnr_db(photograph[None], np.asarray(Image.open(file))[None])[0]
    (ladder,) = coder.ladder(photograph[None], variant)
    assert any(len(rung.payload) < scan and rung.psnr_db > jpeg_db for rung in ladder)


@pytest.mark.parametrize("coder, variant", CASES)
def test_size_that_is_no_multiple_of_a_block(coder, variant):
    picture = np.random.default_rng(2).integers(0, 255, (1, 9, 13, 3)).repeat(4, axis=1).repeat(4, axis=2)
    picture = picture[:, :34, :50].astype(np.uint8)
    (ladder,) = coder.ladder(picture, variant)
    decoded = coder.decode([ladder[-1].payload], (34, 50), variant)
    assert decoded.shape == picture.shape
    assert psnr_db(picture, decoded)[0] == pytest.approx(ladder[-1].psnr_db)


@pytest.mark.parametrize("coder", CODERS, ids=lambda coder: coder.name)
def test_wrong_requests_are_refused(coder):
    with pytest.raises(ValueError, match="yuv400"):
        coder.ladder(np.zeros((1, 32, 32, 3), np.uint8), "yuv400")
    with pytest.raises(ValueError, match="float64"):
        coder.ladder(np.zeros((1, 32, 32, 3)), "yuv420")
    with pytest.raises(ValueError, match="0 x 32"):
        coder.decode([b"x"], (0, 32), "yuv420")


@pytest.mark.parametrize("coder", CODERS, ids=lambda coder: coder.name)
def test_no_pictures_are_no_error(coder):
    assert coder.ladder(np.zeros((0, 32, 32, 3), np.uint8), "yuv420") == []
    assert coder.decode([], (32, 32), "yuv420").shape == (0, 32, 32, 3)


def test_hevc_420_refuses_odd_sides():
    with pytest.raises(ValueError, match="33 x 32"):
        make_source_coder("hevc").ladder(np.zeros((1, 33, 32, 3), np.uint8), "yuv420")


def test_hevc_parameter_sets_hold_for_every_quantiser(pictures):
    from deepjscec.baseline import hevc
    from deepjscec.baseline.colour import BT601, to_planes
    from deepjscec.baseline.nal import START_CODE, split_stream, unit_type

    expected = hevc.parameter_sets((32, 32), "yuv444")
    for quantiser in (10, 30, 51):
        stream = hevc._encode(to_planes(pictures, BT601, False), "yuv444", quantiser, 1.4)[1]
        sets = [START_CODE + unit for unit in split_stream(stream) if unit_type(unit) != hevc.IDR_N_LP]
        assert b"".join(sets) == expected


def test_unknown_coder_names_those_that_there_are():
    with pytest.raises(ValueError, match="'jpeg'; there are hevc, av1"):
        make_source_coder("jpeg")


def test_cache_keeps_ladders_by_content(tmp_path, pictures, monkeypatch):
    first = make_source_coder("hevc", tmp_path).ladder(pictures[:2], "yuv420")
    again = make_source_coder("hevc", tmp_path)
    monkeypatch.setattr("deepjscec.baseline.hevc.HevcCoder.ladder", lambda *_: [])
    assert again.ladder(pictures[:2].copy(), "yuv420") == first
    assert again.ladder(pictures[1:3], "yuv420") == []  # not in the cache


def test_pareto_drops_what_costs_more_for_less():
    rungs = [Rung(b"aaa", 30.0), Rung(b"a", 20.0), Rung(b"aa", 31.0), Rung(b"a", 21.0), Rung(b"aaaa", 31.0)]
    assert pareto(rungs) == [Rung(b"a", 21.0), Rung(b"aa", 31.0)]
