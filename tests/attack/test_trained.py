# SPDX-License-Identifier: GPL-3.0-or-later
"""Eve's trained network, in few steps, and the suite that runs all attacks."""

import json

import numpy as np
import pytest

from deepjscec.attack import run_passive
from deepjscec.attack.front_end import fit_front_end
from deepjscec.attack.guess import guess
from tests.attack.attack_setup import RATE, codec, codewords, held_out, known, oracle

pytest.importorskip("torch")
pytest.importorskip("onnx")

from deepjscec.attack.trained import Eavesdropper, train_eve


def trained(name, pairs, steps):
    eve, rng = oracle(name), np.random.default_rng(1)
    front_end = fit_front_end(eve, codewords(), pairs, rng)
    return train_eve(eve, codec(), known(), held_out(), RATE, front_end, rng, steps=steps, batch=16)[0]


def test_network_starts_as_bobs_decoder_behind_the_regression():
    eve = oracle("static_isometry")
    front_end = fit_front_end(eve, codewords(), 4000, np.random.default_rng(2))
    features = front_end.features(eve.encrypt(codec().encode_batch(held_out(), RATE)))
    symbols, noise_var = front_end.as_received(front_end.estimate(features))
    expected = codec().decode_batch(symbols, noise_var, (32, 32), RATE)
    found = Eavesdropper(codec(), front_end, (32, 32), RATE).pictures(features)
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_order_of_tiles_is_the_codecs():
    front_end = fit_front_end(oracle("none"), codewords(), 4000, np.random.default_rng(2))
    wide = np.concatenate(list(held_out()[:6].reshape(2, 3, 32, 32, 3).transpose(0, 2, 1, 3, 4).reshape(2, 32, 96, 3)))
    sent = codec().encode_batch(wide[None], RATE)
    rest = sent.shape[1] - len(front_end.error)
    padded = type(front_end)(
        None,
        np.zeros(2 * sent.shape[1], np.float32),
        np.eye(2 * sent.shape[1], dtype=np.float32),
        np.zeros(2 * sent.shape[1], np.float32),
        np.concatenate([front_end.error, np.full(rest, 0.001, np.float32)]),
    )
    symbols, noise_var = padded.as_received(sent)
    expected = codec().decode_batch(symbols, noise_var, (64, 96), RATE)
    found = Eavesdropper(codec(), padded, (64, 96), RATE).pictures(sent.view(np.float32))
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_training_makes_up_for_a_poor_start():
    found = trained("static_isometry", pairs=100, steps=40)
    assert found.pairs == 640
    assert found.psnr_db > found.start_db + 1


def test_trained_network_is_left_guessing_by_the_isometric_cipher():
    found = trained("isometric", pairs=2000, steps=20)
    assert found.psnr_db < guess(known(), held_out())[0].best_constant_db + 0.5


def test_bad_input_is_refused():
    rng = np.random.default_rng(0)
    front_end = fit_front_end(oracle("none"), codewords(), 200, rng)
    with pytest.raises(ValueError, match="0 steps of 64 pictures"):
        train_eve(oracle("none"), codec(), known(), held_out(), RATE, front_end, rng, steps=0)
    with pytest.raises(ValueError, match="48 x 32 are not whole tiles"):
        Eavesdropper(codec(), front_end, (32, 48), RATE)


def test_suite_runs_every_attack_and_gives_json_and_pictures():
    lines = []
    found = run_passive(
        codec(),
        known()[:300],
        held_out()[:8],
        ["isometric", "none"],
        ciphertexts=2000,
        pairs=2000,
        steps=1,
        rng=np.random.default_rng(3),
        note=lines.append,
    )
    results = json.loads(json.dumps(found["results"]))
    assert set(results["ciphers"]) == {"isometric", "none"}
    for name, own in results["ciphers"].items():
        assert own["control"] == (name == "none")
        assert len(own["distinguisher"]) == 3
        assert all("network" in told["validation_accuracy"] for told in own["distinguisher"].values())
        gained = own["trained"]["psnr_db"] - results["guess"]["mean_picture_db"]
        assert (gained > 5) == (name == "none")
        for pictures in found["pictures"]["ciphers"][name].values():
            assert pictures.shape == (8, 32, 32, 3)
            assert pictures.dtype == np.uint8
    assert sum("told apart" in line for line in lines) == 6


def test_suite_refuses_an_unknown_name_before_it_starts():
    with pytest.raises(ValueError, match="unknown cipher or control 'rot13'"):
        run_passive(
            codec(),
            known(),
            held_out(),
            ["none", "rot13"],
            ciphertexts=100,
            pairs=100,
            steps=0,
            rng=np.random.default_rng(0),
            note=print,
        )
