# SPDX-License-Identifier: GPL-3.0-or-later
"""Quality of a model over symbol-level AWGN, the isometric cipher in the loop, on pictures of yours.

    python benchmarks/codec_quality.py --images kodak/ --images dev.npz --json results/codec_quality.json

Prints the mean over the pictures of each one's PSNR (8-bit pixels, peak 255) at the SNR that the noise really has.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from deepjscec import __version__
from deepjscec.app.quality import psnr_db
from deepjscec.app.results import write_json
from deepjscec.codec import Codec
from deepjscec.crypto import Secret, Session, make_cipher
from deepjscec.training.images import load_images


def measure(
    codec: Codec,
    images: list[np.ndarray],
    codewords: list[np.ndarray],
    rate: str,
    snr_db: float,
    cipher: str,
    seed: int,
) -> dict[str, float]:
    """Mean PSNR in dB and its standard error over the pictures, and the SNR that the noise had."""
    rng = np.random.default_rng(seed)
    alice = make_cipher(cipher, Session.start(Secret.random()), codec.block_size)
    variance = 10 ** (-snr_db / 10)
    values, signal, noise_energy = [], 0.0, 0.0
    for packet, (image, codeword) in enumerate(zip(images, codewords, strict=True)):
        sent = alice.encrypt(codeword, packet=packet)
        noise = (rng.standard_normal((sent.size, 2)) * np.sqrt(variance / 2)) @ np.array([1, 1j])
        received = alice.decrypt((sent + noise).astype(np.complex64), packet=packet)
        values.append(psnr_db(image, codec.decode(received, variance, image.shape[:2], rate)))
        signal += float(np.sum(np.abs(sent) ** 2))
        noise_energy += float(np.sum(np.abs(noise) ** 2))
    return {
        "psnr_db": float(np.mean(values)),
        "standard_error_db": float(np.std(values) / np.sqrt(len(values))),
        "true_snr_db": float(10 * np.log10(signal / noise_energy)),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, action="append", required=True, help="folder, .npz or .tar; repeatable")
    parser.add_argument("--model", default="photo")
    parser.add_argument("--rate", action="append", help="repeatable (default: all of the model's)")
    parser.add_argument("--snr", type=float, nargs="+", default=[0, 5, 10, 15, 20])
    parser.add_argument("--cipher", default="isometric")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    codec = Codec.load(arguments.model)
    rates = arguments.rate or [str(rate) for rate in codec.rates]
    rows = []
    for path in arguments.images:
        images = load_images(path)
        for rate in rates:
            points = tqdm(arguments.snr, leave=False, disable=not sys.stderr.isatty())
            codewords = [codec.encode(image, rate) for image in images]
            row = {
                f"{snr:g}": measure(codec, images, codewords, rate, snr, arguments.cipher, arguments.seed)
                for snr in points
            }
            # the folder's name, so that results do not depend on where it lies
            rows.append({"images": path.name, "count": len(images), "rate": rate, "snr_db": row})
            quality = "  ".join(f"{point['psnr_db']:5.2f}" for point in row.values())
            print(f"{path.name:24} {len(images):5} pictures  rate {rate:5}  {quality} dB", flush=True)
    if arguments.json:
        settings = {
            "model": codec.name,
            "model_hash": codec.model_hash.hex(),
            "cipher": arguments.cipher,
            "seed": arguments.seed,
            "version": __version__,
        }
        write_json(arguments.json, {"settings": settings, "rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
