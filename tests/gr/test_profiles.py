# SPDX-License-Identifier: GPL-3.0-or-later
"""Every profile through the whole flowgraph, and in the block descriptions."""

from pathlib import Path

import pytest
import yaml

from deepjscec.app.pictures import default_picture, png_bytes
from deepjscec.link.payload import REFERENCE_SYMBOLS
from deepjscec.phy import PROFILES
from tests.gr.gr_setup import images, run

GRC = Path(__file__).parents[2] / "gr-deepjscec" / "grc"


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("options", [(), ("--max-papr", 7)], ids=["", "limited"])
def test_bob_gets_his_picture(tmp_path, name, options):
    profile = PROFILES[name]
    path = tmp_path / "picture.png"
    path.write_bytes(png_bytes(default_picture()[100:292, 100:420]))
    offset = 1.5 * profile.carrier_spacing
    code, metrics = run(tmp_path / "out", "--image", path, "--profile", name, "--snr", 10, f"--cfo={offset}", *options)
    (image,) = images(metrics)
    assert code == 0
    assert image["bob"]["psnr_db"] > 24
    assert image["bob"]["snr_db"] == pytest.approx(10, abs=0.5)
    assert image["bob"]["packets_received"] == image["bob"]["packets_sent"]
    assert metrics["settings"]["profile"] == name
    assert metrics["settings"]["sample_rate"] == profile.sample_rate
    # Packets as long as the profile allows, in whole blocks of the cipher, with a reference in each
    symbols = metrics["runs"][0]["counters"]["transmitter"]["payload_symbols"]
    assert symbols == 192 * 320 * 3 // 6 + image["bob"]["packets_sent"] * REFERENCE_SYMBOLS
    assert image["bob"]["packets_sent"] == -(-symbols // profile.max_payload_symbols)


def test_unencrypted_pictures_reach_eve_in_every_profile(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(png_bytes(default_picture()[100:292, 100:420]))
    for name in PROFILES:
        code, metrics = run(tmp_path / name, "--image", path, "--profile", name, "--cipher", "none")
        assert code == 0
        assert images(metrics)[0]["eve"]["psnr_db"] > 28


def test_block_descriptions_offer_all_profiles():
    labels = set()
    for path in sorted(GRC.glob("*.block.yml")):
        for parameter in yaml.safe_load(path.read_text())["parameters"]:
            if parameter["id"] == "profile":
                assert parameter["options"] == list(PROFILES), path.name
                labels.add(tuple(parameter["option_labels"]))
    assert labels == {("Default (1 MHz)", "Narrowband (250 kHz)", "Wideband (5 MHz)")}
