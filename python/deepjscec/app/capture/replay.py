# SPDX-License-Identifier: GPL-3.0-or-later
"""`deepjscec replay`: a recording demodulated again, with other settings if you like."""

from __future__ import annotations

import itertools
import sys
from argparse import Namespace
from dataclasses import replace
from typing import Any

from deepjscec import __version__
from deepjscec.app.capture.fields import CaptureFields
from deepjscec.app.capture.listeners import Bob, Bystander, Eve, Listener
from deepjscec.app.capture.output import Output
from deepjscec.app.capture.stop_request import StopRequest
from deepjscec.app.refusals import describe_refusals
from deepjscec.app.results import result_folder, write_json
from deepjscec.app.roles import make_receiver
from deepjscec.attack import UnkeyedReceiver
from deepjscec.codec import Codec
from deepjscec.phy import Profile, Receiver
from deepjscec.recording import Recording, annotate, convert


def run(arguments: Namespace) -> int:
    """Demodulate, decode, write.

    Returns 0, or 1 when nothing came out. Raises `ValueError` or `OSError` on bad input.
    """
    recording = Recording.open(arguments.capture)
    fields = CaptureFields(recording.fields, f"recording {recording.path}")
    profile = _profile(arguments, recording, fields)
    listener, settings = _listener(arguments, fields, profile)
    if arguments.annotate and recording.path.suffix == ".sigmf":
        raise ValueError(f"recording {recording.path}: an archive cannot be annotated; unpack it with tar")
    first, last = _stretch(arguments, recording)
    pieces = recording.chunks(first, last)
    samples = convert(pieces, recording.sample_rate, shift=arguments.shift, to_rate=profile.sample_rate)
    receiver = Receiver(profile)
    with result_folder(arguments.out) as folder, StopRequest() as stop:
        output = Output(listener, profile, recording.sample_rate, first, folder)
        for piece in samples:
            if stop.asked:
                raise SystemExit(128 + stop.signal)  # the folder cleans up
            output.take(receiver.process(piece))
        output.take(receiver.flush())
        output.finish()
        metrics = {
            "version": __version__,
            "capture": recording.path.name,
            "settings": {
                **settings,
                "sample_rate": profile.sample_rate,
                "start": first / recording.sample_rate,
                "seconds": (last - first) / recording.sample_rate,
                "shift": arguments.shift,
            },
            "packets": output.packets,
            "pictures": output.pictures,
            "counters": {"receiver": receiver.stats, "listener": dict(listener.stats)},
        }
        write_json(folder / "metrics.json", metrics)
    if arguments.annotate and output.packets:
        annotate(recording.path, output.annotations(arguments.shift), first, last)
    print(f"{len(output.packets)} packets, {len(output.pictures)} pictures; results in {arguments.out}")
    if output.pictures or (isinstance(listener, Bystander) and output.packets):
        return 0
    print(f"deepjscec replay: {_why_nothing(receiver.stats, listener)}", file=sys.stderr)
    return 1


def _profile(arguments: Namespace, recording: Recording, fields: CaptureFields) -> Profile:
    """The waveform, at the sample rate it is to be received at."""
    profile = Profile.named(arguments.profile) if arguments.profile else fields.profile() or Profile()
    if arguments.sample_rate is not None:
        profile = replace(profile, sample_rate=arguments.sample_rate)
    where = f"recording {recording.path}: recorded at {recording.sample_rate:g} Hz"
    if recording.sample_rate != profile.sample_rate and not arguments.resample:
        raise ValueError(
            f"{where}, but the waveform has {profile.sample_rate:g} Hz: add --resample, or give the transmitter's rate "
            "by --sample-rate"
        )
    bandwidth = profile.active_carriers * profile.carrier_spacing
    if bandwidth > recording.sample_rate:
        raise ValueError(f"{where}, which cannot hold the waveform's {bandwidth:g} Hz")
    return profile


def _stretch(arguments: Namespace, recording: Recording) -> tuple[int, int]:
    """First sample to take, and the one behind the last."""
    first, last = round(arguments.start * recording.sample_rate), recording.length
    if first >= last:
        raise ValueError(
            f"recording {recording.path}: --start {arguments.start:g} is behind its end, "
            f"{last / recording.sample_rate:g} s"
        )
    if arguments.seconds is not None:
        last = min(last, first + max(1, round(arguments.seconds * recording.sample_rate)))
    return first, last


def _listener(arguments: Namespace, fields: CaptureFields, profile: Profile) -> tuple[Listener, dict[str, Any]]:
    """Who listens, and with which settings."""
    if arguments.key is None and not arguments.eve:
        return Bystander(), {}
    codec = Codec.load(arguments.model or fields.model() or "photo")
    recorded = fields.text("model_hash")
    if arguments.model is None and recorded not in (None, codec.model_hash.hex()):
        raise ValueError(
            f"recording {arguments.capture}: deepjscec:model_hash: {recorded}, but model {codec.name!r} has "
            f"{codec.model_hash.hex()}; name the right one by --model"
        )
    settings = {"model": codec.name, "model_hash": codec.model_hash.hex()}
    if arguments.eve:
        rate = arguments.rate or fields.text("rate") or str(codec.default_rate)
        return _eve(arguments, fields, profile, codec, rate), {**settings, "rate": rate}
    cipher = arguments.cipher or fields.text("cipher") or "isometric"
    return Bob(make_receiver(arguments.key, cipher, str(codec.card.folder)), codec), {**settings, "cipher": cipher}


def _eve(arguments: Namespace, fields: CaptureFields, profile: Profile, codec: Codec, rate: str) -> Eve:
    shapes = [arguments.size] if arguments.size else fields.shapes()
    if not shapes:
        raise ValueError(
            f"recording {arguments.capture}: deepjscec:shapes: missing, and --eve needs the pictures' size: add --size"
        )
    for shape in shapes:
        codec.codeword_length(shape, rate)  # raises for a size or a rate that is not possible
    endless = itertools.repeat(arguments.size) if arguments.size else shapes
    cipher = arguments.cipher or fields.text("cipher") or "isometric"
    attack = UnkeyedReceiver(codec, endless, codec.rate_index(rate), profile.max_payload_symbols, cipher)
    return Eve(attack, codec)


def _why_nothing(received: dict[str, int], listener: Listener) -> str:
    if not received["packets"]:
        lost = ", ".join(f"{received[name]} {name}" for name in ("bad_header", "bad_length", "truncated"))
        return f"no packets found; {received['detected']} preambles detected ({lost})"
    return f"no picture; packets {', '.join(describe_refusals(listener.stats))}"
