# SPDX-License-Identifier: GPL-3.0-or-later
"""The same results from one process, several and a Dask cluster; runs that go on where others ended."""

import json
from dataclasses import replace

import numpy as np
import pytest

from deepjscec.evaluation import run
from deepjscec.evaluation.cell import cells_of
from deepjscec.evaluation.configuration import load_experiment
from deepjscec.evaluation.measure import measure
from deepjscec.evaluation.picture_set import PictureSet
from tests.evaluation.evaluation_setup import CONFIGURATIONS, SMALL, evaluate


@pytest.fixture(scope="module")
def small(folder):
    return evaluate(folder, SMALL, "small")


def same_files(one, other):
    for name in ("small.json", "small.md", "small.png"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_several_processes_give_the_same_bytes(folder, small):
    pytest.importorskip("joblib")
    same_files(small, evaluate(folder, SMALL, "joblib", "--jobs", "2"))


def test_a_dask_cluster_gives_the_same_bytes(folder, small):
    pytest.importorskip("distributed")
    same_files(small, evaluate(folder, SMALL, "dask", "--jobs", "2", "--dask", "local"))


def test_a_second_run_measures_nothing(folder, small, capsys):
    before = (small / "small.json").read_bytes()
    evaluate(folder, SMALL, "small")
    said = capsys.readouterr().out
    assert "14 cells, 14 known, 0 to measure" in said
    assert "pictures 'cifar-train' are not used by any configuration" in said
    assert (small / "small.json").read_bytes() == before
    assert (small / "cells" / ".gitignore").read_text() == "*\n"  # nobody commits unfinished work


def test_an_interrupted_run_loses_one_cell_and_goes_on(folder, small, monkeypatch, capsys):
    count = 0

    def interrupted(cell, *rest):
        nonlocal count
        count += 1
        if count == 4:
            raise KeyboardInterrupt
        return genuine(cell, *rest)

    genuine = run.run_tasks.__globals__["measure"]
    with monkeypatch.context() as patch:
        patch.setitem(run.run_tasks.__globals__, "measure", interrupted)
        with pytest.raises(AssertionError, match="130"):
            evaluate(folder, SMALL, "interrupted")
    assert len(list((folder / "interrupted" / "cells" / "small").iterdir())) == 3
    assert not (folder / "interrupted" / "small.json").exists()
    capsys.readouterr()
    again = evaluate(folder, SMALL, "interrupted")
    assert "14 cells, 3 known, 11 to measure" in capsys.readouterr().out
    same_files(small, again)


def test_a_changed_configuration_is_measured_again_where_it_matters_and_said(folder, capsys):
    alone = SMALL[: SMALL.index('[[channel]]\nkind = "waveform"')] + SMALL[SMALL.index("[[scheme]]") :]
    out = evaluate(folder, alone, "changed")
    first = json.loads((out / "small.json").read_text())
    capsys.readouterr()
    evaluate(folder, alone.replace("repeats = 2", "repeats = 1"), "changed")
    text = capsys.readouterr().out
    assert "7 cells, 0 known, 7 to measure" in text and "7 measured again, repeats: 2 is now 1" in text
    evaluate(
        folder, alone.replace('cipher = "lwe"', 'cipher = "modulo"').replace("repeats = 2", "repeats = 1"), "changed"
    )
    text = capsys.readouterr().out
    assert "7 cells, 5 known, 2 to measure" in text and "'lwe' is now 'modulo'" in text
    assert first["configuration"]["repeats"] == 2


def test_a_spoiled_cell_is_measured_again(folder, small, capsys):
    victim = small / "cells" / "small" / "lwe_crops_1-6_awgn_0dB.json"
    victim.write_text(victim.read_text()[:100])
    before = (small / "small.json").read_bytes()
    evaluate(folder, SMALL, "small")
    text = capsys.readouterr().out
    assert "13 known, 1 to measure" in text and "1 measured again, unreadable" in text
    assert (small / "small.json").read_bytes() == before


def test_fresh_measures_everything_again(folder, small, capsys):
    before = (small / "small.json").read_bytes()
    evaluate(folder, SMALL, "small", "--fresh")
    assert "0 known, 14 to measure" in capsys.readouterr().out
    assert (small / "small.json").read_bytes() == before


def test_results_say_what_they_were_made_of(small):
    result = json.loads((small / "small.json").read_text())
    assert result["configuration"]["schemes"][0]["cipher"] == "isometric"  # a default, spelt out
    assert {"deepjscec", "numpy", "onnxruntime"} <= set(result["versions"])
    assert len(result["models"]["cifar"]) == 16
    assert result["pictures"]["crops"]["count"] == 6
    assert len(result["rows"]) == 14
    for row in result["rows"]:
        low, high = row["psnr_db_interval"]
        assert low < row["psnr_db"] < high
        assert abs(row["true_snr_db"] - row["snr_db"]) < 0.5


@pytest.mark.parametrize(
    ("inputs", "message"),
    [({"numpy": "0.1"}, "numpy .*, and not 0.1"), ({"model": "00"}, "model 'cifar' is another one here")],
)
def test_a_worker_with_other_libraries_or_models_refuses(inputs, message):
    cell = cells_of(load_experiment(CONFIGURATIONS / "short.toml"))[0]
    pictures = PictureSet([np.zeros((32, 32, 3), np.uint8)])
    with pytest.raises(ValueError, match=message):
        measure(replace(cell, inputs=inputs), pictures)
