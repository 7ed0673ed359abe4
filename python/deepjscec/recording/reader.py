# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a SigMF recording, or a SigMF archive, in pieces."""

from __future__ import annotations

import hashlib
import tarfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .metadata import NAMESPACE, pair, parse, read_metadata

CHUNK = 1 << 18  #: samples
HASH_BYTES = 1 << 20  #: read at a time


class Recording:
    """A recording of one stream of complex samples, its data verified; made by :meth:`open`.

    Attributes:
        path: of the metadata, or of the archive.
        datatype: SigMF's name of the samples' type; :meth:`chunks` gives complex64 whatever it is.
        sample_rate: complex samples per second, Hz.
        frequency: centre frequency of the first capture, Hz, or None.
        length: complex samples.
        fields: what our namespace holds, by the names without it.
    """

    def __init__(self, path: Path, signal: Any) -> None:
        """`signal`: a ``sigmf.SigMFFile`` with its data."""
        self.path, self._signal = path, signal
        everything = signal.get_global_info()
        self.datatype: str = everything["core:datatype"]
        self.sample_rate = float(everything["core:sample_rate"])
        captures = signal.get_captures()
        self.frequency: float | None = captures[0].get("core:frequency") if captures else None
        self.length: int = signal.sample_count
        prefix = f"{NAMESPACE}:"
        self.fields = {key[len(prefix) :]: value for key, value in everything.items() if key.startswith(prefix)}

    @classmethod
    def open(cls, path: str | Path) -> Recording:
        """Open `NAME.sigmf-meta` (also by its data file, or without a suffix) or the archive `NAME.sigmf`.

        Raises:
            ValueError: one line that names file and field: metadata that are no SigMF, several channels, samples that
                are not complex, data that are missing, empty, no whole number of samples, or have another hash.
            OSError: for a file that cannot be read.
        """
        path = Path(path)
        if path.suffix == ".sigmf":
            return cls(path, _from_archive(path))
        meta, data = pair(path)
        metadata = read_metadata(meta)
        name = metadata["global"].get("core:dataset")
        if name is not None and name != data.name:
            raise ValueError(f"recording {meta}: core:dataset: {name!r} is another file than {data.name}")
        if not data.is_file():
            raise FileNotFoundError(f"recording {data}: no such file")
        return cls(meta, _attach(metadata, meta, data, 0, data.stat().st_size))

    def chunks(self, start: int = 0, stop: int | None = None, size: int = CHUNK) -> Iterator[NDArray[np.complex64]]:
        """Samples from index `start` up to `stop`, complex64 in pieces of up to `size`.

        Integers are scaled to -1 ... 1, unsigned ones freed of their middle.  `OSError` where the file cannot be read.
        """
        stop = self.length if stop is None else min(stop, self.length)
        for first in range(start, stop, size):
            try:
                samples = self._signal.read_samples(first, min(size, stop - first))
            except OSError as error:
                raise type(error)(f"recording {self.path}: {error.strerror or error}") from None
            yield samples.astype(np.complex64, copy=False)


def _from_archive(path: Path) -> Any:
    """An archive is an uncompressed tar of both files, which are read where they lie in it."""
    try:
        with tarfile.open(path, "r:") as archive:
            files = {Path(member.name).suffix: member for member in archive.getmembers() if member.isfile()}
            if not {".sigmf-meta", ".sigmf-data"} <= files.keys():
                raise ValueError(f"recording {path}: the archive holds no metadata or no data")
            held = archive.extractfile(files[".sigmf-meta"])
            raw = held.read() if held else b""
    except tarfile.TarError as error:
        raise ValueError(f"recording {path}: not a SigMF archive: {error}") from None
    except OSError as error:
        raise type(error)(f"recording {path}: {error.strerror or error}") from None
    data = files[".sigmf-data"]
    return _attach(parse(raw, f"recording {path}"), path, path, data.offset_data, data.size)


def _attach(metadata: dict[str, Any], path: Path, data: Path, offset: int, size: int) -> Any:
    """The recording whose samples are `size` bytes of the file `data` from `offset` on, all of it verified."""
    import sigmf

    everything, captures = metadata["global"], metadata["captures"]
    where = f"recording {path}"
    if "core:sample_rate" not in everything:
        raise ValueError(f"{where}: core:sample_rate: missing")
    if everything.get("core:num_channels", 1) != 1:
        raise ValueError(f"{where}: core:num_channels: {everything['core:num_channels']}, and only one can be read")
    if not everything["core:datatype"].startswith("c"):
        raise ValueError(f"{where}: core:datatype: {everything['core:datatype']} is not complex")
    if everything.get("core:trailing_bytes", 0) or any(c.get("core:header_bytes", 0) for c in captures):
        raise ValueError(f"{where}: core:header_bytes, core:trailing_bytes: only plain samples can be read")
    signal = sigmf.SigMFFile(metadata=metadata)
    step = signal.get_sample_size()
    if not size:
        raise ValueError(f"recording {data}: holds no samples")
    if size % step:
        raise ValueError(
            f"recording {data}: {size} bytes are no whole number of samples of {step} bytes (core:datatype "
            f"{everything['core:datatype']}); was the file cut?"
        )
    wanted = everything.get("core:sha512")
    if wanted is not None and _sha512(data, offset, size) != wanted.lower():
        raise ValueError(f"recording {data}: its hash is not core:sha512 of the metadata; was the file cut or changed?")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # annotations beyond the end harm nothing here
        signal.set_data_file(data, skip_checksum=True, offset=offset, size_bytes=size)
    return signal


def _sha512(path: Path, offset: int, size: int) -> str:
    digest = hashlib.sha512()
    with path.open("rb") as file:
        file.seek(offset)
        while size and (data := file.read(min(size, HASH_BYTES))):
            digest.update(data)
            size -= len(data)
    return digest.hexdigest()
