# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of pictures, and what lies in them beside pictures."""

import math

import numpy as np
import pytest
from PIL import Image

from deepjscec.frames import centre_square, open_frames
from tests.frames.playing import Played, grey, write_picture


def test_folder_gives_its_pictures_in_numerical_order(tmp_path):
    for number in (10, 2, 1):
        write_picture(tmp_path / f"frame{number}.png", number)
    assert Played(open_frames(str(tmp_path), fps=100)).end().numbers == [1, 2, 10]


def test_pictures_come_at_their_rate(tmp_path):
    for number in range(5):
        write_picture(tmp_path / f"{number}.png", number)
    played = Played(open_frames(str(tmp_path), fps=5, repeat=True)).until(lambda p: len(p.numbers) >= 11)
    played.stop()
    late = played.source.stats["late"]  # on a busy machine
    assert late < 5
    assert set(played.numbers) <= {0, 1, 2, 3, 4} and played.numbers.count(0) >= 2
    assert played.times[10] - played.times[0] == pytest.approx(2.0, abs=0.2 * late + 0.19)


def test_single_picture_is_read_again_when_it_changes(tmp_path):
    path = write_picture(tmp_path / "now.jpg", 3)
    played = Played(open_frames(str(path), fps=50, repeat=True)).until(lambda p: 3 in p.numbers)
    write_picture(tmp_path / "next.jpg", 12).replace(path)
    played.until(lambda p: 12 in p.numbers).stop()


def test_folder_takes_up_what_arrives_and_leaves_out_what_is_no_picture(tmp_path):
    write_picture(tmp_path / "a.png", 1)
    (tmp_path / "notes.txt").write_text("no picture")
    whole = write_picture(tmp_path.parent / f"{tmp_path.name}.png", 5).read_bytes()
    half = tmp_path / "b.png"
    half.write_bytes(whole[:60])  # as if it were still being written
    played = Played(open_frames(str(tmp_path), fps=50, repeat=True))
    played.until(lambda p: len(p.numbers) > 20)
    assert sorted(message.split("/")[-1].split(":")[0] for message in played.failures) == ["b.png", "notes.txt"]
    half.write_bytes(whole)
    write_picture(tmp_path / "c.png", 9)
    played.until(lambda p: {1, 5, 9} <= set(p.numbers)).stop()
    assert len(played.failures) == 2


def test_empty_folder_waits_for_pictures_when_it_repeats(tmp_path):
    played = Played(open_frames(str(tmp_path), fps=50, repeat=True))
    write_picture(tmp_path / "late.png", 7)
    played.until(lambda p: 7 in p.numbers).stop()


def test_folder_that_goes_away_and_comes_back(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    write_picture(folder / "a.png", 1)
    played = Played(open_frames(str(folder), fps=50, repeat=True)).until(lambda p: 1 in p.numbers)
    folder.rename(tmp_path / "away")
    played.until(lambda p: p.warnings)
    played.until(lambda p: p.source.stats["failed"] > 1)
    assert len(played.warnings) == 1 and "No such file" in played.warnings[0]
    write_picture(tmp_path / "away" / "b.png", 8)
    (tmp_path / "away").rename(folder)
    played.until(lambda p: 8 in p.numbers).stop()


def test_slow_use_drops_frames_and_counts_them(tmp_path):
    for number in range(20):
        write_picture(tmp_path / f"{number}.png", number)
    played = Played(open_frames(str(tmp_path), fps=40), work=0.1).end()
    assert len(played.numbers) + played.source.stats["late"] == 20
    assert played.source.stats["late"] >= 10
    assert played.numbers == sorted(played.numbers)


def test_stop_does_not_wait_for_the_next_picture(tmp_path):
    path = write_picture(tmp_path / "a.png", 1)
    played = Played(open_frames(str(path), fps=0.01, repeat=True)).until(lambda p: p.numbers)
    assert played.stop() < 0.5


@pytest.mark.parametrize("source", ["absent.png", "empty", "broken.png"])
def test_nothing_to_be_read_is_said_at_once(tmp_path, source):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.png").write_bytes(write_picture(tmp_path / "a.png", 1).read_bytes()[:50])
    with pytest.raises(ValueError, match=source) as error:
        open_frames(str(tmp_path / source))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("fps", [-1, math.nan, math.inf])
def test_bad_rate_is_refused(tmp_path, fps):
    write_picture(tmp_path / "a.png", 1)
    for source in (str(tmp_path), "tcp://127.0.0.1:1"):
        with pytest.raises(ValueError, match=f"fps {fps}"):
            open_frames(source, fps=fps)


def test_other_modes_become_rgb(tmp_path):
    deep = np.full((40, 40), 0x8000, np.uint16)
    Image.fromarray(deep).save(tmp_path / "a.png")
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(tmp_path / "b.png")
    loads = [frame.load for frame in open_frames(str(tmp_path)).frames()]
    assert [load()[0, 0].tolist() for load in loads] == [[128] * 3, [255] * 3]


def test_centre_square_keeps_the_middle():
    wide = np.zeros((64, 256, 3), np.uint8)
    wide[:, 96:160] = 200
    middle = centre_square(wide, 32)
    assert middle.shape == (32, 32, 3)
    assert (middle > 180).all() and (middle[:, 2:-2] == 200).all()  # interpolation looks a little beyond the edges
    square = grey(3)
    assert centre_square(square, len(square)) is square
