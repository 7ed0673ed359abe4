# SPDX-License-Identifier: GPL-3.0-or-later
"""Quality of a model over symbol-level noise, the cipher in the loop: `deepjscec evaluate`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from deepjscec import __version__
from deepjscec.app.quality import ms_ssim, psnr_db
from deepjscec.codec import Codec
from deepjscec.crypto import Cipher, Secret, Session, make_cipher

BATCH_PIXELS = 2**19


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
    alice = make_cipher(cipher, Session.start(Secret.random()), codec.block_size)
    psnr, similarity, signal, noise_energy = [], [], 0.0, 0.0
    for packet, images in enumerate(batches):
        codewords = codec.encode_batch(images, condition.rate, condition.snr_db if condition.told else None)
        sent, received = _transmit(alice, codewords, condition.snr_db, packet, rng)
        signal += float(np.sum(np.abs(sent) ** 2))
        noise_energy += float(np.sum(np.abs(received - sent) ** 2))
        variance = np.full(codewords.size, 10 ** (-condition.snr_db / 10), np.float32)
        clear, variance = alice.observe(alice.decrypt(received.reshape(-1), packet=packet), variance)
        clear, variance = clear.reshape(codewords.shape), variance.reshape(codewords.shape)
        lost = rng.random((len(images), codewords.shape[1] // codec.block_size)) < condition.erased
        variance[np.repeat(lost, codec.block_size, axis=1)] = np.inf
        decoded = codec.decode_batch(clear, variance, (images.shape[1], images.shape[2]), condition.rate)
        for before, after in zip(images, decoded):
            psnr.append(psnr_db(before, after))
            similarity.append(ms_ssim(before, after))
    mean_similarity = float(np.mean(similarity))
    return {
        **asdict(condition),
        "psnr_db": float(np.mean(psnr)),
        "standard_error_db": float(np.std(psnr) / np.sqrt(len(psnr))),
        "ms_ssim": None if np.isnan(mean_similarity) else mean_similarity,
        "true_snr_db": float(10 * np.log10(signal / noise_energy)),
    }


def _transmit(
    alice: Cipher, codewords: np.ndarray, snr_db: float, packet: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    sent = alice.encrypt(codewords.reshape(-1), packet=packet).reshape(codewords.shape)
    scale = np.float32(np.sqrt(10 ** (-snr_db / 10) / 2))
    noise = rng.standard_normal((*sent.shape, 2), np.float32).view(np.complex64)[..., 0] * scale
    return sent, sent + noise


def batches_of(images: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Pictures of one size together, in the order of their first, as uint8[n, H, W, 3]."""
    by_shape: dict[tuple[int, ...], list[np.ndarray]] = {}
    for image in images:
        by_shape.setdefault(image.shape, []).append(image)
    batches: list[np.ndarray] = []
    for (h, w, _), group in by_shape.items():
        count = max(1, BATCH_PIXELS // (h * w))
        batches.extend(np.stack(group[i : i + count]) for i in range(0, len(group), count))
    return batches


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
