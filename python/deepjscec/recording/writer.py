# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a SigMF recording while its samples arrive."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .metadata import FORMATS, Annotation, check, make_metadata, pair, write_metadata


class RecordingWriter:
    """Samples in, `NAME.sigmf-data` and `NAME.sigmf-meta` out.

    Until :meth:`finish` the samples lie in `NAME.sigmf-data.partial`, and there is no metadata file: what was killed
    in between does not pass for a recording, and its samples are not lost either.  Nothing is overwritten.  Memory
    holds no samples.  As a context manager it finishes even when an exception passes: the samples that came are good.

    Args:
        path: name of the recording, with or without one of SigMF's suffixes; folders are made.
        sample_rate: complex samples per second, Hz.
        format: a key of `FORMATS`, the type of what is written.
        frequency: centre frequency, Hz, if known.
        live: the samples come as they are received; their time of arrival is noted.
        author, description, hw: texts for the SigMF fields of these names.
        fields: further public facts, for the namespace ``deepjscec``; see docs/recordings.md.

    Raises:
        ValueError: for metadata that SigMF does not allow, naming the field.
        OSError: where a file of that name exists or cannot be made.
    """

    def __init__(
        self,
        path: str | Path,
        sample_rate: float,
        *,
        format: str = "cf32",
        frequency: float | None = None,
        live: bool = True,
        author: str = "",
        description: str = "",
        hw: str = "",
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        self.path, self._data = pair(path)  #: path of the metadata
        if not math.isfinite(sample_rate):
            raise ValueError(f"recording {self.path}: core:sample_rate: {sample_rate} is not a number of Hz")
        datatype, self._sample_bytes = FORMATS[format]
        texts = {"author": author, "description": description, "hw": hw}
        self._metadata = make_metadata(datatype, sample_rate, frequency, texts, fields or {})
        check(self._metadata, f"recording {self.path}")
        self._format, self._live = format, live
        self._annotations: list[Annotation] = []
        self._annotations_written = -1
        self._lock = Lock()
        self._bytes = 0
        self._digest = hashlib.sha512()
        self._file: FileIO | None = None  #: opened by the first sample: a flowgraph that never ran leaves nothing
        self._finished = False
        self._partial = self._data.with_name(f"{self._data.name}.partial")
        for there in (self.path, self._data, self._partial):
            if there.exists():
                raise FileExistsError(f"recording {there}: exists already, a recording is never overwritten")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise type(error)(f"recording {self.path}: {error.strerror}") from None
        if not os.access(self.path.parent, os.W_OK | os.X_OK):
            raise PermissionError(f"recording {self.path}: the folder cannot be written")

    @property
    def length(self) -> int:
        """Whole samples written so far."""
        return self._bytes // self._sample_bytes

    def write(self, samples: NDArray[np.complex64]) -> None:
        """Append complex64[n]; only for the format cf32.  Raises as :meth:`write_bytes`."""
        if self._format != "cf32":
            raise ValueError(f"recording {self.path}: complex samples for a recording of {self._format}")
        self.write_bytes(np.ascontiguousarray(samples, "<c8").data)

    def write_bytes(self, data: bytes | memoryview) -> None:
        """Append raw samples of the recording's format; they may be cut anywhere.

        Raises:
            OSError: where the disk refuses; what it has taken stays good.
            ValueError: after :meth:`finish`.
        """
        if self._finished:
            raise ValueError(f"recording {self.path}: finished already")
        rest = memoryview(data).cast("B")
        if rest and self._file is None:
            self._file = self._partial.open("xb", buffering=0)
            if self._live:
                now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
                self._metadata["captures"][0]["core:datetime"] = now
        while rest and self._file:
            # Unbuffered, so that the count stays true when the disk is full in the middle of a chunk.
            written = self._file.write(rest) or 0
            self._digest.update(rest[:written])
            self._bytes += written
            rest = rest[written:]

    def annotate(self, annotation: Annotation) -> None:
        """Note a packet.  Also after :meth:`finish`, and then another one writes it."""
        self._annotations.append(annotation)

    def finish(self) -> bool:
        """Make it a recording; False, and no file, when there was no sample.  May be called from any thread, and again.

        Raises:
            OSError: where a file cannot be written; the samples stay in the partial file.
        """
        with self._lock:
            if self._file is not None and not self._finished:
                self._finish_data(self._file)
            self._finished = True
            count = len(self._annotations)
            if self.length and count > self._annotations_written:
                ours = sorted(self._annotations[:count], key=lambda a: a.start)
                self._metadata["annotations"] = [a.as_sigmf() for a in ours]
                check(self._metadata, f"recording {self.path}")
                write_metadata(self.path, self._metadata)
                self._annotations_written = count
            return self.length > 0

    def _finish_data(self, file: FileIO) -> None:
        with file:
            if self._bytes % self._sample_bytes:
                self._bytes = self.length * self._sample_bytes
                file.truncate(self._bytes)
                with self._partial.open("rb") as whole:
                    self._digest = hashlib.file_digest(whole, "sha512")
            os.fsync(file.fileno())
        if not self._bytes:
            self._partial.unlink()
            return
        os.rename(self._partial, self._data)
        self._metadata["global"]["core:sha512"] = self._digest.hexdigest()

    def __enter__(self) -> RecordingWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish()
