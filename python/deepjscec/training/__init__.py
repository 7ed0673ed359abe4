# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of the codec: needs torch, numpy and onnx, and never GNU Radio."""
