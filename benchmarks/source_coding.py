# SPDX-License-Identifier: GPL-3.0-or-later
"""Rate and distortion of the baseline's source coders, and the processor time of their ladders.

    python benchmarks/source_coding.py --images cifar=dev.npz --images kodak=KODAK --json results/source_coding.json

A budget is what k = rate * 3 H W channel uses carry at `--gap-db` from capacity, in whole bytes: k log2(1 + SNR / gap).
Each picture has its largest rung that fits. A picture of which none fits counts as the pictures' mean colour.
"""

from __future__ import annotations

import argparse
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from deepjscec.app.results import write_json
from deepjscec.baseline.source import SOURCE_CODERS, Rung, make_source_coder, psnr_db
from deepjscec.training.images import load_images

SNRS_DB = range(-5, 26, 5)


def of_one_size(path: Path, limit: int) -> np.ndarray:
    """The pictures, uint8[n, H, W, 3], that have the size of the first."""
    images = load_images(path)
    return np.stack([image for image in images if image.shape == images[0].shape][: limit or None])


def at_budget(ladders: list[list[Rung]], size: int, failed_db: np.ndarray) -> dict[str, Any]:
    """Mean PSNR of the best rungs of at most `size` bytes."""
    fitting = [[rung.psnr_db for rung in ladder if len(rung.payload) <= size] for ladder in ladders]
    psnr = np.array([values[-1] if values else failed for values, failed in zip(fitting, failed_db)])
    spread = psnr.std(ddof=1) / np.sqrt(psnr.size) if psnr.size > 1 else None
    return {"psnr_db": psnr.mean(), "standard_error_db": spread, "not_fitting": sum(not values for values in fitting)}


def rows_of(images: np.ndarray, ladders: list[list[Rung]], rates: list[Fraction], gap_db: float) -> list[dict]:
    colour = np.rint(images.mean(axis=(0, 1, 2))).astype(np.uint8)
    failed_db = psnr_db(images, np.broadcast_to(colour, images.shape))
    rows = []
    for rate in rates:
        uses = int(rate * images[0].size)
        for snr_db in SNRS_DB:
            size = int(uses * np.log2(1 + 10 ** ((snr_db - gap_db) / 10))) // 8
            budget = {"rate": str(rate), "snr_db": snr_db, "bytes": size, "bits_per_pixel": 24 * size / images[0].size}
            rows.append({**budget, **at_budget(ladders, size, failed_db)})
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", metavar="NAME=PATH", action="append", required=True, help="folder, .npz or .tar")
    parser.add_argument("--limit", type=int, default=0, help="pictures of each set, 0 for all (default)")
    parser.add_argument("--coders", nargs="+", default=list(SOURCE_CODERS), choices=list(SOURCE_CODERS))
    parser.add_argument("--rates", nargs="+", type=Fraction, default=[Fraction(1, 12), Fraction(1, 6)])
    parser.add_argument("--gap-db", type=float, default=1.5, help="to capacity (default %(default)s)")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    results: list[dict[str, Any]] = []
    for item in options.images:
        name, path = item.split("=", 1)
        images = of_one_size(Path(path), options.limit)
        for coder in map(make_source_coder, options.coders):
            for variant in coder.variants:
                started = time.process_time()  # not the wall's: machines are shared
                ladders = coder.ladder(images, variant)
                seconds = time.process_time() - started
                rows = rows_of(images, ladders, options.rates, options.gap_db)
                about = {"images": name, "count": len(images), "coder": coder.name, "variant": variant}
                smallest = float(np.mean([len(ladder[0].payload) for ladder in ladders]))
                results.append({**about, "cpu_seconds": seconds, "smallest_bytes": smallest, "rows": rows})
                print(f"{name}: {coder.name} {variant}, {seconds:.0f} s of one core, smallest {smallest:.0f} bytes")
                for rate in options.rates:
                    line = [f"{row['psnr_db']:6.2f}" for row in rows if row["rate"] == str(rate)]
                    print(f"  {rate!s:5} at {SNRS_DB[0]} ... {SNRS_DB[-1]} dB:", *line, flush=True)
                if options.json:
                    settings = {
                        "gap_db": options.gap_db,
                        "coders": {c: make_source_coder(c).identity for c in options.coders},
                    }
                    write_json(options.json, {"settings": settings, "results": results})
    return 0


if __name__ == "__main__":
    sys.exit(main())
