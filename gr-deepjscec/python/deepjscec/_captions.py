# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands below pictures in windows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepjscec.app.live import Match


def picture_line(meta: Mapping[str, Any], match: Match | None = None) -> str:
    """Number, measured SNR, packets and latency, as far as they are known."""
    parts = [f"#{meta['image_id']}"]
    if "snr_db" in meta:
        parts.append(f"{meta['snr_db']:.1f} dB SNR")
    if "packets_sent" in meta:
        parts.append(f"{meta['packets_received']}/{meta['packets_sent']} packets")
    if match is not None and match.latency_s is not None:
        parts.append(f"after {match.latency_s:.2f} s")
    return ", ".join(parts)


def quality_line(meta: Mapping[str, Any], match: Match | None = None) -> str:
    """PSNR against the original, or what a classifier says instead; empty where neither is known."""
    if "label" in meta:
        return f"{meta['label']}, {meta['confidence']:.0%}"
    if match is None or match.psnr_db is None:
        return ""
    return f"{match.psnr_db:.1f} dB PSNR" if math.isfinite(match.psnr_db) else "equal to the original"
