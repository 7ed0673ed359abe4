# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of docs/security.md from results/*.json; `readme_tables.py` puts them in their places."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from marked_tables import markdown

RESULTS = Path(__file__).resolve().parents[1] / "results"
# what each cipher is compared at; a denser rate than 1/24 leaves LWE's larger parameters no packets to speak of
COMPARED = {"modulo": "1/12", "lwe": "1/12", "lwe-qam4096": "1/24", "lwe-frodo640": "1/24"}


def _load(name: str) -> Any:
    return json.loads((RESULTS / name).read_text())


def ciphers() -> str:
    """PSNR of the ciphers over SNR, each beside the isometric one at as many channel uses."""
    isometric: dict[float, dict[float, float]] = {}  # SNR -> uses -> PSNR
    for row in _load("codec/photo.json")["rows"]:
        if row["images"] == "kodak" and not row["erased"] and not row["told"]:
            isometric.setdefault(row["snr_db"], {})[float(Fraction(row["rate"]))] = row["psnr_db"]
    found = {
        name: [row for row in _load(f"ciphers/photo_{name}.json")["rows"] if row["rate"] == rate]
        for name, rate in COMPARED.items()
    }
    several = {snr for snr, by_uses in isometric.items() if len(by_uses) > 2}
    snrs = sorted(set.intersection(several, *({row["snr_db"] for row in rows} for rows in found.values())))

    def as_many(uses: float) -> list[str]:
        """Over the logarithm of the uses, in which PSNR is nearly straight; no more than the model's densest rate."""
        points = (sorted(isometric[snr].items()) for snr in snrs)
        return [f"{np.interp(np.log(uses), *zip(*((np.log(x), y) for x, y in line))):.1f}" for line in points]

    heading = ["cipher", "rate of the codec", "uses", *(f"{snr:g} dB" for snr in snrs)]
    cells = [["isometric", "1/12", f"{1 / 12:.3f}", *as_many(1 / 12)]]
    for name, rows in found.items():
        psnr, uses = {row["snr_db"]: row["psnr_db"] for row in rows}, rows[0]["channel_uses"]
        cells.append([name, COMPARED[name], f"{uses:.3f}", *(f"{psnr[snr]:.1f}" for snr in snrs)])
        if uses > 1.01 / 12:
            cells.append(["isometric", "", f"{min(uses, 1 / 6):.3f}", *as_many(uses)])
    return markdown(heading, cells)


def reference() -> str:
    """Refusals of genuine packets and acceptances of foreign ones over SNR."""
    cells = []
    for row in _load("reference_blocks.json")["rows"]:
        least, greatest = row.get("correlation_least"), row.get("foreign_correlation_greatest")
        cells.append(
            [
                row["cipher"],
                f"{row['snr_db']:g} dB",
                f"{row['refused']} of {row['packets']:,}",
                "" if least is None else f"{least:.2f}",
                f"{row['foreign_accepted']} of {row['packets']:,}",
                "" if greatest is None else f"{greatest:.2f}",
                f"{row['threshold']:.2f}",
            ]
        )
    heading = ["cipher", "SNR", "genuine refused", "their least ρ", "foreign accepted", "their greatest ρ", "threshold"]
    return markdown(heading, cells)


def attack() -> str:
    """What came of the passive attacks."""
    result = _load("attack.json")
    cells = []
    for name, found in result["ciphers"].items():
        told, averaged = found["distinguisher"]["black and white"], found["averaging"][0]
        low, high = told["interval"]
        cells.append(
            [
                f"{name} (control)" if found["control"] else f"**{name}**",
                f"{told['accuracy']:.4f} ({low:.4f} ... {high:.4f})",
                f"{found['known_plaintext']['normalised_error']:.4f}",
                f"{found['known_plaintext']['psnr_db']:.2f} dB",
                f"{max(averaged['direct_db'][-1], averaged['regressed_db'][-1]):.2f} dB",
                f"{found['trained']['psnr_db']:.2f} dB",
            ]
        )
    heading = ["cipher", "told apart", "error of the regression", "its picture", "mean of 256", "network"]
    guess = (
        f"Guessing the mean picture of what she knows, without listening: {result['guess']['mean_picture_db']:.2f} dB. "
        f"Bob: {result['bob_db']:.2f} dB; "
        f"on the first 32 pictures, over which *mean of 256* is taken, "
        f"{result['ciphers']['none']['wrong_key']['right_key_db']:.2f} dB."
    )
    return markdown(heading, cells) + "\n\n" + guess


def active() -> str:
    """What came of the packets that Eve sent."""
    by_cipher = _load("attack_active.json")["active"]
    cells = []
    for rows in zip(*by_cipher.values(), strict=True):
        reasons = sorted({reason for row in rows for reason in row["refused"]})
        cells.append(
            [
                rows[0]["name"],
                " / ".join(str(row["accepted"]) for row in rows),
                " / ".join(str(row["genuine_refused"]) for row in rows),
                ", ".join(f"`{reason}`" for reason in reasons),
            ]
        )
    names = " / ".join(f"{rows[0]['attempts']:,} under {name}" for name, rows in by_cipher.items())
    heading = ["attack", "accepted", "genuine packets refused", "attempts refused as"]
    return f"{markdown(heading, cells)}\n\nAttempts of each kind: {names}; a genuine packet after every ten."


def fuzzing() -> str:
    """Executions and crashes of each parser."""
    cells = [
        [name.replace("_", " "), f"{found['executions']:,}", f"{found['seconds']:.0f} s", str(len(found["crashes"]))]
        for name, found in _load("fuzz_parsers.json")["targets"].items()
    ]
    return markdown(["parser", "executions", "for", "crashes"], cells)


def lwe_sets() -> str:
    """Estimated security and sizes of LWE's parameter sets."""
    cells = []
    for row in _load("lwe_security.json")["rows"]:
        message, key = row["message_attack"], row["public_key_attack"]
        best = min((message["primal"], message["dual"]), key=lambda attack: attack["classical_bits"])
        key_bits = min(key[attack]["classical_bits"] for attack in ("primal", "dual"))
        cells.append(
            [
                row["name"],
                f"{row['n']}, {row['q']}, {row['sigma']:.2f}",
                str(best["beta"]),
                f"**{best['classical_bits']:.0f}**",
                f"{best['quantum_bits']:.0f}",
                f"{key_bits:.0f}",
                str(row["c1_bytes"]),
                f"{row['public_key_bytes'] / 1e6:.1f}",
            ]
        )
    heading = ["set", "*n*, *q*, σ", "β, message", "bits", "quantum", "bits, key", "c1, bytes", "public key, MB"]
    return markdown(heading, cells)


def lwe_noise() -> str:
    """The channel that LWE leaves, with the errors estimated and, in the paper's set, without."""
    result = _load("lwe_noise.json")
    snrs = result["snr_db"]
    cells = []
    for found in result["sets"]:
        for channel in found["channels"]:
            longest, estimated = channel["symbols"] == 11520, channel["passes"] > 0
            if not ((estimated and longest) or (found["name"] == "lp192" and (estimated or longest))):
                continue
            cells.append(
                [
                    f"{found['name']}, {channel['mapping']}",
                    f"{channel['symbols']:,}",
                    "yes" if estimated else "no (the paper)",
                    *(f"{value:.1f}" for value in channel["equivalent_snr_db"]),
                    f"{channel['ceiling_db']:.1f}",
                ]
            )
    cells.append(["modulo cipher", "11,520", "", *(f"{v:.1f}" for v in result["modulo_equivalent_snr_db"]), ""])
    heading = ["set, mapping", "symbols", "errors estimated", *(f"{snr} dB" for snr in snrs), "no noise"]
    speeds = [
        [
            found["name"],
            f"{found['encrypt_per_second'] / 1e6:.2f}",
            f"{found['decrypt_12_passes_per_second'] / 1e6:.2f}",
            f"{found['decrypt_0_passes_per_second'] / 1e6:.2f}",
            f"{found['key_generation_s']:.1f} s",
        ]
        for found in result["sets"]
    ]
    fast = ["set", "encrypt", "decrypt", "decrypt without the estimate", "key pair"]
    return f"{markdown(heading, cells)}\n\nMillion symbols a second on one core:\n\n{markdown(fast, speeds)}"
