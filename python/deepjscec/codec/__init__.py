# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures to analog codewords and back, by ONNX models. Knows neither keys nor packets nor radios."""

from deepjscec.codec.card import ModelCard
from deepjscec.codec.codec import Codec
from deepjscec.codec.models import find_model, list_models

__all__ = ["Codec", "ModelCard", "find_model", "list_models"]
