# SPDX-License-Identifier: GPL-3.0-or-later
"""`deepjscec record`: samples of any flowgraph or file to a SigMF recording."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Generator
from typing import Any

from deepjscec.app.capture.fields import capture_fields
from deepjscec.app.capture.sources import file_bytes, zmq_messages
from deepjscec.app.capture.stop_request import StopRequest
from deepjscec.codec import ModelCard, find_model
from deepjscec.crypto import CIPHER_NAMES
from deepjscec.phy import Profile
from deepjscec.recording import FORMATS, RecordingWriter

PROGRESS_SECONDS = 0.5


def run(arguments: Namespace) -> int:
    """Record until the limit, the source's end, a signal or silence.

    Returns 0, or 1 when no samples came. Raises `ValueError` or `OSError` on bad input.
    """
    sample_bytes = FORMATS[arguments.format][1]
    fields = _fields(arguments)
    with StopRequest() as stop:
        source: Generator[bytes]
        if arguments.source == "zmq":
            options = {"pull": arguments.pull, "topic": arguments.topic, "sample_bytes": sample_bytes}
            source, live = zmq_messages(arguments.address, **options), True
        else:
            source, live = file_bytes(arguments.file), arguments.file == "-"
        with RecordingWriter(
            arguments.out,
            arguments.sample_rate,
            format=arguments.format,
            frequency=arguments.frequency,
            live=live,
            author=arguments.author,
            description=arguments.description,
            hw=arguments.hw,
            fields=fields,
        ) as writer:
            taken = _copy(source, writer, _limit(arguments, sample_bytes), arguments.timeout, stop)
    if taken % sample_bytes:
        print(f"deepjscec record: the last {taken % sample_bytes} bytes are no whole sample, left out", file=sys.stderr)
    if not writer.length:
        print("deepjscec record: no samples came", file=sys.stderr)
        return 1
    seconds = writer.length / arguments.sample_rate
    print(f"{writer.path}: {writer.length} samples, {seconds:.3f} s at {arguments.sample_rate:g} Hz")
    return 0


def _fields(arguments: Namespace) -> dict[str, Any]:
    if arguments.cipher is not None and arguments.cipher not in CIPHER_NAMES:
        raise ValueError(f"unknown cipher {arguments.cipher!r}: choose from {', '.join(CIPHER_NAMES)}")
    card = None if arguments.model is None else ModelCard.load(find_model(arguments.model))
    profile = None if arguments.profile is None else Profile.named(arguments.profile)
    return capture_fields(profile, card=card, cipher=arguments.cipher)


def _limit(arguments: Namespace, sample_bytes: int) -> int | None:
    """Bytes to take at most."""
    limits = []
    if arguments.samples is not None:
        limits.append(arguments.samples)
    if arguments.seconds is not None:
        limits.append(max(1, round(arguments.seconds * arguments.sample_rate)))
    return min(limits) * sample_bytes if limits else None


def _copy(
    source: Generator[bytes], writer: RecordingWriter, limit: int | None, timeout: float | None, stop: StopRequest
) -> int:
    """Bytes from `source` to `writer`, at most `limit` of them; returns how many."""
    taken = 0
    progress = _Progress(writer)
    heard = time.monotonic()
    try:
        for data in source:
            now = time.monotonic()
            if data:
                heard = now
                piece = data if limit is None else data[: limit - taken]
                writer.write_bytes(piece)
                taken += len(piece)
            if stop.asked or taken == limit or (timeout is not None and now - heard > timeout):
                break
            progress.show(now)
        return taken
    finally:
        source.close()
        progress.end()


class _Progress:
    """A line on standard error, where that is a terminal."""

    def __init__(self, writer: RecordingWriter) -> None:
        self._writer, self._shown, self._on = writer, 0.0, sys.stderr.isatty()

    def show(self, now: float) -> None:
        if self._on and now - self._shown >= PROGRESS_SECONDS:
            self._shown = now
            print(f"\r{self._writer.length} samples ", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._shown:
            print(file=sys.stderr)
