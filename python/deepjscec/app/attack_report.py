# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of `deepjscec attack`: one file that holds its figures and pictures and needs no network."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepjscec.app.attack_figures import distinguisher_figure, psnr_of_attacks, quality_figure
from deepjscec.app.pictures import png_bytes
from deepjscec.app.report import STYLE
from deepjscec.attack.suite import REPEATED

ENLARGED = 3  # times, the pictures

ATTACK_TITLES = {
    "as_if_unencrypted": "decoded as if unencrypted",
    "wrong_key": "Bob's receiver with another key",
    "known_plaintext": "regression of known plaintexts",
    "averaging": "mean of many transmissions",
    "trained": "network trained on pairs",
}


def write_attack_report(path: Path, results: dict[str, Any], pictures: dict[str, Any]) -> None:
    """Write `results` and uint8 `pictures` as `run_passive` gives them, with `results["active"]`, as HTML."""
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>",
        f"<title>DeepJSCEC: what Eve gets</title><style>{STYLE} td:first-child {{ text-align: left }}"
        "img { image-rendering: pixelated }</style><h1>What Eve gets</h1>",
        f"<p>Model <b>{_text(results['model'])}</b> at rate <b>{_text(results['rate'])}</b>, codewords of "
        f"<b>{results['symbols']}</b> symbols, {results['known_pictures']} pictures known to Eve, "
        f"{results['held_out_pictures']} attacked. She hears every ciphertext without noise. Controls are broken on "
        "purpose: each attack must succeed there to mean anything where it fails.</p>",
        "<h2>Two pictures of her choice</h2>",
        distinguisher_figure(results),
        _told_apart(results),
        "<h2>Pictures</h2>",
        quality_figure(results),
        _psnr_table(results),
        "<p class='note'>PSNR in dB, mean over the pictures attacked; of a wrong key and many transmissions over the "
        f"first {REPEATED} of them, where Bob may have another mean (see the wrong key under no cipher).</p>",
    ]
    if results["active"]:
        parts += ["<h2>Packets that Eve sends</h2>", _active_table(results)]
    parts += ["<h2>What she sees</h2>", _picture_rows({"sent": pictures["sent"], "Bob": pictures["bob"]})]
    parts.append(_picture_rows({"guess": pictures["guess"]}))
    for name, found in pictures["ciphers"].items():
        kind = "control" if results["ciphers"][name]["control"] else "cipher"
        titled = {ATTACK_TITLES.get(attack, attack): shown for attack, shown in found.items()}
        parts += [f"<h3>{_text(name)} ({kind})</h3>", _picture_rows(titled)]
    path.write_text("\n".join(parts) + "</html>\n", encoding="utf-8")


def _told_apart(results: dict[str, Any]) -> str:
    rows = [("Cipher", "Pictures", "Ciphertexts", "Told apart", "99 % interval", "Best rule")]
    for name, attacks in results["ciphers"].items():
        for what, told in attacks["distinguisher"].items():
            low, high = told["interval"]
            accuracy, interval = f"{told['accuracy']:.4f}", f"{low:.4f} ... {high:.4f}"
            rows.append((name, what, f"{told['ciphertexts']:,}", accuracy, interval, told["best"]))
    return _table(rows)


def _psnr_table(results: dict[str, Any]) -> str:
    attacks = psnr_of_attacks(results)
    rows: list[tuple[str, ...]] = [("Cipher", *attacks)]
    for name in results["ciphers"]:
        values = (found.get(name) for found in attacks.values())
        rows.append((name, *("-" if value is None else f"{value:.2f}" for value in values)))
    guess, bob = results["guess"]["mean_picture_db"], results["bob_db"]
    return _table(rows) + f"<p>Guess of the mean picture <b>{guess:.2f} dB</b>, Bob <b>{bob:.2f} dB</b>.</p>"


def _active_table(results: dict[str, Any]) -> str:
    rows = [("Cipher", "Attack", "Attempts", "Accepted", "Refused as", "Of Alice's refused")]
    for cipher, attacks in results["active"].items():
        for attack in attacks:
            reasons = ", ".join(f"{name} {count}" for name, count in sorted(attack["refused"].items()))
            counts = f"{attack['attempts']:,}", str(attack["accepted"])
            rows.append(
                (cipher, attack["name"], *counts, reasons, f"{attack['genuine_refused']} of {attack['genuine']:,}")
            )
    return _table(rows)


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    """HTML table; the first row is its head."""
    head, *body = rows
    lines = ["<table><tr>" + "".join(f"<th>{_text(cell)}</th>" for cell in head) + "</tr>"]
    lines += ["<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in body]
    return "".join(lines) + "</table>"


def _picture_rows(titled: dict[str, np.ndarray]) -> str:
    """A row of pictures, uint8[n, H, W, 3], under each title."""
    figures = []
    for title, shown in titled.items():
        strip = np.concatenate([np.pad(p, ((0, 0), (0, 2), (0, 0)), constant_values=255) for p in shown], axis=1)
        data = base64.b64encode(png_bytes(strip)).decode()
        figures.append(
            f"<figure><img alt='{_text(title)}' width='{ENLARGED * strip.shape[1]}' "
            f"src='data:image/png;base64,{data}'><figcaption>{_text(title)}</figcaption></figure>"
        )
    return "".join(figures)


def _text(value: object) -> str:
    return html.escape(str(value), quote=True)
