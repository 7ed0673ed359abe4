# SPDX-License-Identifier: GPL-3.0-or-later
"""What the separate system needs of a picture coder, and the coders that there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Rung:
    """One coding of one picture.

    Attributes:
        payload: all that is charged, slice data with slice header; container, parameter sets and start codes are not
            in it, because both sides know them from the picture's size and the coder's variant.
        psnr_db: of the decoded 8-bit RGB picture against the original, in dB; `inf` if they are equal.
    """

    payload: bytes
    psnr_db: float


class SourceCoder(Protocol):
    """Codes pictures of one size into payloads and back.

    Attributes:
        name: the coder's name in `SOURCE_CODERS`.
        variants: ways to code that both sides agree on beforehand; never signalled, hence never charged.
        identity: libraries, versions and settings; equal identities give equal ladders.
    """

    name: str
    variants: tuple[str, ...]

    @property
    def identity(self) -> str: ...

    def ladder(self, images: np.ndarray, variant: str) -> list[list[Rung]]:
        """For each of uint8[n, H, W, 3] its codings, each larger and of higher PSNR than the one before (Pareto).

        Raises:
            ValueError: an unknown variant, pictures of another form, or a size that the coder does not take.
        """
        ...

    def decode(self, payloads: list[bytes], shape: tuple[int, int], variant: str) -> np.ndarray:
        """The pictures uint8[n, H, W, 3] of `payloads`; `shape` is (H, W).

        Raises:
            ValueError: an unknown variant, a size that the coder does not take, or what is no payload of it. Not every
                damaged payload is seen to be one: some decode to a wrong picture.
        """
        ...


def _hevc() -> SourceCoder:
    from .hevc import HevcCoder

    return HevcCoder()


def _av1() -> SourceCoder:
    from .av1 import Av1Coder

    return Av1Coder()


SOURCE_CODERS: dict[str, Callable[[], SourceCoder]] = {"hevc": _hevc, "av1": _av1}


def check_source_coder(name: str) -> None:
    """`ValueError` where there is no coder of this name."""
    if name not in SOURCE_CODERS:
        raise ValueError(f"no source coder {name!r}; there are {', '.join(SOURCE_CODERS)}")


def make_source_coder(name: str, cache: Path | None = None) -> SourceCoder:
    """The source coder called `name`; with a folder `cache` its ladders are kept there, by the pictures' content.

    Raises:
        ValueError: no such coder, or the packages that it needs are not installed.
    """
    check_source_coder(name)
    try:
        coder = SOURCE_CODERS[name]()
    except ImportError as error:
        raise ValueError(f"source coder {name!r}: {error}; pip install 'deepjscec[evaluate]'") from error
    if cache is None:
        return coder
    from .cache import CachedCoder

    return CachedCoder(coder, cache)


def check_request(coder: SourceCoder, variant: str, images: np.ndarray | None = None) -> None:
    """Raises ValueError unless `coder` has `variant` and `images`, if given, are uint8[n, H, W, 3]."""
    if variant not in coder.variants:
        raise ValueError(f"{coder.name}: no variant {variant!r}; there are {', '.join(coder.variants)}")
    if images is not None and (images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3):
        raise ValueError(f"{coder.name}: pictures must be uint8[n, H, W, 3], not {images.dtype}{list(images.shape)}")


def psnr_db(sent: np.ndarray, received: np.ndarray) -> np.ndarray:
    """PSNR in dB against the peak 255, float64[n], of uint8[n, H, W, 3] against their originals; `inf` where equal."""
    error = np.subtract(sent, received, dtype=np.float32)
    squared = np.mean(np.square(error), axis=(1, 2, 3), dtype=np.float64)
    with np.errstate(divide="ignore"):
        return 10 * np.log10(255**2 / squared)


def climb(
    coder: SourceCoder,
    images: np.ndarray,
    variant: str,
    codings: Iterable[list[bytes]],
) -> list[list[Rung]]:
    """Ladders of uint8[n, H, W, 3] from `codings`, in each of which every picture has a payload."""
    rungs: list[list[Rung]] = [[] for _ in images]
    for payloads in codings:
        psnr = psnr_db(images, coder.decode(payloads, (images.shape[1], images.shape[2]), variant))
        for kept, payload, value in zip(rungs, payloads, psnr, strict=True):
            kept.append(Rung(payload, float(value)))
    return [pareto(kept) for kept in rungs]


def pareto(rungs: Iterable[Rung]) -> list[Rung]:
    """Those of one picture's `rungs` that no other beats in both size and PSNR, by rising size."""
    kept: list[Rung] = []
    for rung in sorted(rungs, key=lambda rung: (len(rung.payload), -rung.psnr_db)):
        if not kept or rung.psnr_db > kept[-1].psnr_db:
            kept.append(rung)
    return kept
