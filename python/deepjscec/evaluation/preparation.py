# SPDX-License-Identifier: GPL-3.0-or-later
"""An experiment checked against the data, models and libraries that are there, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from deepjscec.codec import Codec
from deepjscec.evaluation.cell import Cell, cells_of
from deepjscec.evaluation.coders import cached_coder
from deepjscec.evaluation.configuration import Classifier, Conventional, Experiment, Learned, Separate
from deepjscec.evaluation.execution import Task
from deepjscec.evaluation.learned import cached_codec
from deepjscec.evaluation.measure import cropped
from deepjscec.evaluation.picture_set import PictureSet, load_pictures
from deepjscec.evaluation.versions import versions

LIBRARIES = {
    "jscc": ("numpy", "onnxruntime"),
    "classifier": ("numpy", "onnxruntime"),
    "ideal": ("numpy", "av"),
    "separate": ("numpy", "av"),
}


class Preparation:
    """Turns experiments into tasks; pictures and models that several share are loaded once."""

    def __init__(self, data: Mapping[str, Path], cache: Path | None = None) -> None:
        """`data`: where the pictures of each name are; `cache`: a folder for what takes minutes to make of them."""
        self._data, self._cache = dict(data), cache
        self.unused = set(data)  # names that no task has asked for yet
        self._load = lru_cache(maxsize=None)(load_pictures)

    def tasks(self, experiment: Experiment) -> list[Task]:
        """All cells with their pictures, in the configuration's order; `ValueError` for whatever does not fit."""
        try:
            cells = cells_of(experiment)
            for scheme in experiment.schemes:
                if not any(cell.scheme is scheme for cell in cells):
                    raise ValueError(f"scheme {scheme.name}: none of its channels is measured")
            _check_strip_is_measured(experiment, cells)
            return [self._task(cell) for cell in cells]
        except ValueError as error:
            raise ValueError(f"{experiment.name}: {error}") from None

    def _task(self, cell: Cell) -> Task:
        scheme, pictures = cell.scheme, self._pictures(cell)
        train = self._train(cell) if isinstance(scheme, Conventional) else None
        inputs = versions(LIBRARIES[scheme.kind])
        inputs["pictures"] = pictures.digest
        if train is not None:
            inputs["train"] = train.digest
        _check_strip(cell, pictures)
        if isinstance(scheme, Learned):
            codec = cached_codec(scheme.model)
            inputs["model"] = codec.model_hash.hex()
            _check_learned(codec, scheme, cell.rate, pictures)
        if isinstance(scheme, Conventional):
            inputs["source"] = cached_coder(scheme.source, self._cache).identity
        if isinstance(scheme, Separate):
            from deepjscec.evaluation.separate import inputs_of

            inputs |= inputs_of(cell, scheme, pictures.shapes)
        if cell.channel.kind == "waveform":
            from deepjscec.phy import Profile

            Profile.named(cell.channel.profile)
        return Task(replace(cell, inputs=inputs), pictures, train, self._cache)

    def _pictures(self, cell: Cell) -> PictureSet:
        wanted, scheme = cell.pictures, cell.scheme
        classes = cached_codec(scheme.model).classes if isinstance(scheme, Classifier) else ()
        return self._load(self._path(wanted.name), wanted.limit, tuple(classes))

    def _train(self, cell: Cell) -> PictureSet:
        pictures = cell.pictures
        if not pictures.train:
            raise ValueError(
                f"pictures {pictures.name}: scheme {cell.scheme.name} needs training pictures, train = NAME"
            )
        return self._load(self._path(pictures.train), pictures.train_limit)

    def _path(self, name: str) -> Path:
        if name not in self._data:
            raise ValueError(f"pictures {name!r} are not given: --data {name}=PATH")
        self.unused.discard(name)
        return self._data[name]


def _check_strip_is_measured(experiment: Experiment, cells: Sequence[Cell]) -> None:
    if experiment.strip is None:
        return
    kept = {cell.snr_db for cell in cells if cell.kept}
    for snr_db in experiment.strip.snr_db:
        if snr_db not in kept:
            raise ValueError(f"strip: no scheme is measured at rate {experiment.strip.rate} and {snr_db:g} dB")


def _check_strip(cell: Cell, pictures: PictureSet) -> None:
    for index in cell.kept:
        if index >= len(pictures.images):
            raise ValueError(f"strip: picture {index} of {len(pictures.images)} in {cell.pictures.name}")
    sizes = {cropped(pictures.images[index], cell.crop).shape[:2] for index in cell.kept}
    if len(sizes) > 1 or (cell.crop and sizes - {cell.crop[2:]}):
        raise ValueError("strip: pictures of several sizes, or smaller than the crop: give another crop")


def _check_learned(codec: Codec, scheme: Learned, rate: str, pictures: PictureSet) -> None:
    if isinstance(scheme, Classifier) and not codec.classes:
        raise ValueError(f"scheme {scheme.name}: model {scheme.model!r} is no classifier")
    if not isinstance(scheme, Classifier) and codec.classes:
        raise ValueError(f"scheme {scheme.name}: model {scheme.model!r} is a classifier, it draws no pictures")
    codec.rate_index(rate)
    for shape in set(pictures.shapes):
        codec.codeword_length(shape, rate)
