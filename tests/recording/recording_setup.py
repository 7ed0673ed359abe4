# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples and recordings that the tests share."""

import json

import numpy as np

from deepjscec.app.capture.fields import capture_fields
from deepjscec.app.pictures import default_picture
from deepjscec.app.roles import make_sender
from deepjscec.codec import Codec
from deepjscec.phy import Profile, Transmitter
from deepjscec.recording import Recording, RecordingWriter

SNR_DB = 15.0
RATE = "1/6"


def noise(rng, count):
    """complex64[count], circular, unit variance."""
    return (rng.standard_normal((count, 2)) @ np.array([1, 1j]) / np.sqrt(2)).astype(np.complex64)


def read(path):
    """All samples of a recording."""
    return np.concatenate(list(Recording.open(path).chunks()))


def edit(meta, section="global", **fields):
    """Change core fields of a metadata file; None removes one."""
    metadata = json.loads(meta.read_text())
    place = metadata[section] if section == "global" else metadata[section][0]
    for name, value in fields.items():
        name = name if ":" in name else f"core:{name}"
        if value is None:
            place.pop(name, None)
        else:
            place[name] = value
    meta.write_text(json.dumps(metadata))


def picture(height=96, width=128):
    """Part of a photograph, uint8[height, width, 3]."""
    return np.ascontiguousarray(default_picture()[40 : 40 + height, 150 : 150 + width])


def on_the_air(rng, key, pictures, cipher="isometric", profile=None):
    """What Bob's antenna sees of pictures: complex64, noise at `SNR_DB`, silence between packets."""
    profile = profile or Profile()
    codec = Codec.load("photo")
    sender = make_sender(key, cipher, "photo", profile)
    transmitter = Transmitter(profile)
    rate_index = codec.rate_index(RATE)
    parts = [np.zeros(1500)]
    for number, pixels in enumerate(pictures):
        codewords = codec.encode(pixels, RATE)[None]
        for packet in sender.send(codewords, number, pixels.shape[:2], rate_index):
            parts += [transmitter.modulate(packet.header, packet.payload), np.zeros(700)]
    clean = np.concatenate(parts)
    return (clean + noise(rng, len(clean)) * 10 ** (-SNR_DB / 20)).astype(np.complex64)


def record(path, samples, sample_rate=1e6, *, fields=None, **options):
    """A recording of samples; returns the path of its metadata."""
    with RecordingWriter(path, sample_rate, fields=fields, **options) as writer:
        writer.write(samples)
    return writer.path


def fields_of(pixels, cipher="isometric"):
    """What run_flowgraph.py notes in a recording."""
    card = Codec.load("photo").card
    return capture_fields(Profile(), card=card, cipher=cipher, rate=RATE, role="bob", shapes=[pixels.shape[:2]])
