# SPDX-License-Identifier: GPL-3.0-or-later
"""The autoencoder: plain 3x3 convolutions at a quarter and an eighth of the picture's resolution.

Fully convolutional, so one model serves every picture size. The latent has 2 C real channels at an eighth of the
resolution, ordered tier by tier; within a tier first the real, then the imaginary parts. A tier is the smallest step
in rate (`rate = tiers / tiers_per_unit_rate`): decoding at a lower rate is decoding with the upper tiers erased.

The blocks that encryption rotates are (tier x tile) and are normalised here during training exactly as
`deepjscec.codec.layout` does at run time.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn import functional as F

DOWNSCALING = 8
SMALLEST_NOISE_VAR = (
    10**-2.2
)  # training ends at 22 dB; what the network makes of less noise is not defined, so it sees none


@dataclass(frozen=True)
class Architecture:
    """Sizes of the network; stored in checkpoints and in the model card."""

    tiers: int = 8
    tier_channels: int = 4  # complex channels of a tier
    tile: int = 4  # side of an encryption block in latent positions
    quarter_width: int = 64  # channels at 1/4 of the resolution
    eighth_width: int = 128  # channels at 1/8 of the resolution
    encoder_quarter_blocks: int = 1
    encoder_eighth_blocks: int = 2
    decoder_quarter_blocks: int = 2
    decoder_eighth_blocks: int = 3

    @property
    def complex_channels(self) -> int:
        return self.tiers * self.tier_channels

    @property
    def block_size(self) -> int:
        return self.tier_channels * self.tile * self.tile

    def to_dict(self) -> dict[str, int]:
        return asdict(self)


def conv(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, size, stride=stride, padding=size // 2)


class ResidualBlock(nn.Module):
    """x + conv(act(conv(x))), optionally scaled by a gate that sees the channel's capacity map."""

    def __init__(self, width: int, condition: int = 0) -> None:
        super().__init__()
        self.first = conv(width, width)
        self.second = conv(width, width)
        self.gate = conv(condition, width, 1) if condition else None
        with torch.no_grad():  # start near the identity: deep stacks then train without normalisation layers
            self.second.weight.mul_(0.2)

    def forward(self, x: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        y = F.leaky_relu(self.first(x), 0.1)
        if self.gate is not None:
            y = y * (1 + self.gate(condition))
        return x + self.second(y)


PILOT_SHARE = 0.04  # of a block's energy, roughly, at the start of training
TYPICAL_LEVEL = 8 * PILOT_SHARE**0.5  # of a pilot received in a block of energy 64; only the logarithm's origin


class BlockPilot(nn.Module):
    """A known value in every block, from which the decoder reads how the block was scaled.

    Normalisation takes a block's level away. The tile's mean of each tier's last real channel is replaced by a constant
    before it; behind it, that mean has the block's scale. It costs one of 128 dimensions and a few percent of the
    energy. Without it the level stays unknown to a few percent, and no SNR brought more than 30 dB.
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


def spread_over_tiles(values: torch.Tensor, tile: int) -> torch.Tensor:
    """One value per tile, float32[n, c, h / tile, w / tile], for each of its positions."""
    return F.interpolate(values, scale_factor=float(tile), mode="nearest")


def normalise_blocks(latent: torch.Tensor, arch: Architecture) -> torch.Tensor:
    """Give every (tier x tile) block the energy of its size in complex symbols; float32[n, 2 C, h, w] in and out."""
    n, _, h, w = latent.shape
    t = arch.tile
    blocks = latent.reshape(n, arch.tiers, 2 * arch.tier_channels, h // t, t, w // t, t)
    energy = blocks.square().sum(dim=(2, 4, 6), keepdim=True)
    return (blocks * torch.sqrt(arch.block_size / (energy + 1e-9))).reshape(latent.shape)


def analog_transform(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Where training starts: the 8x8 cosine transform of luma and chroma, scaled for analog transmission.

    Returns float32[count, 192], the most energetic coefficients first, and float32[count], the gain of each. With a
    picture's variance falling as 1 / (1 + u^2 + v^2), gains of deviation^(-1/2) share the power best (SoftCast:
    Jakubczak and Katabi, MobiCom 2011). From here the network reaches in some hundred steps what takes thousands from
    random weights.
    """
    n = torch.arange(8, dtype=torch.float64)
    cosine = torch.cos(torch.pi / 8 * (n[None] + 0.5) * n[:, None]) / 2
    cosine[0] /= 2**0.5
    colours = torch.tensor([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]], dtype=torch.float64)
    colours /= colours.norm(dim=1, keepdim=True)
    rows = []
    for colour, weight in zip(colours, (1.0, 4.0, 4.0), strict=True):
        for u in range(8):
            for v in range(8):
                basis = colour[:, None, None] * cosine[u][None, :, None] * cosine[v][None, None, :]
                rows.append(((1.0 + u * u + v * v) * weight, basis.reshape(-1)))
    rows.sort(key=lambda row: row[0])
    basis = torch.stack([row[1] for row in rows[:count]]).float()
    variance = torch.tensor([1 / row[0] for row in rows[:count]])
    return basis, variance**-0.25


class Encoder(nn.Module):
    """Picture float32[n, 3, H, W] in 0..1, sides multiples of 32 -> latent float32[n, 2 C, H/8, W/8], unnormalised."""

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.PixelUnshuffle(4), conv(48, arch.quarter_width))
        self.quarter = nn.ModuleList(ResidualBlock(arch.quarter_width) for _ in range(arch.encoder_quarter_blocks))
        self.down = conv(arch.quarter_width, arch.eighth_width, stride=2)
        self.eighth = nn.ModuleList(ResidualBlock(arch.eighth_width) for _ in range(arch.encoder_eighth_blocks))
        self.head = conv(arch.eighth_width, 2 * arch.complex_channels)
        self.linear = nn.Sequential(nn.PixelUnshuffle(8), conv(192, 2 * arch.complex_channels, 1))
        with torch.no_grad():
            self.head.weight.mul_(0.1)
            basis, gains = analog_transform(2 * arch.complex_channels)
            self.linear[1].weight.copy_((basis * gains[:, None])[:, :, None, None])
        self.pilot = BlockPilot(arch)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        image = image - 0.5
        x = F.leaky_relu(self.stem(image), 0.1)
        for block in self.quarter:
            x = block(x)
        x = F.leaky_relu(self.down(x), 0.1)
        for block in self.eighth:
            x = block(x)
        return self.pilot(self.head(x) + self.linear(image))


class Decoder(nn.Module):
    """Received symbols float32[n, 2 C, h, w] and noise_var float32[n, C, h, w] -> picture float32[n, 3, 8 h, 8 w].

    Symbols come as they arrived (unit signal energy); the graph itself weighs them by the linear MMSE factor
    1 / (1 + noise_var) and shows the rest of the network the capacity of each symbol, ln(1 + 1 / noise_var) / 4.
    An infinite variance makes both zero: an erased symbol. Beside the network runs a linear path from the symbols to
    the pixels, scaled per channel and position by what the network made of the block: normalised blocks have lost
    their level, and the network sends it along within them.
    """

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        self.arch = arch
        c = arch.complex_channels
        self.stem = conv(3 * c + arch.tiers, arch.eighth_width)
        self.trust = nn.Conv2d(arch.tiers, arch.tiers, 1, groups=arch.tiers)  # in a pilot, by its tier's capacity
        self.eighth = nn.ModuleList(ResidualBlock(arch.eighth_width, c) for _ in range(arch.decoder_eighth_blocks))
        self.up = conv(arch.eighth_width, 4 * arch.quarter_width)
        self.quarter = nn.ModuleList(ResidualBlock(arch.quarter_width) for _ in range(arch.decoder_quarter_blocks))
        self.head = conv(arch.quarter_width, 48)
        self.modulation = conv(arch.eighth_width, 2 * c, 1)
        self.linear = conv(2 * c, 192, 1)
        with torch.no_grad():
            self.head.weight.mul_(0.1)
            self.modulation.weight.mul_(0.1)
            self.trust.weight.fill_(6.0)  # 0.99 at 20 dB, 0.8 at 10 dB, 0.3 at 0 dB
            self.trust.bias.fill_(-2.0)
            basis, gains = analog_transform(2 * c)
            self.linear.weight.copy_((basis / gains[:, None] * 0.3).T[:, :, None, None])  # 0.3: a block's usual level

    def forward(self, symbols: torch.Tensor, noise_var: torch.Tensor) -> torch.Tensor:
        a = self.arch
        n, c, h, w = noise_var.shape
        noise_var = noise_var.clamp_min(SMALLEST_NOISE_VAR)
        weight = 1 / (1 + noise_var)
        capacity = torch.log(1 + 1 / noise_var) * 0.25
        # real and imaginary parts of a tier stand side by side, so each weight serves both
        weight = weight.reshape(n, a.tiers, 1, a.tier_channels, h, w)
        weighed = (symbols.reshape(n, a.tiers, 2, a.tier_channels, h, w) * weight).reshape(n, 2 * c, h, w)
        level = self._level(symbols.reshape(n, a.tiers, 2 * a.tier_channels, h, w)[:, :, -1], capacity)
        scale = torch.exp(-level)[:, :, None].expand(n, a.tiers, 2 * a.tier_channels, h, w).reshape(n, 2 * c, h, w)
        weighed = weighed * scale
        x = F.leaky_relu(self.stem(torch.cat([weighed, capacity, level], dim=1)), 0.1)
        for block in self.eighth:
            x = block(x, capacity)
        coarse = self.linear(weighed * torch.exp(self.modulation(x).clamp(-4, 4)))  # garbage in, no overflow out
        x = F.leaky_relu(F.pixel_shuffle(self.up(x), 2), 0.1)
        for block in self.quarter:
            x = block(x)
        return F.pixel_shuffle(self.head(x), 4) + F.pixel_shuffle(coarse, 8) + 0.5

    def _level(self, last: torch.Tensor, capacity: torch.Tensor) -> torch.Tensor:
        """Logarithm of each block's level against the usual one, float32[n, tiers, h, w], as far as to be trusted."""
        a = self.arch
        n, _, h, w = capacity.shape
        mean_capacity = F.avg_pool2d(capacity.reshape(n, a.tiers, a.tier_channels, h, w).mean(2), a.tile)
        amplitude = F.avg_pool2d(last, a.tile) * a.tile
        level = torch.log(amplitude.clamp_min(0.15 * TYPICAL_LEVEL) / TYPICAL_LEVEL)
        return spread_over_tiles(level * torch.sigmoid(self.trust(mean_capacity)), a.tile)


class Autoencoder(nn.Module):
    """Encoder and decoder as trained together; the channel is the caller's."""

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        self.arch = arch
        self.encoder = Encoder(arch)
        self.decoder = Decoder(arch)

    def encode(self, image: torch.Tensor) -> torch.Tensor:
        return normalise_blocks(self.encoder(image), self.arch)

    @torch.no_grad()
    def calibrate(self, image: torch.Tensor) -> None:
        """Set the pilots to their usual share of the blocks' energy on float32[n, 3, H, W]; once, before training."""
        a, pilot = self.arch, self.encoder.pilot
        pilot.log_amplitude.fill_(-30)
        latent = self.encoder(image)
        n, _, h, w = latent.shape
        tiles = latent.reshape(n, a.tiers, 2 * a.tier_channels, h // a.tile, a.tile, w // a.tile, a.tile)
        norm = tiles.square().sum(dim=(2, 4, 6)).sqrt().mean(dim=(0, 2, 3))
        pilot.log_amplitude.copy_(torch.log(norm * PILOT_SHARE**0.5))
