# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of a run: what is trained on, and what is held out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepjscec.training.config import DataConfig
from deepjscec.training.images import load_images
from deepjscec.training.labelled import LabelledSource, load_labelled
from deepjscec.training.patches import PatchSource


def load_sources(
    data: Sequence[DataConfig], paths: dict[str, str]
) -> tuple[list[PatchSource], dict[str, list[np.ndarray]]]:
    """Patch sources in the order of `data`, and each one's held-out pictures by name."""
    check_names(data, paths)
    sources, held_out = [], {}
    for item in data:
        images = load_images(paths[item.name])
        keep = len(images) - item.held_out
        if keep < 1:
            raise ValueError(f"--data {item.name}: {len(images)} pictures, but {item.held_out} are to be held out")
        sources.append(PatchSource(images[:keep], item.patch, item.scales))
        held_out[item.name] = images[keep:]
    return sources, held_out


def load_labelled_sources(
    data: Sequence[DataConfig], paths: dict[str, str], classes: Sequence[str]
) -> tuple[list[LabelledSource], dict[str, tuple[np.ndarray, np.ndarray]]]:
    """The same of pictures with their classes; those held out lie scattered, as files are often sorted by class."""
    check_names(data, paths)
    sources, held_out = [], {}
    for item in data:
        images, labels = load_labelled(paths[item.name], classes)
        if images.shape[1:3] != (item.patch, item.patch):
            raise ValueError(f"--data {item.name}: pictures of {images.shape[2]} x {images.shape[1]}, not {item.patch}")
        if len(images) <= item.held_out:
            raise ValueError(f"--data {item.name}: {len(images)} pictures, but {item.held_out} are to be held out")
        order = np.random.default_rng(0).permutation(len(images))
        kept, left_out = order[item.held_out :], order[: item.held_out]
        sources.append(LabelledSource(images[kept], labels[kept]))
        held_out[item.name] = images[left_out], labels[left_out]
    return sources, held_out


def check_names(data: Sequence[DataConfig], paths: dict[str, str]) -> None:
    """`ValueError` where `paths` are not those of all entries of `data`."""
    names = [item.name for item in data]
    if set(paths) != set(names):
        raise ValueError(f"--data must name exactly {', '.join(names)}; got {', '.join(sorted(paths)) or 'nothing'}")
