# SPDX-License-Identifier: GPL-3.0-or-later
"""One step of training, and the state that a run consists of."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from deepjscec.training.checkpoint import load_checkpoint, restore_generators, save_checkpoint
from deepjscec.training.config import DataConfig, OptimiserConfig, TrainingConfig
from deepjscec.training.distributed import ProcessGroup
from deepjscec.training.muon import Muon
from deepjscec.training.network import Architecture, Autoencoder, normalise_blocks
from deepjscec.training.situation import draw_situation, impair
from deepjscec.training.sources import load_sources
from deepjscec.training.validate import validate
from deepjscec.training.weights import read_weights


class Trainer:
    """Model, moving average, optimiser and random state of one run, in `folder`."""

    def __init__(
        self,
        config: TrainingConfig,
        folder: Path,
        seed: int,
        device: torch.device,
        bfloat16: bool = False,
        group: ProcessGroup | None = None,
    ) -> None:
        """`group` of the processes that train together; each draws batches of its own and gradients are averaged."""
        self.config, self.folder, self.device, self.bfloat16 = config, folder, device, bfloat16
        self.group = group or ProcessGroup()
        self.rng = np.random.default_rng(seed)
        self.noise = torch.Generator(device).manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)  # initial weights only; torch's layers offer no generator argument
            model = self.make_model()
        self.model = model.to(device, memory_format=torch.channels_last)
        freeze_others(self.model, config.optimiser.train)
        self.average = torch.optim.swa_utils.AveragedModel(
            self.model, multi_avg_fn=moving_average(config.optimiser.ema)
        )
        self.optimisers = make_optimisers(self.model, config.optimiser)
        self.step = 0
        self.calibrated = False
        self.checkpoint = folder / "checkpoint.pt"
        if self.checkpoint.exists():
            self._resume()
        if self.group.rank:  # the first process draws what it would draw alone
            self.rng = np.random.default_rng([seed, self.group.rank, self.step])
            self.noise.manual_seed(int(self.rng.integers(2**62)))

    def make_model(self) -> nn.Module:
        """The network with random weights."""
        assert isinstance(self.config.model, Architecture)
        return Autoencoder(self.config.model)

    def _resume(self) -> None:
        state = load_checkpoint(self.checkpoint, self.device)
        if state["model_config"] != self.config.model.to_dict():
            raise ValueError(f"checkpoint {self.checkpoint}: made with another [model] than the configuration's")
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        try:
            for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
                optimiser.load_state_dict(saved)
        except ValueError:
            raise ValueError(
                f"checkpoint {self.checkpoint}: made with another optimiser than the configuration's"
            ) from None
        self.step = state["step"]
        restore_generators(state, self.rng, self.noise)

    def start_from(self, source: Path) -> None:
        """Take the weights of a checkpoint (the averaged ones) or a model folder; optimiser and schedule start anew."""
        self.model.load_state_dict(read_weights(source, self.config.model))
        self.average.module.load_state_dict(self.model.state_dict())
        self.calibrated = True

    def save(self) -> None:
        if self.group.rank:
            return
        save_checkpoint(
            self.checkpoint,
            {
                "step": self.step,
                "model": self.model.state_dict(),
                "average": self.average.state_dict(),
                "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
                "model_config": self.config.model.to_dict(),
                "name": self.config.name,
                "rates": self.config.rates,
                "shares": asdict(self.config.shares),
                "picture": [self.config.data[0].patch] * 2,
            },
            self.rng,
            self.noise,
        )

    def load(self, paths: dict[str, str]) -> None:
        """Read the pictures of all [[data]] entries, `paths` by their names."""
        self.sources: Sequence[Any]
        self.held_out: dict[str, Any]
        self.sources, self.held_out = load_sources(self.config.data, paths)

    def draw(self, index: int) -> Any:
        """A batch of the source of that index, for `advance`."""
        return self.sources[index].draw(self.config.data[index].batch, self.rng)

    def advance(self, batch: Any, source: DataConfig, learning_rate: float) -> torch.Tensor:
        """One step on what `draw` gave of `source`; returns the detached loss."""
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
            for group in optimiser.param_groups:
                group["lr"] = learning_rate
        loss = self.loss(batch, source)
        loss.backward()
        self.group.average_gradients(self.model.parameters())
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.optimiser.clip_norm)
        for optimiser in self.optimisers:
            optimiser.step()
        self.average.update_parameters(self.model)
        self.step += 1
        return loss.detach()

    def loss(self, batch: Any, source: DataConfig) -> torch.Tensor:
        """Of patches uint8[n, 3, s, s]."""
        image, decoded = self.send(batch, source)
        # PSNR is averaged over pictures, so the mean of the logarithm is what is reported, and what is trained
        error = (decoded - image).square().mean(dim=(1, 2, 3))
        return torch.log(error + 1e-5).mean()

    def send(self, batch: np.ndarray, source: DataConfig) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures uint8[n, 3, s, s] in 0..1 as the network sees them, and what the decoder makes of them after encoder
        and channel."""
        situation = draw_situation(batch, source, self.config, self.rng)
        image = torch.from_numpy(batch).to(self.device).float().div_(255)
        image = image.contiguous(memory_format=torch.channels_last)
        sent = torch.from_numpy(situation.sent).to(self.device)
        design = torch.from_numpy(situation.design_snr_db).to(self.device)
        if self.step == 0 and not self.calibrated:
            self.calibrate(image, sent, design)
            self.group.share_first(self.model.parameters())
        with self.autocast():
            latent = self.model.encoder(image, sent, design)
        latent = normalise_blocks(latent.float(), self.config.model, sent)
        received, noise_var = impair(latent, situation, self.config, self.noise)
        with self.autocast():
            decoded = self.model.decoder(received, noise_var, sent)
        return image, decoded.float()

    def calibrate(self, image: torch.Tensor, sent: torch.Tensor, snr_db: torch.Tensor) -> None:
        """What the network takes from its first batch before it is trained."""
        self.model.calibrate(image, sent, snr_db)

    def validate(self) -> dict[str, float]:
        """Quality on held-out pictures by name."""
        with self.autocast():
            return validate(self.average.module, self.held_out, self.config, self.device)

    def describe(self, loss: float) -> str:
        """A loss as people read it."""
        return f"{-10 / math.log(10) * loss:.2f} dB"

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16)


def freeze_others(model: Autoencoder, patterns: Sequence[str]) -> None:
    """Let gradients reach those weights alone whose names match one of `patterns`; `ValueError` for an idle one."""
    names = [name for name, _ in model.named_parameters()]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ValueError(f"optimiser train: no weight is named as {pattern!r}, such as {names[0]!r}")
    for name, weight in model.named_parameters():
        weight.requires_grad_(any(fnmatchcase(name, pattern) for pattern in patterns))


def make_optimisers(model: Autoencoder, settings: OptimiserConfig) -> list[torch.optim.Optimizer]:
    """AdamW, or Muon for the weights of the residual blocks and AdamW for all others."""
    trained = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
    inner: list[torch.Tensor] = []
    if settings.kind == "muon":
        inner = [weight for name, weight in trained if ".blocks." in name and weight.ndim == 4]
    chosen = {id(weight) for weight in inner}
    others = [weight for _, weight in trained if id(weight) not in chosen]
    decay = settings.weight_decay
    betas = (0.9, settings.second_moment)
    optimisers: list[torch.optim.Optimizer] = []
    if others:
        optimisers.append(
            torch.optim.AdamW(others, settings.learning_rate, betas=betas, weight_decay=decay, fused=True)
        )
    if inner:
        optimisers.append(Muon(inner, settings.learning_rate, weight_decay=decay))
    return optimisers


def moving_average(decay: float) -> Callable[..., None]:
    """Exponential moving average that forgets the initial weights sooner than `decay` alone would."""

    @torch.no_grad()
    def update(averaged: list[torch.Tensor], current: list[torch.Tensor], count: torch.Tensor | int) -> None:
        torch._foreach_lerp_(averaged, current, 1 - min(decay, (1 + int(count)) / (10 + int(count))))

    return update


def learning_rate_at(step: int, steps: int, settings: OptimiserConfig) -> float:
    """Warm-up, plateau, then a linear way down: a plateau can be extended without knowing the end beforehand."""
    warm = min(1.0, (step + 1) / settings.warmup_steps)
    decay_steps = max(1, round(steps * settings.decay_share))
    return settings.learning_rate * warm * min(1.0, max(0.0, (steps - step) / decay_steps))
