# SPDX-License-Identifier: GPL-3.0-or-later
"""`report.html`: one file that holds its pictures and needs no network."""

from __future__ import annotations

import base64
import html
import math
from pathlib import Path
from typing import Any

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; color: #1d2733 }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2rem }
table { border-collapse: collapse; margin: 1rem 0 } td, th { padding: .25rem .8rem; text-align: right }
th { border-bottom: 2px solid #1d2733 } td { border-bottom: 1px solid #d5dbe2 }
img { max-width: 100% } figure { margin: 1rem 0 } figcaption, .note { color: #56626f; font-size: .9rem }
svg text { font: 13px system-ui, sans-serif; fill: #1d2733 }
"""

COLUMNS = (
    "Picture",
    "SNR asked",
    "SNR at Bob",
    "Bob PSNR",
    "Bob SSIM",
    "Packets",
    "SNR at Eve",
    "Eve PSNR",
    "Eve SSIM",
    "Mean colour PSNR",
)
LABEL_COLUMNS = (
    "Picture",
    "SNR asked",
    "SNR at Bob",
    "Bob says",
    "Sure",
    "Packets",
    "SNR at Eve",
    "Eve says",
    "Sure",
    "Is",
)


def columns(metrics: dict[str, Any]) -> tuple[str, ...]:
    """Headings of a run's table: those of a classifier where its model has classes."""
    return LABEL_COLUMNS if metrics["settings"].get("classes") else COLUMNS


def row(run: dict[str, Any], image: dict[str, Any]) -> tuple[str, ...]:
    """One picture's figures as text, in the order of `columns`."""
    bob, eve = image["bob"], image["eve"]
    named = "label" in (bob or eve or {})
    quality = (("label", ""), ("confidence", ".0%")) if named else (("psnr_db", ".2f"), ("ssim", ".3f"))

    def show(figures: dict[str, Any] | None, key: str, form: str = ".2f") -> str:
        return "-" if figures is None else format(figures[key], form)

    packets = "-" if bob is None else f"{bob['packets_received']}/{bob['packets_sent']}"
    return (
        image["name"],
        f"{run['snr_db']:.1f}",
        show(bob, "snr_db"),
        *(show(bob, *item) for item in quality),
        packets,
        show(eve, "snr_db"),
        *(show(eve, *item) for item in quality),
        (image["truth"] or "") if named else f"{image['mean_colour_psnr_db']:.2f}",
    )


def write_report(path: Path, metrics: dict[str, Any]) -> None:
    """Write the report of `metrics` as in `metrics.json`, with the comparison pictures beside `path` built in."""
    settings = metrics["settings"]
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>",
        f"<title>DeepJSCEC link report</title><style>{STYLE}</style><h1>DeepJSCEC link report</h1>",
        f"<p>Model <b>{_text(settings['model'])}</b> at rate <b>{_text(settings['rate'])}</b>, cipher "
        f"<b>{_text(settings['cipher'])}</b>, channel <b>{_text(settings['channel'])}</b>, frequency offset "
        f"<b>{settings['cfo_hz']:g} Hz</b>, packet loss <b>{settings['packet_loss']:g}</b>. "
        f"Channel uses per sample: payload {metrics['rate_net']:.4f}, on the air {metrics['rate_gross']:.4f}.</p>",
        "<table><tr>" + "".join(f"<th>{name}</th>" for name in columns(metrics)) + "</tr>",
    ]
    for run in metrics["runs"]:
        for image in run["images"]:
            parts.append("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row(run, image)) + "</tr>")
    classifies = bool(settings.get("classes"))
    parts.append(
        "</table><p class='note'>SNR is Es/N0 per complex payload symbol in dB, measured at the equaliser's output."
        + ("" if classifies else " The last column is what a flat picture in the photograph's mean colour reaches.")
        + "</p>"
    )
    if len(metrics["runs"]) > 1 and not classifies:
        parts.append(_curve(metrics))
    for run in metrics["runs"]:
        for image in run["images"]:
            data = base64.b64encode((path.parent / image["files"]["comparison"]).read_bytes()).decode()
            title = f"{image['name']} at {run['snr_db']:g} dB"
            parts.append(
                f"<figure><img alt='{_text(title)}' src='data:image/png;base64,{data}'>"
                f"<figcaption>{_text(title)}</figcaption></figure>"
            )
    parts.append("<h2>Counters</h2>")
    for run in metrics["runs"]:
        for role, counters in run["counters"].items():
            listed = ", ".join(f"{name} {value}" for name, value in sorted(counters.items()))
            parts.append(f"<p class='note'>{run['snr_db']:g} dB, {role}: {_text(listed)}</p>")
    path.write_text("\n".join(parts) + "</html>\n", encoding="utf-8")


def _text(value: object) -> str:
    return html.escape(str(value), quote=True)


def _curve(metrics: dict[str, Any]) -> str:
    """Mean PSNR of Bob and Eve over Bob's SNR as an inline SVG."""
    lines: dict[str, list[tuple[float, float]]] = {"Bob": [], "Eve": []}
    for run in metrics["runs"]:
        for label, points in lines.items():
            values = [image[label.lower()]["psnr_db"] for image in run["images"] if image[label.lower()]]
            if len(values) == len(run["images"]) and math.isfinite(sum(values)):
                points.append((run["snr_db"], sum(values) / len(values)))
    points = [point for line in lines.values() for point in line]
    if len(points) < 2:
        return ""
    width, height, left, top = 640, 320, 60, 20
    x_low, x_high = min(p[0] for p in points), max(p[0] for p in points)
    y_low, y_high = 5 * (min(p[1] for p in points) // 5), 5 * (max(p[1] for p in points) // 5 + 1)

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            left + (x - x_low) / max(x_high - x_low, 1e-9) * (width - left - 80),
            top + (y_high - y) / (y_high - y_low) * (height - top - 50),
        )

    parts = [
        f"<h2>Quality over the channel</h2><svg width='{width}' height='{height}' role='img' "
        "aria-label='PSNR over SNR'>"
    ]
    for y in range(int(y_low), int(y_high) + 1, 5):
        x0, py = place(x_low, y)
        parts.append(
            f"<line x1='{x0}' x2='{width - 80}' y1='{py:.1f}' y2='{py:.1f}' stroke='#d5dbe2'/>"
            f"<text x='{x0 - 8}' y='{py + 4:.1f}' text-anchor='end'>{y}</text>"
        )
    for run in metrics["runs"]:
        px, py = place(run["snr_db"], y_low)
        parts.append(f"<text x='{px:.1f}' y='{py + 18:.1f}' text-anchor='middle'>{run['snr_db']:g}</text>")
    for (label, line), colour in zip(lines.items(), ("#0b6bcb", "#c2410c"), strict=True):
        if not line:
            continue
        track = " ".join(f"{px:.1f},{py:.1f}" for px, py in (place(*p) for p in line))
        px, py = place(*line[-1])
        parts.append(
            f"<polyline points='{track}' fill='none' stroke='{colour}' stroke-width='2.5'/>"
            f"<text x='{px + 8:.1f}' y='{py + 4:.1f}' style='fill:{colour}'>{label}</text>"
        )
    parts.append(
        f"<text x='{width / 2}' y='{height - 8}' text-anchor='middle'>SNR asked, dB</text>"
        f"<text x='16' y='{height / 2}' transform='rotate(-90 16 {height / 2})' text-anchor='middle'>"
        "PSNR, dB</text></svg>"
    )
    return "".join(parts)
