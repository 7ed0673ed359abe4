# SPDX-License-Identifier: GPL-3.0-or-later
"""From a checkpoint to a model folder: `python -m deepjscec.training.export CHECKPOINT --out models/NAME`."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from deepjscec.training.checkpoint import load_checkpoint
from deepjscec.training.network import DOWNSCALING, Architecture, Autoencoder

CARD_FORMAT = 1
OPSET = 17


def load_model(path: Path) -> tuple[Autoencoder, dict[str, Any]]:
    """The averaged weights of a checkpoint as a model in evaluation mode, and the checkpoint's other entries."""
    state = load_checkpoint(path, torch.device("cpu"))
    model = Autoencoder(Architecture(**state["model_config"]))
    prefix = "module."
    model.load_state_dict({k.removeprefix(prefix): v for k, v in state["average"].items() if k.startswith(prefix)})
    return model.eval(), state


def export_onnx(model: Autoencoder, folder: Path) -> None:
    """Write `encoder.onnx` and `decoder.onnx` with free batch size and resolution into `folder`."""
    arch = model.arch
    positions = 2 * arch.tile
    image = torch.rand(1, 3, positions * DOWNSCALING, positions * DOWNSCALING)
    symbols = torch.randn(1, 2 * arch.complex_channels, positions, positions)
    noise_var = torch.ones(1, arch.complex_channels, positions, positions)
    _write(model.encoder, (image,), folder / "encoder.onnx", ["image"], "latent")
    _write(model.decoder, (symbols, noise_var), folder / "decoder.onnx", ["symbols", "noise_var"], "image")


def _write(module: nn.Module, example: tuple[torch.Tensor, ...], path: Path, inputs: list[str], output: str) -> None:
    axes = {name: {0: "n", 2: f"{name}_h", 3: f"{name}_w"} for name in [*inputs, output]}
    with warnings.catch_warnings():
        # the TorchScript exporter needs no package beside onnx, which the newer one does
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            module.to(memory_format=torch.contiguous_format),
            example,
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=inputs,
            output_names=[output],
            dynamic_axes=axes,
        )


def write_card(model: Autoencoder, state: dict[str, Any], folder: Path, notes: dict[str, str]) -> None:
    """Write `card.json` beside the ONNX files of `folder`."""
    arch = model.arch
    files = {
        name: {
            "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest(),
            "bytes": (folder / name).stat().st_size,
            "parameters": sum(p.numel() for p in part.parameters()),
        }
        for name, part in (("encoder.onnx", model.encoder), ("decoder.onnx", model.decoder))
    }
    card = {
        "format": CARD_FORMAT,
        "name": state["name"],
        "latent": {
            "downscaling": DOWNSCALING,
            "tile": arch.tile,
            "tiers": arch.tiers,
            "tier_channels": arch.tier_channels,
            "block_size": arch.block_size,
        },
        "rates": state["rates"],
        "files": files,
        "training": {"architecture": arch.to_dict(), "steps": state["step"], **notes},
        "licence": "GPL-3.0-or-later",
    }
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n")


def export(checkpoint: Path, folder: Path, notes: dict[str, str]) -> None:
    """Export a checkpoint; the files of an existing model are replaced only once all new ones are written."""
    model, state = load_model(checkpoint)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        export_onnx(model, Path(temporary))
        write_card(model, state, Path(temporary), notes)
        for name in ("encoder.onnx", "decoder.onnx", "card.json"):
            os.replace(Path(temporary, name), folder / name)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", type=Path, help="checkpoint.pt of a training run")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="model folder, e.g. models/photo")
    parser.add_argument("--data-note", default="", help="what it was trained on, for the card")
    parser.add_argument("--command-note", default="", help="the command that trained it, for the card")


def run(arguments: argparse.Namespace) -> int:
    notes = {"data": arguments.data_note, "command": arguments.command_note}
    export(arguments.checkpoint, arguments.out, {key: value for key, value in notes.items() if value})
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deepjscec.training.export", description=__doc__)
    add_arguments(parser)
    try:
        return run(parser.parse_args(argv))
    except (ValueError, OSError) as error:
        print(f"deepjscec export: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
