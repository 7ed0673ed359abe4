# SPDX-License-Identifier: GPL-3.0-or-later
"""The codec: one model, pictures in, codewords out, and back."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepjscec.codec.card import ModelCard
from deepjscec.codec.layout import codeword_to_latent, latent_to_codeword
from deepjscec.codec.models import find_model

if TYPE_CHECKING:
    import onnxruntime

MIN_SIDE = 32
MAX_SIDE = 65535  # a packet's header holds a side in 16 bits

Rate = float | str | Fraction


class Codec:
    """Joint source-channel coding of pictures by an ONNX encoder and decoder.

    Source: Bourtsoulatze, Burth Kurka and Gündüz, "Deep joint source-channel coding for wireless image transmission",
    IEEE TCCN 5(3), 2019; blocks of fixed energy are this project's own (docs/architecture.md).
    """

    def __init__(self, card: ModelCard, threads: int = 0, providers: Sequence[str] = ("CPUExecutionProvider",)) -> None:
        """`threads` of ONNX Runtime, 0 for its choice; `providers` as ONNX Runtime names them. Verifies all hashes."""
        self.card = card
        self._threads, self._providers = threads, list(providers)
        self._models = {name: card.read_verified(name) for name in card.sha256}

    @classmethod
    def load(cls, name: str | Path, threads: int = 0) -> Codec:
        """Load a model by name (a folder in `models/`) or by path.

        Raises `ValueError` for an unknown name, a malformed card or a file whose hash differs from its card.
        """
        return cls(ModelCard.load(find_model(name)), threads)

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

    def rate_index(self, rate: Rate) -> int:
        """Index of `rate` (1/6, 0.1667, "1/6" or a Fraction) in `rates`; `ValueError` lists what there is."""
        try:
            wanted = float(Fraction(rate)) if isinstance(rate, str) else float(rate)
        except (ValueError, ZeroDivisionError, OverflowError):
            wanted = float("nan")
        for index, known in enumerate(self.rates):
            if abs(wanted - float(known)) <= 0.002 * float(known):
                return index
        raise ValueError(
            f"rate {rate} is not offered by model {self.name!r}; its rates: {', '.join(map(str, self.rates))}"
        )

    def codeword_length(self, shape: tuple[int, int], rate: Rate) -> int:
        """Complex symbols `k` of a picture of `shape` (H, W): its padded size times three times the rate."""
        return self.card.codeword_length(self._check_shape(shape), self.rate_index(rate))

    def encode(self, image: np.ndarray, rate: Rate) -> np.ndarray:
        """Encode a picture.

        `image` uint8[H, W, 3], RGB, at least 32 x 32; returns complex64[k] in which every block of `block_size`
        symbols has the energy `block_size`. Raises `ValueError` on another shape or dtype, or a rate not offered.
        """
        image = np.asarray(image)
        if image.ndim != 3:
            raise ValueError(f"image of shape {image.shape} is not [H, W, 3]")
        return self.encode_batch(image[None], rate)[0]

    def decode(
        self, symbols: np.ndarray, noise_var: np.ndarray | float, shape: tuple[int, int], rate: Rate
    ) -> np.ndarray:
        """Decode what arrived of a picture.

        `symbols` complex64[k]; `noise_var` noise variance per complex symbol, one number or float32[k], `inf` for an
        erased symbol; `shape` (H, W) of the picture. Returns uint8[H, W, 3]. Raises `ValueError` on a wrong length
        or a variance that is negative or not a number.
        """
        noise_var = np.broadcast_to(np.asarray(noise_var, np.float32), np.shape(symbols))
        return self.decode_batch(np.asarray(symbols)[None], noise_var[None], shape, rate)[0]

    def encode_batch(self, images: np.ndarray, rate: Rate) -> np.ndarray:
        """Encode pictures of one size: uint8[n, H, W, 3] -> complex64[n, k]."""
        images = np.asarray(images)
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3:
            raise ValueError(f"image of shape {images.shape[1:]} and type {images.dtype} is not uint8[H, W, 3]")
        shape = self._check_shape((images.shape[1], images.shape[2]))
        tiers = self._tiers(rate)
        bottom, right = (padded - side for padded, side in zip(self.card.padded_shape(shape), shape, strict=True))
        padded = np.pad(images, ((0, 0), (0, bottom), (0, right), (0, 0)), mode="edge")
        planes = np.ascontiguousarray(padded.transpose(0, 3, 1, 2), np.float32)
        planes /= 255
        latent = self._encoder.run(None, {"image": planes})[0]
        return latent_to_codeword(self.card, latent, tiers)

    def decode_batch(
        self, symbols: np.ndarray, noise_var: np.ndarray, shape: tuple[int, int], rate: Rate
    ) -> np.ndarray:
        """Decode pictures of one size: complex64[n, k] and float32[n, k] -> uint8[n, H, W, 3]."""
        length = self.codeword_length(shape, rate)
        symbols = np.asarray(symbols)
        if symbols.ndim != 2 or symbols.shape[1] != length:
            raise ValueError(
                f"{symbols.shape[-1]} symbols for a picture of {shape} at rate {rate}, which takes {length}"
            )
        noise_var = np.broadcast_to(np.asarray(noise_var, np.float32), symbols.shape)
        if not (noise_var >= 0).all():
            raise ValueError("noise_var holds a negative value or one that is not a number")
        latent, variance = codeword_to_latent(self.card, symbols, noise_var, shape, self._tiers(rate))
        planes = self._decoder.run(None, {"symbols": latent, "noise_var": variance})[0]
        h, w = shape
        pixels = np.rint(np.nan_to_num(planes[:, :, :h, :w], nan=0.5).clip(0, 1) * 255).astype(np.uint8)
        return np.ascontiguousarray(pixels.transpose(0, 2, 3, 1))

    def _tiers(self, rate: Rate) -> int:
        return self.card.rates[self.rate_index(rate)][1]

    def _check_shape(self, shape: tuple[int, int]) -> tuple[int, int]:
        h, w = int(shape[0]), int(shape[1])
        if min(h, w) < MIN_SIDE or max(h, w) > MAX_SIDE:
            raise ValueError(f"image of {w} x {h} pixels: sides must be {MIN_SIDE} to {MAX_SIDE}")
        return h, w

    @cached_property
    def _encoder(self) -> onnxruntime.InferenceSession:
        return self._session("encoder.onnx", {"image"})

    @cached_property
    def _decoder(self) -> onnxruntime.InferenceSession:
        return self._session("decoder.onnx", {"symbols", "noise_var"})

    def _session(self, name: str, inputs: set[str]) -> onnxruntime.InferenceSession:
        import onnxruntime  # half a second to load: only when a picture is really coded

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.log_severity_level = 3
        # Idle threads that spin take the cores from the other blocks of a flowgraph, and even from each other.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        path = self.card.folder / name
        try:
            session = onnxruntime.InferenceSession(self._models[name], options, providers=self._providers)
        except Exception as error:  # ONNX Runtime raises its own untyped errors
            raise ValueError(f"model file {path}: {str(error).splitlines()[0]}") from None
        found = {item.name for item in session.get_inputs()}
        if found != inputs:
            raise ValueError(f"model file {path}: inputs are {sorted(found)}, not {sorted(inputs)}")
        return session
