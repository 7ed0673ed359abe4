# SPDX-License-Identifier: GPL-3.0-or-later
"""What a training run is made of: one TOML file, every unknown key an error."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from deepjscec.codec.shares import check_levels
from deepjscec.training.classifier_network import ClassifierArchitecture
from deepjscec.training.network import DOWNSCALING, Architecture

T = TypeVar("T")


@dataclass(frozen=True)
class DataConfig:
    """One source of patches; `weight` is its share of the steps."""

    name: str
    patch: int
    batch: int
    weight: float = 1.0
    scales: tuple[float, ...] = (1.0,)
    adaptive: float = 0.0  # share of its pictures whose areas send unequal numbers of tiers
    tiers: dict[str, float] | None = None  # tiers per tile, on average -> probability; default: the channel's
    held_out: int = 0  # pictures at the end of the source that are only validated on


@dataclass(frozen=True)
class SharesConfig:
    """Unequal shares of a codeword (`deepjscec.codec.shares`); without levels all tiles send the same."""

    area: int = 1  # tiles along the side of an area, all of whose tiles send the same number
    levels: dict[str, list[int]] = field(default_factory=dict)  # name of a rate -> tiers to choose from

    def __post_init__(self) -> None:
        if self.area < 1:
            raise ValueError(f"shares: area {self.area} is not at least 1")


@dataclass(frozen=True)
class ChannelConfig:
    """What the latent goes through. One draw per picture."""

    kind: str = "awgn"  # "awgn", "rayleigh" (a gain for every block) or "modulo" (of ciphers that wrap symbols)
    modulo_scale: float = 0.5  # of symbols before they wrap, as `ModuloCipher` has it
    snr_db: tuple[float, float] = (-4.0, 24.0)  # uniform, Es/N0 per complex symbol
    told: float = 0.5  # share of pictures whose encoder is told the SNR
    told_spread_db: float = 2.0  # ... up to a Gaussian error of this deviation
    tiers: dict[str, float] = field(default_factory=lambda: {"8": 1.0})  # tiers per tile, on average -> probability
    truncated: float = 0.1  # share of pictures whose codeword is cut short after coding
    erasure_probability: float = 0.25  # share of pictures that lose blocks
    erasure_max: float = 0.3  # such a picture loses a uniform share of its blocks, up to this

    def __post_init__(self) -> None:
        if self.kind not in ("awgn", "rayleigh", "modulo"):
            raise ValueError(f"channel kind {self.kind!r} is not awgn, rayleigh or modulo")


@dataclass(frozen=True)
class OptimiserConfig:
    kind: str = "muon"  # or "adamw"
    learning_rate: float = 1e-3
    warmup_steps: int = 300  # at least 1
    decay_share: float = 0.35  # the last share of the steps brings the rate down to nothing
    weight_decay: float = 1e-4
    second_moment: float = 0.99  # AdamW's beta_2
    clip_norm: float = 1.0
    ema: float = 0.999
    train: tuple[str, ...] = ("*",)  # weights that are trained, as patterns of their names: "decoder.*"

    def __post_init__(self) -> None:
        if self.warmup_steps < 1:
            raise ValueError(f"warmup_steps {self.warmup_steps} is not at least 1")
        if self.kind not in ("adamw", "muon"):
            raise ValueError(f"optimiser kind {self.kind!r} is neither adamw nor muon")
        if not self.train or isinstance(self.train, str):
            raise ValueError(f"optimiser train {self.train!r} is not a list of patterns")


@dataclass(frozen=True)
class TrainingConfig:
    name: str
    model: Architecture | ClassifierArchitecture  # one with classes names what it sees, the other draws it
    data: tuple[DataConfig, ...]
    channel: ChannelConfig
    optimiser: OptimiserConfig
    rates: dict[str, int]  # name of a rate, as a fraction, -> tiers sent
    shares: SharesConfig = SharesConfig()

    def __post_init__(self) -> None:
        known = self.model.tier_choices
        used = [(f"rate {rate}", tiers) for rate, tiers in self.rates.items()]
        for item in self.data:
            used += [(f"data {item.name}", int(tiers)) for tiers in item.tiers or self.channel.tiers]
            side = DOWNSCALING * self.model.tile * self.shares.area
            if item.patch % side:
                raise ValueError(f"data {item.name}: patch {item.patch} is not a multiple of {side}, an area's side")
        for rate, levels in self.shares.levels.items():
            check_levels(rate, levels, self.rates)
            used += [(f"shares {rate}", tiers) for tiers in levels]
        for where, tiers in used:
            if tiers not in known:
                raise ValueError(f"{where}: {tiers} tiers are none of tier_choices {list(known)}")
        for rate, tiers in self.rates.items():
            unit = Fraction(self.model.tier_channels, 3 * DOWNSCALING**2)
            if Fraction(rate) != tiers * unit:
                raise ValueError(f"rate {rate} is not that of {tiers} tiers, {tiers * unit}")


def load_config(path: str | Path) -> TrainingConfig:
    """Read a training configuration; `ValueError` names the file and the key that is wrong."""
    path = Path(path)
    try:
        raw = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise ValueError(f"training configuration {path}: no such file") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"training configuration {path}: {error}") from None
    try:
        sections = {"name", "rates", "shares", "model", "data", "channel", "optimiser"}
        if unknown := set(raw) - sections:
            raise ValueError(f"unknown key {sorted(unknown)[0]!r}")
        if missing := {"name", "rates", "data"} - set(raw):
            raise ValueError(f"missing key {sorted(missing)[0]!r}")
        return TrainingConfig(
            name=raw["name"],
            rates=raw["rates"],
            shares=_build(SharesConfig, raw.get("shares", {})),
            model=_build(_kind_of_model(raw.get("model", {})), raw.get("model", {})),
            data=tuple(_build(DataConfig, item) for item in raw["data"]),
            channel=_build(ChannelConfig, raw.get("channel", {})),
            optimiser=_build(OptimiserConfig, raw.get("optimiser", {})),
        )
    except (ValueError, TypeError) as error:
        raise ValueError(f"training configuration {path}: {error}") from None


def _kind_of_model(values: dict[str, Any]) -> type[Architecture] | type[ClassifierArchitecture]:
    return ClassifierArchitecture if "classes" in values else Architecture


def _build(kind: type[T], values: dict[str, Any]) -> T:
    known = {item.name for item in fields(kind)}  # type: ignore[arg-type]
    if unknown := set(values) - known:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r} in {kind.__name__}, known: {', '.join(sorted(known))}")
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})
