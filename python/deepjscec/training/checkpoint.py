# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints hold everything a run needs to go on as if it had never stopped."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import torch


def save_checkpoint(path: Path, state: dict[str, Any], rng: np.random.Generator, noise: torch.Generator) -> None:
    """Write atomically: an interrupted save leaves the previous checkpoint in place."""
    state = {**state, "rng": rng.bit_generator.state, "noise": noise.get_state(), "noise_device": noise.device.type}
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)


def load_checkpoint(path: Path, device: torch.device) -> dict[str, Any]:
    """Read a checkpoint; `ValueError` names the file when it is not one."""
    try:
        state = torch.load(path, map_location=device, weights_only=True)
        if missing := {"model", "average", "optimisers", "model_config", "name", "rates"} - set(state):
            raise ValueError(f"no {sorted(missing)[0]!r} inside; not a checkpoint, or one of an earlier version")
        return state
    except FileNotFoundError:
        raise ValueError(f"checkpoint {path}: no such file") from None
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, TypeError, pickle.UnpicklingError) as error:
        raise ValueError(f"checkpoint {path}: cannot be read ({str(error).splitlines()[0]})") from None


def restore_generators(state: dict[str, Any], rng: np.random.Generator, noise: torch.Generator) -> None:
    rng.bit_generator.state = state["rng"]
    if state["noise_device"] == noise.device.type:  # a run that moves between CPU and GPU starts its noise anew
        noise.set_state(state["noise"].cpu())
