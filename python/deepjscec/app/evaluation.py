# SPDX-License-Identifier: GPL-3.0-or-later
"""Quality of a model over symbol-level noise, the cipher in the loop: `deepjscec evaluate`."""

from __future__ import annotations

import itertools
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
from deepjscec.link import PayloadFormat
from deepjscec.link.coded import half_symbols

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
    air = _Air(alice, condition.snr_db, rng)
    psnr, similarity, samples = [], [], 0
    for images in batches:
        codewords = codec.encode_batch(images, condition.rate, condition.snr_db if condition.told else None)
        clear, variance = air.carry(codewords)
        lost = rng.random((len(images), codewords.shape[1] // codec.block_size)) < condition.erased
        variance[np.repeat(lost, codec.block_size, axis=1)] = np.inf
        decoded = codec.decode_batch(clear, variance, (images.shape[1], images.shape[2]), condition.rate)
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
        "true_snr_db": float(10 * np.log10(air.signal / air.noise)),
        "channel_uses": air.symbols / samples,  # per source sample: the rate, and what the cipher adds to it
    }


class _Air:
    """Carries codewords under a cipher, packet by packet, and keeps account of energy and symbols."""

    def __init__(self, cipher: Cipher, snr_db: float, rng: np.random.Generator) -> None:
        from deepjscec.phy import Profile

        self._cipher, self._rng = cipher, rng
        self._variance = 10 ** (-snr_db / 10)
        self._step = PayloadFormat(cipher).capacity(Profile().max_payload_symbols) * cipher.block_size
        if self._step < 1:
            raise ValueError(f"cipher {cipher.name}: a packet has no room for a block beside what it adds")
        self._packets = itertools.count()
        self.signal, self.noise, self.symbols = 0.0, 0.0, 0

    def carry(self, codewords: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What Bob decrypts of complex64[n, k]: as many symbols, and noise variances float32[n, k]."""
        flat = codewords.reshape(-1)
        parts = [self._packet(flat[i : i + self._step]) for i in range(0, flat.size, self._step)]
        clear, variance = (np.concatenate(part).reshape(codewords.shape) for part in zip(*parts, strict=True))
        return clear, variance

    def _packet(self, symbols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        packet = next(self._packets)
        prefix, sent = self._cipher.encrypt_message(symbols, packet)
        scale = np.float32(np.sqrt(self._variance / 2))
        noise = self._rng.standard_normal((sent.size, 2), np.float32).view(np.complex64)[:, 0] * scale
        self.signal += float(np.sum(np.abs(sent) ** 2))
        self.noise += float(np.sum(np.abs(noise) ** 2))
        self.symbols += half_symbols(len(prefix)) + sent.size
        variance = np.full(sent.size, self._variance, np.float32)
        return self._cipher.decrypt_message(prefix, sent + noise, variance, packet)


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
