# SPDX-License-Identifier: GPL-3.0-or-later
"""What unequal shares of a codeword gain over equal ones, plan included, with one model on the same pictures.

    python benchmarks/codec_shares.py --images KODAK --json results/codec_shares.json

Equal shares are those of the same weights under a card that offers none.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from deepjscec.app.evaluation import Condition, batches_of, describe, measure, settings_of
from deepjscec.app.results import write_json
from deepjscec.codec import Codec
from deepjscec.training.images import load_images

SNRS_DB = (-5.0, 0.0, 10.0, 20.0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", required=True, type=Path, help="folder, .npz or .tar of pictures")
    parser.add_argument("--model", default="photo")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    unequal = Codec.load(arguments.model)
    equal = Codec(replace(unequal.card, share_levels=()))
    images = load_images(arguments.images)
    rows = []
    for rate, _ in unequal.card.share_levels:
        for snr_db in SNRS_DB:
            for name, codec in (("equal", equal), ("unequal", unequal)):
                row = measure(codec, batches_of(images), Condition(str(rate), snr_db), "isometric", 0)
                rows.append({"images": arguments.images.name, "count": len(images), "shares": name, **row})
                print(f"{name:7} shares, {describe(rows[-1])}", flush=True)
    if arguments.json:
        write_json(arguments.json, {"settings": settings_of(unequal, "isometric", 0), "rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
