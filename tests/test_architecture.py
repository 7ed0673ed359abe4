# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers import downward only, and nothing heavy comes along unasked."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import deepjscec

LIBRARY = Path(deepjscec.__file__).parent

# what each layer may import of the project, beside itself
ALLOWED = {
    "fec": set(),
    "codec": {"fec"},
    "crypto": set(),
    "phy": {"fec"},
    "channel": set(),
    "link": {"fec", "codec", "crypto"},
    "recording": set(),
    "telemetry": set(),
    "radio": {"phy"},
    "frames": set(),
    "training": {"channel", "codec"},
    "attack": {"codec", "crypto", "link", "training"},
    "baseline": {"crypto"},
    "evaluation": {"codec", "crypto", "phy", "link", "training", "attack", "baseline"},
    "app": {
        "codec",
        "crypto",
        "phy",
        "link",
        "training",
        "attack",
        "recording",
        "evaluation",
        "telemetry",
        "radio",
        "frames",
    },
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= 1, f"{path}: relative import out of its package"
            if node.level == 0:
                yield node.module


def test_every_layer_is_known():
    assert {p.name for p in LIBRARY.iterdir() if (p / "__init__.py").exists()} == set(ALLOWED)


@pytest.mark.parametrize("layer", ALLOWED)
def test_layer_imports_downward_only(layer):
    for path in (LIBRARY / layer).rglob("*.py"):
        for name in imports(path):
            parts = name.split(".")
            assert parts[0] not in ("gnuradio", "pmt"), f"{path} imports GNU Radio"
            if parts[0] == "deepjscec" and len(parts) > 1:
                assert parts[1] in ALLOWED[layer] | {layer}, f"{path} imports {name}"


def loaded_after(code):
    script = f"import sys\n{code}\nprint(*sys.modules)"
    return set(
        subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    )


@pytest.mark.parametrize(
    "code",
    [
        "from gnuradio import deepjscec; deepjscec.encoder, deepjscec.ofdm_receiver, deepjscec.encryptor",
        "import deepjscec.cli",
        "from deepjscec.frames import open_frames; open_frames('tcp://127.0.0.1:1')",
        "from deepjscec.codec import Codec; Codec.load('photo')",
        "from deepjscec.crypto import Session; Session.start(bytes(32))",
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code):
    heavy = {"onnxruntime", "torch", "numba", "skimage", "matplotlib", "scipy", "av", "joblib", "distributed"}
    assert not heavy & loaded_after(code)


def test_training_needs_torch_numpy_and_onnx_alone():
    pytest.importorskip("torch")
    absent = ["gnuradio", "PIL", "onnxruntime", "cryptography", "tqdm", "skimage", "scipy", "numba", "onnxscript"]
    loaded_after(
        f"sys.modules.update(dict.fromkeys({absent}))\n"  # None there makes an import fail
        "import deepjscec.training.train, deepjscec.training.export"
    )
