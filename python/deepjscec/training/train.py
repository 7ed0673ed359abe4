# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of an autoencoder or classifier: `python -m deepjscec.training.train CONFIG --data NAME=PATH ... --out DIR`.

Resumes from DIR/checkpoint.pt when there is one, so a run can be cut into legs (`--minutes`) or extended
(`--steps`). Needs torch and numpy alone. Several processes train together under torchrun:

    torchrun --nproc-per-node 2 -m deepjscec.training.train CONFIG --data NAME=PATH ... --out DIR
"""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from deepjscec.training.classifier_network import ClassifierArchitecture
from deepjscec.training.classifier_trainer import ClassifierTrainer
from deepjscec.training.config import load_config
from deepjscec.training.distributed import ProcessGroup
from deepjscec.training.progress import Progress
from deepjscec.training.trainer import Trainer, learning_rate_at


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """A list that is no longer empty once the process was asked to end, by Ctrl-C or SIGTERM.

    A step is never broken off, so the checkpoint is whole; a second signal ends the process at once.
    """
    received: list[int] = []

    def remember(number: int, frame: object) -> None:
        received.append(number)
        signal.signal(number, previous[signal.Signals(number)])

    previous = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def run(trainer: Trainer, paths: dict[str, str], steps: int, minutes: float, validate_every: int) -> None:
    """Train to `steps`, or for `minutes` of monotonic time, whichever comes first; always leaves a checkpoint."""
    config, first = trainer.config, trainer.group.rank == 0
    trainer.load(paths)
    weights = np.array([item.weight for item in config.data])
    deadline = time.monotonic() + 60 * minutes
    progress = Progress(trainer.step, steps)
    with stop_signals() as signals, (trainer.folder / "log.jsonl").open("a") as log:
        while trainer.step < steps and not trainer.group.any(bool(signals) or time.monotonic() >= deadline):
            index = int(trainer.rng.choice(len(weights), p=weights / weights.sum()))
            batch = trainer.draw(index)
            rate = learning_rate_at(trainer.step, steps, config.optimiser)
            value = float(trainer.advance(batch, config.data[index], rate))
            if trainer.group.any(not math.isfinite(value)):  # before any save: the last checkpoint stays good
                raise ValueError(f"training diverged at step {trainer.step}; lower the learning rate")
            if trainer.step % 50 == 0 and first:
                progress.show(trainer.step, trainer.describe(value))
            if (trainer.step % validate_every == 0 or trainer.step == steps) and first:
                record = {"step": trainer.step, "learning_rate": rate, **trainer.validate()}
                log.write(json.dumps(record) + "\n")
                log.flush()
                progress.note(json.dumps(record))
                trainer.save()
        trainer.save()
    progress.close()
    if first and signals:
        progress.note(f"stopped at step {trainer.step}; the same command goes on from here")
    elif first:
        progress.note(f"{trainer.checkpoint}: step {trainer.step} of {steps}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path, help="training configuration, e.g. configs/photo.toml")
    parser.add_argument(
        "--data", action="append", default=[], metavar="NAME=PATH", help="pictures of a [[data]] entry (repeatable)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="checkpoint and log; resumes if there")
    parser.add_argument("--steps", type=int, default=50_000, help="total optimiser steps (default %(default)s)")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop this leg after so many minutes")
    parser.add_argument("--validate-every", type=_positive, default=2000, metavar="STEPS")
    parser.add_argument(
        "--batch-factor", type=_positive, default=1, metavar="N", help="times the configuration's batches, for GPUs"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=_positive, help="CPU threads (default: torch's choice)")
    parser.add_argument("--device", default="", help="cpu or cuda (default: cuda where there is one)")
    parser.add_argument(
        "--precision",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        help="of the convolutions; auto is bfloat16 where the processor computes with it (CUDA, AMX), else float32",
    )
    parser.add_argument(
        "--init", type=Path, metavar="FROM", help="start from the weights of a checkpoint or a model folder"
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def use_bfloat16(precision: str, device: torch.device) -> bool:
    """Mixed precision: on a GPU, and on processors with matrix units for bfloat16, where it is several times faster."""
    if precision != "auto":
        return precision == "bfloat16"
    matrix_units = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    return device.type == "cuda" or bool(matrix_units())


def train(arguments: argparse.Namespace) -> int:
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.backends.cuda.matmul.allow_tf32 = True
    paths = dict(item.partition("=")[::2] for item in arguments.data)
    config = load_config(arguments.config)
    data = tuple(replace(item, batch=item.batch * arguments.batch_factor) for item in config.data)
    config = replace(config, data=data)
    with ProcessGroup.from_environment(arguments.device) as group:
        device = group.device
        arguments.out.mkdir(parents=True, exist_ok=True)
        bfloat16 = use_bfloat16(arguments.precision, device)
        kind = ClassifierTrainer if isinstance(config.model, ClassifierArchitecture) else Trainer
        trainer = kind(config, arguments.out, arguments.seed, device, bfloat16, group)
        if arguments.init and trainer.step == 0:
            trainer.start_from(arguments.init)
        elif config.optimiser.train != ("*",) and trainer.step == 0:
            raise ValueError("optimiser train: weights that are not trained must come from somewhere; give --init")
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
