# SPDX-License-Identifier: GPL-3.0-or-later
"""The model card: what a model is, and the hashes that say its files are the ones it was measured with."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from deepjscec.codec.models import find_model
from deepjscec.codec.patch import apply_patch
from deepjscec.codec.plan import plan_blocks
from deepjscec.codec.shares import CELL, MIN_AREAS, Shares, check_levels

FORMAT = 2
_RATE = re.compile(r"[1-9][0-9]{0,5}(/[1-9][0-9]{0,5})?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


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
    classes: tuple[str, ...] = ()  # what a classifier's decoder tells apart; empty for one that draws the picture
    picture: tuple[int, int] | None = None  # (H, W) that a classifier was trained for and takes alone
    base: ModelCard | None = None  # the model whose encoder this is, and of whose decoder this one's is a patch

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
        """8 bytes that name the model on the air: its weights, its layout and its rates.

        One with a base has the base's: what Alice sends is the same.
        """
        if self.base is not None:
            return self.base.model_hash
        meaning = [self.downscaling, self.tile, self.tiers, self.tier_channels, *map(str, self.rates)]
        if self.classes:
            meaning += [*self.classes, self.picture]
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
        except OSError as error:
            raise ValueError(f"model card {path}: {error.strerror}") from None
        except RecursionError:
            raise ValueError(f"model card {path}: nested too deeply") from None
        except KeyError as error:
            raise ValueError(f"model card {path}: key {error} is missing") from None
        except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
            raise ValueError(f"model card {path}: {error}") from None
        return card

    @classmethod
    def _parse(cls, raw: dict[str, Any], folder: Path) -> ModelCard:
        if raw["format"] != FORMAT:
            raise ValueError(f"format {raw['format']!r} is not {FORMAT}")
        if "base" in raw:
            return cls._parse_tuned(raw, folder)
        latent = raw["latent"]
        sizes = {key: latent[key] for key in ("downscaling", "tile", "tiers", "tier_channels")}
        sizes |= {key: latent[key] for key in ("encoder_halo", "decoder_halo")}
        for key, value in sizes.items():
            if type(value) is not int or not 1 <= value <= 1024:
                raise ValueError(f"latent {key} {value!r} is not an integer from 1 to 1024")
        rates = sorted((_read_rate(rate), tiers) for rate, tiers in raw["rates"].items())
        if not rates or any(type(t) is not int or not 1 <= t <= sizes["tiers"] for _, t in rates):
            raise ValueError(f"rates {raw['rates']!r} must map rates to 1 to {sizes['tiers']} tiers")
        if len(dict(rates)) < len(rates):
            raise ValueError(f"rates {raw['rates']!r} name a rate twice")
        unit_rate = Fraction(sizes["tier_channels"], 3 * sizes["downscaling"] ** 2)
        for rate, tiers in rates:
            if rate != tiers * unit_rate:
                raise ValueError(f"rate {rate} is not that of {tiers} tiers, {tiers * unit_rate}")
        sha256 = {name: entry["sha256"] for name, entry in raw["files"].items()}
        if set(sha256) != {"encoder.onnx", "decoder.onnx"}:
            raise ValueError(f"files {sorted(sha256)} are not decoder.onnx and encoder.onnx")
        if not all(map(_is_sha256, sha256.values())):
            raise ValueError("sha256 must be 64 hexadecimal digits, in lower case")
        area, levels = cls._parse_shares(raw.get("shares", {"area": 1, "levels": {}}), raw["rates"], sizes["tiers"])
        if levels and sizes["downscaling"] * sizes["tile"] % CELL:
            raise ValueError(f"shares need tiles whose side is a multiple of {CELL} pixels")
        classes, picture = cls._parse_classes(raw, sizes["downscaling"] * sizes["tile"])
        return cls(
            str(raw["name"]),
            folder,
            rates=tuple(rates),
            sha256=sha256,
            share_area=area,
            share_levels=levels,
            classes=classes,
            picture=picture,
            **sizes,
        )

    @staticmethod
    def _parse_classes(raw: dict[str, Any], unit: int) -> tuple[tuple[str, ...], tuple[int, int] | None]:
        """A classifier's `classes` and `picture`, [H, W] in whole tiles; nothing for other models."""
        if "classes" not in raw:
            return (), None
        classes, picture = raw["classes"], raw["picture"]
        if not all(isinstance(name, str) and name for name in classes) or len(set(classes)) < max(2, len(classes)):
            raise ValueError(f"classes {classes!r} are not two different names or more")
        if len(picture) != 2 or any(type(side) is not int or side < unit or side % unit for side in picture):
            raise ValueError(f"picture {picture!r} is not a height and a width in multiples of {unit} pixels")
        return tuple(classes), (picture[0], picture[1])

    @classmethod
    def _parse_tuned(cls, raw: dict[str, Any], folder: Path) -> ModelCard:
        """A card that says `base`: beside the hash of a decoder, all is the base's, a model in the folder next to it or
        one known by that name."""
        name = raw["base"]
        if not isinstance(name, str) or name in ("", "..") or Path(name).name != name:
            raise ValueError(f"base {name!r} is not a model's name")
        beside = folder.parent / name
        try:
            base_folder = beside if (beside / "card.json").is_file() else find_model(name)
            if "base" in json.loads((base_folder / "card.json").read_text()):
                raise ValueError(f"base {name!r} has a base itself")
        except OSError as error:
            raise ValueError(f"base {name!r}: {error.strerror}") from None
        base = cls.load(base_folder)
        sha256 = {file: entry["sha256"] for file, entry in raw["files"].items()}
        if set(sha256) != {"decoder.onnx"} or not _is_sha256(sha256["decoder.onnx"]):
            raise ValueError(f"files {sorted(sha256)} of a model with a base are not decoder.onnx and its sha256")
        return replace(base, name=str(raw["name"]), folder=folder, sha256=base.sha256 | sha256, base=base)

    @staticmethod
    def _parse_shares(
        shares: dict[str, Any], rates: dict[str, int], tiers: int
    ) -> tuple[int, tuple[tuple[Fraction, tuple[int, ...]], ...]]:
        area = shares["area"]
        if type(area) is not int or not 1 <= area <= 1024:
            raise ValueError(f"shares area {area!r} is not an integer from 1 to 1024")
        read = {rate: _read_rate(rate) for rate in shares["levels"]}
        for rate, levels in shares["levels"].items():
            check_levels(rate, levels, rates)
            if levels[-1] > tiers:
                raise ValueError(f"shares {rate}: {levels[-1]} tiers where a tile sends at most {tiers}")
        return area, tuple(sorted((read[rate], tuple(levels)) for rate, levels in shares["levels"].items()))

    def read_verified(self, name: str) -> bytes:
        """The bytes of a model file, checked against the card's SHA-256; `ValueError` where they differ."""
        path = self.folder / name
        if self.base is None:
            data = _read(path)
        elif self.sha256[name] == self.base.sha256[name]:
            return self.base.read_verified(name)
        else:
            path = path.with_suffix(".patch")
            patch = _read(path)
            try:
                data = apply_patch(self.base.read_verified(name), patch)
            except ValueError as error:
                raise ValueError(f"model file {path}: {error}") from None
        digest = hashlib.sha256(data).hexdigest()
        if digest != self.sha256[name]:
            raise ValueError(
                f"model file {path}: SHA-256 is {digest[:16]}..., its card says {self.sha256[name][:16]}..."
            )
        return data


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"model file {path}: {error.strerror}") from None


def _is_sha256(digest: Any) -> bool:
    return isinstance(digest, str) and _SHA256.fullmatch(digest) is not None


def _read_rate(text: str) -> Fraction:
    """A rate such as 1/6. `ValueError` for what is none, above all numbers that would take `Fraction` for ever."""
    if not _RATE.fullmatch(text):
        raise ValueError(f"rate {text!r} is not a number or a ratio of two, such as 1/6")
    return Fraction(text)
