# SPDX-License-Identifier: GPL-3.0-or-later
"""One step of training a classifier, and its accuracy on held-out pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from deepjscec.channel.layers import erase_blocks
from deepjscec.codec.codec import UNTOLD_SNR_DB
from deepjscec.training.classifier_network import Classifier, ClassifierArchitecture
from deepjscec.training.config import DataConfig
from deepjscec.training.network import sent_planes
from deepjscec.training.situation import pass_channel
from deepjscec.training.sources import load_labelled_sources
from deepjscec.training.trainer import Trainer
from deepjscec.training.validate import SNRS_DB

LABEL_SMOOTHING = 0.1
VALIDATION_BATCH = 500


class ClassifierTrainer(Trainer):
    """A `Trainer` whose decoder names classes."""

    def make_model(self) -> nn.Module:
        assert isinstance(self.config.model, ClassifierArchitecture)
        return Classifier(self.config.model)

    def load(self, paths: dict[str, str]) -> None:
        assert isinstance(self.config.model, ClassifierArchitecture)
        self.sources, self.held_out = load_labelled_sources(self.config.data, paths, self.config.model.classes)

    def loss(self, batch: Any, source: DataConfig) -> torch.Tensor:
        """Cross entropy of pictures uint8[n, 3, s, s] and labels uint8[n]."""
        pictures, labels = batch
        _, logits = self.send(pictures, source)
        wanted = torch.from_numpy(labels).to(self.device, torch.long)
        return F.cross_entropy(logits, wanted, label_smoothing=LABEL_SMOOTHING)

    def calibrate(self, image: torch.Tensor, sent: torch.Tensor, snr_db: torch.Tensor) -> None:
        """Nothing: the network starts from its random weights."""

    def describe(self, loss: float) -> str:
        return f"cross entropy {loss:.3f}"

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Accuracy by `source/rate/SNR` of an encoder that is not told it."""
        model, arch = self.average.module.eval(), self.config.model
        noise = torch.Generator(self.device).manual_seed(0)  # the same each time: steps are compared, not noise
        result: dict[str, float] = {}
        for name, (images, labels) in self.held_out.items():
            for rate, tiers in self.config.rates.items() if len(images) else ():
                for snr in SNRS_DB:
                    right = 0
                    for start in range(0, len(images), VALIDATION_BATCH):
                        part = images[start : start + VALIDATION_BATCH].transpose(0, 3, 1, 2)
                        image = torch.from_numpy(np.ascontiguousarray(part)).to(self.device).float() / 255
                        image = image.contiguous(memory_format=torch.channels_last)
                        n, _, h, w = image.shape
                        sent = torch.full((n, 1, h // 8 // arch.tile, w // 8 // arch.tile), float(tiers)).to(image)
                        snr_db = torch.full((n,), float(snr)).to(image)
                        with self.autocast():
                            latent = model.encode(image, sent, torch.full_like(snr_db, UNTOLD_SNR_DB))
                        received, noise_var = pass_channel(latent, snr_db, self.config, noise)
                        lost = sent_planes(sent, arch.tiers) == 0
                        with self.autocast():
                            logits = model.decoder(*erase_blocks(received, noise_var, lost, arch.tile), sent)
                        wanted = torch.from_numpy(labels[start : start + VALIDATION_BATCH]).to(self.device)
                        right += int((logits.argmax(1) == wanted).sum())
                    result[f"{name} {rate} {snr} dB"] = round(right / len(images), 4)
        return result
