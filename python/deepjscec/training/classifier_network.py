# SPDX-License-Identifier: GPL-3.0-or-later
"""A classifier cut in two: Alice sends what tells the class, Bob names it.

Joint source-channel coding for remote inference: the encoder is a small convolutional network whose features of each
tile become a few analog symbols, the decoder reads the class from what arrives. Latents, tiers and blocks are those of
the autoencoder (`deepjscec.training.network`), so cipher, link and radio see no difference.

Source of the task: Jankowski, Gündüz and Mikolajczyk, "Wireless image retrieval at the edge", IEEE JSAC 39(1), 2021,
and section IV of DeepJSCEC (arXiv 2208.09245).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F

from deepjscec.codec.codec import UNTOLD_SNR_DB
from deepjscec.training.network import (
    DESIGN_RANGE_DB,
    DOWNSCALING,
    conv,
    normalise_blocks,
    sent_planes,
    weigh,
)


@dataclass(frozen=True)
class ClassifierArchitecture:
    """Sizes of the network; stored in checkpoints and in the model card."""

    classes: tuple[str, ...]
    tier_choices: tuple[int, ...] = (1, 2, 4, 8)  # how many tiers a tile may send, rising
    tier_channels: int = 1  # complex channels of a tier
    tile: int = 4  # side of an encryption block in latent positions
    stem: int = 24  # channels at full resolution
    widths: tuple[int, ...] = (64, 128, 176)  # channels at 1/2, 1/4 and 1/8 of it
    hidden: int = 192  # of the decoder
    normalisation: str = "block"  # every block of a codeword has the energy of its length
    encoder_halo: int = 1  # tiles around a tile that its code depends on
    decoder_halo: int = 1

    def __post_init__(self) -> None:
        for name in ("classes", "tier_choices", "widths"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # checkpoints and cards hold lists
        if len(set(self.classes)) < 2 or len(set(self.classes)) < len(self.classes):
            raise ValueError(f"classes {list(self.classes)} are not two different names or more")
        if list(self.tier_choices) != sorted(set(self.tier_choices)) or min(self.tier_choices) < 1:
            raise ValueError(f"tier_choices {self.tier_choices} are not rising numbers from 1")
        if 2 ** len(self.widths) != DOWNSCALING:
            raise ValueError(f"widths {self.widths} are not one for each halving of the resolution down to 1/8")
        if self.normalisation != "block":
            raise ValueError(f"normalisation {self.normalisation!r} is not 'block'")

    @property
    def tiers(self) -> int:
        """The most that a tile sends."""
        return max(self.tier_choices)

    @property
    def complex_channels(self) -> int:
        return self.tiers * self.tier_channels

    @property
    def block_size(self) -> int:
        return self.tier_channels * self.tile * self.tile

    def to_dict(self) -> dict[str, object]:
        values = asdict(self)
        return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


class Stage(nn.Module):
    """Halves the resolution: two convolutions, the first pooled."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.gelu(self.first_norm(F.max_pool2d(self.first(x), 2)), approximate="tanh")
        return F.gelu(self.second_norm(self.second(x)), approximate="tanh")


class ClassifierEncoder(nn.Module):
    """Picture to unnormalised latent; inputs and output as `deepjscec.training.network.Encoder`'s.

    All symbols of a tile are functions of the same features, the strongest of each over the tile.
    """

    def __init__(self, arch: ClassifierArchitecture) -> None:
        super().__init__()
        self.arch = arch
        self.stem = conv(3, arch.stem)
        sizes = (arch.stem, *arch.widths)
        self.blocks = nn.ModuleList(Stage(a, b) for a, b in pairwise(sizes))
        self.condition = conv(arch.tiers + 2, arch.widths[-1], 1)
        self.head = conv(arch.widths[-1], 2 * arch.block_size * arch.tiers, 1)
        with torch.no_grad():
            self.condition.weight.mul_(0.3)

    def forward(self, image: torch.Tensor, sent: torch.Tensor, snr_db: torch.Tensor) -> torch.Tensor:
        told = (snr_db > UNTOLD_SNR_DB / 2).to(sent.dtype)
        design = torch.stack([told, told * snr_db.clamp(*DESIGN_RANGE_DB) * 0.1], dim=1)[:, :, None, None]
        ones = torch.ones_like(sent)
        condition = torch.cat([sent_planes(sent, self.arch.tiers), design[:, :1] * ones, design[:, 1:] * ones], dim=1)
        x = F.gelu(self.stem((image - 0.5) * 4), approximate="tanh")
        for block in self.blocks:
            x = block(x)
        features = F.max_pool2d(x, self.arch.tile)
        return F.pixel_shuffle(self.head(features * (1 + self.condition(condition))), self.arch.tile)


class ClassifierDecoder(nn.Module):
    """What arrived to the logits of the classes.

    Inputs as `deepjscec.training.network.Decoder`'s; returns float32[n, classes], the mean over a picture's tiles.
    """

    def __init__(self, arch: ClassifierArchitecture) -> None:
        super().__init__()
        self.arch = arch
        condition = 2 * arch.tiers  # sent, capacity
        self.stem = conv(2 * arch.block_size * arch.tiers, arch.hidden, 1)
        self.confidence = conv(condition, arch.hidden, 1)
        self.condition = conv(condition, arch.hidden, 1)
        self.mix = conv(arch.hidden, arch.hidden, 1)
        self.head = conv(arch.hidden, len(arch.classes), 1)

    def forward(self, symbols: torch.Tensor, noise_var: torch.Tensor, sent: torch.Tensor) -> torch.Tensor:
        a = self.arch
        n, c, h, w = noise_var.shape
        weighed, capacity = weigh(symbols, noise_var, a)
        condition = torch.cat([sent_planes(sent, a.tiers), F.avg_pool2d(capacity, a.tile)], dim=1)
        x = self.stem(F.pixel_unshuffle(weighed.reshape(n, 2 * c, h, w), a.tile)) * (1 + self.confidence(condition))
        x = F.gelu(x + self.condition(condition), approximate="tanh")
        x = x + F.gelu(self.mix(x), approximate="tanh")
        return self.head(x).mean((2, 3))


class Classifier(nn.Module):
    """Encoder and decoder as trained together; the channel is the caller's."""

    def __init__(self, arch: ClassifierArchitecture) -> None:
        super().__init__()
        self.arch = arch
        self.encoder = ClassifierEncoder(arch)
        self.decoder = ClassifierDecoder(arch)

    def encode(self, image: torch.Tensor, sent: torch.Tensor, snr_db: torch.Tensor) -> torch.Tensor:
        """Normalised latent float32[n, 2 C, h, w]; arguments as the encoder's."""
        return normalise_blocks(self.encoder(image, sent, snr_db).float(), self.arch)
