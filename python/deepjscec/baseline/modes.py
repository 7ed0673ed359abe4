# SPDX-License-Identifier: GPL-3.0-or-later
"""Modes of the separate system: what Alice and Bob agree on for an SNR, chosen on training pictures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import numpy as np

from .block_errors import BlockErrors
from .ldpc import LEAST_BYTES, MODULATIONS, LdpcCode
from .source import Rung

TABLE = Path(__file__).with_name("modes.json")  # by benchmarks/baseline_modes.py
PAYLOAD_STEP = 1.02  # between sizes of payloads that are tried
WORST_BLER = 0.999
# Of codes that are chosen. Those punctured further fail more often than their distance to the normal approximation
# tells: 256-QAM at 0.924 over 512 symbols failed in 11 of 400 blocks at 25 dB instead of 2.
BEST_RATE = 0.9
FADING_STEPS = 40


@dataclass(frozen=True)
class Mode:
    """One line of the table: a situation, and what is used in it.

    Attributes:
        source: name of the picture coder.
        pixels: height times width of a picture.
        rate: complex symbols for each source sample, as a fraction in lowest terms.
        fading: chosen for slow Rayleigh fading of this mean SNR, which Alice does not follow.
        snr_db: design SNR, Es/N0 in dB.
        tag_bytes: of every payload, for authentication.
        variant: of the picture coder.
        modulation, payload_bytes: of `LdpcCode`; the tag is inside of the payload.
        bler: expected share of pictures that fail.
        psnr_db: expected mean PSNR of the training pictures, failures included.
    """

    source: str
    pixels: int
    rate: str
    fading: bool
    snr_db: float
    tag_bytes: int
    variant: str
    modulation: str
    payload_bytes: int
    bler: float
    psnr_db: float

    @property
    def code(self) -> LdpcCode:
        """Its channel code; `ValueError` where the numbers are of none."""
        return LdpcCode(channel_uses(self.pixels, Fraction(self.rate)), self.modulation, self.payload_bytes)

    @property
    def situation(self) -> tuple:
        return self.source, self.pixels, self.rate, self.fading, self.snr_db, self.tag_bytes


class ModeTable:
    """Modes by situation."""

    def __init__(self, modes: Iterable[Mode]) -> None:
        self._modes = {mode.situation: mode for mode in modes}

    @classmethod
    def load(cls, path: Path = TABLE) -> ModeTable:
        """`ValueError` for a file that is no table."""
        try:
            return cls(Mode(**item) for item in json.loads(path.read_text())["modes"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}: no table of modes ({error})") from None

    def add(self, mode: Mode) -> None:
        """In place of an earlier one for the same situation."""
        self._modes[mode.situation] = mode

    def save(self, path: Path) -> None:
        lines = ",\n".join("  " + json.dumps(asdict(mode)) for mode in self._modes.values())
        path.write_text('{"modes": [\n' + lines + "\n]}\n")

    def find(
        self, source: str, pixels: int, rate: Fraction, snr_db: float, *, fading: bool = False, tag_bytes: int = 0
    ) -> Mode:
        """`ValueError` where the situation was not prepared."""
        key = source, pixels, str(rate), fading, float(snr_db), tag_bytes
        if key not in self._modes:
            raise ValueError(
                f"no mode for {source}, {pixels} pixels, rate {rate}, {'fading, ' if fading else ''}{snr_db:g} dB, "
                f"tag of {tag_bytes} bytes: benchmarks/baseline_modes.py makes them"
            )
        return self._modes[key]


@dataclass(frozen=True)
class TrainingPicture:
    """A picture's codings by variant, and the PSNR in dB of what is shown in its place if it fails."""

    pixels: int
    ladders: Mapping[str, Sequence[Rung]]
    failed_db: float

    @cached_property
    def steps(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """By variant: sizes in bytes, and PSNR with that of failure in front."""
        return {
            variant: (
                np.array([len(rung.payload) for rung in rungs]),
                np.array([self.failed_db, *(min(rung.psnr_db, 100.0) for rung in rungs)]),
            )
            for variant, rungs in self.ladders.items()
        }

    def psnr_db(self, variant: str, payload_bytes: np.ndarray) -> np.ndarray:
        """Of the best coding within each of `payload_bytes`."""
        sizes, values = self.steps[variant]
        return values[np.searchsorted(sizes, payload_bytes, side="right")]


def channel_uses(pixels: int, rate: Fraction) -> int:
    """Complex symbols of a picture."""
    return int(rate * 3 * pixels)


class Chooser:
    """Finds the mode with the best mean PSNR of training pictures, those that fail included.

    A training picture of another size than that of the mode has a payload in proportion to its pixels.
    """

    def __init__(self, source: str, pictures: Sequence[TrainingPicture], errors: BlockErrors | None = None) -> None:
        if not pictures:
            raise ValueError("modes are chosen on training pictures, and there are none")
        self._source, self._pictures = source, pictures
        self._errors = errors or BlockErrors.measured()
        self._failed = float(np.mean([picture.failed_db for picture in pictures]))

    def choose(self, pixels: int, rate: Fraction, snr_db: float, *, fading: bool = False, tag_bytes: int = 0) -> Mode:
        """The mode for one situation."""
        uses = channel_uses(pixels, rate)
        sizes = _payload_sizes(int(BEST_RATE * uses * max(MODULATIONS.values()) / 8), tag_bytes)
        arrived = {
            variant: np.mean(
                [p.psnr_db(variant, (sizes - tag_bytes) * p.pixels / pixels) for p in self._pictures], axis=0
            )
            for variant in self._pictures[0].ladders
        }
        best: Mode | None = None
        for modulation, bits in MODULATIONS.items():
            sizes_here = sizes[sizes <= BEST_RATE * uses * bits / 8]
            for i, size in enumerate(sizes_here):
                bler = self._bler(LdpcCode(uses, modulation, int(size)), snr_db, fading)
                if bler > WORST_BLER and best is not None:
                    break  # larger ones fail no less
                for variant, psnr_db in arrived.items():
                    mean = (1 - bler) * psnr_db[i] + bler * self._failed
                    if best is None or mean > best.psnr_db:
                        best = Mode(
                            self._source,
                            pixels,
                            str(rate),
                            fading,
                            float(snr_db),
                            tag_bytes,
                            variant,
                            modulation,
                            int(size),
                            float(bler),
                            float(mean),
                        )
        if best is None:
            raise ValueError(f"{uses} symbols carry no payload of {LEAST_BYTES + tag_bytes} bytes")
        return best

    def _bler(self, code: LdpcCode, snr_db: float, fading: bool) -> float:
        if not fading:
            return self._errors.of_picture(code, snr_db)
        gains = -np.log1p(-(np.arange(FADING_STEPS) + 0.5) / FADING_STEPS)  # quantiles of |gain|^2
        return float(np.mean([self._errors.of_picture(code, snr_db + 10 * np.log10(gain)) for gain in gains]))


def _payload_sizes(largest: int, tag_bytes: int) -> np.ndarray:
    """From the least to the largest, in steps of a byte at first and of `PAYLOAD_STEP` later."""
    least = LEAST_BYTES + tag_bytes
    if largest < least:
        return np.zeros(0, int)
    count = int(np.log(largest / least) / np.log(PAYLOAD_STEP)) + 1
    return np.unique(
        np.r_[np.rint(least * PAYLOAD_STEP ** np.arange(count + 1)), largest].astype(int).clip(max=largest)
    )
