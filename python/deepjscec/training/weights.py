# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights to start from: a checkpoint's, or those inside an exported model, so that all can train a model further."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from deepjscec.codec.card import ModelCard
from deepjscec.training.checkpoint import load_checkpoint
from deepjscec.training.classifier_network import ClassifierArchitecture
from deepjscec.training.network import Architecture

AVERAGED = "module."  # what torch's AveragedModel puts in front of a name


def read_weights(source: Path, arch: Architecture | ClassifierArchitecture) -> dict[str, torch.Tensor]:
    """State dictionary of an autoencoder of `arch`; `ValueError` names `source` where it holds another."""
    if source.is_dir():
        found, weights = _read_folder(source)
    else:
        state = load_checkpoint(source, torch.device("cpu"))
        found, weights = state["model_config"], averaged_weights(state)
    if found != arch.to_dict():
        raise ValueError(f"weights {source}: of another [model] than the configuration's, {found}")
    return weights


def averaged_weights(state: dict) -> dict[str, torch.Tensor]:
    """The averaged weights of a checkpoint."""
    return {key.removeprefix(AVERAGED): v for key, v in state["average"].items() if key.startswith(AVERAGED)}


def _read_folder(folder: Path) -> tuple[dict, dict[str, torch.Tensor]]:
    import onnx
    from google.protobuf.message import DecodeError

    try:
        training = json.loads((folder / "card.json").read_text())["training"]
        if "classes" in training["architecture"]:
            raise ValueError("a classifier is stored with its normalisation folded in: give its checkpoint")
        if training.get("weights") == "int8":
            raise ValueError("stored in 8 bits, not to be trained further")
        found = training["architecture"]
        card = ModelCard.load(folder)
        weights = {}
        for part in ("encoder", "decoder"):
            for tensor in onnx.load_from_string(card.read_verified(f"{part}.onnx")).graph.initializer:
                values = torch.from_numpy(onnx.numpy_helper.to_array(tensor).copy())
                weights[f"{part}.{tensor.name.removesuffix('.half')}"] = values.float()
    except (OSError, KeyError, ValueError, DecodeError) as error:
        raise ValueError(f"weights {folder}: no model to start from ({error})") from None
    return found, weights
