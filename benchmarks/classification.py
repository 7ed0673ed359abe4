# SPDX-License-Identifier: GPL-3.0-or-later
"""Remote classification over the whole simulated link, and what Eve can learn of classes.

    python benchmarks/classification.py --pictures dev.npz --known train.npz --json results/classification.json

Sends every labelled picture through `run_flowgraph.py` at 64 symbols and 0 and 10 dB, with and without the cipher, Eve
at 60 dB with Bob's decoder but no key. Then Eve trains a network of her own on ciphertexts without noise whose classes
she knows; against the same pictures unencrypted it must succeed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from gnuradio.deepjscec.headless import main as run_flowgraph

from deepjscec import __version__
from deepjscec.app.pictures import png_bytes
from deepjscec.app.results import write_json
from deepjscec.attack.interval import clopper_pearson
from deepjscec.attack.labels import name_ciphertexts
from deepjscec.attack.oracle import make_oracle
from deepjscec.codec import Codec
from deepjscec.training.labelled import load_labelled

RATE = "1/48"
SNRS_DB = (0, 10)
CIPHERS = ("none", "isometric")
PASSES = 6


def accuracy(right: int, trials: int) -> dict[str, Any]:
    """A share with its 95 % interval."""
    low, high = clopper_pearson(right, trials, 0.95)
    return {"right": right, "pictures": trials, "accuracy": right / trials, "interval": [low, high]}


def over_the_flowgraph(files: list[Path], cipher: str, snr_db: float, out: Path) -> dict[str, Any]:
    """Accuracy of Bob and of Eve, and whom each picture's label was."""
    options = ["--model", "classify", "--rate", RATE, "--cipher", cipher, "--snr", str(snr_db), "--eve-snr", "60"]
    if run_flowgraph([*options, "--image", *map(str, files), "--out", str(out)]):
        raise SystemExit("Bob missed pictures")
    (run,) = json.loads((out / "metrics.json").read_text())["runs"]
    row: dict[str, Any] = {"cipher": cipher, "snr_db": snr_db, "rate": RATE}
    row["true_snr_db"] = float(np.mean([image["bob"]["snr_db"] for image in run["images"]]))
    for role in ("bob", "eve"):
        right = sum(image[role] is not None and image[role]["label"] == image["truth"] for image in run["images"])
        row[role] = accuracy(right, len(run["images"]))
    return row


def trained_eve(codec: Codec, known: Path, images: np.ndarray, labels: np.ndarray, seed: int) -> list[dict[str, Any]]:
    """Accuracy of Eve's own network on ciphertexts without noise, the cipher's and a control's."""
    taught, names = load_labelled(known, codec.classes)
    codewords, unknown = codec.encode_batch(taught, RATE), codec.encode_batch(images, RATE)
    rows = []
    for cipher in CIPHERS:
        rng = np.random.default_rng(seed)
        oracle = make_oracle(cipher, codec.block_size, codewords.shape[1], rng)
        found = name_ciphertexts(oracle, codewords, names, unknown, passes=PASSES, rng=rng)
        rows.append({"cipher": cipher, "known": len(taught), **accuracy(int((found == labels).sum()), len(labels))})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, required=True, help="labelled pictures to send")
    parser.add_argument("--known", type=Path, required=True, help="labelled pictures that Eve learns from")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, required=True, metavar="FILE")
    arguments = parser.parse_args()
    codec = Codec.load("classify")
    images, labels = load_labelled(arguments.pictures, codec.classes)
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, (image, label) in enumerate(zip(images, labels, strict=True)):
            path = Path(folder, codec.classes[label], f"{number:05d}.png")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(png_bytes(image))
            files.append(path)
        rows = [over_the_flowgraph(files, c, snr_db, Path(folder, "out")) for snr_db in SNRS_DB for c in CIPHERS]
    result = {
        "version": __version__,
        "model_hash": codec.model_hash.hex(),
        "seed": arguments.seed,
        "flowgraph": rows,
        "trained_eve": trained_eve(codec, arguments.known, images, labels, arguments.seed),
    }
    write_json(arguments.json, result)
    for row in rows:
        shares = ", ".join(f"{role} {row[role]['accuracy']:.1%} {row[role]['interval']}" for role in ("bob", "eve"))
        print(f"{row['cipher']} at {row['snr_db']} dB: {shares}")
    for row in result["trained_eve"]:
        print(f"Eve's network, {row['cipher']}: {row['accuracy']:.1%} {row['interval']}")


if __name__ == "__main__":
    main()
