# SPDX-License-Identifier: GPL-3.0-or-later
"""What a recording says about the link, so that a replay needs no options. Public facts alone: never a key."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from deepjscec.codec import ModelCard
from deepjscec.phy import Profile


def capture_fields(
    profile: Profile | None = None,
    *,
    card: ModelCard | None = None,
    cipher: str | None = None,
    rate: str | None = None,
    role: str | None = None,
    snr_db: float | None = None,
    shapes: Sequence[tuple[int, int]] | None = None,
) -> dict[str, Any]:
    """Fields for the namespace ``deepjscec`` of a recording; what is None is left out.

    `role`: "bob" or "eve", whose antenna it was; `snr_db`: Es/N0 asked of a simulated channel; `rate` of the codec;
    `shapes` (H, W) of the pictures in the order of sending, which the attack needs.
    """
    fields: dict[str, Any] = {
        "profile": profile and asdict(profile),
        "model": card and card.name,
        "model_hash": card and card.model_hash.hex(),
        "cipher": cipher,
        "rate": rate,
        "role": role,
        "snr_db": snr_db,
        "shapes": shapes and [list(shape) for shape in shapes],
    }
    return {name: value for name, value in fields.items() if value is not None}


class CaptureFields:
    """Reads such fields, which anybody may have written. `ValueError` names `where` and the field."""

    def __init__(self, fields: Mapping[str, Any], where: str) -> None:
        self._fields, self._where = fields, where

    def text(self, name: str) -> str | None:
        """A field of text, None where it is missing."""
        value = self._fields.get(name)
        if value is not None and not isinstance(value, str):
            raise self._bad(name, f"{value!r} is no text")
        return value

    def model(self) -> str | None:
        """The model's name. A path is refused: a recording must not choose which files are loaded."""
        name = self.text("model")
        if name is not None and (os.sep in name or name in ("", ".", "..")):
            raise self._bad("model", f"{name!r} is not a model's name")
        return name

    def profile(self) -> Profile | None:
        """The waveform, None where it is missing."""
        fields = self._fields.get("profile")
        if fields is None:
            return None
        if not isinstance(fields, dict):
            raise self._bad("profile", f"{fields!r} is no object")
        try:
            return Profile(**fields)
        except (TypeError, ValueError) as error:
            raise self._bad("profile", str(error)) from None

    def shapes(self) -> list[tuple[int, int]] | None:
        """Shapes (H, W) of the pictures, None where they are missing."""
        value = self._fields.get("shapes")
        if value is None:
            return None
        try:
            shapes = [(int(height), int(width)) for height, width in value]
        except (TypeError, ValueError):
            raise self._bad("shapes", "not a list of heights and widths") from None
        return shapes

    def _bad(self, name: str, reason: str) -> ValueError:
        return ValueError(f"{self._where}: deepjscec:{name}: {reason}")
