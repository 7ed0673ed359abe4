# SPDX-License-Identifier: GPL-3.0-or-later
"""The model card: what a model is, and the hashes that say its files are the ones it was measured with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from deepjscec.codec.plan import plan_blocks
from deepjscec.codec.shares import CELL, MIN_AREAS, Shares, check_levels

FORMAT = 2


@dataclass(frozen=True)
class ModelCard:
    """The part of `card.json` that the codec runs on; the file tells people more."""

    name: str
    folder: Path
    downscaling: int  # pixels per latent position, along each side
    tile: int  # side of an encryption block, in latent positions
    tiers: int  # at most so many tiers are sent
    tier_channels: int  # complex channels of a tier
    encoder_halo: int  # tiles around a tile that its code depends on
    decoder_halo: int  # ... and its pixels
    rates: tuple[tuple[Fraction, int], ...]  # (rate, tiers), rising; a packet's header names a rate by its index
    sha256: dict[str, str]  # file name -> hex digest
    share_area: int = 1  # tiles along the side of an area whose tiles send alike
    share_levels: tuple[tuple[Fraction, tuple[int, ...]], ...] = ()  # (rate, tiers to choose from) of unequal shares

    @property
    def block_size(self) -> int:
        """Complex symbols of an encryption block."""
        return self.tier_channels * self.tile**2

    @property
    def unit(self) -> int:
        """Pictures are padded to multiples of so many pixels."""
        return self.downscaling * self.tile

    def padded_shape(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Picture size (H, W) rounded up to whole blocks."""
        h, w = shape
        return -(-h // self.unit) * self.unit, -(-w // self.unit) * self.unit

    def codeword_length(self, shape: tuple[int, int], rate_index: int) -> int:
        """Complex symbols of a picture of `shape` (H, W) at the rate of that index."""
        h, w = self.padded_shape(shape)
        return (h // self.unit) * (w // self.unit) * self.rates[rate_index][1] * self.block_size

    def shares(self, shape: tuple[int, int], rate_index: int) -> Shares | None:
        """Unequal shares of a picture of `shape` (H, W) at the rate of that index; None where all tiles send alike."""
        rate, mean = self.rates[rate_index]
        levels = dict(self.share_levels).get(rate)
        if levels is None:
            return None
        rows, columns = (side // self.unit for side in self.padded_shape(shape))
        areas = -(-rows // self.share_area) * -(-columns // self.share_area)
        blocks = rows * columns * mean - plan_blocks(areas, self.block_size)
        if areas < MIN_AREAS or blocks < rows * columns * levels[0]:
            return None
        return Shares(rows, columns, self.share_area, levels, blocks)

    @property
    def model_hash(self) -> bytes:
        """8 bytes that name the model on the air: its weights, its layout and its rates."""
        meaning = [self.downscaling, self.tile, self.tiers, self.tier_channels, *map(str, self.rates)]
        if self.share_levels:
            meaning += [self.share_area, *map(str, self.share_levels)]
        files = [self.sha256[name] for name in sorted(self.sha256)]
        return hashlib.sha256("\n".join(map(str, meaning + files)).encode()).digest()[:8]

    @classmethod
    def load(cls, folder: Path) -> ModelCard:
        """Read `folder/card.json`. Raises `ValueError` that names the file and what is wrong."""
        path = folder / "card.json"
        try:
            raw = json.loads(path.read_text())
            card = cls._parse(raw, folder)
        except FileNotFoundError:
            raise ValueError(f"model card {path}: no such file") from None
        except KeyError as error:
            raise ValueError(f"model card {path}: key {error} is missing") from None
        except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
            raise ValueError(f"model card {path}: {error}") from None
        return card

    @classmethod
    def _parse(cls, raw: dict[str, Any], folder: Path) -> ModelCard:
        if raw["format"] != FORMAT:
            raise ValueError(f"format {raw['format']!r} is not {FORMAT}")
        latent = raw["latent"]
        sizes = {key: latent[key] for key in ("downscaling", "tile", "tiers", "tier_channels")}
        sizes |= {key: latent[key] for key in ("encoder_halo", "decoder_halo")}
        for key, value in sizes.items():
            if not isinstance(value, int) or not 1 <= value <= 1024:
                raise ValueError(f"latent {key} {value!r} is not an integer from 1 to 1024")
        rates = sorted((Fraction(rate), tiers) for rate, tiers in raw["rates"].items())
        if not rates or any(not isinstance(t, int) or not 1 <= t <= sizes["tiers"] for _, t in rates):
            raise ValueError(f"rates {raw['rates']!r} must map rates to 1 to {sizes['tiers']} tiers")
        unit_rate = Fraction(sizes["tier_channels"], 3 * sizes["downscaling"] ** 2)
        for rate, tiers in rates:
            if rate != tiers * unit_rate:
                raise ValueError(f"rate {rate} is not that of {tiers} tiers, {tiers * unit_rate}")
        sha256 = {name: entry["sha256"] for name, entry in raw["files"].items()}
        if set(sha256) != {"encoder.onnx", "decoder.onnx"}:
            raise ValueError(f"files {sorted(sha256)} are not decoder.onnx and encoder.onnx")
        if not all(isinstance(digest, str) for digest in sha256.values()):
            raise ValueError("sha256 must be hexadecimal text")
        area, levels = cls._parse_shares(raw.get("shares", {"area": 1, "levels": {}}), raw["rates"], sizes["tiers"])
        if levels and sizes["downscaling"] * sizes["tile"] % CELL:
            raise ValueError(f"shares need tiles whose side is a multiple of {CELL} pixels")
        return cls(
            str(raw["name"]), folder, rates=tuple(rates), sha256=sha256, share_area=area, share_levels=levels, **sizes
        )

    @staticmethod
    def _parse_shares(
        shares: dict[str, Any], rates: dict[str, int], tiers: int
    ) -> tuple[int, tuple[tuple[Fraction, tuple[int, ...]], ...]]:
        area = shares["area"]
        if not isinstance(area, int) or not 1 <= area <= 1024:
            raise ValueError(f"shares area {area!r} is not an integer from 1 to 1024")
        for rate, levels in shares["levels"].items():
            check_levels(rate, levels, rates)
            if levels[-1] > tiers:
                raise ValueError(f"shares {rate}: {levels[-1]} tiers where a tile sends at most {tiers}")
        return area, tuple(sorted((Fraction(rate), tuple(levels)) for rate, levels in shares["levels"].items()))

    def read_verified(self, name: str) -> bytes:
        """The bytes of a model file, checked against the card's SHA-256; `ValueError` where they differ."""
        path = self.folder / name
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ValueError(f"model file {path}: {error.strerror}") from None
        digest = hashlib.sha256(data).hexdigest()
        if digest != self.sha256[name]:
            raise ValueError(
                f"model file {path}: SHA-256 is {digest[:16]}..., its card says {self.sha256[name][:16]}..."
            )
        return data
