# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures with their classes, for training and measuring classifiers."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from deepjscec.training.images import SUFFIXES, decode_picture, read_batch

MOST_SHIFTED = 4  # pixels


def load_labelled(path: str | Path, classes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Pictures uint8[n, H, W, 3] of one size and their labels uint8[n], indices into `classes`.

    `path` is an .npz with `images` and `labels`, a CIFAR-10 python batch, or a folder or .tar with a folder of pictures
    for each class, named as it. Raises `ValueError` that names the path where pictures differ in size, a folder is
    named as no class, or nothing is found.
    """
    path = Path(path)
    if path.is_dir():
        found = list(_folder(path, classes))
    elif ".tar" in path.suffixes:
        found = list(_tar(path, classes))
    elif path.suffix == ".npz" or "_batch" in path.name:
        images, labels = _arrays(path)
        return _checked(path, images, labels, classes)
    else:
        raise ValueError(f"labelled pictures {path}: not an .npz, CIFAR-10 batch, .tar or folder of folders")
    if not found:
        raise ValueError(f"labelled pictures {path}: none found")
    if len({image.shape for image, _ in found}) > 1:
        raise ValueError(f"labelled pictures {path}: not all of one size")
    stacked = np.stack([image for image, _ in found])
    return _checked(path, stacked, np.array([label for _, label in found]), classes)


def _checked(
    path: Path, images: np.ndarray, labels: np.ndarray, classes: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    if images.ndim != 4 or images.dtype != np.uint8 or images.shape[3] != 3 or len(images) != len(labels):
        raise ValueError(f"labelled pictures {path}: images {images.shape} {images.dtype}, {len(labels)} labels")
    if not len(labels) or labels.min() < 0 or labels.max() >= len(classes):
        raise ValueError(f"labelled pictures {path}: labels are not 0 to {len(classes) - 1}")
    return np.ascontiguousarray(images), labels.astype(np.uint8)


def _arrays(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        if path.suffix == ".npz":
            with np.load(path) as archive:
                return archive["images"], archive["labels"]
        batch = read_batch(path)
        return batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), np.array(batch[b"labels"])
    except FileNotFoundError:
        raise ValueError(f"labelled pictures {path}: no such file") from None
    except KeyError as error:
        raise ValueError(f"labelled pictures {path}: no {error} inside") from None


def _label(path: Path, name: str, classes: Sequence[str]) -> int:
    if name not in classes:
        raise ValueError(f"labelled pictures {path}: folder {name!r} is none of the classes {', '.join(classes)}")
    return list(classes).index(name)


def _folder(path: Path, classes: Sequence[str]) -> Iterator[tuple[np.ndarray, int]]:
    for folder in sorted(child for child in path.iterdir() if child.is_dir()):
        label = _label(path, folder.name, classes)
        for file in sorted(folder.iterdir()):
            if file.suffix.lower() in SUFFIXES:
                yield decode_picture(file.read_bytes(), str(file)), label


def _tar(path: Path, classes: Sequence[str]) -> Iterator[tuple[np.ndarray, int]]:
    with tarfile.open(path) as archive:
        for member in archive:
            name = PurePosixPath(member.name)
            if member.isfile() and name.suffix.lower() in SUFFIXES:
                stream = archive.extractfile(member)
                assert stream is not None
                yield decode_picture(stream.read(), f"{path}: {name}"), _label(path, name.parent.name, classes)


class LabelledSource:
    """Draws pictures and labels, each picture shifted by up to 4 pixels and perhaps mirrored."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        """uint8[n, H, W, 3] and uint8[n]."""
        margin = ((0, 0), (0, 0), (MOST_SHIFTED, MOST_SHIFTED), (MOST_SHIFTED, MOST_SHIFTED))
        self._padded = np.pad(images.transpose(0, 3, 1, 2), margin, mode="reflect")
        self._labels = labels
        self._order = np.empty(0, np.int64)

    def draw(self, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """uint8[count, 3, H, W] and uint8[count]; every picture comes once before any comes again."""
        while len(self._order) < count:
            self._order = np.concatenate([self._order, rng.permutation(len(self._labels))])
        chosen, self._order = self._order[:count], self._order[count:]
        h, w = (side - 2 * MOST_SHIFTED for side in self._padded.shape[2:])
        batch = np.empty((count, 3, h, w), np.uint8)
        shifts = rng.integers(0, 2 * MOST_SHIFTED + 1, (count, 2))
        mirrored = rng.random(count) < 0.5
        for picture, index, (y, x), flip in zip(batch, chosen, shifts, mirrored, strict=True):
            crop = self._padded[index, :, y : y + h, x : x + w]
            picture[:] = crop[:, :, ::-1] if flip else crop
        return batch, self._labels[chosen]
