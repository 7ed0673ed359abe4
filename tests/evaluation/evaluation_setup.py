# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures and experiments for the tests of the evaluation."""

from pathlib import Path

import numpy as np

from deepjscec.cli import main

CONFIGURATIONS = Path(__file__).resolve().parents[2] / "configs" / "evaluation"

SMALL = """
title = "Small"
rates = ["1/12", "1/6"]
snr_db = [0, 15]
repeats = 2

[[pictures]]
name = "crops"
limit = 6

[[channel]]
kind = "awgn"

[[channel]]
kind = "waveform"

[[scheme]]
kind = "jscc"
name = "isometric"
model = "cifar"

[[scheme]]
kind = "jscc"
name = "lwe"
model = "cifar"
cipher = "lwe"
rates = ["1/6"]

[[scheme]]
kind = "jscc"
name = "eve"
model = "cifar"
receiver = "eve"
rates = ["1/6"]
snr_db = [15]

[[compare]]
scheme = "isometric"
against = "lwe"

[strip]
rate = "1/6"
snr_db = [0, 15]
picture = [0, 3]
"""


def crops(photographs: list[np.ndarray], count: int, side: int = 32) -> np.ndarray:
    """Cut-outs uint8[count, side, side, 3] of photographs at a quarter of their size, somewhat as CIFAR-10."""
    rng, found = np.random.default_rng(0), []
    for index in range(count):
        photograph = photographs[index % len(photographs)][2::4, 2::4]
        y, x = (rng.integers(length - side + 1) for length in photograph.shape[:2])
        found.append(photograph[y : y + side, x : x + side])
    return np.stack(found)


def write_crops(folder: Path) -> Path:
    """crops.npz and train.npz in `folder`, which is returned; labels are numbers in turn."""
    from skimage import data

    for name, photographs, count in (
        ("crops", [data.chelsea()], 32),
        ("train", [data.astronaut(), data.coffee()], 64),
    ):
        np.savez(folder / f"{name}.npz", images=crops(photographs, count), labels=np.arange(count, dtype=np.uint8) % 10)
    return folder


def evaluate(folder: Path, configuration: Path | str, out: str, *options: str) -> Path:
    """Run `deepjscec evaluate` on crops in `folder`; returns the folder of its results."""
    if isinstance(configuration, str):
        (folder / "small.toml").write_text(configuration)
        configuration = folder / "small.toml"
    data = [
        f"--data={name}={folder / file}.npz"
        for name, file in (("crops", "crops"), ("cifar", "crops"), ("cifar-train", "train"))
    ]
    code = main(["evaluate", str(configuration), *data, "--out", str(folder / out), *options])
    assert code == 0, code
    return folder / out
