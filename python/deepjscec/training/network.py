# SPDX-License-Identifier: GPL-3.0-or-later
"""The autoencoder: residual 3x3 convolutions at an eighth of the picture's resolution.

Fully convolutional, so one model serves every picture size. The latent has 2 C real channels at an eighth of the
resolution, ordered tier by tier; within a tier first the real, then the imaginary parts. A tier of a tile is an
encryption block: `tile x tile` positions of `tier_channels` complex channels, normalised here during training exactly
as `deepjscec.codec.layout` does at run time.

How many tiers each tile sends is an input of both networks: the encoder then shares the energy of just those blocks as
is best for them. Training draws equal and unequal numbers, `Codec` sends what the model's card offers. Blocks that do
not arrive are erased.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Protocol

import torch
from torch import nn
from torch.nn import functional as F

from deepjscec.codec.codec import UNTOLD_SNR_DB
from deepjscec.training.analog import SOURCE_BASIS, SOURCE_VARIANCE

DOWNSCALING = 8
DESIGN_RANGE_DB = (-5.0, 25.0)  # an encoder told less or more codes for these
SMALLEST_NOISE_VAR = 10**-2.6  # training ends near 25 dB; the network is undefined for less noise, so it sees none


@dataclass(frozen=True)
class Architecture:
    """Sizes of the network; stored in checkpoints and in the model card."""

    tier_choices: tuple[int, ...] = (1, 2, 4, 8, 16)  # how many tiers a tile may send, rising
    tier_channels: int = 4  # complex channels of a tier
    tile: int = 4  # side of an encryption block in latent positions
    width: int = 224  # channels of the residual stream
    encoder_blocks: int = 3
    decoder_blocks: int = 6
    normalisation: str = "block"  # "picture" is for comparison only: its blocks' energies tell about the picture

    def __post_init__(self) -> None:
        if self.normalisation not in ("block", "picture"):
            raise ValueError(f"normalisation {self.normalisation!r} is neither 'block' nor 'picture'")
        object.__setattr__(self, "tier_choices", tuple(self.tier_choices))  # checkpoints and cards hold lists
        if list(self.tier_choices) != sorted(set(self.tier_choices)) or min(self.tier_choices) < 1:
            raise ValueError(f"tier_choices {self.tier_choices} are not rising numbers from 1")

    @property
    def tiers(self) -> int:
        """The most that a tile sends."""
        return max(self.tier_choices)

    @property
    def encoder_halo(self) -> int:
        """Tiles around a tile that its code depends on: one position a 3x3 convolution."""
        return -(-(self.encoder_blocks + 2) // self.tile)

    @property
    def decoder_halo(self) -> int:
        """Tiles around a tile that its pixels depend on."""
        return -(-(self.decoder_blocks + 2) // self.tile)

    @property
    def complex_channels(self) -> int:
        return self.tiers * self.tier_channels

    @property
    def block_size(self) -> int:
        return self.tier_channels * self.tile * self.tile

    def to_dict(self) -> dict[str, int | str | list[int]]:
        return {**asdict(self), "tier_choices": list(self.tier_choices)}


def conv(inputs: int, outputs: int, size: int = 3) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, size, padding=size // 2)


def spread_over_tiles(values: torch.Tensor, tile: int) -> torch.Tensor:
    """One value per tile, float32[n, c, h / tile, w / tile], for each of its positions."""
    return F.interpolate(values, scale_factor=float(tile), mode="nearest")


def sent_planes(sent: torch.Tensor, tiers: int) -> torch.Tensor:
    """Tiers sent by each tile, float32[n, 1, ...], as one plane per tier: 1 where it is sent."""
    return (sent > torch.arange(tiers, device=sent.device, dtype=sent.dtype)[None, :, None, None]).to(sent.dtype)


class ResidualBlock(nn.Module):
    """x + conv1x1(act(conv3x3(x)) gated by what is known of allocation and channel)."""

    def __init__(self, width: int, condition: int) -> None:
        super().__init__()
        self.spatial = conv(width, width)
        self.gate = conv(condition, width, 1)
        self.mix = conv(width, width, 1)
        with torch.no_grad():  # start near the identity: deep stacks then train without normalisation layers
            self.mix.weight.mul_(0.3)

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        return x + self.mix(F.leaky_relu(self.spatial(x), 0.1) * (1 + self.gate(condition)))


PILOT_SHARE = 0.04  # of a block's energy, roughly, at the start of training
TYPICAL_LEVEL = 8 * PILOT_SHARE**0.5  # of a pilot received in a block of energy 64; only the logarithm's origin


class BlockPilot(nn.Module):
    """A known value in every block, from which the decoder reads how the block was scaled.

    Normalisation takes a block's level away. The tile's mean of each tier's last real channel is replaced by a constant
    before it; behind it, that mean has the block's scale. It costs one of 128 dimensions and a few percent of the
    energy; one trial of 1,500 steps gained 1.4 dB at 20 dB SNR and lost 0.3 at 0.
    """

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        self.arch = arch
        self.log_amplitude = nn.Parameter(torch.zeros(arch.tiers))

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        """Put pilots into float32[n, 2 C, h, w]."""
        a = self.arch
        tiers = latent.reshape(latent.shape[0], a.tiers, 2 * a.tier_channels, *latent.shape[2:])
        last = tiers[:, :, -1]
        pilot = (torch.exp(self.log_amplitude) / a.tile)[None, :, None, None]
        last = last - spread_over_tiles(F.avg_pool2d(last, a.tile), a.tile) + pilot
        return torch.cat([tiers[:, :, :-1], last[:, :, None]], dim=2).reshape(latent.shape)


class LatentSizes(Protocol):
    """What an architecture says of its latent."""

    @property
    def tiers(self) -> int: ...
    @property
    def tier_channels(self) -> int: ...
    @property
    def tile(self) -> int: ...
    @property
    def block_size(self) -> int: ...
    @property
    def normalisation(self) -> str: ...


def normalise_blocks(latent: torch.Tensor, arch: LatentSizes, sent: torch.Tensor | None = None) -> torch.Tensor:
    """Give every (tier x tile) block the energy of its size in complex symbols; float32[n, 2 C, h, w] in and out.

    With `normalisation = "picture"` the blocks that are sent (`sent` float32[n, 1, h / tile, w / tile], tiers) have
    that energy on average over the picture only.
    """
    n, _, h, w = latent.shape
    t = arch.tile
    blocks = latent.reshape(n, arch.tiers, 2 * arch.tier_channels, h // t, t, w // t, t)
    energy = blocks.square().sum(dim=(2, 4, 6), keepdim=True)
    if arch.normalisation == "picture":
        assert sent is not None
        counted = sent_planes(sent, arch.tiers).reshape(energy.shape)
        energy = (energy * counted).sum((1, 3, 5), keepdim=True) / counted.sum((1, 3, 5), keepdim=True)
    return (blocks * torch.sqrt(arch.block_size / (energy + 1e-9))).reshape(latent.shape)


class Encoder(nn.Module):
    """Picture to unnormalised latent.

    image float32[n, 3, H, W] in 0..1, sides multiples of 32; sent float32[n, 1, H/32, W/32], tiers that each tile
    sends; snr_db float32[n], the SNR to code for, `UNTOLD_SNR_DB` to code for all -> float32[n, 2 C, H/8, W/8].
    """

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        self.arch = arch
        condition = arch.tiers + 2
        self.unshuffle = nn.PixelUnshuffle(DOWNSCALING)
        self.stem = conv(3 * DOWNSCALING**2, arch.width)
        self.condition = conv(condition, arch.width, 1)
        self.blocks = nn.ModuleList(ResidualBlock(arch.width, condition) for _ in range(arch.encoder_blocks))
        self.power = conv(condition, arch.width, 1)  # shares the energy over the head's inputs
        self.head = conv(arch.width, 2 * arch.complex_channels)
        with torch.no_grad():  # the residual stream starts as cosine coefficients, the head picks the strongest
            channels = min(arch.width, len(SOURCE_BASIS))
            self.condition.weight.mul_(0.3)
            self.stem.weight.mul_(0.1)
            self.stem.weight[:channels, :, 1, 1] += 0.5 * (SOURCE_BASIS / SOURCE_VARIANCE.sqrt()[:, None])[:channels]
            self.head.weight.mul_(0.1)
            picked = torch.arange(min(2 * arch.complex_channels, channels))
            self.head.weight[picked, picked, 1, 1] += 2 * SOURCE_VARIANCE[picked] ** 0.25
        self.pilot = BlockPilot(arch)

    def forward(self, image: torch.Tensor, sent: torch.Tensor, snr_db: torch.Tensor) -> torch.Tensor:
        told = (snr_db > UNTOLD_SNR_DB / 2).to(sent.dtype)
        design = torch.stack([told, told * snr_db.clamp(*DESIGN_RANGE_DB) * 0.1], dim=1)[:, :, None, None]
        tiles = sent_planes(sent, self.arch.tiers)
        ones = torch.ones_like(sent)
        condition = torch.cat([tiles, design[:, :1] * ones, design[:, 1:] * ones], dim=1)
        condition = spread_over_tiles(condition, self.arch.tile)
        x = self.stem(self.unshuffle(image - 0.5)) + self.condition(condition)
        for block in self.blocks:
            x = block(x, condition)
        return self.pilot(self.head(x * (1 + self.power(condition))))


def weigh(symbols: torch.Tensor, noise_var: torch.Tensor, arch: LatentSizes) -> tuple[torch.Tensor, torch.Tensor]:
    """Symbols times the linear MMSE factor 1 / (1 + noise_var), float32[n, tiers, 2 * tier_channels, h, w], and each
    tier's capacity ln(1 + 1 / noise_var) / 4, float32[n, tiers, h, w]; both are zero for an infinite variance."""
    n, _, h, w = noise_var.shape
    noise_var = noise_var.clamp_min(SMALLEST_NOISE_VAR)
    weight = (1 / (1 + noise_var)).reshape(n, arch.tiers, 1, arch.tier_channels, h, w)
    # real and imaginary parts of a tier stand side by side, so each weight serves both
    symbols = symbols.reshape(n, arch.tiers, 2, arch.tier_channels, h, w) * weight
    capacity = torch.log(1 + 1 / noise_var).reshape(n, arch.tiers, arch.tier_channels, h, w).mean(2) * 0.25
    return symbols.reshape(n, arch.tiers, -1, h, w), capacity


class Decoder(nn.Module):
    """What arrived to a picture.

    symbols float32[n, 2 C, h, w] as they arrived (unit signal energy); noise_var float32[n, C, h, w], `inf` where a
    symbol was lost or not sent; sent float32[n, 1, h/tile, w/tile], tiers that were sent -> float32[n, 3, 8 h, 8 w].

    The graph itself weighs symbols by the linear MMSE factor 1 / (1 + noise_var) and shows the network each tier's
    capacity, ln(1 + 1 / noise_var) / 4. An infinite variance makes both zero: an erased symbol.
    """

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        self.arch = arch
        condition = 3 * arch.tiers  # sent, capacity, level
        self.trust = nn.Conv2d(arch.tiers, arch.tiers, 1, groups=arch.tiers)  # in a pilot, by its tier's capacity
        self.stem = conv(2 * arch.complex_channels, arch.width)
        self.confidence = conv(condition, arch.width, 1)  # scales what was received before it is mixed any further
        self.condition = conv(condition, arch.width, 1)
        self.blocks = nn.ModuleList(ResidualBlock(arch.width, condition) for _ in range(arch.decoder_blocks))
        self.head = conv(arch.width, 3 * DOWNSCALING**2)
        with torch.no_grad():  # the inverse of the encoder's start
            self.trust.weight.fill_(6.0)  # 0.99 at 20 dB, 0.8 at 10 dB, 0.3 at 0 dB
            self.trust.bias.fill_(-2.0)
            channels = min(arch.width, len(SOURCE_BASIS))
            self.condition.weight.mul_(0.3)
            self.stem.weight.mul_(0.3)
            placed = torch.arange(min(2 * arch.complex_channels, channels))
            self.stem.weight[placed, placed, 1, 1] += 0.5 * SOURCE_VARIANCE[placed] ** -0.25
            self.head.weight.mul_(0.1)
            self.head.weight[:, :channels, 1, 1] += (SOURCE_BASIS * SOURCE_VARIANCE.sqrt()[:, None])[:channels].T

    def forward(self, symbols: torch.Tensor, noise_var: torch.Tensor, sent: torch.Tensor) -> torch.Tensor:
        a = self.arch
        n, c, h, w = noise_var.shape
        symbols, capacity = weigh(symbols, noise_var, a)
        level = self._level(symbols[:, :, -1], capacity)
        condition = torch.cat([sent_planes(sent, a.tiers), level], dim=1)
        condition = torch.cat([spread_over_tiles(condition, a.tile), capacity], dim=1)
        scaled = (symbols * torch.exp(-spread_over_tiles(level, a.tile))[:, :, None]).reshape(n, 2 * c, h, w)
        x = self.stem(scaled) * (1 + self.confidence(condition)) + self.condition(condition)
        for block in self.blocks:
            x = block(x, condition)
        return F.pixel_shuffle(self.head(x), DOWNSCALING) + 0.5

    def _level(self, last: torch.Tensor, capacity: torch.Tensor) -> torch.Tensor:
        """Logarithm of each block's level against the usual one, float32[n, tiers, h/tile, w/tile], as far as to be
        trusted: the noise decides how much of it is believed."""
        amplitude = F.avg_pool2d(last, self.arch.tile) * self.arch.tile
        level = torch.log(amplitude.clamp_min(0.15 * TYPICAL_LEVEL) / TYPICAL_LEVEL)
        return level * torch.sigmoid(self.trust(F.avg_pool2d(capacity, self.arch.tile)))


class Autoencoder(nn.Module):
    """Encoder and decoder as trained together; the channel is the caller's."""

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        self.arch = arch
        self.encoder = Encoder(arch)
        self.decoder = Decoder(arch)

    def encode(self, image: torch.Tensor, sent: torch.Tensor, snr_db: torch.Tensor) -> torch.Tensor:
        """Normalised latent float32[n, 2 C, h, w]; arguments as the encoder's."""
        return normalise_blocks(self.encoder(image, sent, snr_db).float(), self.arch, sent)

    @torch.no_grad()
    def calibrate(self, image: torch.Tensor, sent: torch.Tensor, snr_db: torch.Tensor) -> None:
        """Set the pilots to their usual share of the blocks' energy on a batch; once, before training."""
        a, pilot = self.arch, self.encoder.pilot
        pilot.log_amplitude.fill_(-30)
        latent = self.encoder(image, sent, snr_db)
        n, _, h, w = latent.shape
        tiles = latent.reshape(n, a.tiers, 2 * a.tier_channels, h // a.tile, a.tile, w // a.tile, a.tile)
        norm = tiles.square().sum(dim=(2, 4, 6)).sqrt().mean(dim=(0, 2, 3))
        pilot.log_amplitude.copy_(torch.log(norm * PILOT_SHARE**0.5))
