# SPDX-License-Identifier: GPL-3.0-or-later
"""What an experiment is made of: schemes x rates x SNRs x channels x pictures, from one TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

from deepjscec.crypto import CIPHER_NAMES
from deepjscec.evaluation.tables import build

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")  # of schemes and experiments: they become names of files
LOWEST_SNR_DB, HIGHEST_SNR_DB = -30.0, 100.0
LARGEST_OFFSET_HZ = 20e3


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Pictures that are measured on."""

    name: str  # of `--data NAME=PATH`
    title: str = ""
    limit: int = 0  # the first so many; 0 for all
    train: str = ""  # name of others, from which all that is chosen beforehand is chosen
    train_limit: int = 0

    def __post_init__(self) -> None:
        if min(self.limit, self.train_limit) < 0:
            raise ValueError("limit is below 0")


@dataclass(frozen=True, kw_only=True)
class Channel:
    """What the symbols go through. `snr_db` of a cell is Es/N0 per complex symbol, under fading its mean."""

    kind: str  # awgn; rayleigh: one gain a picture, that Bob knows; waveform: OFDM bursts with random start and offset
    profile: str = "default"  # of the waveform
    offset_hz: float = 5000.0  # of the waveform's carrier, uniform within +- this, anew for every burst

    def __post_init__(self) -> None:
        if self.kind not in ("awgn", "rayleigh", "waveform"):
            raise ValueError(f"kind {self.kind!r} is none of awgn, rayleigh, waveform")
        if not 0 <= self.offset_hz <= LARGEST_OFFSET_HZ:
            raise ValueError(f"offset_hz {self.offset_hz:g} is not from 0 to {LARGEST_OFFSET_HZ:g}")


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """What all schemes have in common; the lists restrict or replace the experiment's for this scheme."""

    kind: ClassVar[str]
    name: str
    title: str = ""
    receiver: str = "bob"  # or eve: without the key, at `snr_db` of her own
    rates: tuple[str, ...] = ()
    snr_db: tuple[float, ...] = ()
    pictures: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"name {self.name!r} is not of small letters, digits, '_', '-' and '.'")
        if self.receiver not in ("bob", "eve"):
            raise ValueError(f"receiver {self.receiver!r} is neither bob nor eve")
        check_rates(self.rates)
        check_snrs(self.snr_db)


@dataclass(frozen=True, kw_only=True)
class Learned(Scheme):
    """A model of this project under a cipher."""

    model: str
    cipher: str = "isometric"
    told: bool = False  # whether the encoder knows the SNR

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cipher not in CIPHER_NAMES:
            raise ValueError(f"cipher {self.cipher!r} is none of {', '.join(CIPHER_NAMES)}")


@dataclass(frozen=True, kw_only=True)
class Jscc(Learned):
    """Pictures by joint source-channel coding."""

    kind: ClassVar[str] = "jscc"


@dataclass(frozen=True, kw_only=True)
class Classifier(Learned):
    """Labels instead of pictures, by a model whose card names classes."""

    kind: ClassVar[str] = "classifier"


@dataclass(frozen=True, kw_only=True)
class Conventional(Scheme):
    """A source coder whose bits go over the channel."""

    source: str  # a name of `deepjscec.baseline.source.SOURCE_CODERS`

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.receiver != "bob":
            raise ValueError("receiver: without the key AES leaves Eve no picture to measure")
        from deepjscec.baseline.source import check_source_coder

        check_source_coder(self.source)


@dataclass(frozen=True, kw_only=True)
class Separate(Conventional):
    """Source coder, AES-256, 5G LDPC and QAM."""

    kind: ClassVar[str] = "separate"
    design_snr_db: float | None = None  # the mode's; without it the mode follows the SNR
    tag_bytes: int = 0  # of every picture, for authentication


@dataclass(frozen=True, kw_only=True)
class Ideal(Conventional):
    """A source coder whose bits all arrive, `gap_db` from the capacity: k log2(1 + SNR / 10^(gap_db / 10)) of them."""

    kind: ClassVar[str] = "ideal"
    gap_db: float = 1.5
    channels: tuple[str, ...] = ("awgn",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.channels != ("awgn",):
            raise ValueError(f"channels {list(self.channels)}: this capacity is that of awgn")


KINDS: dict[str, type[Scheme]] = {kind.kind: kind for kind in (Jscc, Classifier, Separate, Ideal)}


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two schemes over the same pictures: `scheme` minus `against`, picture by picture."""

    scheme: str
    against: str


@dataclass(frozen=True, kw_only=True)
class Strip:
    """Examples that are kept as pixels: for each scheme, these pictures at these SNRs and one rate.

    Of the experiment's first set of pictures, over its first channel.
    """

    rate: str
    snr_db: tuple[float, ...]
    picture: tuple[int, ...] = (0,)  # indices into the set
    schemes: tuple[str, ...] = ()  # default: all with pictures
    crop: tuple[int, ...] = ()  # top, left, height, width

    def __post_init__(self) -> None:
        check_rates((self.rate,))
        if self.crop and (len(self.crop) != 4 or min(self.crop) < 0 or not (self.crop[2] and self.crop[3])):
            raise ValueError(f"crop {list(self.crop)} is not top, left, height, width")
        if min(self.picture, default=-1) < 0:
            raise ValueError(f"picture {list(self.picture)}: indices are needed, from 0")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """An experiment's own keys, beside its tables."""

    title: str
    rates: tuple[str, ...]
    snr_db: tuple[float, ...]
    seed: int = 0
    repeats: int = 1  # draws of keys and noise for every picture
    session_pictures: int = 1000  # over which the cost of opening a session is spread

    def __post_init__(self) -> None:
        check_rates(self.rates)
        check_snrs(self.snr_db)
        if not (self.rates and self.snr_db):
            raise ValueError("rates and snr_db must not be empty")
        if self.seed < 0 or self.repeats < 1 or self.session_pictures < 1:
            raise ValueError("seed is below 0, or repeats or session_pictures below 1")


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One configuration file, checked but for what only data and models can tell."""

    name: str
    settings: Settings
    pictures: tuple[Pictures, ...]
    channels: tuple[Channel, ...]
    schemes: tuple[Scheme, ...]
    compare: tuple[Comparison, ...]
    strip: Strip | None

    def __post_init__(self) -> None:
        for what, names in (
            ("pictures", [item.name for item in self.pictures]),
            ("channel", [item.kind for item in self.channels]),
            ("scheme", [item.name for item in self.schemes]),
        ):
            if not names:
                raise ValueError(f"no {what}")
            if repeated := [name for name in names if names.count(name) > 1]:
                raise ValueError(f"{what}: two are called {repeated[0]!r}")
        known = {item.name for item in self.schemes}
        used = [name for pair in self.compare for name in (pair.scheme, pair.against)]
        used += self.strip.schemes if self.strip else ()
        _check_known("scheme", used, known)
        for scheme in self.schemes:
            _check_known(f"scheme {scheme.name}: pictures", scheme.pictures, {item.name for item in self.pictures})
            if not isinstance(scheme, Ideal):
                _check_known(f"scheme {scheme.name}: channel", scheme.channels, {item.kind for item in self.channels})


def load_experiment(path: Path) -> Experiment:
    """Read a configuration; `ValueError` names the file and the key that is wrong."""
    try:
        raw = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    try:
        if not NAME.fullmatch(path.stem):
            raise ValueError(f"name {path.stem!r} is not of small letters, digits, '_', '-' and '.'")
        tables = {key: raw.pop(key, []) for key in ("pictures", "channel", "scheme", "compare")}
        for key, value in tables.items():
            if not isinstance(value, list):
                raise ValueError(f"{key}: write [[{key}]], there may be several")
        strip = raw.pop("strip", None)
        return Experiment(
            name=path.stem,
            settings=build(Settings, raw, "experiment"),
            pictures=tuple(build(Pictures, item, "pictures") for item in tables["pictures"]),
            channels=tuple(build(Channel, item, "channel") for item in tables["channel"]),
            schemes=tuple(_scheme(item) for item in tables["scheme"]),
            compare=tuple(build(Comparison, item, "compare") for item in tables["compare"]),
            strip=None if strip is None else build(Strip, strip, "strip"),
        )
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def find_configurations(paths: Sequence[Path]) -> list[Path]:
    """The files, and those inside of folders, by name; `ValueError` where two experiments have one name."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.toml")) if path.is_dir() else [path]
        if not inside:
            raise ValueError(f"{path}: no configuration in this folder")
        found += inside
    names = [path.stem for path in found]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"two configurations are called {repeated[0]!r}")
    return found


def check_rates(rates: Sequence[str]) -> None:
    """`ValueError` for one that is no positive fraction such as "1/6"."""
    for rate in rates:
        if not re.fullmatch(r"[1-9]\d{0,5}/[1-9]\d{0,5}", rate) or str(Fraction(rate)) != rate:
            raise ValueError(f'rate {rate!r} is not a fraction in lowest terms, such as "1/6"')


def check_snrs(levels: Sequence[float]) -> None:
    """`ValueError` for a level out of range, or given twice."""
    for level in levels:
        if not LOWEST_SNR_DB <= level <= HIGHEST_SNR_DB:
            raise ValueError(f"snr_db {level:g} is not from {LOWEST_SNR_DB:g} to {HIGHEST_SNR_DB:g}")
    if len(set(levels)) < len(levels):
        raise ValueError(f"snr_db {[f'{level:g}' for level in levels]}: one level twice")


def _scheme(table: Any) -> Scheme:
    table = dict(table) if isinstance(table, dict) else {}
    where = f"scheme {table.get('name', '')}".strip()
    kind = table.pop("kind", None)
    if kind not in KINDS:
        raise ValueError(f"{where}: kind {kind!r} is none of {', '.join(KINDS)}")
    return build(KINDS[kind], table, where)


def _check_known(what: str, used: Sequence[str], known: set[str]) -> None:
    for name in used:
        if name not in known:
            raise ValueError(f"{what} {name!r} is none of {', '.join(sorted(known))}")
