# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses the modes of separate coding on training pictures, and writes the table that comes with the library.

    python benchmarks/baseline_modes.py --pictures 1024=cifar_train.npz --pictures 393216=photos.tar --rates 1/12 1/6

`--pictures PIXELS=PATH`: training pictures for the modes of pictures with so many pixels. Modes chosen earlier for
other situations stay in the table.
"""

from __future__ import annotations

import argparse
import time
from fractions import Fraction
from pathlib import Path

import numpy as np

from deepjscec.baseline.modes import TABLE, Chooser, ModeTable, TrainingPicture
from deepjscec.baseline.source import SourceCoder, make_source_coder, psnr_db
from deepjscec.evaluation.picture_set import PictureSet, batches_of, even, failed_picture, load_pictures


def training_pictures(coder: SourceCoder, pictures: PictureSet) -> list[TrainingPicture]:
    """Ladders of all variants, and what a failure costs."""
    found = []
    for images in batches_of(pictures.images):
        shape = (images.shape[1], images.shape[2])
        failed = psnr_db(images, np.broadcast_to(failed_picture(pictures, shape), images.shape))
        ladders = {variant: coder.ladder(images, variant) for variant in coder.variants}
        for i in range(len(images)):
            own = {variant: rungs[i] for variant, rungs in ladders.items()}
            found.append(TrainingPicture(shape[0] * shape[1], own, float(failed[i])))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", metavar="PIXELS=PATH", action="append", required=True)
    parser.add_argument("--limit", type=int, default=400, help="training pictures of each kind (default %(default)s)")
    parser.add_argument("--sources", nargs="+", default=["hevc"])
    parser.add_argument("--rates", nargs="+", type=Fraction, required=True)
    parser.add_argument("--snr-db", nargs="+", type=float, default=list(np.arange(-5, 25.1, 0.5)))
    parser.add_argument("--tag-bytes", nargs="+", type=int, default=[0])
    parser.add_argument("--fading", action="store_true", help="for slow Rayleigh fading too")
    parser.add_argument("--cache", type=Path, help="a folder where ladders are kept")
    parser.add_argument("--table", type=Path, default=TABLE)
    options = parser.parse_args()

    started, modes = time.monotonic(), ModeTable.load(options.table) if options.table.exists() else ModeTable([])
    for name in options.sources:
        for item in options.pictures:
            pixels, path = item.split("=", 1)
            coder = make_source_coder(name, options.cache)
            pictures = PictureSet([even(image) for image in load_pictures(Path(path), options.limit).images])
            chooser = Chooser(name, training_pictures(coder, pictures))
            for rate in options.rates:
                for fading in (False, True) if options.fading else (False,):
                    for tag_bytes in options.tag_bytes:
                        for snr_db in options.snr_db:
                            mode = chooser.choose(int(pixels), rate, snr_db, fading=fading, tag_bytes=tag_bytes)
                            modes.add(mode)
                            print(f"{time.monotonic() - started:6.0f} s  {mode}", flush=True)
                        modes.save(options.table)


if __name__ == "__main__":
    main()
