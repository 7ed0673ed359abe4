# SPDX-License-Identifier: GPL-3.0-or-later
"""ONNX Runtime sessions: which processor they run on, and whether a graph is the one its card describes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from deepjscec.codec.card import ModelCard

if TYPE_CHECKING:
    import onnxruntime

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}


def resolve_providers(names: Sequence[str]) -> list[str]:
    """ONNX Runtime's names of `cpu`, `cuda`, `tensorrt` or names of its own, best first, the CPU always last.

    Raises `ValueError` for one that this installation of ONNX Runtime does not have.
    """
    import onnxruntime

    available = onnxruntime.get_available_providers()
    wanted = [PROVIDERS.get(name.lower(), name) for name in names]
    for name, provider in zip(names, wanted):
        if provider not in available:
            raise ValueError(f"execution provider {name!r} is not available; this machine has: {', '.join(available)}")
    return list(dict.fromkeys([*wanted, PROVIDERS["cpu"]]))


def make_session(
    card: ModelCard, name: str, model: bytes, threads: int, providers: Sequence[str]
) -> onnxruntime.InferenceSession:
    """A session of `encoder.onnx` or `decoder.onnx`; `ValueError` where the graph is not what the card says."""
    import onnxruntime  # half a second to load: only when a picture is really coded

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Idle threads that spin take the cores from the other blocks of a flowgraph, and even from each other.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    path = card.folder / name
    chosen = resolve_providers(providers)
    try:
        session = onnxruntime.InferenceSession(model, options, providers=chosen)
    except Exception as error:  # ONNX Runtime raises its own untyped errors
        raise ValueError(f"model file {path}: {str(error).splitlines()[0]}") from None
    used = session.get_providers()
    if used[0] != chosen[0]:  # ONNX Runtime goes on with the CPU where a GPU's libraries fail to load
        raise ValueError(f"execution provider {providers[0]!r} could not be started; ONNX Runtime would use {used[0]}")
    reals = 2 * card.tiers * card.tier_channels
    inputs: dict[str, tuple[int, int | None]]  # name -> dimensions, channels
    if name == "encoder.onnx":
        inputs, outputs = {"image": (4, 3), "sent": (4, 1), "snr_db": (1, None)}, {"latent": (4, reals)}
    else:
        inputs = {"symbols": (4, reals), "noise_var": (4, reals // 2), "sent": (4, 1)}
        outputs = {"logits": (2, len(card.classes))} if card.classes else {"image": (4, 3)}
    _check(path, "input", session.get_inputs(), inputs)
    _check(path, "output", session.get_outputs(), outputs)
    return session


def _check(path: object, kind: str, found: Sequence, expected: dict) -> None:
    names = sorted(item.name for item in found)
    if names != sorted(expected):
        raise ValueError(f"model file {path}: {kind}s are {names}, not {sorted(expected)}")
    for item in found:
        dimensions, channels = expected[item.name]
        if item.type != "tensor(float)":
            raise ValueError(f"model file {path}: {kind} {item.name!r} is a {item.type}, not a tensor(float)")
        if len(item.shape) != dimensions:
            raise ValueError(f"model file {path}: {kind} {item.name!r} has {len(item.shape)} axes, not {dimensions}")
        # an exporter may leave a size open; then the first run tells
        if channels is not None and isinstance(item.shape[1], int) and item.shape[1] != channels:
            raise ValueError(
                f"model file {path}: {kind} {item.name!r} has {item.shape[1]} channels, its card says {channels}"
            )
