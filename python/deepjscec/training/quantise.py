# SPDX-License-Identifier: GPL-3.0-or-later
"""Residual blocks of exported networks in 8-bit integers, their ranges taken from pictures on their way.

Stem, heads and what knows of the channel stay in float32: they are cheap, and the error of an input or output is seen
at once. Needs ONNX Runtime, which training does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import torch

from deepjscec.channel.layers import awgn, erase_blocks
from deepjscec.codec.codec import UNTOLD_SNR_DB
from deepjscec.training.network import DESIGN_RANGE_DB, DOWNSCALING, Autoencoder, sent_planes

INSIDE_BLOCKS = ("/spatial/", "/mix/")  # of convolutions' names
CALIBRATION_PICTURES = 48


@torch.no_grad()
def calibration_inputs(
    model: Autoencoder, patches: np.ndarray, tiers: list[int], rng: np.random.Generator
) -> Iterator[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]]:
    """Inputs of encoder and decoder for patches uint8[n, 3, s, s] at random SNRs, numbers of tiers in turn."""
    arch = model.arch
    noise = torch.Generator().manual_seed(int(rng.integers(2**62)))
    tiles = patches.shape[2] // (DOWNSCALING * arch.tile)
    for i, patch in enumerate(patches):
        image = torch.from_numpy(patch[None].astype(np.float32) / 255)
        sent = torch.full((1, 1, tiles, tiles), float(tiers[i % len(tiers)]))
        snr_db = torch.tensor([rng.uniform(*DESIGN_RANGE_DB)], dtype=torch.float32)
        told = snr_db if i % 2 else torch.full_like(snr_db, UNTOLD_SNR_DB)
        received, noise_var = awgn(model.encode(image, sent, told), snr_db, noise)
        received, noise_var = erase_blocks(received, noise_var, sent_planes(sent, arch.tiers) == 0, arch.tile)
        yield (
            {"image": image.numpy(), "sent": sent.numpy(), "snr_db": told.numpy()},
            {"symbols": received.numpy(), "noise_var": noise_var.numpy(), "sent": sent.numpy()},
        )


def quantise(path: Path, inputs: list[dict[str, np.ndarray]]) -> None:
    """Replace the network in `path` by one whose residual blocks compute in 8 bits."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self._left = iter(inputs)

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self._left, None)

    prepared = path.with_suffix(".prepared.onnx")
    quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
    nodes = onnx.load(prepared).graph.node
    chosen = [
        node.name for node in nodes if node.op_type == "Conv" and any(part in node.name for part in INSIDE_BLOCKS)
    ]
    if not chosen:  # ONNX Runtime would take all
        raise ValueError(f"{path}: no residual blocks found to quantise")
    quantize_static(
        str(prepared),
        str(path),
        Reader(),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        reduce_range=True,  # without VNNI instructions, processors saturate sums of full 8-bit products
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        nodes_to_quantize=chosen,
    )
    prepared.unlink()
