# SPDX-License-Identifier: GPL-3.0-or-later
"""What `deepjscec COMMAND --help` says before and after the options, for commands that say nothing themselves."""

from __future__ import annotations

import argparse
import textwrap

TEXTS = {
    "keygen": (
        "Make a key file that Alice and Bob share, or Bob's private key with the public one beside it.",
        """examples:
  deepjscec keygen alice.key                       for both, readable by its owner alone
  deepjscec keygen --pair bob                      bob for Bob, bob.pub for whoever sends to him
  deepjscec keygen alice.key --passphrase-file words   sealed by the first line of words
""",
    ),
    "encapsulate": (
        "Make a key, and a capsule from which the holder of a public key, and nobody else, makes the same.",
        """examples:
  deepjscec encapsulate bob.pub --key alice.key --capsule for-bob.capsule
""",
    ),
    "decapsulate": (
        "Make the key that is in a capsule.",
        """examples:
  deepjscec decapsulate for-bob.capsule --private bob --key shared.key
""",
    ),
    "inspect": (
        "Say what a key file, public key or capsule is; its secret is not shown.",
        """examples:
  deepjscec inspect alice.key bob.pub for-bob.capsule
""",
    ),
    "models": (
        "List the installed models, and check that their files are whole and compute what they did at export.",
        """examples:
  deepjscec models
  deepjscec models --provider cuda                 ... on a GPU, too; needs onnxruntime-gpu
  DEEPJSCEC_MODELS=models deepjscec models         with those of a folder before the installed ones
""",
    ),
    "evaluate": (
        "Measure schemes over channels as configurations say, or one model over noise.",
        """examples:
  deepjscec evaluate --images kodak/ --rate 1/12 --snr 0 10 20
  deepjscec evaluate --images kodak/ --model lite --cipher none --json lite.json
  deepjscec evaluate configs/evaluation --data cifar=PATH --data kodak=PATH --jobs 2
""",
    ),
    "figures": (
        "Draw what deepjscec evaluate measured.",
        """examples:
  deepjscec figures results/evaluation --out figures
""",
    ),
    "attack": (
        None,
        """examples:
  deepjscec attack                                 every cipher and control; some minutes, report in attack/
  deepjscec attack --cipher isometric --ciphertexts 1000000 --out long
  deepjscec attack --model cifar --pictures learn.npz --held-out attacked.npz
""",
    ),
    "train": (
        "Train a model, or go on with a run that is there.",
        """examples:
  deepjscec train configs/photo.toml --data photos=photos/ --out runs/photo --minutes 60
  deepjscec train configs/photo.toml --data photos=photos/ --out runs/mine --init models/photo
  torchrun --nproc-per-node 4 -m deepjscec.cli train configs/photo.toml --data photos=photos/ --out runs/photo
""",
    ),
    "export": (
        "Write a training run's checkpoint as a model: encoder.onnx, decoder.onnx and card.json.",
        """examples:
  deepjscec export runs/photo/checkpoint.pt --out models/mine
  deepjscec export runs/photo/checkpoint.pt --out models/small --weights int8 --pictures photos/
""",
    ),
    "pack": (
        "Pack pictures into one file, for a training machine without a library that reads them.",
        """examples:
  deepjscec pack photos/ photos.npz
""",
    ),
}


def add_texts(name: str, parser: argparse.ArgumentParser) -> None:
    """Give the parser of the command `name` the texts above, but for those it has."""
    if parser.epilog is None and name in TEXTS:
        description, parser.epilog = TEXTS[name]
        parser.description = textwrap.fill(parser.description or description or "", 100)
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
