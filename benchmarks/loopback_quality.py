# SPDX-License-Identifier: GPL-3.0-or-later
"""Quality over the whole simulated link: every SNR with and without the cipher, and every single packet lost.

    python benchmarks/loopback_quality.py --json results/loopback.json

Runs `run_flowgraph.py` on its photograph at 0 to 20 dB with a frequency offset of +5 kHz and -5 kHz in turn, random
start and Eve at 60 dB; compares the ciphers over the picture's eight orientations; then, without the radio, takes
packets of the photograph away.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from gnuradio.deepjscec.headless import main as run_flowgraph

from deepjscec.app.pictures import default_picture, png_bytes
from deepjscec.app.quality import psnr_db
from deepjscec.app.results import write_json
from deepjscec.codec import Codec
from deepjscec.crypto import HeaderOpener, Secret, Session
from deepjscec.link import LinkReceiver, LinkSender
from deepjscec.phy import Profile

SNRS_DB = range(0, 21, 2)
TWENTIETH = 103 * 64  # payload symbols that split the photograph at rate 1/6 into 20 packets


def sweep() -> list[dict[str, float]]:
    """One row per SNR: Bob's PSNR under both ciphers, Eve's PSNR and SSIM under both."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for index, snr_db in enumerate(SNRS_DB):
            row: dict[str, float] = {"snr_db": snr_db, "cfo_hz": (5000, -5000)[index % 2]}
            for cipher in ("none", "isometric"):
                run_flowgraph(
                    [
                        "--snr",
                        str(snr_db),
                        "--eve-snr",
                        "60",
                        f"--cfo={row['cfo_hz']}",
                        "--cipher",
                        cipher,
                        "--seed",
                        str(index),
                        "--out",
                        folder,
                    ]
                )
                image = json.loads(Path(folder, "metrics.json").read_text())["runs"][0]["images"][0]
                row["mean_colour_psnr_db"] = image["mean_colour_psnr_db"]
                for role in ("bob", "eve"):
                    for key in ("psnr_db", "ssim", "snr_db"):
                        row[f"{role}_{key}_{cipher}"] = image[role][key]
                row[f"bob_packets_lost_{cipher}"] = image["bob"]["packets_sent"] - image["bob"]["packets_received"]
            rows.append(row)
    return rows


def orientations() -> list[np.ndarray]:
    """The photograph in all eight orientations: as many draws of noise for one picture's content."""
    image = default_picture()
    turned = [np.rot90(image, quarter) for quarter in range(4)]
    return turned + [picture[:, ::-1] for picture in turned]


def encryption_cost(pictures: list[np.ndarray], snr_db: float, seed: int = 0) -> dict[str, float]:
    """Mean PSNR that the cipher costs Bob over the pictures, and its standard error, both in dB.

    Every run has new keys, hence another draw of noise after decryption, and with it one picture's PSNR moves by
    some 0.06 dB: a single pair of runs says little.
    """
    psnr = {}
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{index}.png") for index in range(len(pictures))]
        for file, picture in zip(files, pictures, strict=True):
            file.write_bytes(png_bytes(np.ascontiguousarray(picture)))
        for cipher in ("none", "isometric"):
            options = ["--snr", str(snr_db), "--cipher", cipher, "--seed", str(seed), "--out", folder]
            run_flowgraph(["--image", *map(str, files), *options])
            images = json.loads(Path(folder, "metrics.json").read_text())["runs"][0]["images"]
            psnr[cipher] = np.array([image["bob"]["psnr_db"] for image in images])
    cost = psnr["none"] - psnr["isometric"]
    return {
        "snr_db": snr_db,
        "pictures": len(pictures),
        "cost_db": float(cost.mean()),
        "standard_error_db": float(cost.std(ddof=1) / np.sqrt(len(cost))),
    }


def packet_loss(payload_symbols: int, lost_at_once: int, snr_db: float = 10.0, seed: int = 0) -> dict[str, Any]:
    """PSNR with nothing lost, and with so many packets in a row lost from each on, over symbol-level noise."""
    codec, image, rng = Codec.load("photo"), default_picture(), np.random.default_rng(seed)
    secret = Secret.random()
    session = Session.start(secret)
    sender = LinkSender(session, "isometric", codec.card, payload_symbols)
    index = codec.rate_index("1/6")
    packets = sender.send(codec.encode(image, "1/6")[None], 0, image.shape[:2], index)
    variance = 10 ** (-snr_db / 10)
    received = []
    for packet in packets:
        noise = rng.standard_normal((len(packet.payload), 2)) @ np.array([1, 1j]) * np.sqrt(variance / 2)
        received.append((packet.header, (packet.payload + noise).astype(np.complex64)))

    def psnr_without(lost: set[int]) -> float:
        bob = LinkReceiver(HeaderOpener(secret), "isometric", codec.card)
        got = []
        for number, (header, symbols) in enumerate(received):
            if number not in lost:
                got += bob.receive(header, symbols, np.full(len(symbols), variance, np.float32))
        (group,) = got + bob.flush()
        return psnr_db(image, codec.decode(group.symbols[0], group.noise_var[0], image.shape[:2], "1/6"))

    count = len(packets)
    each = [psnr_without({(first + i) % count for i in range(lost_at_once)}) for first in range(count)]
    return {
        "snr_db": snr_db,
        "packets": count,
        "lost_at_once": lost_at_once,
        "whole_psnr_db": psnr_without(set()),
        "lost_psnr_db": each,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    result = {
        "model_hash": Codec.load("photo").model_hash.hex(),
        "sweep": sweep(),
        "encryption_cost": [encryption_cost(orientations(), snr_db) for snr_db in (0, 10, 20)],
        "packet_loss": [packet_loss(Profile().max_payload_symbols, 1), packet_loss(TWENTIETH, 2)],
    }
    for row in result["sweep"]:
        cost = row["bob_psnr_db_none"] - row["bob_psnr_db_isometric"]
        print(
            f"{row['snr_db']:3} dB: Bob {row['bob_psnr_db_isometric']:.2f} dB, encryption costs {cost:+.3f} dB, "
            f"Eve {row['eve_psnr_db_isometric']:.2f} dB, SSIM {row['eve_ssim_isometric']:.3f}"
        )
    for cost in result["encryption_cost"]:
        print(
            f"encryption at {cost['snr_db']} dB costs {cost['cost_db']:+.3f} dB +- {cost['standard_error_db']:.3f} dB "
            f"over {cost['pictures']} pictures"
        )
    for loss in result["packet_loss"]:
        costs = [loss["whole_psnr_db"] - psnr for psnr in loss["lost_psnr_db"]]
        print(
            f"{loss['lost_at_once']} of {loss['packets']} packets lost: {min(costs):.2f} to {max(costs):.2f} dB, "
            f"with the first {costs[0]:.2f} dB"
        )
    if arguments.json:
        write_json(arguments.json, result)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
