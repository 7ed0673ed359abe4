# SPDX-License-Identifier: GPL-3.0-or-later
"""Where training pictures come from: packed .npz files, folders, tar archives and CIFAR-10 python batches.

A packed file (`pack_images`) needs numpy alone to read, so a GPU machine needs no picture library.
"""

from __future__ import annotations

import io
import pickle
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".webp"}


def load_images(path: str | Path) -> list[np.ndarray]:
    """All pictures at `path` as uint8[H, W, 3] arrays.

    `path` is a packed or an `images` .npz, a .tar of pictures, a CIFAR-10 python batch, or a folder of any of them.
    Raises `ValueError` that names the path when it holds no picture.
    """
    path = Path(path)
    if not path.exists():
        raise ValueError(f"pictures {path}: no such file or folder")
    images = list(_read(path))
    if not images:
        raise ValueError(f"pictures {path}: none found")
    return images


def pack_images(images: Sequence[np.ndarray], path: str | Path) -> None:
    """Write pictures of any sizes into one .npz that `load_images` reads with numpy alone."""
    np.savez(
        path,
        pixels=np.concatenate([image.reshape(-1) for image in images]),
        shapes=np.array([image.shape[:2] for image in images], np.int32),
    )


def _read(path: Path) -> Iterator[np.ndarray]:
    if path.is_dir():
        for child in sorted(path.iterdir()):
            if child.is_dir() or child.suffix.lower() in SUFFIXES | {".npz", ".tar"} or "_batch" in child.name:
                yield from _read(child)
    elif path.suffix == ".npz":
        yield from _read_npz(path)
    elif ".tar" in path.suffixes:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and Path(member.name).suffix.lower() in SUFFIXES:
                    stream = archive.extractfile(member)
                    assert stream is not None
                    yield decode_picture(stream.read(), f"{path}: {member.name}")
    elif path.suffix.lower() in SUFFIXES:
        yield decode_picture(path.read_bytes(), str(path))
    elif "_batch" in path.name:
        yield from read_batch(path)[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    else:
        raise ValueError(f"pictures {path}: not a picture, .npz, .tar, CIFAR-10 batch or folder")


def _read_npz(path: Path) -> Iterator[np.ndarray]:
    with np.load(path) as archive:
        if "images" in archive:
            yield from archive["images"]
            return
        if "pixels" not in archive or "shapes" not in archive:
            raise ValueError(f"pictures {path}: neither 'images' nor 'pixels' and 'shapes' inside")
        pixels, shapes = archive["pixels"], archive["shapes"]
    start = 0
    for h, w in shapes:
        yield pixels[start : start + h * w * 3].reshape(h, w, 3)
        start += h * w * 3


def read_batch(path: Path) -> dict[bytes, Any]:
    """A CIFAR-10 python batch: `data` uint8[n, 3072], planes R, G, B, and `labels`, a list of n."""
    with path.open("rb") as file:
        return _ArrayUnpickler(file, encoding="bytes").load()


class _ArrayUnpickler(pickle.Unpickler):
    """Reads arrays, text and containers; a pickle that names anything else could run code."""

    def find_class(self, module: str, name: str) -> Any:
        known = module == "numpy" or module.startswith(("numpy.core", "numpy._core"))
        if known and name in ("_reconstruct", "ndarray", "dtype", "scalar"):
            return super().find_class(module, name)
        raise ValueError(f"training data: a CIFAR-10 batch holds no {module}.{name}")


def decode_picture(data: bytes, name: str) -> np.ndarray:
    """A picture file's bytes as uint8[H, W, 3]; `ValueError` says which `name` cannot be read."""
    from PIL import Image  # only where pictures are not packed

    try:
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    except OSError as error:
        reason = "not a picture that can be read" if "cannot identify" in str(error) else str(error)
        raise ValueError(f"pictures {name}: {reason}") from None
