# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations: what they refuse, and that those that ship are whole."""

from dataclasses import replace

import pytest

from deepjscec.cli import main
from deepjscec.evaluation.cell import cells_of
from deepjscec.evaluation.configuration import find_configurations, load_experiment
from tests.evaluation.evaluation_setup import CONFIGURATIONS, SMALL

SCHEME = '[[scheme]]\nkind = "jscc"\nname = "isometric"'

IDEAL = '[[scheme]]\nkind = "ideal"\nname = "isometric"\nsource = "hevc"'


@pytest.mark.parametrize("path", find_configurations([CONFIGURATIONS]), ids=lambda path: path.stem)
def test_every_configuration_that_ships_is_accepted(path):
    experiment = load_experiment(path)
    cells = cells_of(experiment)
    assert len({cell.place for cell in cells}) == len(cells) > 0
    if experiment.strip:
        assert any(cell.kept for cell in cells)
    used = {cell.scheme.name for cell in cells}
    assert used == {scheme.name for scheme in experiment.schemes}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("repeats = 2", "repeat = 2", "unknown key 'repeat'"),
        ("repeats = 2", "repeats = 0", "repeats"),
        ("repeats = 2", "repeats = 1.5", "repeats: 1.5 is not a whole number"),
        ("repeats = 2", "repeats = true", "repeats: True is not a whole number"),
        ('title = "Small"', "", "missing key 'title'"),
        ('title = "Small"', "title = 3", "title: 3 is not a text"),
        ("snr_db = [0, 15]\nrepeats", "snr_db = [0, 0]\nrepeats", "one level twice"),
        ("snr_db = [0, 15]\nrepeats", "snr_db = [nan]\nrepeats", "is not a number"),
        ("snr_db = [0, 15]\nrepeats", "snr_db = [200]\nrepeats", "200"),
        ("snr_db = [0, 15]\nrepeats", "snr_db = 3\nrepeats", "3 is not a list"),
        ("snr_db = [0, 15]\nrepeats", "snr_db = []\nrepeats", "must not be empty"),
        ('rates = ["1/12", "1/6"]', 'rates = ["2/12"]', "'2/12' is not a fraction in lowest terms"),
        ('rates = ["1/12", "1/6"]', 'rates = ["1/0"]', "'1/0'"),
        ('rates = ["1/12", "1/6"]', 'rates = ["1/7"]', "rate 1/7 is not offered by model 'cifar'"),
        ('kind = "awgn"', 'kind = "awng"', "kind 'awng'"),
        ('kind = "waveform"', 'kind = "waveform"\noffset_hz = 1e6', "offset_hz"),
        ('kind = "waveform"', 'kind = "waveform"\nprofile = "x"', "profile must be one of"),
        ('kind = "waveform"', 'kind = "awgn"', "two are called 'awgn'"),
        (SCHEME, SCHEME.replace("jscc", "jsc"), "kind 'jsc' is none of jscc, classifier, separate, ideal"),
        (SCHEME, SCHEME + "\nsource = 'hevc'", "unknown key 'source'"),
        (SCHEME, SCHEME.replace('"isometric"', '"lwe"'), "two are called 'lwe'"),
        (SCHEME, SCHEME.replace('"isometric"', '"../x"'), "name '../x'"),
        (SCHEME, SCHEME + '\nreceiver = "mallory"', "'mallory'"),
        (SCHEME, SCHEME + '\npictures = ["kodak"]', "'kodak' is none of crops"),
        (SCHEME, SCHEME + '\nchannels = ["rayleigh"]', "'rayleigh' is none of awgn, waveform"),
        ('cipher = "lwe"', 'cipher = "rot13"', "cipher 'rot13'"),
        ('model = "cifar"', 'model = "nothing"', "'nothing'"),
        (SCHEME, SCHEME.replace("jscc", "classifier"), "model 'cifar' is no classifier"),
        (SCHEME + '\nmodel = "cifar"', IDEAL + "\nreceiver = 'eve'", "without the key AES leaves Eve no picture"),
        (SCHEME + '\nmodel = "cifar"', IDEAL + "\nchannels = ['waveform']", "this capacity is that of awgn"),
        (SCHEME + '\nmodel = "cifar"', IDEAL.replace("hevc", "gif"), "no source coder 'gif'"),
        (
            'kind = "awgn"',
            'kind = "rayleigh"\n\n' + IDEAL.replace("isometric", "bound"),
            "none of its channels is measured",
        ),
        ('against = "lwe"', 'against = "hevc"', "scheme 'hevc' is none of eve, isometric, lwe"),
        ("picture = [0, 3]", "picture = [0, 30]", "picture 30 of 6"),
        ("picture = [0, 3]", "picture = [0, 3]\ncrop = [20, 0, 20, 20]", "smaller than the crop"),
        ("picture = [0, 3]", "picture = [0, 3]\ncrop = [20, 0, 20]", "crop"),
        ("snr_db = [0, 15]\npicture", "snr_db = [0, 14]\npicture", "no scheme is measured at rate 1/6 and 14 dB"),
        (SCHEME + '\nmodel = "cifar"', IDEAL, "scheme isometric needs training pictures"),
        ('name = "crops"', 'name = "other"', "--data other=PATH"),
        ("[strip]\n", "[[strip]]\n", "strip"),
        ("[[pictures]]\n", "[pictures]\n", "write [[pictures]]"),
        ("limit = 6", "limit = -6", "limit"),
        ("[[scheme]]", "[[scheme", "line"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2_before_anything_runs(folder, tmp_path, capsys, old, new, message):
    assert old in SMALL
    path = tmp_path / "wrong.toml"
    path.write_text(SMALL.replace(old, new, 1))
    arguments = [str(path), "--data", f"crops={folder / 'crops.npz'}", "--out", str(tmp_path / "out")]
    assert main(["evaluate", *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.count("\n") == 1
    assert captured.out == "" and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "needs configurations, or --images"),
        (["none.toml"], "none.toml: No such file"),
        (["none.toml", "--images", "x"], "--images goes without configurations alone"),
        (["none.toml", "--snr", "3"], "--snr goes without configurations alone"),
        (["--images", "x", "--dask", "local"], "--dask goes with configurations alone"),
        (["none.toml", "--data", "a=b", "--data", "a=c"], "--data: pictures 'a' are given twice"),
        (["--images", "x", "--data", "a=b"], "--data goes with configurations alone"),
    ],
)
def test_the_two_ways_to_call_it_are_kept_apart(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--data", "cifar"], ["--jobs", "0"], ["--jobs", "two"]], ids=lambda words: " ".join(words)
)
def test_bad_arguments_are_refused_by_the_parser(capsys, arguments):
    with pytest.raises(SystemExit) as stop:
        main(["evaluate", "x.toml", *arguments])
    assert stop.value.code == 2 and repr(arguments[1]) in capsys.readouterr().err


def test_an_unreachable_cluster_is_one_line(folder, tmp_path, capsys, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("deepjscec.evaluation.execution.CONNECTION_TIMEOUT", "1s")
    (tmp_path / "small.toml").write_text(SMALL)
    data = f"crops={folder / 'crops.npz'}"
    out = str(tmp_path / "out")
    arguments = ["evaluate", str(tmp_path / "small.toml"), "--data", data, "--out", out, "--dask", "tcp://127.0.0.1:9"]
    assert main(arguments) == 2
    assert "--dask tcp://127.0.0.1:9:" in capsys.readouterr().err.splitlines()[-1]


def test_keys_of_a_cell_are_its_own_and_its_channel_is_shared_by_schemes():
    cells = cells_of(load_experiment(CONFIGURATIONS / "short.toml"))
    keys = {cell.own_numbers(0).bytes(32) for cell in cells}
    assert len(keys) == len(cells)
    one, other = (
        next(c for c in cells if c.scheme.name == name and c.channel.kind == "rayleigh")
        for name in ("isometric", "none")
    )
    assert one.channel_numbers(0).bytes(8) == other.channel_numbers(0).bytes(8)
    assert one.channel_numbers(0).bytes(8) != one.channel_numbers(1).bytes(8)
    assert one.own_numbers(0).bytes(8) != replace(one, seed=2).own_numbers(0).bytes(8)
    eve = replace(one, scheme=replace(one.scheme, receiver="eve"))
    assert eve.channel_numbers(0).bytes(8) != one.channel_numbers(0).bytes(8)
