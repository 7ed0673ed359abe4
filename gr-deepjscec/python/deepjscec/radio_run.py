# SPDX-License-Identifier: GPL-3.0-or-later
"""`run_flowgraph.py --radio uhd` and `soapy`: pictures over the air."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepjscec import __version__
from deepjscec.app.airtime import airtime
from deepjscec.app.labels import picture_of
from deepjscec.app.pictures import pictures_for, png_bytes
from deepjscec.app.radio_options import make_plan
from deepjscec.app.refusals import describe_refusals
from deepjscec.app.results import caption, compare, result_folder, write_json, write_pictures
from deepjscec.app.roles import check_key_files
from deepjscec.codec import Codec
from deepjscec.radio import RadioPlan

from .fresh_key import fresh_key
from .radio_link import GAP, RadioLink, RadioLinkSettings


def run_radio(arguments: Namespace) -> int:
    """Check, print the plan and, unless that is all, run it. Exit code 0 when everything arrived, 1 when not.

    Raises `ValueError` or `OSError` for bad input and where no device answers.
    """
    plan = make_plan(arguments)
    codec = Codec.load(arguments.model)
    pictures = pictures_for(codec, arguments.image)
    alice_key, bob_key = _keys(arguments, plan)
    settings = RadioLinkSettings(
        plan=plan,
        profile=arguments.profile,
        alice_key=alice_key,
        bob_key=bob_key,
        model=arguments.model,
        rate=str(codec.default_rate if arguments.rate is None else codec.rates[codec.rate_index(arguments.rate)]),
        cipher=arguments.cipher,
        eve_attack=arguments.eve_attack,
        count=arguments.pictures or (0 if arguments.duration else len(pictures) if plan.transmits else 1),
        record=f"{arguments.record}/" if arguments.record else "",
    )
    lines = [*plan.describe(), *(_on_air(codec, settings, pictures) if plan.transmits else [])]
    if arguments.dry_run:
        print(*lines, "dry run: no device was touched", sep="\n")
        return 0
    link = RadioLink(pictures, settings)
    print(*lines, sep="\n", flush=True)
    with result_folder(arguments.out) as folder:
        complete = link.run_for(arguments.duration or arguments.timeout)
        images = _write(folder, link, pictures)
        counters = link.get_stats()
        metrics = {"version": __version__, "plan": plan.to_json(), "link": _public(settings)}
        write_json(folder / "metrics.json", metrics | {"images": images, "counters": counters})
    return _conclude(plan, settings, complete, images, counters, arguments.out)


def _keys(arguments: Namespace, plan: RadioPlan) -> tuple[str, str]:
    """Key files of Alice and Bob, "" for who is not here; read once, so that a bad one is known before the radio."""
    if plan.role == "eve":
        if arguments.key or arguments.bob_key:
            raise ValueError("--key and --bob-key do not go with --role eve, who has none")
        return "", ""
    if plan.role == "loopback":
        if arguments.record and not arguments.key:
            raise ValueError("--record needs --key: with a key of this run alone a recording could never be replayed")
        alice = arguments.key or Path(fresh_key())
        bob = arguments.bob_key or alice
    else:
        bob = arguments.bob_key or arguments.key
        alice = arguments.key
        if (alice if plan.role == "alice" else bob) is None:
            if arguments.dry_run:
                return "", ""
            raise ValueError(f"--role {plan.role} needs --key FILE, the same as the other's: deepjscec keygen FILE")
    check_key_files(
        alice if plan.transmits else None,
        bob if plan.receives else None,
        arguments.cipher,
        arguments.model,
        plan.profile,
    )
    return str(alice or ""), str(bob or "")


def _public(settings: RadioLinkSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in ("profile", "model", "rate", "cipher", "eve_attack", "count")}


def _on_air(codec: Codec, settings: RadioLinkSettings, pictures: Sequence[np.ndarray]) -> list[str]:
    """What the pictures take on the air, one line for each size."""
    lines = []
    for shape in dict.fromkeys(picture.shape[:2] for picture in pictures):
        index = codec.rate_index(settings.rate)
        cost = airtime(codec.card, settings.cipher, shape, index, settings.plan.profile, GAP)
        shared = f" for {cost.pictures} pictures" if cost.pictures > 1 else ""
        lines.append(
            f"picture       {shape[1]} x {shape[0]} at {settings.rate}: {cost.payload_symbols} payload symbols in "
            f"{cost.packets} packets{shared}, {1e3 * cost.seconds:.1f} ms a picture"
        )
    count = f"{settings.count} pictures" if settings.count else "pictures until the time is over"
    return [*lines, f"sends         {count}, model {settings.model}, cipher {settings.cipher}"]


def _write(folder: Path, link: RadioLink, pictures: Sequence[np.ndarray]) -> list[dict[str, Any]]:
    """Pictures and figures of a run: of a loopback beside what was sent, else what was received."""
    images = []
    ids = sorted({image_id for sink in link.sinks.values() for image_id in sink.pictures})
    for number, image_id in enumerate(ids, 1):
        received = {role: sink.pictures.get(image_id) for role, sink in link.sinks.items()}
        if link.feed:
            sent = pictures[image_id % len(pictures)]
            figures = compare(sent, received["bob"], received["eve"])
            figures["files"] = write_pictures(folder, f"{number:03d}_", sent, received["bob"], received["eve"], figures)
        else:
            figures = {"files": {}}
            for role, picture in received.items():
                if picture is not None:
                    meta, array = picture
                    keys = ("snr_db", "packets_received", "packets_sent", "label", "confidence")
                    figures[role] = {key: meta[key] for key in keys if key in meta}
                    figures["files"][role] = f"{number:03d}_{role}.png"
                    (folder / figures["files"][role]).write_bytes(png_bytes(picture_of(meta, array)))
        images.append({"image_id": image_id, **figures})
        _print(images[-1])
    return images


def _print(image: dict[str, Any]) -> None:
    parts = []
    for role in ("bob", "eve"):
        figures = image.get(role)
        if figures:
            quality = (
                f"{caption(figures)}, "
                if "ssim" in figures or "label" in figures
                else f"SNR {figures['snr_db']:.1f} dB, "
            )
            parts.append(f"{role.title()}: {quality}{figures['packets_received']}/{figures['packets_sent']} packets")
    print(f"picture {image['image_id']}: {'; '.join(parts)}")


def _conclude(
    plan: RadioPlan,
    settings: RadioLinkSettings,
    complete: bool,
    images: list[dict[str, Any]],
    counters: dict[str, dict[str, Any]],
    out: Path,
) -> int:
    if plan.transmits:
        sent = counters["transmitter"]
        print(f"sent {sent['pictures_sent']} pictures, {sent.get('packets', 0)} packets")
        if sent.get("clipped_samples"):
            print(f"{sent['clipped_samples']} samples were clipped: a lower --amplitude, or --max-papr")
    if plan.receives:
        heard = counters["bob" if plan.role != "eve" else "eve"]
        print(f"received {len(images)} pictures, {heard.get('packets', 0)} packets of {heard['detected']} detected")
    print(f"results in {out}: metrics.json and PNG pictures")
    if complete or (settings.count == 0 and (images or not plan.receives)):
        return 0
    reasons = describe_refusals(counters.get("bob", {}))
    what = "Alice did not send every picture" if not plan.receives else "not every picture arrived"
    print(f"run_flowgraph.py: {', '.join([what, *reasons])}", file=sys.stderr)
    return 1
