# SPDX-License-Identifier: GPL-3.0-or-later
"""Quality of one model over symbol-level noise, the cipher in the loop: `deepjscec evaluate --model --images`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from deepjscec import __version__
from deepjscec.codec import Codec
from deepjscec.crypto import Secret, Session
from deepjscec.evaluation.picture_set import batches_of
from deepjscec.evaluation.quality import ms_ssim, psnr_db
from deepjscec.evaluation.symbol_channel import SymbolChannel
from deepjscec.evaluation.symbol_link import SymbolLink

__all__ = ["Condition", "batches_of", "describe", "earlier_rows", "evaluate", "measure", "merge_rows", "settings_of"]


@dataclass(frozen=True)
class Condition:
    """What a set of pictures is measured under."""

    rate: str
    snr_db: float  # Es/N0 per complex symbol
    told: bool = False  # whether the encoder knows the SNR
    erased: float = 0.0  # share of the blocks that do not arrive


def measure(
    codec: Codec, batches: Sequence[np.ndarray], condition: Condition, cipher: str, seed: int
) -> dict[str, Any]:
    """Mean PSNR and MS-SSIM over the pictures of `batches`, each uint8[n, H, W, 3], and the SNR the noise really had.

    PSNR is taken of 8-bit pixels, picture by picture, and then averaged. `ms_ssim` is None where a picture is smaller
    than it is defined for.
    """
    rng = np.random.default_rng(seed)
    channel = SymbolChannel(condition.snr_db, rng)
    link = SymbolLink(cipher, Session.start(Secret.random()), codec.block_size, channel)
    psnr, similarity, samples = [], [], 0
    for images in batches:
        codewords = codec.encode_batch(images, condition.rate, condition.snr_db if condition.told else None)
        heard = link.exchange(codewords, "bob")
        variance = heard.noise_var
        lost = rng.random((len(images), codewords.shape[1] // codec.block_size)) < condition.erased
        variance[np.repeat(lost, codec.block_size, axis=1)] = np.inf
        decoded = codec.decode_batch(heard.symbols, variance, (images.shape[1], images.shape[2]), condition.rate)
        samples += images.size
        for before, after in zip(images, decoded):
            psnr.append(psnr_db(before, after))
            similarity.append(ms_ssim(before, after))
    mean_similarity = float(np.mean(similarity))
    return {
        **asdict(condition),
        "psnr_db": float(np.mean(psnr)),
        "standard_error_db": float(np.std(psnr) / np.sqrt(len(psnr))),
        "ms_ssim": None if np.isnan(mean_similarity) else mean_similarity,
        "true_snr_db": channel.true_snr_db,
        "channel_uses": link.channel_uses / samples,  # per source sample: the rate, and what the cipher adds to it
    }


def evaluate(
    codec: Codec,
    sets: dict[str, list[np.ndarray]],
    conditions: Sequence[Condition],
    cipher: str = "isometric",
    seed: int = 0,
) -> dict[str, Any]:
    """Measure every set of pictures under every condition; prints a line for each, with progress on a terminal."""
    from tqdm import tqdm

    rows = []
    for name, images in sets.items():
        batches = batches_of(images)
        for condition in tqdm(conditions, desc=name, leave=False, disable=not sys.stderr.isatty()):
            row = {"images": name, "count": len(images), **measure(codec, batches, condition, cipher, seed)}
            rows.append(row)
            print(describe(row), flush=True)
    return {"settings": settings_of(codec, cipher, seed), "rows": rows}


def settings_of(codec: Codec, cipher: str, seed: int) -> dict[str, Any]:
    """What all rows of a result have in common."""
    return {
        "model": codec.name,
        "model_hash": codec.model_hash.hex(),
        "cipher": cipher,
        "seed": seed,
        "version": __version__,
    }


def earlier_rows(path: Path, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of a result file; `ValueError` where it is none, or its settings are not `settings`."""
    try:
        known = json.loads(path.read_text())
        found, rows = dict(known["settings"]), list(known["rows"])
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path}: no results of deepjscec evaluate") from None
    for key, value in settings.items():
        if found.get(key) != value:
            raise ValueError(f"{path}: results of another {key}, {found.get(key)!r} and not {value!r}")
    return rows


def merge_rows(earlier: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All rows; a new one takes the place of an earlier one of the same pictures and condition."""
    keys = ["images", *(field.name for field in fields(Condition))]
    merged = {tuple(row[key] for key in keys): row for row in [*earlier, *new]}
    return list(merged.values())


def describe(row: dict[str, Any]) -> str:
    """One row as a line for people."""
    notes = (", told" if row["told"] else "") + (f", {row['erased']:.0%} of blocks lost" if row["erased"] else "")
    similarity = "" if row["ms_ssim"] is None else f", MS-SSIM {row['ms_ssim']:.4f}"
    return (
        f"{row['images']}: {row['count']} pictures, rate {row['rate']}, {row['true_snr_db']:.2f} dB{notes}: "
        f"PSNR {row['psnr_db']:.2f} dB{similarity}"
    )
