# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind of source a name means."""

from __future__ import annotations

from pathlib import Path

from .camera import CameraFrames
from .live import LiveFrames
from .pacing import StoredFrames
from .pictures import PictureFrames
from .subscriber import SubscribedFrames
from .video import VideoFrames

FrameSource = StoredFrames | LiveFrames


def open_frames(source: str, fps: float = 0.0, repeat: bool = False) -> FrameSource:
    """The frames of `source`.

    - a picture file or a folder of them: `fps` a second, 0 for one;
    - a video file: at its own pace, with `fps` at most so many frames a second;
    - a camera, `/dev/video0` or a URL (`rtsp://`, `http://`, `udp://`): the newest frame, at most `fps` a second;
    - a ZeroMQ publisher of encoded pictures, `tcp://host:port` or `ipc://file`: likewise.

    `repeat`: pictures and videos begin again after their end; cameras and sockets have none. Raises `ValueError` or
    `OSError` in one line where there is nothing to be read.
    """
    if source.startswith(("tcp://", "ipc://")):
        return SubscribedFrames(source, fps)
    path = Path(source)
    if "://" in source or path.is_char_device():
        return CameraFrames(source, fps)
    if not path.exists():
        raise ValueError(f"source {source}: no such file, folder or device")
    if not path.is_dir() and not path.is_file():
        raise ValueError(f"source {source}: neither file nor folder nor camera")
    if path.is_dir() or _is_picture(path):
        return PictureFrames(path, fps, repeat)
    return VideoFrames(path, fps, repeat)


def _is_picture(path: Path) -> bool:
    from PIL import Image, UnidentifiedImageError

    try:
        Image.open(path).close()
    except UnidentifiedImageError:
        return False
    except Exception:  # a picture, but a damaged one: PictureFrames says what is wrong
        return True
    return True
