# SPDX-License-Identifier: GPL-3.0-or-later
"""SigMF metadata: made, checked, written all at once, and given annotations afterwards."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepjscec import __version__

NAMESPACE = "deepjscec"  #: of the fields that SigMF's core does not have, see docs/recordings.md
NAMESPACE_VERSION = "1.0.0"
GENERATOR = "gr-deepjscec"  #: marks the annotations that are ours

#: SigMF datatypes by the names that radio tools give to files of raw samples, with the bytes of a sample.
FORMATS = {"cf32": ("cf32_le", 8), "ci16": ("ci16_le", 4), "ci8": ("ci8", 2), "cu8": ("cu8", 2)}


@dataclass(frozen=True)
class Annotation:
    """A stretch of a recording, such as a packet: `start` and `length` in samples, `fields` of our namespace."""

    start: int
    length: int
    label: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_packet(cls, start: int, length: int, snr_db: float, cfo_hz: float) -> Annotation:
        """A received packet: where it lies, its Es/N0 in dB and its carrier frequency offset in Hz."""
        fields = {"snr_db": round(snr_db, 3), "cfo_hz": round(cfo_hz, 3)}
        return cls(start, length, f"packet {snr_db:.1f} dB", fields)

    def as_sigmf(self) -> dict[str, Any]:
        return {
            "core:sample_start": self.start,
            "core:sample_count": self.length,
            "core:label": self.label,
            "core:generator": GENERATOR,
            **namespaced(self.fields),
        }


def namespaced(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields under the names that they have in a file."""
    return {f"{NAMESPACE}:{name}": value for name, value in fields.items()}


def pair(path: str | Path) -> tuple[Path, Path]:
    """Metadata file and data file of a recording, named by one of them or by what both begin with."""
    path = Path(path)
    if not path.name:
        raise ValueError(f"recording {str(path)!r}: no file name")
    stem = path.name.removesuffix(".sigmf-meta").removesuffix(".sigmf-data")
    return path.with_name(f"{stem}.sigmf-meta"), path.with_name(f"{stem}.sigmf-data")


def make_metadata(
    datatype: str,
    sample_rate: float,
    frequency: float | None,
    texts: Mapping[str, str],
    fields: Mapping[str, Any],
) -> dict[str, Any]:
    """Metadata of a recording to be.

    Args:
        datatype: SigMF's name for the samples' type.
        sample_rate: complex samples per second, Hz.
        frequency: centre frequency, Hz, or None.
        texts: core fields such as ``author``; empty ones are left out.
        fields: further fields for our namespace; anything that JSON can hold.
    """
    import sigmf

    capture: dict[str, Any] = {"core:sample_start": 0}
    if frequency is not None:
        capture["core:frequency"] = frequency
    return {
        "global": {
            "core:datatype": datatype,
            "core:sample_rate": sample_rate,
            "core:version": sigmf.__specification__,
            "core:recorder": f"{GENERATOR} {__version__}",
            **{f"core:{name}": text for name, text in texts.items() if text},
            "core:extensions": [{"name": NAMESPACE, "version": NAMESPACE_VERSION, "optional": True}],
            **namespaced(fields),
        },
        "captures": [capture],
        "annotations": [],
    }


def check(metadata: Any, where: str) -> None:
    """`ValueError` naming `where` and the field unless the metadata are valid SigMF."""
    import jsonschema
    import sigmf.validate

    try:
        json.dumps(metadata, allow_nan=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # other programs' undeclared extensions are no concern of ours
            sigmf.validate.validate(metadata)
    except jsonschema.ValidationError as error:
        place = "/".join(map(str, error.absolute_path)) or "metadata"
        raise ValueError(f"{where}: {place}: {error.message.splitlines()[0][:200]}") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{where}: metadata: {error}") from None


def parse(raw: bytes, where: str) -> dict[str, Any]:
    """Metadata from a file's bytes, checked. `ValueError` names `where`."""
    try:
        metadata: dict[str, Any] = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where}: not JSON: {error}") from None
    check(metadata, where)
    return metadata


def read_metadata(path: Path) -> dict[str, Any]:
    """The metadata in a file, checked. `ValueError` or `OSError` names the file."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise type(error)(f"recording {path}: {error.strerror}") from None
    return parse(raw, f"recording {path}")


def write_metadata(path: Path, metadata: Mapping[str, Any]) -> None:
    """Write a metadata file whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w") as file:
        json.dump(metadata, file, indent=2, allow_nan=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def annotate(path: str | Path, annotations: Iterable[Annotation], first: int, last: int) -> None:
    """Put annotations into the metadata of a recording, in place of those put there before; others' stay.

    `path` of either file; `first` sample and the one behind the `last` of the stretch that was looked at: annotations
    that begin outside it stay, too. Raises `ValueError` or `OSError` that names the file.
    """
    meta, _ = pair(path)
    metadata = read_metadata(meta)
    others = [
        a
        for a in metadata["annotations"]
        if a.get("core:generator") != GENERATOR or not first <= a["core:sample_start"] < last
    ]
    ours = [a.as_sigmf() for a in annotations]
    metadata["annotations"] = sorted(others + ours, key=lambda a: a["core:sample_start"])
    extensions = metadata["global"].setdefault("core:extensions", [])
    if not any(extension["name"] == NAMESPACE for extension in extensions):
        extensions.append({"name": NAMESPACE, "version": NAMESPACE_VERSION, "optional": True})
    check(metadata, f"recording {meta}")
    write_metadata(meta, metadata)
