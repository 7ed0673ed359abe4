# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures over a real flowgraph: GNU Radio's channel model, the trained model, the cipher."""

import numpy as np
import pytest
from gnuradio import blocks, deepjscec, gr
from PIL import Image

from deepjscec.app.pictures import default_picture, png_bytes
from deepjscec.cli import main
from deepjscec.crypto import write_key_file
from tests.gr.gr_setup import images, run


def test_demo_photo_reaches_bob_and_not_eve(tmp_path):
    code, metrics = run(tmp_path / "out", "--snr", 10, "--eve-snr", 60)
    (image,) = images(metrics)
    assert code == 0
    assert image["bob"]["psnr_db"] >= 28
    assert image["bob"]["snr_db"] == pytest.approx(10, abs=0.3)
    assert image["eve"]["snr_db"] == pytest.approx(60, abs=0.5)
    assert image["eve"]["packets_received"] == image["eve"]["packets_sent"]
    assert image["eve"]["psnr_db"] <= image["mean_colour_psnr_db"]
    assert abs(image["eve"]["ssim"]) < 0.1
    for name in ("sent.png", "bob.png", "eve.png", "comparison.png", "report.html"):
        assert (tmp_path / "out" / name).stat().st_size > 1000
    sent = np.asarray(Image.open(tmp_path / "out" / "sent.png"))
    np.testing.assert_array_equal(sent, default_picture())
    assert 1 / 6 < metrics["rate_net"] < 1.03 / 6  # a reference rides in every packet
    assert metrics["rate_net"] < metrics["rate_gross"] < 0.35


@pytest.mark.parametrize("snr_db", [0, 10, 20])
def test_encryption_costs_bob_nothing_and_eve_everything(tmp_path, snr_db):
    """A picture's PSNR moves by some 0.06 dB with the draw of noise, which new keys make new; hence four and 0.2 dB.

    benchmarks/loopback_quality.py has the figure within 0.1 dB, and tests/test_readme.py checks it.
    """
    photo = default_picture()
    files = []
    for turn in range(4):
        files.append(tmp_path / f"{turn}.png")
        files[-1].write_bytes(png_bytes(np.ascontiguousarray(np.rot90(photo, turn))))
    bob, eve = {}, {}
    for cipher in ("none", "isometric"):
        options = ["--image", *files, "--snr", snr_db, "--eve-snr", 60, "--cipher", cipher, "--seed", 5]
        code, metrics = run(tmp_path / cipher, *options)
        assert code == 0
        bob[cipher] = np.mean([image["bob"]["psnr_db"] for image in images(metrics)])
        eve[cipher] = [image["eve"]["psnr_db"] for image in images(metrics)]
    assert abs(bob["isometric"] - bob["none"]) < 0.2
    assert min(eve["none"]) > 30, "the attack has teeth"
    assert max(eve["isometric"]) < images(metrics)[0]["mean_colour_psnr_db"]


@pytest.mark.parametrize("cfo_hz", [5000, -5000])
def test_no_cliff_from_0_to_20_db_with_frequency_offset_and_random_start(tmp_path, cfo_hz):
    code, metrics = run(tmp_path, "--sweep", "0:20:4", f"--cfo={cfo_hz}", "--seed", 3 + (cfo_hz > 0))
    assert code == 0
    psnr = [image["bob"]["psnr_db"] for image in images(metrics)]
    assert all(image["bob"]["packets_received"] == image["bob"]["packets_sent"] for image in images(metrics))
    steps = np.diff(psnr)
    assert (steps > 0).all()
    assert (steps < 4).all()
    assert max(image["eve"]["psnr_db"] for image in images(metrics)) <= images(metrics)[0]["mean_colour_psnr_db"]


def test_two_path_channel_is_equalised(tmp_path):
    code, metrics = run(tmp_path, "--channel", "two-path", "--snr", 20)
    assert code == 0
    assert images(metrics)[0]["bob"]["psnr_db"] > 26


@pytest.mark.parametrize("channel, doppler_hz", [("epa", 10), ("eva", 10), ("eva", 50)])
def test_picture_crosses_a_fading_channel(tmp_path, channel, doppler_hz):
    code, metrics = run(tmp_path, "--channel", channel, "--doppler", doppler_hz, "--snr", 15, "--cfo", 5000)
    assert code == 0
    (image,) = images(metrics)
    assert image["bob"]["packets_received"] == image["bob"]["packets_sent"]
    assert image["bob"]["psnr_db"] > 27
    assert image["eve"]["psnr_db"] <= image["mean_colour_psnr_db"]


def test_lost_packets_cost_little_and_never_a_picture(tmp_path):
    _, whole = run(tmp_path / "whole", "--seed", 4)
    code, metrics = run(tmp_path / "lossy", "--seed", 4, "--packet-loss", 0.1)
    (image,) = images(metrics)
    lost = image["bob"]["packets_sent"] - image["bob"]["packets_received"]
    assert code == 0
    assert lost == metrics["runs"][0]["counters"]["bob"]["lost_on_purpose"] > 0
    assert image["bob"]["psnr_db"] > images(whole)[0]["bob"]["psnr_db"] - 1.5 * lost


def test_several_pictures_of_several_sizes_each_arrive_in_their_place(tmp_path):
    photo = default_picture()
    crops = [photo[:64, :64], photo[100:164, 100:164], photo[:200, :150], photo[40:72, 60:92]]
    for index, crop in enumerate(crops):
        (tmp_path / f"{index}.png").write_bytes(png_bytes(crop))
    files = [tmp_path / f"{index}.png" for index in range(len(crops))]
    code, metrics = run(tmp_path / "out", "--image", *files, "--snr", 20)
    assert code == 0
    for number, (crop, image) in enumerate(zip(crops, images(metrics), strict=True), 1):
        assert (image["height"], image["width"]) == crop.shape[:2]
        assert image["bob"]["psnr_db"] > 22
        sent = np.asarray(Image.open(tmp_path / "out" / f"{number:03d}_sent.png"))
        np.testing.assert_array_equal(sent, crop)
    # the two of one size share a packet
    assert metrics["runs"][0]["counters"]["transmitter"]["packets"] == 4


def test_wrong_key_at_bob_is_a_failed_link(tmp_path, capsys):
    for name in ("alice", "bob"):
        write_key_file(tmp_path / f"{name}.key")
    keys = ["--key", tmp_path / "alice.key", "--bob-key", tmp_path / "bob.key"]
    run(tmp_path / "out")  # what an earlier run left must not pass for this one's
    code, metrics = run(tmp_path / "out", *keys)
    assert code == 1
    assert images(metrics)[0]["bob"] is None
    assert not (tmp_path / "out" / "bob.png").exists()
    counters = metrics["runs"][0]["counters"]["bob"]
    assert counters["failed_authentication"] == counters["packets"] == 12
    assert "failed authentication" in capsys.readouterr().err


@pytest.mark.parametrize("channel", ["awgn", "eva"])
def test_same_seed_same_channel_and_another_seed_another(channel):
    """Keys, and with them headers and ciphertexts, are fresh in every run; the channel is not."""

    def received(level, seed):
        flowgraph, sink = gr.top_block(), blocks.vector_sink_c()
        source = blocks.vector_source_c([level] * 20_000)
        block = deepjscec.simulated_channel(channel, 10.0, 1000.0, seed=seed)
        flowgraph.connect(source, block, sink)
        flowgraph.run()
        return np.array(sink.data())

    np.testing.assert_array_equal(received(1, 1), received(1, 1))
    assert np.abs(received(1, 1) - received(1, 2)).max() > 0.1
    assert np.mean(np.abs(received(0, 1)) ** 2) == pytest.approx(0.1, rel=0.03)


def test_fading_has_unit_mean_power_and_changes():
    flowgraph, sink = gr.top_block(), blocks.vector_sink_c()
    samples = np.random.default_rng(1).standard_normal(4_000_000, np.float32).view(np.complex64) * np.sqrt(0.5)
    source = blocks.vector_source_c(samples.tolist())
    block = deepjscec.simulated_channel("eva", 60.0, 0.0, 500.0, seed=3)
    flowgraph.connect(source, block, sink)
    flowgraph.run()
    power = np.mean(np.abs(np.array(sink.data())[:1_998_000]).reshape(-1, 2000) ** 2, axis=1)
    assert np.mean(power) == pytest.approx(1, abs=0.2)
    assert np.std(power) > 0.2


def _small(folder):
    path = folder / "small.png"
    path.write_bytes(png_bytes(default_picture()[:96, :96]))
    return path


@pytest.mark.parametrize(("snr_db", "profile"), [(10, "narrowband"), (0, "default")])
def test_bob_needs_nothing_but_his_private_key(tmp_path, snr_db, profile):
    assert main(["keygen", "--pair", str(tmp_path / "bob")]) == 0
    keys = ("--key", tmp_path / "bob.pub", "--bob-key", tmp_path / "bob")
    picture = tmp_path / "small.png"
    picture.write_bytes(png_bytes(default_picture()[:128, :128]))
    code, metrics = run(tmp_path / "out", "--image", picture, "--snr", snr_db, "--profile", profile, *keys)
    assert code == 0
    assert images(metrics)[0]["bob"]["psnr_db"] > 20
    assert metrics["runs"][0]["counters"]["bob"]["openings"] == 1


def test_public_key_without_the_private_one_is_named(tmp_path, capsys):
    assert main(["keygen", "--pair", str(tmp_path / "bob")]) == 0
    code, _ = run(tmp_path / "out", "--key", tmp_path / "bob.pub")
    assert code == 2
    assert "bob.pub: a public key; --bob-key takes the private one" in capsys.readouterr().err
