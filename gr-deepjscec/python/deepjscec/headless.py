# SPDX-License-Identifier: GPL-3.0-or-later
"""`run_flowgraph.py`: arguments to flowgraph to pictures, figures and a report."""

from __future__ import annotations

import gc
import signal
import sys
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from deepjscec import __version__
from deepjscec.app.options import make_parser
from deepjscec.app.pictures import DEFAULT_CAT, DEFAULT_PICTURE, pictures_for
from deepjscec.app.radio_options import check_radio_options
from deepjscec.app.refusals import describe_refusals
from deepjscec.app.report import columns, row, write_report
from deepjscec.app.results import compare, result_folder, write_json, write_pictures
from deepjscec.app.roles import check_key_files
from deepjscec.attack import UNKEYED_ATTACKS
from deepjscec.codec import Codec
from deepjscec.crypto import CIPHER_NAMES
from deepjscec.phy import PROFILES, Profile

from .fresh_key import fresh_key
from .loopback import Loopback, LoopbackSettings
from .simulated_channel import CHANNELS

WIDTHS = (16, 9, 10, 8, 8, 7, 10, 8, 8, 16)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0 when Bob got every picture, 1 when the link failed, 2 on bad input."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that keys and half-made results are cleaned up
    parser = make_parser(CHANNELS, CIPHER_NAMES, tuple(PROFILES), UNKEYED_ATTACKS)
    arguments = parser.parse_args(argv)
    try:
        check_radio_options(arguments, parser)
        return _chosen(arguments)(arguments)
    except (ValueError, OSError) as error:
        print(f"run_flowgraph.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("run_flowgraph.py: interrupted", file=sys.stderr)
        return 130


def _chosen(arguments: Namespace) -> Callable[[Namespace], int]:
    if arguments.calibrate:
        from .radio_calibration import run_calibration

        return run_calibration
    if arguments.radio != "sim":
        from .radio_run import run_radio

        return run_radio
    return run


def run(arguments: Namespace) -> int:
    """Check everything, then run once per SNR and write all results. Raises `ValueError` or `OSError` on bad input."""
    names = [path.name.encode(errors="replace").decode() for path in arguments.image]
    codec = Codec.load(arguments.model)
    names = names or [DEFAULT_CAT if codec.classes else DEFAULT_PICTURE]
    pictures = pictures_for(codec, arguments.image)
    rate = str(codec.default_rate if arguments.rate is None else codec.rates[codec.rate_index(arguments.rate)])
    if arguments.record is not None and arguments.key is None:
        raise ValueError("--record needs --key: made with a key of this run alone, a recording could never be replayed")
    snrs = arguments.sweep or (arguments.snr,)
    alice_key = arguments.key or Path(fresh_key())
    bob_key = arguments.bob_key or alice_key
    # what cannot work is said before a folder is made
    check_key_files(alice_key, bob_key, arguments.cipher, arguments.model, Profile.named(arguments.profile))
    with result_folder(arguments.out) as folder:
        base = LoopbackSettings(
            alice_key,
            bob_key,
            arguments.model,
            rate,
            arguments.cipher,
            arguments.channel,
            eve_snr_db=arguments.eve_snr,
            eve_attack=arguments.eve_attack,
            cfo_hz=arguments.cfo,
            doppler_hz=arguments.doppler,
            packet_loss=arguments.packet_loss,
            seed=arguments.seed,
            profile=arguments.profile,
            max_papr_db=arguments.max_papr or 0.0,
        )
        if arguments.record is not None:
            base = replace(base, record=f"{arguments.record}/")
        # folders named as classes say what is on their pictures
        truths = [path.parent.name if path.parent.name in codec.classes else None for path in arguments.image]
        metrics: dict[str, Any] = {"version": __version__, "settings": _public(base) | {"classes": list(codec.classes)}}
        metrics["runs"] = []
        _print_row(columns(metrics))
        for number, snr_db in enumerate(snrs):
            first = number * len(pictures) + 1 if len(snrs) * len(pictures) > 1 else 0
            settings = replace(base, snr_db=snr_db)
            if base.record and len(snrs) > 1:
                settings = replace(settings, record=f"{base.record}{number + 1:03d}_")
            result = _run_once(pictures, names, settings, arguments.timeout, folder, first)
            metrics["runs"].append(result)
            for image, truth in zip(result["images"], truths or [None]):
                image["truth"] = truth
                _print_row(row(result, image))
            gc.collect()  # GNU Radio's Python blocks hold reference cycles, with threads and pictures in them
        samples = sum(3 * picture.shape[0] * picture.shape[1] for picture in pictures)
        sent = metrics["runs"][0]["counters"]["transmitter"]
        metrics["rate_net"] = sent.get("payload_symbols", 0) / samples
        metrics["rate_gross"] = sent.get("burst_samples", 0) / samples
        write_json(folder / "metrics.json", metrics)
        write_report(folder / "report.html", metrics)
    return _conclude(metrics, arguments.out)


def _public(settings: LoopbackSettings) -> dict[str, Any]:
    link = ("model", "rate", "cipher", "profile", "sample_rate", "max_papr_db")
    channel = ("channel", "doppler_hz", "eve_snr_db", "eve_attack", "cfo_hz", "packet_loss", "seed")
    return {name: getattr(settings, name) for name in link + channel}


def _run_once(
    pictures: Sequence[np.ndarray],
    names: Sequence[str],
    settings: LoopbackSettings,
    timeout: float,
    folder: Path,
    first: int,
) -> dict[str, Any]:
    """One flowgraph from start to end; `first` numbers its files, 0 for files without a number."""
    begun = time.monotonic()
    flowgraph = Loopback(pictures, settings)
    ended = flowgraph.run_to_end(timeout)
    images = []
    for index, (sent, name) in enumerate(zip(pictures, names, strict=True)):
        bob, eve = flowgraph.bob_sink.pictures.get(index), flowgraph.eve_sink.pictures.get(index)
        figures = compare(sent, bob, eve)
        prefix = f"{first + index:03d}_" if first else ""
        figures["files"] = write_pictures(folder, prefix, sent, bob, eve, figures)
        images.append({"name": name, **figures})
    return {
        "snr_db": settings.snr_db,
        "ended": ended,
        "seconds": round(time.monotonic() - begun, 3),
        "images": images,
        "counters": flowgraph.get_stats(),
    }


def _print_row(cells: Sequence[str]) -> None:
    print("  ".join(f"{cell[:width]:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True)), flush=True)


def _conclude(metrics: dict[str, Any], out: Path) -> int:
    images = [image for run in metrics["runs"] for image in run["images"]]
    missing = sum(image["bob"] is None for image in images)
    known = [image for image in images if image["truth"]]
    for role in ("bob", "eve") if known else ():
        right = sum(image[role] is not None and image[role]["label"] == image["truth"] for image in known)
        print(f"{role.title()} was right about {right} of {len(known)} pictures, {right / len(known):.1%}")
    print(f"results in {out}: metrics.json, report.html and PNG pictures")
    if not missing:
        return 0
    refused = sum((Counter(run["counters"]["bob"]) for run in metrics["runs"]), Counter())
    reason = f", packets {', '.join(describe_refusals(refused))}" if describe_refusals(refused) else ""
    if refused["failed_authentication"]:
        reason += f": {refused['failed_authentication']} failed authentication (is it Alice's key?)"
    late = ", the run timed out" if not all(run["ended"] for run in metrics["runs"]) else ""
    print(f"run_flowgraph.py: Bob missed {missing} pictures{reason}{late}", file=sys.stderr)
    return 1
