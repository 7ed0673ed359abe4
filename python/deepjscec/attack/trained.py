# SPDX-License-Identifier: GPL-3.0-or-later
"""Eve's network: Bob's own decoder behind a linear layer over the whole ciphertext, trained on pairs of ciphertext and
picture. Needs torch and onnx.

It starts from the best that known plaintexts give linearly, and Bob's weights; where the key does not change, that is
nearly Bob already. Every step draws pictures and encrypts them afresh, so she never meets a ciphertext twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from deepjscec.attack.front_end import FrontEnd
from deepjscec.attack.oracle import Oracle
from deepjscec.attack.pictures import mean_psnr_db, size_of
from deepjscec.codec import Codec
from deepjscec.codec.codec import Rate
from deepjscec.training.config import OptimiserConfig
from deepjscec.training.network import Architecture, Autoencoder, Decoder
from deepjscec.training.progress import Progress
from deepjscec.training.trainer import learning_rate_at
from deepjscec.training.weights import read_weights

SCHEDULE = OptimiserConfig(kind="adamw", learning_rate=5e-4, warmup_steps=50, decay_share=0.5, weight_decay=1e-3)
EVALUATED_AT_A_TIME = 256


@dataclass(frozen=True)
class Trained:
    """PSNR in dB of Eve's pictures, the mean over pictures she was not trained on."""

    cipher: str
    steps: int
    pairs: int  # of ciphertext and picture, each used once
    start_db: float  # before training
    psnr_db: float


def train_eve(
    oracle: Oracle,
    codec: Codec,
    known: np.ndarray,
    held_out: np.ndarray,
    rate: Rate,
    front_end: FrontEnd,
    rng: np.random.Generator,
    *,
    steps: int = 1000,
    batch: int = 64,
) -> tuple[Trained, np.ndarray]:
    """Train on `known` and its mirror images, attack `held_out`, both uint8[n, H, W, 3] of one size.

    `front_end` is the regression to start from. Returns the result and Eve's pictures uint8[n, H, W, 3]. Raises
    `ValueError` where the model's codewords have unequal shares or its weights cannot be trained further.
    """
    if steps < 1 or batch < 1:
        raise ValueError(f"{steps} steps of {batch} pictures are no training")
    eve = Eavesdropper(codec, front_end, size_of(known), rate)
    known = np.concatenate([known, known[:, :, ::-1]])
    clear = codec.encode_batch(known, rate)
    sent = oracle.encrypt(codec.encode_batch(held_out, rate))
    start = mean_psnr_db(held_out, eve.pictures(front_end.features(sent)))
    optimiser = torch.optim.AdamW(eve.parameters(), weight_decay=SCHEDULE.weight_decay)
    progress = Progress(0, steps)
    for step in range(steps):
        chosen = rng.integers(len(known), size=batch)
        features = torch.from_numpy(front_end.features(oracle.encrypt(clear[chosen])))
        target = torch.from_numpy(np.ascontiguousarray(known[chosen])).permute(0, 3, 1, 2).float() / 255
        # PSNR is averaged over pictures, so the mean of the logarithm is what Eve is after
        loss = torch.log((eve(features) - target).square().mean(dim=(1, 2, 3)) + 1e-5).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(eve.parameters(), SCHEDULE.clip_norm)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate_at(step, steps, SCHEDULE)
        optimiser.step()
        progress.show(step + 1, f"{oracle.name}: {-4.343 * float(loss.detach()):.2f} dB")
    progress.close()
    found = eve.pictures(front_end.features(sent))
    return Trained(oracle.name, steps, steps * batch, start, mean_psnr_db(held_out, found)), found


class Eavesdropper(nn.Module):
    """Features of a ciphertext, float32[n, features], to pictures float32[n, 3, H, W], H and W multiples of a tile."""

    def __init__(self, codec: Codec, front_end: FrontEnd, shape: tuple[int, int], rate: Rate) -> None:
        super().__init__()
        card, index = codec.card, codec.rate_index(rate)
        if card.shares(shape, index) is not None or card.padded_shape(shape) != tuple(shape):
            raise ValueError(f"pictures of {shape[1]} x {shape[0]} are not whole tiles that share a codeword equally")
        self._card, self._tiers = card, card.rates[index][1]
        self._tiles = shape[0] // card.unit, shape[1] // card.unit
        self.linear = nn.Linear(*front_end.weights.shape)
        with torch.no_grad():
            self.linear.weight.copy_(torch.from_numpy(front_end.weights.T.copy()))
            self.linear.bias.copy_(torch.from_numpy(front_end.intercept))
        _, noise_var = front_end.as_received(np.zeros(len(front_end.error), np.complex64))
        self.log_noise_var = nn.Parameter(torch.log(torch.from_numpy(noise_var)))
        self.decoder = load_decoder(codec)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        card, n, t = self._card, len(features), self._card.tile
        c = card.tier_channels
        noise_var = torch.exp(self.log_noise_var)
        # the linear layer estimates by least squares; the decoder expects the symbol in noise, and shrinks it itself
        estimate = self.linear(features).reshape(n, -1, 2) * (1 + noise_var)[:, None]
        blocks = (n, self._tiers, *self._tiles, c, t, t)
        h, w = self._tiles[0] * t, self._tiles[1] * t
        order = (0, 1, 7, 4, 2, 5, 3, 6)  # as blocks_to_latent: tier, part, channel, rows, columns
        latent = estimate.reshape(*blocks, 2).permute(order).reshape(n, -1, h, w)
        variance = noise_var.expand(n, -1).reshape(blocks).permute(0, 1, 4, 2, 5, 3, 6).reshape(n, -1, h, w)
        missing = (card.tiers - self._tiers) * c
        latent = nn.functional.pad(latent, (0, 0, 0, 0, 0, 2 * missing))
        variance = nn.functional.pad(variance, (0, 0, 0, 0, 0, missing), value=float("inf"))
        return self.decoder(latent, variance, torch.full((n, 1, *self._tiles), float(self._tiers)))

    @torch.no_grad()
    def pictures(self, features: np.ndarray) -> np.ndarray:
        """float32[n, features] -> uint8[n, H, W, 3]."""
        parts = torch.from_numpy(features).split(EVALUATED_AT_A_TIME)
        planes = torch.cat([self(part) for part in parts]).clamp(0, 1) * 255
        return planes.round().byte().permute(0, 2, 3, 1).numpy()


def load_decoder(codec: Codec) -> Decoder:
    """The model's decoder, to be trained further; `ValueError` where its folder does not hold what that takes."""
    folder = codec.card.folder
    try:
        arch = Architecture(**json.loads((folder / "card.json").read_text())["training"]["architecture"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"model {folder}: its card names no architecture to train ({error})") from None
    model = Autoencoder(arch)
    model.load_state_dict(read_weights(folder, arch))
    return model.decoder
