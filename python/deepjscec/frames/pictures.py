# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames from picture files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .decoding import decode_picture
from .pacing import Frame, StoredFrames, checked_rate

FPS = 1.0  # pictures have no rate of their own


class StillFrames(StoredFrames):
    """One picture uint8[H, W, 3], once or again and again, `fps` times a second (0: every second)."""

    def __init__(self, pixels: np.ndarray, fps: float = 0.0, repeat: bool = False) -> None:
        super().__init__(repeat)
        self._pixels, self._fps = pixels, checked_rate(fps) or FPS

    @property
    def period(self) -> float:
        return 1 / self._fps

    def frames(self) -> Iterator[Frame]:
        yield Frame(0.0, lambda: self._pixels)


class PictureFrames(StoredFrames):
    """The pictures of a folder in the order of their names, or a single one, `fps` a second (0: one).

    Frame numbers are put in numerical order. Each pass through a folder takes the files that are there by then. What
    turns out to be no picture is left out until it changes: it may have been read while it was written. Raises
    `ValueError` where there is no picture, but for a folder when it repeats, which pictures may still reach.
    """

    def __init__(self, path: str | Path, fps: float = 0.0, repeat: bool = False) -> None:
        super().__init__(repeat)
        self._path, self._fps = Path(path), checked_rate(fps) or FPS
        self._is_folder = self._path.is_dir()  # remembered: it may go away and come back
        self._unusable: dict[Path, tuple[int, int]] = {}  # and what they looked like
        self._decoded: tuple[tuple[Path, int, int], np.ndarray] | None = None  # the last one
        if not self._is_folder:
            self._load(self._path)
        elif not repeat and not any(map(self._is_picture, self._files())):
            raise ValueError(f"folder {path}: no picture in it")

    @property
    def period(self) -> float:
        return 1 / self._fps

    def frames(self) -> Iterator[Frame]:
        files = self._files() if self._is_folder else [self._path]
        files = [file for file in files if self._unusable.get(file) != _state(file)]
        for number, file in enumerate(files):
            yield Frame(number / self._fps, lambda file=file: self._load(file))  # type: ignore[misc]

    def _files(self) -> list[Path]:
        try:
            found = [file for file in self._path.iterdir() if file.is_file() and not file.name.startswith(".")]
        except OSError as error:
            raise OSError(f"folder {self._path}: {error.strerror}") from None
        return sorted(found, key=_numerical)

    def _load(self, file: Path) -> np.ndarray:
        state = _state(file)
        key = (file, *state)
        if self._decoded is None or self._decoded[0] != key:
            try:
                self._decoded = key, decode_picture(file)
            except ValueError:
                self._unusable[file] = state
                raise
        return self._decoded[1]

    def _is_picture(self, file: Path) -> bool:
        try:
            self._load(file)
        except ValueError:
            return False
        return True


def _state(file: Path) -> tuple[int, int]:
    """What changes when somebody writes to a file."""
    try:
        stat = file.stat()
    except OSError:
        return 0, -1
    return stat.st_mtime_ns, stat.st_size


def _numerical(file: Path) -> list[str | int]:
    """frame2 before frame10; texts and numbers alternate, so only like is compared with like."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", file.name)]
