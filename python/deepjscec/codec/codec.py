# SPDX-License-Identifier: GPL-3.0-or-later
"""The codec: one model, pictures in, codewords out, and back."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepjscec.codec.arrangement import Arrangement
from deepjscec.codec.card import ModelCard
from deepjscec.codec.layout import blocks_to_latent, latent_to_blocks
from deepjscec.codec.models import find_model
from deepjscec.codec.pieces import pieces, scaled
from deepjscec.codec.runtime import make_session

if TYPE_CHECKING:
    import onnxruntime

MIN_SIDE = 32
MAX_SIDE = 65535  # a packet's header holds a side in 16 bits
LOWEST_TOLD_SNR_DB = -30.0  # far below any that a network was trained for
UNTOLD_SNR_DB = -100.0  # what an encoder hears that is not told an SNR

Rate = float | str | Fraction


class Codec:
    """Joint source-channel coding of pictures by an ONNX encoder and decoder.

    Source: Bourtsoulatze, Burth Kurka and Gündüz, "Deep joint source-channel coding for wireless image transmission",
    IEEE TCCN 5(3), 2019; blocks of fixed energy are this project's own (docs/architecture.md).
    """

    def __init__(self, card: ModelCard, threads: int = 0, providers: Sequence[str] = ("cpu",)) -> None:
        """`threads` of ONNX Runtime, 0 for its choice; `providers` best first, `cpu`, `cuda`, `tensorrt` or as ONNX
        Runtime names them. Verifies all hashes."""
        self.card = card
        self._threads, self._providers = threads, tuple(providers)
        self.files = {name: card.read_verified(name) for name in card.sha256}

    @classmethod
    def load(cls, name: str | Path, threads: int = 0, providers: Sequence[str] = ("cpu",)) -> Codec:
        """Load a model by name (a folder in `models/`) or by path.

        Raises `ValueError` for an unknown name, a malformed card or a file whose hash differs from its card.
        """
        return cls(ModelCard.load(find_model(name)), threads, providers)

    def check(self) -> None:
        """Build both networks now; `ValueError` where a graph is not what its card says."""
        self._encoder, self._decoder  # noqa: B018

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def block_size(self) -> int:
        """Complex symbols of an encryption block."""
        return self.card.block_size

    @property
    def model_hash(self) -> bytes:
        """8 bytes that name the model in packet headers."""
        return self.card.model_hash

    @property
    def rates(self) -> tuple[Fraction, ...]:
        """Bandwidth ratios on offer, rising; packet headers name them by their index."""
        return tuple(rate for rate, _ in self.card.rates)

    @property
    def default_rate(self) -> Fraction:
        """The highest rate up to 1/6, or the lowest of all."""
        return max((rate for rate in self.rates if rate <= Fraction(1, 6)), default=self.rates[0])

    def rate_index(self, rate: Rate) -> int:
        """Index of `rate` (1/6, 0.1667, "1/6" or a Fraction) in `rates`; `ValueError` lists what there is."""
        try:
            # without a stroke by `float`: "1e999999999" would keep `Fraction` busy for ever
            wanted = float(Fraction(rate)) if isinstance(rate, str) and "/" in rate else float(rate)
        except (ValueError, ZeroDivisionError, OverflowError):
            wanted = float("nan")
        for index, known in enumerate(self.rates):
            if abs(wanted - float(known)) <= 0.002 * float(known):
                return index
        raise ValueError(
            f"rate {rate} is not offered by model {self.name!r}; its rates: {', '.join(map(str, self.rates))}"
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """What a classifier tells apart: such a model has `classify` in place of `decode`. Empty for other models."""
        return self.card.classes

    def codeword_length(self, shape: tuple[int, int], rate: Rate) -> int:
        """Complex symbols `k` of a picture of `shape` (H, W): its padded size times three times the rate."""
        return self.card.codeword_length(self._check_shape(shape), self.rate_index(rate))

    def encode(self, image: np.ndarray, rate: Rate, snr_db: float | None = None) -> np.ndarray:
        """Encode a picture.

        `image` uint8[H, W, 3], RGB, at least 32 x 32; `snr_db` is the SNR to code for, where Alice knows it: worth
        most at the ends of the range, while any SNR still decodes. Returns complex64[k] in which every block of
        `block_size` symbols has the energy `block_size`. Raises `ValueError` on another shape or dtype, or a rate not
        offered.
        """
        image = np.asarray(image)
        if image.ndim != 3:
            raise ValueError(f"image of shape {image.shape} is not [H, W, 3]")
        return self.encode_batch(image[None], rate, snr_db)[0]

    def decode(
        self, symbols: np.ndarray, noise_var: np.ndarray | float, shape: tuple[int, int], rate: Rate
    ) -> np.ndarray:
        """Decode what arrived of a picture.

        `symbols` complex64[k], or the first blocks of them; `noise_var` noise variance per complex symbol, one number
        or float32 of the same length, `inf` for an erased symbol; `shape` (H, W) of the picture; `rate` that it was
        encoded at. Returns uint8[H, W, 3]. Raises `ValueError` on a wrong length or a variance that is negative or not
        a number.
        """
        noise_var = np.broadcast_to(np.asarray(noise_var, np.float32), np.shape(symbols))
        return self.decode_batch(np.asarray(symbols)[None], noise_var[None], shape, rate)[0]

    def classify(
        self, symbols: np.ndarray, noise_var: np.ndarray | float, shape: tuple[int, int], rate: Rate
    ) -> np.ndarray:
        """Tell what is on the picture of which `symbols` arrived: probabilities float32[classes], their sum 1.

        Arguments as `decode`'s. Raises `ValueError` as it does, and for a model without classes.
        """
        noise_var = np.broadcast_to(np.asarray(noise_var, np.float32), np.shape(symbols))
        return self.classify_batch(np.asarray(symbols)[None], noise_var[None], shape, rate)[0]

    def encode_batch(self, images: np.ndarray, rate: Rate, snr_db: float | None = None) -> np.ndarray:
        """Encode pictures of one size: uint8[n, H, W, 3] -> complex64[n, k]."""
        images = np.asarray(images)
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3:
            raise ValueError(f"image of shape {images.shape[1:]} and type {images.dtype} is not uint8[H, W, 3]")
        if not len(images):
            raise ValueError("no pictures to encode")
        if snr_db is not None and not np.isfinite(snr_db):
            raise ValueError(f"an encoder cannot be told an SNR of {snr_db}")
        shape = self._check_shape((images.shape[1], images.shape[2]))
        arrangement = Arrangement(self.card, shape, self.rate_index(rate))
        sent, plans = arrangement.plan(images)
        tiers = int(sent.max())
        blocks = np.empty((len(images), tiers, *arrangement.tiles, self.block_size), np.complex64)
        snr = np.full(len(images), UNTOLD_SNR_DB if snr_db is None else max(snr_db, LOWEST_TOLD_SNR_DB), np.float32)
        for piece in pieces(*arrangement.tiles, self.card.encoder_halo):
            planes = self._planes(images, piece.whole)
            tiers_sent = sent[:, None, *piece.whole].astype(np.float32)
            latent = self._encoder.run(None, {"image": planes, "sent": tiers_sent, "snr_db": snr})[0]
            core = latent[:, :, *scaled(piece.inner, self.card.tile)]
            blocks[:, :, *piece.core] = latent_to_blocks(self.card, core, tiers)
        return arrangement.gather(blocks, sent, plans)

    def decode_batch(
        self, symbols: np.ndarray, noise_var: np.ndarray, shape: tuple[int, int], rate: Rate
    ) -> np.ndarray:
        """Decode pictures of one size: complex64[n, k] and float32[n, k] -> uint8[n, H, W, 3]."""
        if self.classes:
            raise ValueError(f"model {self.name!r} names classes and draws no pictures: use classify")
        tiles, received, variances, sent = self._receive(symbols, noise_var, shape, rate)
        h, w = shape
        pixels = np.empty((len(received), *self.card.padded_shape(shape), 3), np.uint8)
        for piece in pieces(*tiles, self.card.decoder_halo):
            latent, variance = blocks_to_latent(self.card, received[:, :, *piece.whole], variances[:, :, *piece.whole])
            inputs = {"symbols": latent, "noise_var": variance, "sent": sent[:, :, *piece.whole]}
            planes = self._decoder.run(None, inputs)[0]
            core = planes[:, :, *scaled(piece.inner, self.card.unit)].transpose(0, 2, 3, 1)
            pixels[:, *scaled(piece.core, self.card.unit)] = np.rint(
                np.nan_to_num(core, nan=0.5).clip(0, 1) * 255
            ).astype(np.uint8)
        return np.ascontiguousarray(pixels[:, :h, :w])

    def classify_batch(
        self, symbols: np.ndarray, noise_var: np.ndarray, shape: tuple[int, int], rate: Rate
    ) -> np.ndarray:
        """Tell what is on pictures of one size: complex64[n, k], float32[n, k] -> probabilities float32[n, classes]."""
        if not self.classes:
            raise ValueError(f"model {self.name!r} draws pictures and names no classes: use decode")
        _, received, variances, sent = self._receive(symbols, noise_var, shape, rate)
        latent, variance = blocks_to_latent(self.card, received, variances)
        logits = self._decoder.run(None, {"symbols": latent, "noise_var": variance, "sent": sent})[0]
        logits = np.nan_to_num(logits)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    def receive_batch(
        self, symbols: np.ndarray, noise_var: np.ndarray, shape: tuple[int, int], rate: Rate
    ) -> np.ndarray:
        """What the model is for: `classify_batch` where it has classes, else `decode_batch`."""
        made_of = self.classify_batch if self.classes else self.decode_batch
        return made_of(symbols, noise_var, shape, rate)

    def _receive(
        self, symbols: np.ndarray, noise_var: np.ndarray, shape: tuple[int, int], rate: Rate
    ) -> tuple[tuple[int, int], np.ndarray, np.ndarray, np.ndarray]:
        """Rows and columns of tiles; blocks and variances as they arrived, [n, tiers, rows, columns, block_size]; and
        float32[n, 1, rows, columns] tiers that each tile sent."""
        arrangement = Arrangement(self.card, self._check_shape(shape), self.rate_index(rate))
        symbols = np.asarray(symbols)
        if symbols.ndim != 2 or symbols.shape[1] > arrangement.length or symbols.shape[1] % self.block_size:
            raise ValueError(
                f"{symbols.shape[-1]} symbols for a picture of {shape} at rate {rate}, "
                f"which takes {arrangement.length}, or fewer in whole blocks of {self.block_size}"
            )
        noise_var = np.broadcast_to(np.asarray(noise_var, np.float32), symbols.shape)
        if not (noise_var >= 0).all():
            raise ValueError("noise_var holds a negative value or one that is not a number")
        plans = [arrangement.read_plan(*codeword) for codeword in zip(symbols, noise_var, strict=True)]
        sent = np.array([plan[0] for plan in plans], np.float32).reshape(-1, 1, *arrangement.tiles)
        known = np.array([plan[1] for plan in plans]).reshape(-1, *arrangement.tiles)
        return arrangement.tiles, *arrangement.place(symbols, noise_var, known), sent

    def _planes(self, images: np.ndarray, tiles: tuple[slice, slice]) -> np.ndarray:
        """Pixels of some tiles as float32[n, 3, h, w] in 0..1; what lies beyond the picture repeats its edge."""
        rows, columns = scaled(tiles, self.card.unit)
        part = images[:, rows, columns]
        bottom, right = rows.stop - rows.start - part.shape[1], columns.stop - columns.start - part.shape[2]
        padded = np.pad(part, ((0, 0), (0, bottom), (0, right), (0, 0)), mode="edge")
        planes = np.ascontiguousarray(padded.transpose(0, 3, 1, 2), np.float32)
        planes /= 255
        return planes

    def _check_shape(self, shape: tuple[int, int]) -> tuple[int, int]:
        h, w = int(shape[0]), int(shape[1])
        if min(h, w) < MIN_SIDE or max(h, w) > MAX_SIDE:
            raise ValueError(f"image of {w} x {h} pixels: sides must be {MIN_SIDE} to {MAX_SIDE}")
        if self.card.picture not in (None, (h, w)):
            raise ValueError(
                f"image of {w} x {h} pixels: model {self.name!r} takes {self.card.picture[1]} x {self.card.picture[0]}"
            )
        return h, w

    @cached_property
    def _encoder(self) -> onnxruntime.InferenceSession:
        return self._session("encoder.onnx")

    @cached_property
    def _decoder(self) -> onnxruntime.InferenceSession:
        return self._session("decoder.onnx")

    def _session(self, name: str) -> onnxruntime.InferenceSession:
        return make_session(self.card, name, self.files[name], self._threads, self._providers)
