# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README says is what was measured, and its Python runs."""

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

from deepjscec.attack import ORACLE_NAMES, REAL_CIPHERS
from deepjscec.attack.active import ATTACKS
from deepjscec.codec import Codec, list_models

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_tables_are_those_of_the_results():
    subprocess.run([sys.executable, ROOT / "benchmarks" / "readme_tables.py", "--check"], check=True)


def test_results_are_of_the_model_that_ships():
    current = Codec.load("photo").model_hash.hex()
    assert json.loads((ROOT / "results" / "loopback.json").read_text())["model_hash"] == current
    cipher = json.loads((ROOT / "results" / "ciphers" / "photo_modulo.json").read_text())["settings"]
    assert (cipher["model_hash"], cipher["cipher"]) == (current, "modulo")
    for name in (name for name in list_models() if not Codec.load(name).classes):
        path = ROOT / "results" / "codec" / f"{name}.json"
        settings = json.loads(path.read_text())["settings"]
        assert settings["model"] == name
        assert settings["model_hash"] == Codec.load(settings["model"]).model_hash.hex(), path


def test_results_meet_what_is_promised():
    result = json.loads((ROOT / "results" / "loopback.json").read_text())
    psnr = [row["bob_psnr_db_isometric"] for row in result["sweep"]]
    assert [row["snr_db"] for row in result["sweep"]] == list(range(0, 21, 2))
    assert all(0 < step < 2.5 for step in (b - a for a, b in itertools.pairwise(psnr)))
    assert psnr[5] >= 28
    for row in result["sweep"]:
        assert row["bob_packets_lost_isometric"] == row["bob_packets_lost_none"] == 0
        assert row["bob_psnr_db_isometric"] >= row["bob_psnr_db_none"] - 0.3  # one draw of noise each
        assert row["eve_psnr_db_isometric"] <= row["mean_colour_psnr_db"]
        assert abs(row["eve_ssim_isometric"]) < 0.1


def test_encryption_costs_at_most_a_tenth_of_a_db():
    costs = json.loads((ROOT / "results" / "loopback.json").read_text())["encryption_cost"]
    assert [cost["snr_db"] for cost in costs] == [0, 10, 20]
    for cost in costs:
        assert cost["cost_db"] <= 0.1 and cost["standard_error_db"] < 0.05


def test_eve_gets_nothing_from_ciphers_and_everything_from_controls():
    result = json.loads((ROOT / "results" / "attack.json").read_text())
    assert result["model_hash"] == Codec.load(result["model"]).model_hash.hex()
    assert tuple(result["ciphers"]) == ORACLE_NAMES
    for name, found in result["ciphers"].items():
        told, eve = found["distinguisher"].values(), found["trained"]["psnr_db"]
        if name in REAL_CIPHERS:
            assert found["distinguisher"]["black and white"]["ciphertexts"] == 10**6
            assert all(one["interval"][0] <= 0.5 <= one["interval"][1] for one in told), name
            assert abs(eve - result["guess"]["mean_picture_db"]) < 0.3
        else:
            assert all(one["accuracy"] > 0.99 for one in told), name
            assert eve > result["bob_db"] - 1.5


def test_nothing_of_eves_was_accepted_and_nothing_of_alices_refused():
    result = json.loads((ROOT / "results" / "attack_active.json").read_text())
    assert tuple(result["active"]) == REAL_CIPHERS
    for cipher, attacks in result["active"].items():
        assert {attack["name"] for attack in attacks} == set(ATTACKS)
        for attack in attacks:
            assert attack["attempts"] == 10**5 or (cipher == "lwe" and attack["attempts"] >= 10**4)
            assert (attack["accepted"], attack["genuine_refused"]) == (0, 0), attack["name"]
    rows = json.loads((ROOT / "results" / "reference_blocks.json").read_text())["rows"]
    (at_0_db,) = (row for row in rows if (row["cipher"], row["snr_db"]) == ("isometric", 0))
    assert at_0_db["packets"] == 10**5 and at_0_db["refused"] <= 10 and at_0_db["foreign_accepted"] == 0


def test_python_example_runs():
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "usage.md").read_text(), re.DOTALL)
    check = "\nfrom deepjscec.app.quality import psnr_db\nassert psnr_db(image, picture) > 28\n"
    subprocess.run([sys.executable, "-c", example + check], check=True)


def test_links_and_pictures_are_there():
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target, place in re.findall(r"\]\((?!http)([^)#]*)(?:#([^)]*))?\)", page.read_text()):
            there = page.parent / target if target else page
            assert there.exists(), (page, target)
            if place and there.suffix == ".md":
                assert place in anchors(there), (page, target, place)


def anchors(page):
    """Names of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
