# SPDX-License-Identifier: GPL-3.0-or-later
"""Remote classification over the same flowgraph, cipher and link as pictures."""

import numpy as np
import pytest
from PIL import Image

from deepjscec.app.pictures import default_cat, png_bytes
from deepjscec.cli import main
from deepjscec.codec import Codec
from deepjscec.crypto import write_key_file
from tests.gr.gr_setup import images, run


@pytest.fixture(scope="module")
def cats(tmp_path_factory):
    """Views of a cat, in a folder named as its class."""
    folder = tmp_path_factory.mktemp("pictures") / "cat"
    folder.mkdir()
    photo = default_cat()
    for number in range(6):
        view = np.ascontiguousarray(photo[5 * number : 280 + 3 * number, 4 * number : 280 + 3 * number])
        (folder / f"{number}.png").write_bytes(png_bytes(view[:, :: -1 if number % 2 else 1]))
    return sorted(folder.iterdir())


def test_bob_names_what_alice_sees_and_eve_does_not(tmp_path, cats, capsys):
    code, metrics = run(tmp_path, "--model", "classify", "--snr", 10, "--eve-snr", 60, "--image", *cats)
    assert code == 0
    found = images(metrics)
    assert metrics["settings"]["rate"] == "1/24" and "cat" in metrics["settings"]["classes"]
    assert [image["truth"] for image in found] == ["cat"] * 6
    assert sum(image["bob"]["label"] == "cat" for image in found) >= 5
    assert {image["eve"]["packets_received"] for image in found} == {1}
    assert len({image["eve"]["label"] for image in found} - {"cat"}) >= 1
    printed = capsys.readouterr().out
    assert "Bob says" in printed and "Bob was right about" in printed
    assert "cat" in (tmp_path / "report.html").read_text()
    assert np.asarray(Image.open(tmp_path / "001_sent.png")).shape == (32, 32, 3)


def test_encryption_changes_no_label(tmp_path, cats):
    said = {}
    for cipher in ("none", "isometric"):
        options = ["--model", "classify", "--snr", 15, "--rate", "1/48", "--cipher", cipher, "--image", *cats]
        code, metrics = run(tmp_path / cipher, *options)
        assert code == 0
        said[cipher] = [image["bob"]["label"] for image in images(metrics)]
        assert all(image["eve"] is not None for image in images(metrics))
    assert said["none"] == said["isometric"]


def test_without_a_picture_a_cat_is_sent(tmp_path):
    code, metrics = run(tmp_path, "--model", "classify")
    assert code == 0
    (image,) = images(metrics)
    assert image["name"] == "chelsea" and image["bob"]["label"] in Codec.load("classify").classes
    assert 0.1 <= image["bob"]["confidence"] <= 1 and image["truth"] is None


def test_recording_of_a_classification_is_named_again(tmp_path, cats, capsys):
    write_key_file(tmp_path / "key")
    options = ["--model", "classify", "--key", tmp_path / "key", "--record", tmp_path / "captures"]
    code, metrics = run(tmp_path / "out", *options, "--image", *cats[:2])
    assert code == 0
    capsys.readouterr()
    recording = str(tmp_path / "captures" / "bob.sigmf-meta")
    assert main(["replay", recording, "--key", str(tmp_path / "key"), "--out", str(tmp_path / "replayed")]) == 0
    printed = capsys.readouterr().out
    for image in images(metrics):
        assert image["bob"]["label"] in printed
    assert main(["replay", recording, "--eve", "--out", str(tmp_path / "eve")]) == 0
