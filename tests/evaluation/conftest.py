# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests of the evaluation."""

import pytest

from tests.evaluation.evaluation_setup import write_crops


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """With crops.npz and train.npz inside."""
    return write_crops(tmp_path_factory.mktemp("evaluation"))
