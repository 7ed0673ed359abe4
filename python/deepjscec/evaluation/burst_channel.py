# SPDX-License-Identifier: GPL-3.0-or-later
"""The waveform as a channel: payloads in OFDM bursts through the project's own transmitter and receiver."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepjscec.link import Packet
from deepjscec.link.interleaver import gather, spread
from deepjscec.phy import Packet as ReceivedPacket
from deepjscec.phy import Profile, Receiver, Transmitter

LONGEST_GAP = 4096  # samples of noise before a burst, at most


class BurstChannel:
    """White noise, a random start and phase and a carrier offset for every burst, uniform within +-`offset_hz`.

    Noise of variance 10^(-snr_db / 10) per complex sample is noise of that variance per payload symbol
    (`Profile.mean_power`). The receiver is told nothing; a packet that it does not find is lost.
    """

    def __init__(self, profile: Profile, snr_db: float, offset_hz: float, rng: np.random.Generator) -> None:
        self.profile, self._offset_hz, self._rng = profile, offset_hz, rng
        self._deviation = np.float32(np.sqrt(10 ** (-snr_db / 10) / 2))  # of each real part
        self._transmitter, self._receiver = Transmitter(profile), Receiver(profile)
        self._signal, self._noise, self._symbols, self._samples = 0.0, 0.0, 0, 0

    def exchange(self, packets: Sequence[Packet]) -> list[ReceivedPacket]:
        """Send packets one after the other; those that were received, in that order."""
        received: list[ReceivedPacket] = []
        for packet in packets:
            burst = self._transmitter.modulate(packet.header, packet.payload)
            self._signal += float(np.sum(np.abs(packet.payload) ** 2, dtype=np.float64))
            self._symbols += len(packet.payload)
            received += self._receiver.process(self._noisy(burst))
        return received + self._receiver.flush()

    def carry(self, symbols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """complex64[n, k], a row a picture -> what arrived, and float32[n, k] noise variances, `inf` where lost.

        As many whole rows as fit share a burst; a longer row takes several.
        """
        n, k = symbols.shape
        size = max(1, self.profile.max_payload_symbols // k) * k if k else 1
        flat = symbols.reshape(-1)
        parts = [
            part[i : i + self.profile.max_payload_symbols]
            for part in (flat[start : start + size] for start in range(0, flat.size, size))
            for i in range(0, part.size, self.profile.max_payload_symbols)
        ]
        packets = [Packet(self._header(index), spread(part)) for index, part in enumerate(parts)]
        values = [np.zeros(part.size, np.complex64) for part in parts]
        variances = [np.full(part.size, np.inf, np.float32) for part in parts]
        for packet in self.exchange(packets):
            index = int.from_bytes(packet.header[:4], "big")
            if packet.header == self._header(index) and index < len(parts) and len(packet.symbols) == parts[index].size:
                values[index], variances[index] = gather(packet.symbols), gather(packet.noise_var)
        return np.concatenate(values).reshape(n, k), np.concatenate(variances).reshape(n, k)

    @property
    def true_snr_db(self) -> float:
        """Es/N0 of all that was sent: mean energy of payload symbols over the noise's in a sample, in dB."""
        return float(10 * np.log10(self._signal / self._symbols * self._samples / self._noise))

    @property
    def symbols(self) -> int:
        """Payload symbols sent so far."""
        return self._symbols

    def _header(self, index: int) -> bytes:
        return index.to_bytes(4, "big").ljust(self.profile.header_bytes, b"\x00")

    def _noisy(self, burst: np.ndarray) -> np.ndarray:
        rng, gap = self._rng, int(self._rng.integers(LONGEST_GAP))
        cycles = rng.uniform(-self._offset_hz, self._offset_hz) / self.profile.sample_rate
        turn = np.exp(2j * np.pi * (cycles * np.arange(burst.size) + rng.random()))
        noise = rng.standard_normal((gap + burst.size, 2), np.float32).view(np.complex64)[:, 0] * self._deviation
        self._noise += float(np.sum(np.abs(noise) ** 2, dtype=np.float64))
        self._samples += noise.size
        noise[gap:] += (burst * turn).astype(np.complex64)
        return noise
