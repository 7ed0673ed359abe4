# SPDX-License-Identifier: GPL-3.0-or-later
"""Planes of samples to FFmpeg's frames, and what a decoder of FFmpeg's makes of coded pictures to planes."""

from __future__ import annotations

import av
import numpy as np


def frame_of(planes: list[np.ndarray], pixel_format: str) -> av.VideoFrame:
    """The frame of uint8[H, W] planes, luma first, in a planar `pixel_format` of 8 bits."""
    height, width = planes[0].shape
    frame = av.VideoFrame(width, height, pixel_format)
    for plane, samples in zip(frame.planes, planes, strict=True):
        rows = np.zeros((plane.height, plane.line_size), np.uint8)
        rows[:, : plane.width] = samples
        plane.update(rows.tobytes())
    return frame


def decode_pictures(decoder: str, streams: list[bytes], shape: tuple[int, int]) -> list[np.ndarray]:
    """The planes, uint8[n, H, W] each, of n pictures coded for themselves.

    Args:
        decoder: FFmpeg's name of it.
        streams: everything that it needs for one picture, parameter sets included.
        shape: (H, W) of each.

    Raises:
        ValueError: a stream gave no picture, or one of another size.
    """
    context = av.CodecContext.create(decoder, "r")
    assert isinstance(context, av.VideoCodecContext)
    context.thread_count = 1
    frames: dict[int | None, av.VideoFrame] = {}
    try:
        for i, stream in enumerate(streams):
            packet = av.Packet(stream)
            packet.pts = i
            frames.update((frame.pts, frame) for frame in context.decode(packet))
        frames.update((frame.pts, frame) for frame in context.decode(None))
    except av.FFmpegError as error:
        raise ValueError(f"no picture of {shape[0]} x {shape[1]} for {decoder}: {error}") from error
    ordered = [frames[i] for i in range(len(streams)) if i in frames]
    if len(ordered) != len(streams) or any((frame.height, frame.width) != shape for frame in ordered):
        raise ValueError(
            f"{decoder}: {len(streams)} payloads gave {len(ordered)} pictures, or other sizes than {shape}"
        )
    planes: list[list[np.ndarray]] = [[], [], []]
    for frame in ordered:
        for plane, samples in zip(planes, frame.planes, strict=True):
            rows = np.frombuffer(memoryview(samples), np.uint8).reshape(samples.height, samples.line_size)
            plane.append(rows[:, : samples.width])
    return [np.stack(plane) for plane in planes]
