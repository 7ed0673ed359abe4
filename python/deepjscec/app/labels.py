# SPDX-License-Identifier: GPL-3.0-or-later
"""What a classifier's receiver says: a label with its confidence, and a card that shows all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

MOST_BARS = 10
LINE = 18  # pixels
CARD_WIDTH = 220


def label_fields(probabilities: np.ndarray, classes: Sequence[str]) -> dict[str, Any]:
    """`label`, its `confidence` and all `classes`, as the metadata of a PDU, of probabilities float32[classes]."""
    best = int(np.argmax(probabilities))
    return {"label": classes[best], "confidence": float(probabilities[best]), "classes": ",".join(classes)}


def class_card(probabilities: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """A bar for each class, the ten likeliest first, as uint8[h, 220, 3]; `probabilities` float32[classes]."""
    order = np.argsort(-probabilities, kind="stable")[:MOST_BARS]
    card = Image.new("RGB", (CARD_WIDTH, LINE * len(order) + 12), "#f4f6f8")
    draw, font = ImageDraw.Draw(card), ImageFont.load_default(13)
    for row, index in enumerate(order):
        middle = 6 + LINE * row + LINE // 2
        draw.text((82, middle), classes[index], "#1d2733", font, anchor="rm")
        width = round(88 * float(probabilities[index]))
        draw.rectangle((90, middle - 5, 90 + width, middle + 5), fill="#0b6bcb" if row == 0 else "#9aa7b5")
        draw.text((96 + width, middle), f"{probabilities[index]:.0%}", "#56626f", font, anchor="lm")
    return np.array(card)


def picture_of(meta: Mapping[str, Any], array: np.ndarray) -> np.ndarray:
    """What to show of a PDU that a decoder gives: the picture, uint8[H, W, 3], or the card of a classifier."""
    if "label" in meta:
        return class_card(array, meta["classes"].split(","))
    return array if array.ndim == 3 else array.reshape(meta["height"], meta["width"], 3)
