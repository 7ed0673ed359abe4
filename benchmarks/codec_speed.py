# SPDX-License-Identifier: GPL-3.0-or-later
"""Time and memory that a model takes: `python benchmarks/codec_speed.py --model lite --size 512x512 --rate 1/12`.

Prints the median and the fastest of the repetitions for encoder and decoder, layout and rounding included, and the
most memory that the process ever held. Times mean something on an idle machine only.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from deepjscec.app.results import write_json
from deepjscec.codec import Codec


def timed(call: Callable[[], object], repeat: int) -> dict[str, float]:
    """Median and minimum in milliseconds."""
    call()
    values = []
    for _ in range(repeat):
        begin = time.monotonic()
        call()
        values.append(1000 * (time.monotonic() - begin))
    return {"median_ms": statistics.median(values), "minimum_ms": min(values)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="lite")
    parser.add_argument("--size", default="512x512", help="WIDTHxHEIGHT")
    parser.add_argument("--rate", default="1/12")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--provider", action="append")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    width, height = (int(side) for side in arguments.size.split("x"))
    codec = Codec.load(arguments.model, arguments.threads, arguments.provider or ("cpu",))
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    codeword = codec.encode(image, arguments.rate)
    result = {
        "model": codec.name,
        "model_hash": codec.model_hash.hex(),
        "size": arguments.size,
        "rate": arguments.rate,
        "threads": arguments.threads,
        "encode": timed(lambda: codec.encode(image, arguments.rate), arguments.repeat),
        "decode": timed(lambda: codec.decode(codeword, 0.1, (height, width), arguments.rate), arguments.repeat),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    for part in ("encode", "decode"):
        print(f"{part}: median {result[part]['median_ms']:.1f} ms, fastest {result[part]['minimum_ms']:.1f} ms")
    print(f"peak memory {result['peak_memory_mib']:.0f} MiB")
    if arguments.json:
        write_json(arguments.json, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
