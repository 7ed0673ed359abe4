# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole system over a simulated radio: Alice, a channel to Bob, another to Eve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gnuradio import gr

from deepjscec.app.capture.fields import capture_fields
from deepjscec.codec import ModelCard, find_model
from deepjscec.phy import Profile

from .decoder import decoder
from .decryptor import decryptor
from .eavesdropper import eavesdropper
from .encoder import encoder
from .encryptor import encryptor
from .image_sink import image_sink
from .image_source import image_source
from .ofdm_receiver import ofdm_receiver
from .ofdm_transmitter import ofdm_transmitter
from .packet_loss import packet_loss
from .sigmf_recorder import sigmf_recorder
from .simulated_channel import simulated_channel


@dataclass(frozen=True)
class LoopbackSettings:
    """One run of `Loopback`."""

    alice_key: Path
    bob_key: Path
    model: str = "photo"
    rate: str = "1/6"
    cipher: str = "isometric"
    channel: str = "awgn"
    snr_db: float = 10.0  # Es/N0 per complex payload symbol at Bob
    eve_snr_db: float = 30.0
    eve_attack: str = "unencrypted"
    doppler_hz: float = 10.0  # of channels that fade
    cfo_hz: float = 0.0  # Bob's frequency offset; Eve's is its negative
    packet_loss: float = 0.0  # probability that Bob loses a packet, on top of the channel
    seed: int = 0  # of noise, start time and packet loss; never of keys
    profile: str = "default"
    max_papr_db: float = 0.0  # of Alice's bursts; 0 leaves their peaks alone
    record: str = ""  # what the names of the recordings of Bob's and Eve's samples begin with; "" records nothing

    @property
    def sample_rate(self) -> float:
        """The profile's, in Hz."""
        return Profile.named(self.profile).sample_rate


class Loopback(gr.top_block):
    """Source, encoder, encryptor and transmitter; then for Bob and for Eve a channel and a receive chain each."""

    def __init__(self, pictures: Sequence[np.ndarray], settings: LoopbackSettings) -> None:
        """`pictures` uint8[H, W, 3]. Raises `ValueError` or `OSError` for bad settings."""
        gr.top_block.__init__(self, "DeepJSCEC loopback", catch_exceptions=True)
        s = settings
        rng = np.random.default_rng(s.seed)
        self.source = image_source(pictures)
        self.encoder = encoder(s.model, s.rate)
        self.encryptor = encryptor(str(s.alice_key), s.cipher, s.model, s.profile)
        lead_in = int(rng.integers(2_000, 20_000))  # nobody knows when Alice begins
        self.transmitter = ofdm_transmitter(s.profile, lead_in=lead_in, max_papr_db=s.max_papr_db)
        # Eve is somewhere else: fading and noise of her own
        bob_seed, eve_seed = (int(rng.integers(1, 1 << 31)) for _ in range(2))
        self.bob_channel = simulated_channel(s.channel, s.snr_db, s.cfo_hz, s.doppler_hz, s.profile, bob_seed)
        self.eve_channel = simulated_channel(s.channel, s.eve_snr_db, -s.cfo_hz, s.doppler_hz, s.profile, eve_seed)
        self.bob_receiver = ofdm_receiver(s.profile)
        self.eve_receiver = ofdm_receiver(s.profile)
        self.loss = packet_loss(s.packet_loss, int(rng.integers(1 << 31)))
        self.decryptor = decryptor(str(s.bob_key), s.cipher, s.model)
        self.decoder = decoder(s.model)
        shapes = [picture.shape[:2] for picture in pictures]
        self.eavesdropper = eavesdropper(
            s.model, s.rate, shapes, profile=s.profile, cipher=s.cipher, attack=s.eve_attack
        )
        self.bob_sink = image_sink(keep=len(pictures))
        self.eve_sink = image_sink(keep=len(pictures))
        self.recorders: list[sigmf_recorder] = []

        self.msg_connect(self.source, "images", self.encoder, "images")
        self.msg_connect(self.encoder, "codewords", self.encryptor, "codewords")
        self.msg_connect(self.encryptor, "packets", self.transmitter, "packets")
        self.connect(self.transmitter, self.bob_channel, self.bob_receiver)
        self.msg_connect(self.bob_receiver, "packets", self.loss, "packets")
        self.msg_connect(self.loss, "kept", self.decryptor, "packets")
        self.msg_connect(self.decryptor, "codewords", self.decoder, "codewords")
        self.msg_connect(self.decoder, "images", self.bob_sink, "images")
        self.connect(self.transmitter, self.eve_channel, self.eve_receiver)
        self.msg_connect(self.eve_receiver, "packets", self.eavesdropper, "packets")
        self.msg_connect(self.eavesdropper, "images", self.eve_sink, "images")
        if s.record:
            card = ModelCard.load(find_model(s.model))
            known = {"card": card, "cipher": s.cipher, "rate": s.rate, "shapes": shapes}
            self._record("bob", self.bob_channel, self.bob_receiver, s.record, {**known, "snr_db": s.snr_db})
            self._record("eve", self.eve_channel, self.eve_receiver, s.record, {**known, "snr_db": s.eve_snr_db})

    def _record(self, role: str, channel: Any, receiver: ofdm_receiver, prefix: str, known: dict[str, Any]) -> None:
        """Record what comes out of a channel, with the packets that its receiver finds."""
        profile = receiver.profile
        fields = capture_fields(profile, role=role, **known)
        path = prefix.replace("%", "%%") + role
        recorder = sigmf_recorder(path, profile.sample_rate, description=f"{role} in a simulation", fields=fields)
        self.connect(channel, recorder)
        self.msg_connect(receiver, "packets", recorder, "packets")
        self.recorders.append(recorder)

    def run_to_end(self, timeout: float) -> bool:
        """Run until sinks and recorders have seen the end of the stream; False if one took longer than `timeout` s."""
        self.start()
        try:
            seen = self.bob_sink.done.wait(timeout) and self.eve_sink.done.wait(timeout)
            return seen and all(recorder.wait(timeout) for recorder in self.recorders)
        finally:
            self.stop()
            self.wait()

    def get_stats(self) -> dict[str, dict[str, Any]]:
        """Counters of every block of Alice's, Bob's and Eve's."""
        return {
            "transmitter": self.transmitter.get_stats(),
            "bob": {
                **self.bob_receiver.get_stats(),
                "lost_on_purpose": self.loss.get_stats().get("dropped", 0),
                **self.decryptor.get_stats(),
            },
            "eve": {**self.eve_receiver.get_stats(), **self.eavesdropper.get_stats()},
        }
