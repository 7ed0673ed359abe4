# SPDX-License-Identifier: GPL-3.0-or-later
"""The video that is made on the spot moves, stays inside its photographs and is the same each time."""

import numpy as np
import pytest

from deepjscec.app.demo_frames import SCENES, demo_frames


def test_frames_move_slowly_within_a_scene_and_change_with_it():
    frames = np.stack(list(demo_frames(48, 64)))
    assert frames.shape == (48, 64, 64, 3) and frames.dtype == np.uint8
    steps = np.abs(np.diff(frames.astype(int), axis=0)).mean(axis=(1, 2, 3))
    scene = 48 // len(SCENES)
    cuts = steps[scene - 1 :: scene]
    within = np.delete(steps, np.arange(scene - 1, 47, scene))
    assert len(cuts) == len(SCENES) - 1 and cuts.min() > np.median(within)
    assert np.count_nonzero(within) > 0.7 * within.size


def test_frames_are_the_same_each_time():
    for one, other in zip(demo_frames(8, 32), demo_frames(8, 32), strict=True):
        np.testing.assert_array_equal(one, other)


def test_scenes_can_be_chosen():
    cat = next(iter(demo_frames(4, 48, ("cat",))))
    np.testing.assert_array_equal(cat, list(demo_frames(16, 48))[4 * SCENES.index("cat")])


@pytest.mark.parametrize(
    "count, scenes, said", [(10, SCENES, "10 frames"), (0, SCENES, "0 frames"), (4, ("dog",), "dog"), (4, (), "choose")]
)
def test_what_cannot_be_made_is_refused(count, scenes, said):
    with pytest.raises(ValueError, match=said):
        demo_frames(count, 64, scenes)
