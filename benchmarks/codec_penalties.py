# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs that one model serves all SNRs, and that every block has the same energy.

    python benchmarks/codec_penalties.py --cifar CIFAR --steps 2000 --json results/codec_penalties.json

Trains small networks side by side, for the same number of steps on the same patches, that differ in one thing: all SNRs
or one; every block normalised or the picture as a whole. Reports PSNR on pictures held out, at rate 1/6 without loss.
A short training only says which way the differences point and roughly how large they are.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import torch

from deepjscec.app.results import write_json
from deepjscec.training.config import ChannelConfig, DataConfig, OptimiserConfig, TrainingConfig
from deepjscec.training.network import Architecture
from deepjscec.training.train import load_sources, run, use_bfloat16
from deepjscec.training.trainer import Trainer
from deepjscec.training.validate import SNRS_DB, validate

CPU = torch.device("cpu")
ARCHITECTURE = Architecture((8,), width=128, encoder_blocks=2, decoder_blocks=4)
BASE = TrainingConfig(
    name="penalties",
    model=ARCHITECTURE,
    data=(DataConfig("cifar", patch=32, batch=96, held_out=160),),
    channel=ChannelConfig(snr_db=(-2.0, 22.0), told=0, tiers={"8": 1}, truncated=0, erasure_probability=0),
    optimiser=OptimiserConfig(learning_rate=1e-3, decay_share=0.8),
    rates={"1/6": 8},
)
CASES = {
    "all SNRs, block energies equal": BASE,
    "all SNRs, one energy over the picture": replace(BASE, model=replace(ARCHITECTURE, normalisation="picture")),
    **{
        f"{snr} dB alone, block energies equal": replace(BASE, channel=replace(BASE.channel, snr_db=(snr, snr)))
        for snr in map(float, SNRS_DB)
    },
}


def train(config: TrainingConfig, cifar: str, steps: int) -> dict[str, float]:
    """PSNR on the pictures held out after `steps` on one thread."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(config, Path(folder), 1, CPU, use_bfloat16("auto", CPU))
        run(trainer, {"cifar": cifar}, steps, float("inf"), steps + 1)
        return validate(trainer.average.module, load_sources(config.data, {"cifar": cifar})[1], BASE, CPU)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cifar", required=True, help="CIFAR-10 training pictures")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with ProcessPoolExecutor(arguments.processes) as pool:
        jobs = {name: pool.submit(train, case, arguments.cifar, arguments.steps) for name, case in CASES.items()}
        rows = [{"case": name, **job.result()} for name, job in jobs.items()]
    for row in rows:
        print(row)
    if arguments.json:
        write_json(arguments.json, {"steps": arguments.steps, "architecture": ARCHITECTURE.to_dict(), "rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
