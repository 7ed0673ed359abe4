# SPDX-License-Identifier: GPL-3.0-or-later
"""The baseline's separate scheme in one cell: source coder, AES-256, 5G LDPC and QAM."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from dataclasses import asdict
from fractions import Fraction
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from deepjscec.baseline.ldpc import ldpc_python
from deepjscec.baseline.modes import ModeTable
from deepjscec.baseline.separate import SeparateScheme
from deepjscec.crypto import SESSION_ID_BYTES
from deepjscec.crypto.secret import SECRET_BYTES
from deepjscec.evaluation.burst_channel import BurstChannel
from deepjscec.evaluation.cell import Cell
from deepjscec.evaluation.coders import cached_coder
from deepjscec.evaluation.configuration import Separate
from deepjscec.evaluation.outcome import Outcome
from deepjscec.evaluation.picture_set import PictureSet, failed_picture
from deepjscec.evaluation.symbol_channel import SymbolChannel


class SeparateSystem:
    """Over slow fading the mode is one that was chosen for it; `design_snr_db` is then the mean."""

    def __init__(
        self,
        cell: Cell,
        scheme: Separate,
        train: PictureSet,
        cache: Path | None,
        channel: SymbolChannel | BurstChannel,
        rng: np.random.Generator,
    ) -> None:
        self._rate, self._fading, self._channel = Fraction(cell.rate), cell.channel.kind == "rayleigh", channel
        self._design_snr_db = design_snr_db(cell, scheme)
        self._scheme = SeparateScheme(
            cached_coder(scheme.source, cache),
            modes(),
            partial(failed_picture, train),
            secret=rng.bytes(SECRET_BYTES),
            session_id=rng.bytes(SESSION_ID_BYTES),
            tag_bytes=scheme.tag_bytes,
        )

    @property
    def channel_uses(self) -> int:
        """Complex symbols sent so far."""
        return self._channel.symbols

    def transmit(self, images: np.ndarray) -> Outcome:
        """Send uint8[n, H, W, 3]."""
        got = self._scheme.transmit(images, self._rate, self._design_snr_db, self._channel.carry, fading=self._fading)
        return Outcome(got.pictures, None, got.failed)


def inputs_of(cell: Cell, scheme: Separate, shapes: Iterable[tuple[int, int]]) -> dict[str, str]:
    """What a result depends on beside the source coder: modes and channel code; `ValueError` where any is missing."""
    wanted = design_snr_db(cell, scheme)
    fading = cell.channel.kind == "rayleigh"
    found = [
        modes().find(scheme.source, pixels, Fraction(cell.rate), wanted, fading=fading, tag_bytes=scheme.tag_bytes)
        for pixels in sorted({h * w for h, w in shapes})
    ]
    return {"modes": json.dumps([asdict(mode) for mode in found]), **channel_code_versions()}


def design_snr_db(cell: Cell, scheme: Separate) -> float:
    """What the mode is made for: the cell's SNR, or the scheme's own."""
    return cell.snr_db if scheme.design_snr_db is None else scheme.design_snr_db


@lru_cache(maxsize=1)
def modes() -> ModeTable:
    """The table that comes with the library."""
    return ModeTable.load()


@lru_cache(maxsize=1)
def channel_code_versions() -> dict[str, str]:
    """Releases in the environment of the channel code; `ValueError` where it is not there."""
    code = "import json; from importlib.metadata import version as v; print(json.dumps({p: v(p) for p in %r}))"
    packages = ("sionna-no-rt", "torch")
    command = [str(ldpc_python()), "-I", "-c", code % (packages,)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"{command[0]} has no Sionna: run `make evaluate-setup`")
    return json.loads(done.stdout)
