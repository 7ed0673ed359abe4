# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours of Bob and Eve in windows, light or dark."""

from __future__ import annotations

from PyQt5 import QtGui

# From the palette of Okabe and Ito, "Color universal design", 2008, which colour-blind people tell apart.
_ON_LIGHT = {"bob": "#0072B2", "eve": "#D55E00"}  # blue and vermilion
_ON_DARK = {"bob": "#56B4E9", "eve": "#E69F00"}  # sky blue and orange


def role_colour(role: str, palette: QtGui.QPalette) -> QtGui.QColor:
    """The colour of a role on the palette's background."""
    dark = palette.color(QtGui.QPalette.Window).lightness() < 128
    return QtGui.QColor((_ON_DARK if dark else _ON_LIGHT)[role])
