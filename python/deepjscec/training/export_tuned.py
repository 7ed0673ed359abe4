# SPDX-License-Identifier: GPL-3.0-or-later
"""From a checkpoint whose decoder alone was trained further to a model folder that holds what changed in it."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from deepjscec.codec.card import FORMAT, ModelCard
from deepjscec.codec.models import find_model
from deepjscec.codec.patch import make_patch
from deepjscec.training.checkpoint import load_checkpoint
from deepjscec.training.weights import averaged_weights


def export_tuned(checkpoint: Path, folder: Path, base: str, notes: dict[str, str]) -> None:
    """Export a checkpoint as a patch of the decoder of `base`, the name or the folder of a model.

    `ValueError` where it cannot be one: encoders differ, or the base is a patch itself.
    """
    state = load_checkpoint(checkpoint, torch.device("cpu"))
    weights = averaged_weights(state)
    card = ModelCard.load(find_model(base))
    if card.base is not None:
        raise ValueError(f"base {base}: a patch of {card.base.name!r} itself")
    encoder, decoder = (card.read_verified(f"{part}.onnx") for part in ("encoder", "decoder"))
    if with_weights(encoder, "encoder", weights) != encoder:
        raise ValueError(f"checkpoint {checkpoint}: its encoder is not that of {base}; train decoder.* alone")
    tuned = with_weights(decoder, "decoder", weights)
    text = json.dumps(_card(state, card.folder.resolve().name, tuned, notes), indent=2)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        Path(temporary, "decoder.patch").write_bytes(make_patch(decoder, tuned))
        Path(temporary, "card.json").write_text(text + "\n")
        for name in ("decoder.patch", "card.json"):
            os.replace(Path(temporary, name), folder / name)


def with_weights(model: bytes, part: str, weights: dict[str, torch.Tensor]) -> bytes:
    """An ONNX file of ours with other weights, by name and as stored in it, and all else the same.

    `ValueError` where it is stored in 8 bits, or a weight of another shape.
    """
    graph = onnx.load_from_string(model)
    for tensor in graph.graph.initializer:
        name = f"{part}.{tensor.name.removesuffix('.half')}"
        if name not in weights or tuple(weights[name].shape) != tuple(tensor.dims):
            raise ValueError(f"the base's weight {name!r} is none of the checkpoint's, or of another shape")
        kind = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
        values = weights[name].numpy().astype(kind)
        if not np.array_equal(values, onnx.numpy_helper.to_array(tensor)):  # -0 is equal: averages turn it into 0
            tensor.CopyFrom(onnx.numpy_helper.from_array(np.ascontiguousarray(values), tensor.name))
    return graph.SerializeToString()


def _card(state: dict[str, Any], base: str, decoder: bytes, notes: dict[str, str]) -> dict[str, Any]:
    sizes = {"sha256": hashlib.sha256(decoder).hexdigest(), "bytes": len(decoder)}
    return {
        "format": FORMAT,
        "name": state["name"],
        "base": base,
        "files": {"decoder.onnx": sizes},
        "training": {"architecture": state["model_config"], "steps": state["step"], **notes},
        "licence": "GPL-3.0-or-later",
    }
