# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of numbers: quality over the SNR, differences of schemes, and quality over what is on the air."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deepjscec.evaluation.style import INK, LINE, MARKERS, SERIES, dress, looks, new_figure

LABELS = {"psnr_db": "PSNR, dB", "ms_ssim": "MS-SSIM", "accuracy": "accuracy"}
CHANNELS = {"awgn": "white noise", "rayleigh": "slow fading", "waveform": "OFDM waveform"}
PANEL_HEIGHT, LEGEND_HEIGHT, LEGEND_COLUMNS = 2.8, 0.24, 3
MOST_COLUMNS = 3  # of panels that are not rates of one and the same
SNR_STEP = 5  # dB between ticks
RATE_SNRS = 3  # as many of the SNRs are shown over the rate

Row = Mapping[str, Any]
Styles = Mapping[Any, Mapping[str, Any]]


def over_snr(summary: Mapping[str, Any], figure: str) -> Any:
    """All schemes, their intervals as bands."""
    rows = [
        {**row, "series": row["scheme"], "value": row[figure], "interval": row[f"{figure}_interval"]}
        for row in summary["rows"]
        if figure in row
    ]
    styles = looks(summary["configuration"]["schemes"])
    return _snr_panels(summary, rows, styles, LABELS[figure], LEGEND_COLUMNS)


def differences(summary: Mapping[str, Any], figure: str) -> Any | None:
    """Each pair of schemes that was compared; above zero the first is better. None where none was."""
    rows = [
        {**row, "series": (row["scheme"], row["against"]), "value": row["difference"]}
        for row in summary["differences"]
        if row["figure"] == figure
    ]
    if not rows:
        return None
    names = {scheme["name"]: scheme["title"] or scheme["name"] for scheme in summary["configuration"]["schemes"]}
    styles = {
        pair: {
            **LINE,
            "color": SERIES[number % len(SERIES)],
            "marker": MARKERS[number % len(MARKERS)],
            "label": f"{names[pair[0]]} minus {names[pair[1]]}",
        }
        for number, pair in enumerate(dict.fromkeys(row["series"] for row in rows))
    }
    drawing = _snr_panels(summary, rows, styles, f"difference of {LABELS[figure]}", 2)
    for axes in drawing.axes:
        axes.axhline(0, color=INK, linewidth=0.8)
    return drawing


def over_rate(summary: Mapping[str, Any], figure: str) -> Any | None:
    """Quality over samples on the air per source sample: net (hollow) and gross (filled), at some SNRs.

    Over the first channel; None where no scheme has two rates.
    """
    gross = {(row["scheme"], row["pictures"], row["rate"]): row for row in summary["accounting"]}
    rows = [
        {**row, **{key: gross[place][key] for key in ("net", "gross")}}
        for row in summary["rows"]
        if figure in row and (place := (row["scheme"], row["pictures"], row["rate"])) in gross
    ]
    rows = [
        {**row, "series": row["scheme"], "value": row[figure], "interval": row[f"{figure}_interval"]}
        for row in rows
        if row["channel"] == rows[0]["channel"]
    ]
    if len({row["rate"] for row in rows}) < 2:
        return None
    snrs = _spread(sorted({row["snr_db"] for row in rows}))
    styles, shown = looks(summary["configuration"]["schemes"]), {}
    places = [(pictures, snr) for pictures in dict.fromkeys(row["pictures"] for row in rows) for snr in snrs]
    drawing, panels = _panels(len(places), len(snrs), len({row["scheme"] for row in rows}), LEGEND_COLUMNS)
    for axes, (pictures, snr) in zip(panels, places):
        for name, points in _series([r for r in rows if (r["pictures"], r["snr_db"]) == (pictures, snr)], "net"):
            shown[name] = _line(axes, points, "gross", styles[name])
            hollow = {**styles[name], "markerfacecolor": "white", "alpha": 0.5, "linewidth": 0.8, "label": "_"}
            axes.plot([r["net"] for r in points], [r["value"] for r in points], **hollow)
        axes.set_title(f"{_title(summary, pictures)}, {snr:g} dB")
        axes.set_xlim(left=0)
    xlabel = "samples on the air per source sample: hollow net, filled gross"
    return _finish(drawing, panels[:: len(snrs)], xlabel, LABELS[figure], shown, LEGEND_COLUMNS)


def _snr_panels(summary: Mapping[str, Any], rows: Sequence[Row], styles: Styles, ylabel: str, legend: int) -> Any:
    """A panel for each set of pictures, channel and rate; the rates of one side by side."""
    from matplotlib.ticker import MultipleLocator

    places = list(dict.fromkeys((row["pictures"], row["channel"]) for row in rows))
    rates = list(dict.fromkeys(row["rate"] for row in rows))
    columns = len(rates) if len(rates) > 1 else min(len(places), MOST_COLUMNS)
    drawing, panels = _panels(len(places) * len(rates), columns, len({row["series"] for row in rows}), legend)
    shown: dict[Any, Any] = {}
    for axes, (place, rate) in zip(panels, ((place, rate) for place in places for rate in rates)):
        here = [row for row in rows if (row["pictures"], row["channel"], row["rate"]) == (*place, rate)]
        for name, points in _series(here, "snr_db"):
            shown[name] = _line(axes, points, "snr_db", styles[name])
        break_line = ",\n" if columns > 2 else ", "
        axes.set_title(f"{_title(summary, place[0])}, {CHANNELS[place[1]]}{break_line}rate {rate}")
        axes.xaxis.set_major_locator(MultipleLocator(SNR_STEP))
    return _finish(drawing, panels[::columns], "SNR of the receiver, dB", ylabel, shown, legend)


def _panels(count: int, columns: int, series: int, legend: int) -> tuple[Any, list[Any]]:
    """A figure, and `count` of its panels in rows of `columns`, with room for a legend."""
    lines = -(-count // columns)
    height = lines * (PANEL_HEIGHT if columns < 4 else 0.8 * PANEL_HEIGHT)
    drawing = new_figure(height + LEGEND_HEIGHT * (1 + -(-series // legend)))
    panels = drawing.subplots(lines, columns, sharey="row", squeeze=False).ravel().tolist()
    for axes in panels[count:]:
        axes.remove()
    return drawing, panels[:count]


def _series(rows: Sequence[Row], x: str) -> Iterator[tuple[Any, list[Row]]]:
    for name in dict.fromkeys(row["series"] for row in rows):
        yield name, sorted((row for row in rows if row["series"] == name), key=lambda row: row[x])


def _line(axes: Any, points: Sequence[Row], x: str, style: Mapping[str, Any]) -> Any:
    places = [point[x] for point in points]
    (line,) = axes.plot(places, [point["value"] for point in points], **style)
    if all(point["interval"] is not None for point in points):
        low, high = zip(*(point["interval"] for point in points))
        axes.fill_between(places, low, high, color=style["color"], alpha=0.12, linewidth=0)
    return line


def _finish(
    drawing: Any, leftmost: Sequence[Any], xlabel: str, ylabel: str, shown: Mapping[Any, Any], legend: int
) -> Any:
    for axes in drawing.axes:
        dress(axes)
    for axes in leftmost:
        axes.set_ylabel(ylabel, size=9, color=INK)
    drawing.supxlabel(xlabel, fontsize=9, color=INK)
    drawing.legend(
        list(shown.values()),
        [line.get_label() for line in shown.values()],
        loc="outside upper center",
        ncols=min(legend, len(shown)),
        fontsize=8,
        frameon=False,
    )
    return drawing


def _title(summary: Mapping[str, Any], pictures: str) -> str:
    titles = {item["name"]: item["title"] for item in summary["configuration"]["pictures"]}
    return titles[pictures] or pictures


def _spread(values: Sequence[float]) -> list[float]:
    """Up to `RATE_SNRS` of rising values, the ends left out where there are more."""
    inner = values[1:-1] if len(values) > RATE_SNRS else values
    count = min(RATE_SNRS, len(inner))
    return [inner[round((i + 0.5) * len(inner) / count - 0.5)] for i in range(count)]
