# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of the autoencoder: `python -m deepjscec.training.train CONFIG --data NAME=PATH ... --out DIR`.

Resumes from DIR/checkpoint.pt when there is one, so a run can be cut into legs (`--minutes`) or extended
(`--steps`). Needs torch and numpy alone.
"""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from deepjscec.channel.layers import awgn, erase_blocks
from deepjscec.training.checkpoint import load_checkpoint, restore_generators, save_checkpoint
from deepjscec.training.config import ChannelConfig, DataConfig, OptimiserConfig, TrainingConfig, load_config
from deepjscec.training.images import load_images
from deepjscec.training.network import Autoencoder, normalise_blocks
from deepjscec.training.patches import PatchSource
from deepjscec.training.progress import Progress
from deepjscec.training.validate import validate


class Trainer:
    """Model, moving average, optimiser and random state of one run, in `folder`."""

    def __init__(self, config: TrainingConfig, folder: Path, seed: int, device: torch.device) -> None:
        self.config, self.folder, self.device = config, folder, device
        self.rng = np.random.default_rng(seed)
        self.noise = torch.Generator(device).manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)  # initial weights only; torch's layers offer no generator argument
            model = Autoencoder(config.model)
        self.model = model.to(device, memory_format=torch.channels_last)
        self.average = torch.optim.swa_utils.AveragedModel(
            self.model, multi_avg_fn=moving_average(config.optimiser.ema)
        )
        settings = config.optimiser
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
        self.step = 0
        self.checkpoint = folder / "checkpoint.pt"
        if self.checkpoint.exists():
            self._resume()

    def _resume(self) -> None:
        state = load_checkpoint(self.checkpoint, self.device)
        if state["model_config"] != self.config.model.to_dict():
            raise ValueError(f"checkpoint {self.checkpoint}: made with another [model] than the configuration's")
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]
        restore_generators(state, self.rng, self.noise)

    def save(self) -> None:
        save_checkpoint(
            self.checkpoint,
            {
                "step": self.step,
                "model": self.model.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "model_config": self.config.model.to_dict(),
                "name": self.config.name,
                "rates": self.config.rates,
            },
            self.rng,
            self.noise,
        )

    def advance(self, batch: np.ndarray, learning_rate: float) -> torch.Tensor:
        """One step on patches uint8[n, 3, s, s]; returns the detached loss."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        image = torch.from_numpy(batch).to(self.device).float().div_(255)
        image = image.contiguous(memory_format=torch.channels_last)
        if self.step == 0:
            self.model.calibrate(image)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            latent = self.model.encoder(image).float()
        latent = normalise_blocks(latent, self.config.model)
        received, noise_var = impair(latent, self.config, self.rng, self.noise)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            decoded = self.model.decoder(received, noise_var)
        # PSNR is averaged over pictures, so the mean of the logarithm is what is reported, and what is trained
        error = (decoded.float() - image).square().mean(dim=(1, 2, 3))
        loss = torch.log(error + 1e-5).mean()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.optimiser.clip_norm)
        self.optimiser.step()
        self.average.update_parameters(self.model)
        self.step += 1
        return loss.detach()


def moving_average(decay: float) -> Callable[..., None]:
    """Exponential moving average that forgets the initial weights sooner than `decay` alone would."""

    @torch.no_grad()
    def update(averaged: list[torch.Tensor], current: list[torch.Tensor], count: torch.Tensor | int) -> None:
        torch._foreach_lerp_(averaged, current, 1 - min(decay, (1 + int(count)) / (10 + int(count))))

    return update


def impair(
    latent: torch.Tensor, config: TrainingConfig, rng: np.random.Generator, noise: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise, tiers not sent and blocks lost, drawn anew for each picture of float32[n, 2 C, h, w]."""
    channel: ChannelConfig = config.channel
    n, _, h, w = latent.shape
    tile, tiers = config.model.tile, config.model.tiers
    snr = torch.from_numpy(rng.uniform(*channel.snr_db, n).astype(np.float32)).to(latent.device)
    received, noise_var = awgn(latent, snr, noise)
    choices = np.array([int(key) for key in channel.tiers])
    sent = rng.choice(choices, n, p=np.array(list(channel.tiers.values())) / sum(channel.tiers.values()))
    share = np.where(rng.random(n) < channel.erasure_probability, rng.uniform(0, channel.erasure_max, n), 0)
    lost = rng.random((n, tiers, h // tile, w // tile)) < share[:, None, None, None]
    lost |= np.arange(tiers)[None, :, None, None] >= sent[:, None, None, None]
    return erase_blocks(received, noise_var, torch.from_numpy(lost).to(latent.device), tile)


def learning_rate_at(step: int, steps: int, settings: OptimiserConfig) -> float:
    """Warm-up, plateau, then a linear way down: a plateau can be extended without knowing the end beforehand."""
    warm = min(1.0, (step + 1) / settings.warmup_steps)
    decay_steps = max(1, round(steps * settings.decay_share))
    return settings.learning_rate * warm * min(1.0, max(0.0, (steps - step) / decay_steps))


def load_sources(
    data: Sequence[DataConfig], paths: dict[str, str]
) -> tuple[list[PatchSource], dict[str, list[np.ndarray]]]:
    """Patch sources in the order of `data`, and each one's held-out pictures by name."""
    names = [item.name for item in data]
    if set(paths) != set(names):
        raise ValueError(f"--data must name exactly {', '.join(names)}; got {', '.join(sorted(paths)) or 'nothing'}")
    sources, held_out = [], {}
    for item in data:
        images = load_images(paths[item.name])
        keep = len(images) - item.held_out
        if keep < 1:
            raise ValueError(f"--data {item.name}: {len(images)} pictures, but {item.held_out} are to be held out")
        sources.append(PatchSource(images[:keep], item.patch, item.scales))
        held_out[item.name] = images[keep:]
    return sources, held_out


class Terminated(Exception):
    """The process was asked to end; a checkpoint is still written."""


def _terminate(number: int, frame: object) -> None:
    raise Terminated


def run(trainer: Trainer, paths: dict[str, str], steps: int, minutes: float, validate_every: int) -> None:
    """Train to `steps`, or for `minutes` of monotonic time, whichever comes first; always leaves a checkpoint."""
    config = trainer.config
    sources, held_out = load_sources(config.data, paths)
    weights = np.array([item.weight for item in config.data])
    deadline = time.monotonic() + 60 * minutes
    previous = signal.signal(signal.SIGTERM, _terminate)
    log = (trainer.folder / "log.jsonl").open("a")
    progress = Progress(trainer.step, steps)
    try:
        while trainer.step < steps and time.monotonic() < deadline:
            index = int(trainer.rng.choice(len(sources), p=weights / weights.sum()))
            batch = sources[index].draw(config.data[index].batch, trainer.rng)
            loss = trainer.advance(batch, learning_rate_at(trainer.step, steps, config.optimiser))
            if trainer.step % 50 == 0:
                value = float(loss)
                if not math.isfinite(value):
                    raise ValueError(f"training diverged at step {trainer.step}; lower the learning rate")
                progress.show(trainer.step, f"{-10 / math.log(10) * value:.2f} dB")
            if trainer.step % validate_every == 0:
                record = {"step": trainer.step, **validate(trainer.average.module, held_out, config, trainer.device)}
                log.write(json.dumps(record) + "\n")
                log.flush()
                progress.note(json.dumps(record))
                trainer.save()
        trainer.save()
        progress.note(f"{trainer.checkpoint}: step {trainer.step} of {steps}")
    except (KeyboardInterrupt, Terminated):
        trainer.save()
        progress.note(f"stopped at step {trainer.step}; the same command goes on from here")
    finally:
        signal.signal(signal.SIGTERM, previous)
        progress.close()
        log.close()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path, help="training configuration, e.g. configs/photo.toml")
    parser.add_argument(
        "--data", action="append", default=[], metavar="NAME=PATH", help="pictures of a [[data]] entry (repeatable)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="checkpoint and log; resumes if there")
    parser.add_argument("--steps", type=int, default=50_000, help="total optimiser steps (default %(default)s)")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop this leg after so many minutes")
    parser.add_argument("--validate-every", type=int, default=2000, metavar="STEPS")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (default: torch's choice)")
    parser.add_argument("--device", default="", help="cpu or cuda (default: cuda where there is one)")


def train(arguments: argparse.Namespace) -> int:
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.backends.cuda.matmul.allow_tf32 = True
    device = torch.device(arguments.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    paths = dict(item.partition("=")[::2] for item in arguments.data)
    config = load_config(arguments.config)
    arguments.out.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(config, arguments.out, arguments.seed, device)
    run(trainer, paths, arguments.steps, arguments.minutes, arguments.validate_every)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deepjscec.training.train", description=__doc__)
    add_arguments(parser)
    try:
        return train(parser.parse_args(argv))
    except (ValueError, OSError) as error:
        print(f"deepjscec train: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
