# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures from every layout, and the patches that are cut from them."""

import os
import pickle
import tarfile

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from deepjscec.app.pictures import default_picture, png_bytes  # noqa: E402
from deepjscec.training.images import load_images, pack_images  # noqa: E402
from deepjscec.training.patches import PatchSource  # noqa: E402

draw = PatchSource.draw


def test_pictures_are_read_from_every_layout(tmp_path):
    image = default_picture()[:40, :50]
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.png").write_bytes(png_bytes(image))
    with tarfile.open(tmp_path / "b.tar", "w") as archive:
        archive.add(tmp_path / "folder" / "a.png", "x/a.png")
    np.savez(tmp_path / "c.npz", images=image[None])
    pack_images([image, image[:, :33]], tmp_path / "d.npz")
    with (tmp_path / "data_batch_1").open("wb") as file:
        planes = np.zeros((2, 3, 32, 32), np.uint8)
        pickle.dump({b"data": planes.reshape(2, -1), b"labels": [1, 2]}, file)
    assert [picture.shape for picture in load_images(tmp_path / "data_batch_1")] == [(32, 32, 3)] * 2
    with (tmp_path / "evil_batch").open("wb") as file:
        pickle.dump({b"data": os.getcwd}, file)
    with pytest.raises(ValueError, match="getcwd"):
        load_images(tmp_path / "evil_batch")
    for name, count in (("folder", 1), ("b.tar", 1), ("c.npz", 1), ("d.npz", 2)):
        images = load_images(tmp_path / name)
        assert len(images) == count
        np.testing.assert_array_equal(images[0], image)


def test_patches_come_from_every_scale_and_fit():
    rng = np.random.default_rng(0)
    source = PatchSource([default_picture()[:100, :80]], 48, (1.0, 0.7))
    assert len(source.images) == 2
    assert source.draw(5, rng).shape == (5, 3, 48, 48)
    with pytest.raises(ValueError, match="48 x 48"):
        PatchSource([default_picture()[:40, :40]], 48)
