# SPDX-License-Identifier: GPL-3.0-or-later
"""Video files: pace, repetition, rate, orientation, damage."""

import struct
import subprocess
import sys

import numpy as np
import pytest

from deepjscec.frames import open_frames
from tests.frames.playing import Played, grey, write_video

pytest.importorskip("av")


def test_frames_come_in_order_at_the_videos_pace(tmp_path):
    played = Played(open_frames(str(write_video(tmp_path / "v.mp4", frames=12, fps=10)))).end()
    late = played.source.stats["late"]
    assert len(played.numbers) + late == 12 and late < 6
    assert played.numbers == sorted(set(played.numbers)) and not played.failures
    assert played.times[-1] - played.times[0] == pytest.approx(1.1, abs=0.1 * late + 0.15)


def test_repeated_video_begins_again(tmp_path):
    source = open_frames(str(write_video(tmp_path / "v.mp4", frames=4, fps=20)), repeat=True)
    played = Played(source).until(lambda p: len(p.numbers) >= 12)
    played.stop()
    assert played.numbers.count(0) >= 2 and set(played.numbers) == {0, 1, 2, 3}


def test_lower_rate_leaves_frames_out(tmp_path):
    source = open_frames(str(write_video(tmp_path / "v.avi", frames=20, fps=20)), fps=5)
    assert [round(20 * frame.at) for frame in source.frames()] == [0, 4, 8, 12, 16]
    assert source.stats["skipped"] == 15


def test_uneven_rate_keeps_to_the_mean(tmp_path):
    source = open_frames(str(write_video(tmp_path / "v.avi", frames=60, fps=20)), fps=7)
    assert len(list(source.frames())) == 21  # of three seconds


def test_higher_rate_gives_every_frame_once(tmp_path):
    source = open_frames(str(write_video(tmp_path / "v.avi", frames=8, fps=20)), fps=100)
    assert len(list(source.frames())) == 8 and source.stats["skipped"] == 0
    assert source.period == pytest.approx(1 / 20)


def test_one_slow_use_does_not_stop_the_video(tmp_path):
    played = Played(open_frames(str(write_video(tmp_path / "v.mp4", frames=30, fps=25))), work=0.15).end()
    assert len(played.numbers) + played.source.stats["late"] == 30
    assert 3 <= len(played.numbers) <= 12


def test_turned_video_is_upright(tmp_path):
    """A telephone held upright records lying frames and a matrix that turns them."""

    def corner(number):
        pixels = np.zeros((64, 96, 3), np.uint8)
        pixels[:32, 64:] = 255  # top right
        return pixels

    path = write_video(tmp_path / "v.mp4", frames=2, pixels=corner)
    data = path.read_bytes()
    at = data.index(struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30), data.index(b"tkhd"))
    turned = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 64 << 16, 0, 1 << 30)  # a quarter turn clockwise
    path.write_bytes(data[:at] + turned + data[at + 36 :])
    pixels = next(open_frames(str(path)).frames()).load()
    assert pixels.shape == (96, 64, 3)
    assert pixels[70:90, 40:60].mean() > 230 and pixels[:50, 5:].mean() < 20  # bottom right


@pytest.mark.parametrize("content", [b"", b"no video", b"\x00\x00\x00\x18ftypmp42" + bytes(100)])
def test_what_is_no_video_is_said_at_once(tmp_path, content):
    path = tmp_path / "v.mp4"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"v\.mp4") as error:
        open_frames(str(path))
    assert "\n" not in str(error.value)


def test_sound_alone_is_no_video(tmp_path):
    import wave

    with wave.open(str(tmp_path / "s.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    with pytest.raises(ValueError, match="no pictures"):
        open_frames(str(tmp_path / "s.wav"))


def test_video_that_goes_away_is_counted_and_tried_again(tmp_path):
    path = write_video(tmp_path / "v.mp4", frames=3, fps=30)
    played = Played(open_frames(str(path), repeat=True)).until(lambda p: p.numbers)
    path.rename(tmp_path / "away.mp4")
    played.until(lambda p: p.source.stats["failed"])
    assert "v.mp4" in played.warnings[0]
    before = len(played.numbers)
    (tmp_path / "away.mp4").rename(path)
    played.until(lambda p: len(p.numbers) > before).stop()


def test_video_cut_off_in_the_middle_gives_what_is_there(tmp_path):
    whole = write_video(tmp_path / "whole.avi", frames=20, fps=20, pixels=lambda n: np.roll(noise(), n, axis=0))
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    count = len(list(open_frames(str(cut)).frames()))
    assert 3 <= count < 20


def noise():
    return np.random.default_rng(0).integers(0, 256, grey(0).shape, np.uint8)


def test_missing_pyav_is_said_in_one_line(tmp_path):
    (tmp_path / "v.mp4").write_bytes(b"x")
    script = (
        "import sys; sys.modules['av'] = None\n"
        "from deepjscec.frames import open_frames\n"
        f"try: open_frames({str(tmp_path / 'v.mp4')!r})\n"
        "except ValueError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert said.count("\n") == 1 and "pip install av" in said
