# SPDX-License-Identifier: GPL-3.0-or-later
"""5G LDPC and QAM: bytes of pictures to complex symbols and back, computed by a process with Sionna."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

PYTHON_VARIABLE = "DEEPJSCEC_LDPC_PYTHON"
WORKER = Path(__file__).with_name("ldpc_worker.py")
MODULATIONS = {"qpsk": 2, "16qam": 4, "64qam": 6, "256qam": 8}  # bits a symbol
HIGHEST_RATE = 948 / 1024  # 38.214: what a receiver need not try to decode lies above
LEAST_BYTES = 2  # a code block has 12 bits or more
ITERATIONS = 40


@dataclass(frozen=True)
class LdpcCode:
    """`payload_bytes` of a picture over `uses` complex symbols of a modulation of `MODULATIONS`.

    3GPP TS 38.212 without its CRCs.
    Raises `ValueError` for what is no such code.
    """

    uses: int
    modulation: str
    payload_bytes: int

    def __post_init__(self) -> None:
        if self.modulation not in MODULATIONS:
            raise ValueError(f"modulation {self.modulation!r} is none of {', '.join(MODULATIONS)}")
        if self.payload_bytes < LEAST_BYTES:
            raise ValueError(f"payload_bytes {self.payload_bytes} is below {LEAST_BYTES}")
        if self.rate > HIGHEST_RATE:
            raise ValueError(
                f"{self.payload_bytes} bytes in {self.uses} symbols of {self.modulation}: "
                f"the code rate is {self.rate:.3f}, above {HIGHEST_RATE:.3f}"
            )

    @property
    def rate(self) -> float:
        """Information bits for each coded bit."""
        return 8 * self.payload_bytes / (self.uses * MODULATIONS[self.modulation]) if self.uses > 0 else np.inf

    def encode(self, payloads: np.ndarray) -> np.ndarray:
        """uint8[n, payload_bytes] -> complex64[n, uses] of mean energy 1 over the constellation."""
        if payloads.dtype != np.uint8 or payloads.shape[1:] != (self.payload_bytes,):
            raise ValueError(f"payloads must be uint8[n, {self.payload_bytes}], not {payloads.dtype}{payloads.shape}")
        job = {"job": "encode", "uses": self.uses, "bits_per_symbol": MODULATIONS[self.modulation]}
        return _worker().run(job, bits=np.unpackbits(payloads, axis=1))["symbols"]

    def decode(
        self, symbols: np.ndarray, noise_var: np.ndarray, iterations: int = ITERATIONS
    ) -> tuple[np.ndarray, np.ndarray]:
        """complex64[n, uses] and float32[n, uses] -> uint8[n, payload_bytes], and bool[n]: all parity checks hold.

        `noise_var` is the noise variance per complex symbol, `inf` where one was lost. Belief propagation, at most
        `iterations` times over the graph (four at a time).
        """
        if symbols.ndim != 2 or symbols.shape[1] != self.uses or noise_var.shape != symbols.shape:
            raise ValueError(f"symbols {symbols.shape} and variances {noise_var.shape} must be [n, {self.uses}]")
        if not (noise_var > 0).all():
            raise ValueError("noise_var must be above 0")
        job = {"job": "decode", "info_bits": 8 * self.payload_bytes, "bits_per_symbol": MODULATIONS[self.modulation]}
        found = _worker().run(
            job | {"iterations": iterations},
            symbols=symbols.astype(np.complex64),
            noise_var=noise_var.astype(np.float32),
        )
        return np.packbits(found["bits"], axis=1), found["fine"]


def ldpc_python() -> Path:
    """The interpreter that has Sionna: `DEEPJSCEC_LDPC_PYTHON`, else that of `.venv-ldpc` beside the sources.

    Raises `ValueError` where it is not there.
    """
    named = os.environ.get(PYTHON_VARIABLE)
    path = Path(named) if named else Path(__file__).resolve().parents[3] / ".venv-ldpc" / "bin" / "python"
    if not path.is_file():
        raise ValueError(f"5G LDPC has an environment of its own, and there is no {path}: run `make evaluate-setup`")
    return path


class _Worker:
    """The process, and the folder through which arrays go to and fro."""

    def __init__(self, python: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="deepjscec-ldpc-")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        self._python = python
        self._process = subprocess.Popen(
            [str(python), "-I", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment | {"OMP_NUM_THREADS": "1"},
            text=True,
        )
        self.owner = os.getpid()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None and self.owner == os.getpid()

    def run(self, job: dict[str, Any], **arrays: np.ndarray) -> dict[str, np.ndarray]:
        source, target = (Path(self._folder.name) / name for name in ("input.npz", "output.npz"))
        np.savez(source, **arrays)
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            print(json.dumps(job | {"input": str(source), "output": str(target)}), file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise ValueError(f"the process with 5G LDPC ended; does {self._python} have Sionna?")
        if error := json.loads(answer).get("error"):
            raise ValueError(f"5G LDPC: {error}")
        with np.load(target) as found:
            return dict(found)

    def close(self) -> None:
        if self.owner == os.getpid():  # not after a fork
            self._process.communicate()  # closes its standard input, and waits
            self._folder.cleanup()


@lru_cache(maxsize=1)
def _started(python: Path, owner: int) -> _Worker:
    worker = _Worker(python)
    atexit.register(worker.close)
    return worker


def _worker() -> _Worker:
    """One for each process of ours, started when first needed and again if it ended."""
    python = ldpc_python()
    if not _started(python, os.getpid()).alive:
        _started.cache_clear()
    return _started(python, os.getpid())
