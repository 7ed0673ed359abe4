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

import numpy as np
import onnx
import torch
from torch import nn

from deepjscec.codec.card import FORMAT
from deepjscec.training.checkpoint import load_checkpoint
from deepjscec.training.classifier_network import Classifier, ClassifierArchitecture
from deepjscec.training.export_tuned import export_tuned
from deepjscec.training.images import load_images
from deepjscec.training.network import DOWNSCALING, Architecture, Autoencoder
from deepjscec.training.patches import PatchSource
from deepjscec.training.quantise import CALIBRATION_PICTURES, calibration_inputs, quantise
from deepjscec.training.weights import averaged_weights

OPSET = 17
SMALLEST_HALVED = 1024  # values; smaller arrays are not worth a node


Model = Autoencoder | Classifier


def load_model(path: Path) -> tuple[Model, dict[str, Any]]:
    """The averaged weights of a checkpoint as a model in evaluation mode, and the checkpoint's other entries."""
    state = load_checkpoint(path, torch.device("cpu"))
    sizes = state["model_config"]
    model = Classifier(ClassifierArchitecture(**sizes)) if "classes" in sizes else Autoencoder(Architecture(**sizes))
    model.load_state_dict(averaged_weights(state))
    return model.eval(), state


def example_inputs(arch: Architecture | ClassifierArchitecture) -> tuple[dict[str, torch.Tensor], ...]:
    """Inputs of encoder and decoder by name, for a picture of 2 x 2 tiles."""
    tiles = 2
    positions = tiles * arch.tile
    image = torch.rand(1, 3, positions * DOWNSCALING, positions * DOWNSCALING)
    sent = torch.full((1, 1, tiles, tiles), float(arch.tiers))
    symbols = torch.randn(1, 2 * arch.complex_channels, positions, positions)
    noise_var = torch.ones(1, arch.complex_channels, positions, positions)
    return (
        {"image": image, "sent": sent, "snr_db": torch.zeros(1)},
        {"symbols": symbols, "noise_var": noise_var, "sent": sent},
    )


def export_onnx(model: Model, folder: Path, half: bool = True) -> None:
    """Write `encoder.onnx` and `decoder.onnx` with free batch size and resolution into `folder`.

    `half` stores weights as float16, which halves the files; the arithmetic stays float32.
    """
    encoder, decoder = example_inputs(model.arch)
    _write(model.encoder, encoder, folder / "encoder.onnx", "latent", half)
    output = "logits" if isinstance(model, Classifier) else "image"
    _write(model.decoder, decoder, folder / "decoder.onnx", output, half)


def _write(module: nn.Module, inputs: dict[str, torch.Tensor], path: Path, output: str, half: bool) -> None:
    axes = {
        name: {0: "n"} if tensor.ndim == 1 else {0: "n", 2: f"{name}_h", 3: f"{name}_w"}
        for name, tensor in inputs.items()
    }
    axes[output] = {0: "n"} if output == "logits" else {0: "n", 2: "out_h", 3: "out_w"}
    with warnings.catch_warnings():
        # the TorchScript exporter needs no package beside onnx, which the newer one does
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            module.to(memory_format=torch.contiguous_format),
            tuple(inputs.values()),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            # left to the runtime, which folds when it loads: weights keep their names, so training can go on from them
            do_constant_folding=False,
            input_names=list(inputs),
            output_names=[output],
            dynamic_axes=axes,
        )
    if half:
        graph = onnx.load(path)
        halve_weights(graph)
        onnx.save(graph, path)


def halve_weights(model: onnx.ModelProto) -> None:
    """Store large float32 weights as float16, each behind a cast that the runtime folds away when it loads."""
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < SMALLEST_HALVED:
            continue
        name = tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    for cast in reversed(casts):
        graph.node.insert(0, cast)


def macs_per_pixel(part: nn.Module, inputs: dict[str, torch.Tensor], pixels: int) -> float:
    """Multiply-accumulates of the convolutions per pixel of the picture."""
    counts = []

    def count(layer: nn.Module, _: Any, output: torch.Tensor) -> None:
        counts.append(layer.weight.numel() * output.shape[2] * output.shape[3])  # type: ignore[operator,union-attr]

    hooks = [layer.register_forward_hook(count) for layer in part.modules() if isinstance(layer, nn.Conv2d)]
    with torch.no_grad():
        part(**inputs)
    for hook in hooks:
        hook.remove()
    return sum(counts) / pixels


def write_card(model: Model, state: dict[str, Any], folder: Path, notes: dict[str, str]) -> None:
    """Write `card.json` beside the ONNX files of `folder`."""
    arch = model.arch
    task = {}
    if isinstance(arch, ClassifierArchitecture):
        task = {"classes": list(arch.classes), "picture": state["picture"]}
    encoder, decoder = example_inputs(arch)
    pixels = encoder["image"].shape[2] * encoder["image"].shape[3]
    files = {
        name: {
            "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest(),
            "bytes": (folder / name).stat().st_size,
            "parameters": sum(p.numel() for p in part.parameters()),
            "macs_per_pixel": round(macs_per_pixel(part, inputs, pixels)),
        }
        for name, part, inputs in (
            ("encoder.onnx", model.encoder, encoder),
            ("decoder.onnx", model.decoder, decoder),
        )
    }
    card = {
        "format": FORMAT,
        "name": state["name"],
        "latent": {
            "downscaling": DOWNSCALING,
            "tile": arch.tile,
            "tiers": arch.tiers,
            "tier_channels": arch.tier_channels,
            "block_size": arch.block_size,
            "encoder_halo": arch.encoder_halo,
            "decoder_halo": arch.decoder_halo,
        },
        "rates": state["rates"],
        **task,
        **({"shares": state["shares"]} if state.get("shares", {}).get("levels") else {}),
        "files": files,
        "training": {"architecture": arch.to_dict(), "steps": state["step"], **notes},
        "licence": "GPL-3.0-or-later",
    }
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n")


def export(checkpoint: Path, folder: Path, notes: dict[str, str], weights: str = "float16", pictures: str = "") -> None:
    """Export a checkpoint; the files of an existing model are replaced only once all new ones are written.

    `weights` as stored: "float16", "float32", or "int8" for residual blocks that also compute so, their ranges taken
    from `pictures`, a path as `load_images` takes it.
    """
    model, state = load_model(checkpoint)
    if model.arch.normalisation != "block":
        raise ValueError(f"checkpoint {checkpoint}: normalised over the picture, so block energies would tell about it")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        export_onnx(model, Path(temporary), half=weights == "float16")
        if weights == "int8":
            if isinstance(model, Classifier):
                raise ValueError("--weights int8 is for models that draw pictures")
            levels = state.get("shares", {}).get("levels", {}).values()
            tiers = sorted(set(state["rates"].values()).union(*levels))
            _to_int8(model, Path(temporary), pictures, tiers)
        write_card(model, state, Path(temporary), {"weights": weights, **notes})
        for name in ("encoder.onnx", "decoder.onnx", "card.json"):
            os.replace(Path(temporary, name), folder / name)


def _to_int8(model: Autoencoder, folder: Path, pictures: str, tiers: list[int]) -> None:
    side = 4 * DOWNSCALING * model.arch.tile
    images = [image for image in load_images(pictures) if min(image.shape[:2]) >= side]
    if not images:
        raise ValueError(f"pictures {pictures}: none of at least {side} x {side} pixels")
    rng = np.random.default_rng(0)
    patches = PatchSource(images, side).draw(CALIBRATION_PICTURES, rng)
    encoder, decoder = zip(*calibration_inputs(model, patches, tiers, rng), strict=True)
    quantise(folder / "encoder.onnx", list(encoder))
    quantise(folder / "decoder.onnx", list(decoder))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", type=Path, help="checkpoint.pt of a training run")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="model folder, e.g. models/photo")
    parser.add_argument(
        "--weights",
        choices=("float16", "float32", "int8"),
        default="float16",
        help="as stored; computing is in float32, but for int8, whose residual blocks compute in it, too",
    )
    parser.add_argument("--pictures", default="", metavar="PATH", help="for int8: pictures to take its ranges from")
    parser.add_argument(
        "--base",
        default="",
        metavar="MODEL",
        help="the model whose decoder alone was trained: stores what changed in it",
    )
    parser.add_argument("--data-note", default="", help="what it was trained on, for the card")
    parser.add_argument("--command-note", default="", help="the command that trained it, for the card")


def run(arguments: argparse.Namespace) -> int:
    notes = {"data": arguments.data_note, "command": arguments.command_note}
    notes = {key: value for key, value in notes.items() if value}
    if (arguments.weights == "int8") != bool(arguments.pictures):
        raise ValueError("--weights int8 and --pictures go together")
    if arguments.base:
        if arguments.weights != "float16":
            raise ValueError("--base and --weights exclude each other: weights are stored as the base's")
        export_tuned(arguments.checkpoint, arguments.out, arguments.base, notes)
        return 0
    export(arguments.checkpoint, arguments.out, notes, arguments.weights, arguments.pictures)
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
