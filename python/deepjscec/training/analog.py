# SPDX-License-Identifier: GPL-3.0-or-later
"""Where training starts: the 8x8 cosine transform of luma and chroma as an analog code.

With gains of deviation^(-1/2) the coefficients share the power best (SoftCast: Jakubczak and Katabi, MobiCom 2011).
From here the network reaches in some hundred steps what takes thousands from random weights.
"""

from __future__ import annotations

import torch


def _cosine_basis() -> tuple[torch.Tensor, torch.Tensor]:
    n = torch.arange(8, dtype=torch.float64)
    cosine = torch.cos(torch.pi / 8 * (n[None] + 0.5) * n[:, None]) / 2
    cosine[0] /= 2**0.5
    luma_blue_red = torch.tensor(
        [[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]], dtype=torch.float64
    )
    orthogonal, _ = torch.linalg.qr(luma_blue_red.T)
    rows = []
    for colour, weight in zip(orthogonal.T, (1.0, 4.0, 4.0), strict=True):
        for u in range(8):
            for v in range(8):
                basis = colour[:, None, None] * cosine[u][None, :, None] * cosine[v][None, None, :]
                rows.append(((1.0 + u * u + v * v) * weight, basis.reshape(-1)))
    rows.sort(key=lambda row: row[0])
    return torch.stack([row[1] for row in rows]).float(), torch.tensor([2.0 / row[0] for row in rows])


# float32[192, 192], orthonormal rows over (colour, y, x), the most energetic first, and float32[192], the variance that
# each has in a usual picture of values 0 to 1.
SOURCE_BASIS, SOURCE_VARIANCE = _cosine_basis()
