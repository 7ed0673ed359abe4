# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole system over a simulated radio: Alice, a channel to Bob, another to Eve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gnuradio import channels, gr

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

# impulse responses in samples, of unit energy
CHANNEL_TAPS: dict[str, tuple[complex, ...]] = {
    "awgn": (1.0,),
    "two-path": (0.8, 0, 0, 0, 0, 0, 0, 0.6j),  # notches every 1/7 of the sample rate, 17 dB deep
}


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
    cfo_hz: float = 0.0  # Bob's frequency offset; Eve's is its negative
    packet_loss: float = 0.0  # probability that Bob loses a packet, on top of the channel
    seed: int = 0  # of noise, start time and packet loss; never of keys
    sample_rate: float = 1e6


class Loopback(gr.top_block):
    """Source, encoder, encryptor and transmitter; then for Bob and for Eve a channel and a receive chain each."""

    def __init__(self, pictures: Sequence[np.ndarray], settings: LoopbackSettings) -> None:
        """`pictures` uint8[H, W, 3]. Raises `ValueError` or `OSError` for bad settings."""
        gr.top_block.__init__(self, "DeepJSCEC loopback", catch_exceptions=True)
        s = settings
        rng = np.random.default_rng(s.seed)
        self.source = image_source(pictures)
        self.encoder = encoder(s.model, s.rate)
        self.encryptor = encryptor(str(s.alice_key), s.cipher, s.model)
        lead_in = int(rng.integers(2_000, 20_000))  # nobody knows when Alice begins
        self.transmitter = ofdm_transmitter(s.sample_rate, lead_in=lead_in)
        self.bob_channel = make_channel(s.channel, s.snr_db, s.cfo_hz / s.sample_rate, int(rng.integers(1, 1 << 31)))
        self.eve_channel = make_channel(
            s.channel, s.eve_snr_db, -s.cfo_hz / s.sample_rate, int(rng.integers(1, 1 << 31))
        )
        self.bob_receiver = ofdm_receiver(s.sample_rate)
        self.eve_receiver = ofdm_receiver(s.sample_rate)
        self.loss = packet_loss(s.packet_loss, int(rng.integers(1 << 31)))
        self.decryptor = decryptor(str(s.bob_key), s.cipher, s.model)
        self.decoder = decoder(s.model)
        self.eavesdropper = eavesdropper(s.model, s.rate, [picture.shape[:2] for picture in pictures])
        self.bob_sink = image_sink(keep=len(pictures))
        self.eve_sink = image_sink(keep=len(pictures))

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

    def run_to_end(self, timeout: float) -> bool:
        """Run until both sinks have seen the end of the stream; False if that took longer than `timeout` seconds."""
        self.start()
        try:
            return self.bob_sink.done.wait(timeout) and self.eve_sink.done.wait(timeout)
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


def make_channel(name: str, snr_db: float, frequency_offset: float, seed: int) -> Any:
    """GNU Radio's channel model: taps by name, noise for `snr_db`, `frequency_offset` in cycles per sample.

    Active carriers have unit energy and transforms are unitary, so noise of variance v per complex sample is noise of
    variance v per payload symbol; `noise_voltage` is the square root of that variance.
    """
    if name not in CHANNEL_TAPS:
        raise ValueError(f"channel {name!r} is none of {', '.join(CHANNEL_TAPS)}")
    return channels.channel_model(
        noise_voltage=10 ** (-snr_db / 20),
        frequency_offset=frequency_offset,
        epsilon=1.0,
        taps=CHANNEL_TAPS[name],
        noise_seed=seed,
    )
