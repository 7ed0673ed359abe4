# SPDX-License-Identifier: GPL-3.0-or-later
"""One cell of an experiment: a scheme at one rate and SNR over one channel, on one set of pictures."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from deepjscec.evaluation.configuration import Channel, Experiment, Pictures, Scheme


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Everything that a cell's result depends on. Numbers drawn depend on `place` and `seed` alone."""

    experiment: str
    scheme: Scheme
    rate: str
    channel: Channel
    snr_db: float
    pictures: Pictures
    seed: int
    repeats: int
    kept: tuple[int, ...] = ()  # pictures that are kept as pixels for the strip
    crop: tuple[int, ...] = ()
    inputs: dict[str, str] = field(default_factory=dict)  # hashes of models and pictures, versions of libraries

    @property
    def place(self) -> str:
        """Where it stands in its experiment; good as the name of a file."""
        rate = self.rate.replace("/", "-")
        return f"{self.scheme.name}_{self.pictures.name}_{rate}_{self.channel.kind}_{self.snr_db:g}dB"

    def identity(self) -> dict[str, Any]:
        """Everything its result depends on, as JSON has it: an earlier result of another identity is not used."""
        value = {**asdict(self), "kind": self.scheme.kind}
        for part in ("scheme", "pictures"):
            value[part].pop("title")
        for replaced in ("rates", "snr_db", "pictures", "channels"):  # of other cells
            value["scheme"].pop(replaced)
        return json.loads(json.dumps(value))

    def own_numbers(self, repeat: int) -> np.random.Generator:
        """The generator of one repeat's keys."""
        return self._generator(repeat, self.place)

    def channel_numbers(self, repeat: int) -> np.random.Generator:
        """The generator of one repeat's channel: the same for all schemes, whose differences then vary less."""
        return self._generator(
            repeat, f"{self.scheme.receiver}_{self.pictures.name}_{self.channel.kind}_{self.snr_db:g}dB"
        )

    def _generator(self, repeat: int, use: str) -> np.random.Generator:
        digest = hashlib.sha256(f"{self.experiment} {use}".encode()).digest()
        sequence = np.random.SeedSequence([self.seed, repeat, *np.frombuffer(digest, "<u4").tolist()])
        return np.random.default_rng(sequence)


def cells_of(experiment: Experiment) -> list[Cell]:
    """The whole grid in the order of the configuration, still without `inputs`."""
    settings, strip = experiment.settings, experiment.strip
    cells = []
    for pictures in experiment.pictures:
        for channel in experiment.channels:
            for scheme in experiment.schemes:
                if scheme.pictures and pictures.name not in scheme.pictures:
                    continue
                if scheme.channels and channel.kind not in scheme.channels:
                    continue
                for rate in scheme.rates or settings.rates:
                    for snr_db in scheme.snr_db or settings.snr_db:
                        shown = (
                            strip is not None
                            and (pictures, channel) == (experiment.pictures[0], experiment.channels[0])
                            and scheme.kind != "classifier"
                            and (not strip.schemes or scheme.name in strip.schemes)
                            and (rate, True) == (strip.rate, snr_db in strip.snr_db)
                        )
                        cells.append(
                            Cell(
                                experiment=experiment.name,
                                scheme=scheme,
                                rate=rate,
                                channel=channel,
                                snr_db=snr_db,
                                pictures=pictures,
                                seed=settings.seed,
                                repeats=settings.repeats,
                                kept=strip.picture if strip and shown else (),
                                crop=strip.crop if strip and shown else (),
                            )
                        )
    return cells
