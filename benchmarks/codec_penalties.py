# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs that one model serves all SNRs, and that every block has the same energy, for blocks of several sizes.

    python benchmarks/codec_penalties.py --cifar CIFAR --steps 2000 --json results/codec_penalties.json

Trains small networks side by side, for the same number of steps on the same patches, that differ in one thing: all SNRs
or one; every block normalised or the picture as a whole; the size of a block, of 2 x 2 or 4 x 4 positions and as many
channels as make it up. Reports PSNR on pictures held out, at rate 1/6 without loss.
A short training only says which way the differences point and roughly how large they are.
"""

from __future__ import annotations

import argparse
import json
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


def with_blocks(tile: int, channels: int) -> TrainingConfig:
    """The same rate and the same latent in blocks of `tile` x `tile` positions x `channels`."""
    tiers = ARCHITECTURE.complex_channels // channels
    model = replace(ARCHITECTURE, tier_choices=(tiers,), tier_channels=channels, tile=tile)
    return replace(BASE, model=model, channel=replace(BASE.channel, tiers={str(tiers): 1}), rates={"1/6": tiers})


CASES = {
    "all SNRs, block energies equal": BASE,
    "all SNRs, one energy over the picture": replace(BASE, model=replace(ARCHITECTURE, normalisation="picture")),
    **{
        f"{snr} dB alone, block energies equal": replace(BASE, channel=replace(BASE.channel, snr_db=(snr, snr)))
        for snr in map(float, SNRS_DB)
    },
    **{
        f"all SNRs, blocks of {tile**2 * channels}": with_blocks(tile, channels)
        for tile, channels in ((2, 4), (4, 2), (4, 8), (4, 16))
    },
}


def train(config: TrainingConfig, cifar: str, steps: int) -> dict[str, float]:
    """PSNR on the pictures held out after `steps` on one thread."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(config, Path(folder), 1, CPU, use_bfloat16("auto", CPU))
        run(trainer, {"cifar": cifar}, steps, float("inf"), steps + 1)
        held_out = load_sources(config.data, {"cifar": cifar})[1]
        return validate(trainer.average.module, held_out, config, CPU)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cifar", required=True, help="CIFAR-10 training pictures")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="", metavar="TEXT", help="cases whose name holds this")
    parser.add_argument("--json", type=Path, help="written; what it says of cases that are not run is kept")
    arguments = parser.parse_args()
    settings = {"steps": arguments.steps, "architecture": ARCHITECTURE.to_dict()}
    known: dict[str, dict] = {}
    if arguments.json and arguments.json.exists():
        before = json.loads(arguments.json.read_text())
        if {key: before[key] for key in settings} == settings:
            known = {row["case"]: row for row in before["rows"]}
    cases = {name: case for name, case in CASES.items() if arguments.only in name}
    with ProcessPoolExecutor(arguments.processes) as pool:
        jobs = {name: pool.submit(train, case, arguments.cifar, arguments.steps) for name, case in cases.items()}
        for name, job in jobs.items():
            known[name] = {"case": name, **job.result()}
            print(known[name], flush=True)
    if arguments.json:
        write_json(arguments.json, {**settings, "rows": [known[name] for name in CASES if name in known]})
    return 0


if __name__ == "__main__":
    sys.exit(main())
