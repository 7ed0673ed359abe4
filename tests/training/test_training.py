# SPDX-License-Identifier: GPL-3.0-or-later
"""Training on a small network: it learns, it resumes, it exports."""

import itertools
import json
import os
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from deepjscec.app.pictures import default_picture  # noqa: E402
from deepjscec.app.quality import psnr_db  # noqa: E402
from deepjscec.codec import Codec  # noqa: E402
from deepjscec.codec.layout import latent_to_blocks  # noqa: E402
from deepjscec.training.config import (  # noqa: E402
    load_config,
)
from deepjscec.training.export import export, load_model  # noqa: E402
from deepjscec.training.export import main as export_main  # noqa: E402
from deepjscec.training.images import pack_images  # noqa: E402
from deepjscec.training.network import Architecture  # noqa: E402
from deepjscec.training.patches import PatchSource  # noqa: E402
from deepjscec.training.train import main  # noqa: E402
from deepjscec.training.trainer import learning_rate_at  # noqa: E402
from deepjscec.training.weights import read_weights  # noqa: E402
from tests.training.training_setup import TOY  # noqa: E402

CONFIG = f"""{TOY}
scales = [1.0, 0.5]
adaptive = 0.5
held_out = 1
[channel]
tiers = {{ 1 = 0.5, 2 = 0.5 }}
[optimiser]
learning_rate = 2e-3
warmup_steps = 5
"""


@pytest.fixture
def setting(tmp_path):
    (tmp_path / "toy.toml").write_text(CONFIG)
    picture = default_picture()
    crops = [picture[y : y + 120, x : x + 100] for y in (0, 150, 300) for x in (0, 200, 400)]
    pack_images(crops, tmp_path / "photos.npz")
    return tmp_path


def arguments(setting, out, steps, *more):
    return [
        str(setting / "toy.toml"),
        "--data",
        f"photos={setting / 'photos.npz'}",
        "--out",
        str(setting / out),
        "--steps",
        str(steps),
        "--validate-every",
        "30",
        "--device",
        "cpu",
        "--threads",
        "1",
        *more,
    ]


def weights(folder):
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    return {f"{part}.{key}": value for part in ("model", "average") for key, value in state[part].items()}


def test_training_lowers_the_error_on_pictures_held_out(setting):
    assert main(arguments(setting, "run", 150)) == 0
    log = [json.loads(line) for line in (setting / "run" / "log.jsonl").read_text().splitlines()]
    assert [record["step"] for record in log] == [30, 60, 90, 120, 150]
    assert log[-1]["photos 1/24 20 dB"] > log[0]["photos 1/24 20 dB"] + 1


def test_resumed_run_equals_an_uninterrupted_one(setting):
    assert main(arguments(setting, "whole", 12)) == 0
    # the schedule depends on the total, so the first leg is cut by time instead: none at all, then the rest
    assert main(arguments(setting, "legs", 12, "--minutes", "0")) == 0
    state = torch.load(setting / "legs" / "checkpoint.pt", weights_only=True)
    assert state["step"] == 0
    from deepjscec.training import train as module

    calls = iter(range(7))
    real = module.time.monotonic
    try:  # a clock that passes the deadline after some steps
        module.time.monotonic = lambda: 0.0 if next(calls, None) is not None else 1e9
        assert main(arguments(setting, "legs", 12, "--minutes", "1")) == 0
    finally:
        module.time.monotonic = real
    assert 0 < torch.load(setting / "legs" / "checkpoint.pt", weights_only=True)["step"] < 12
    assert main(arguments(setting, "legs", 12)) == 0
    for key, value in weights(setting / "whole").items():
        assert torch.equal(value, weights(setting / "legs")[key]), key


def test_same_seed_gives_same_weights_and_another_seed_others(setting):
    for out, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert main(arguments(setting, out, 3, "--seed", seed)) == 0
    a, b, c = (weights(setting / out) for out in "abc")
    assert all(torch.equal(a[key], b[key]) for key in a)
    assert not all(torch.equal(a[key], c[key]) for key in a)


def test_exported_model_equals_the_trained_one(setting):
    main(arguments(setting, "run", 5))
    export(setting / "run" / "checkpoint.pt", setting / "toy", {"data": "crops of a test picture"})
    codec = Codec.load(setting / "toy")
    model, _ = load_model(setting / "run" / "checkpoint.pt")
    image = default_picture()[:64, :96]
    planes = torch.from_numpy(image.transpose(2, 0, 1).copy())[None].float() / 255
    with torch.no_grad():
        sent = torch.full((1, 1, 2, 3), 2.0)
        latent = model.encode(planes, sent, torch.tensor([12.0]))
        symbols = latent_to_blocks(codec.card, latent.numpy(), 2).reshape(-1)
        np.testing.assert_allclose(codec.encode(image, "1/24", snr_db=12), symbols, atol=5e-3)  # weights have 11 bits
        variance = torch.full((1, codec.card.tiers * codec.card.tier_channels, 8, 12), 0.1)
        expected = (model.decoder(latent, variance, sent)[0] * 255).round().clamp(0, 255).permute(1, 2, 0).numpy()
    decoded = codec.decode(symbols, 0.1, (64, 96), "1/24")
    assert np.abs(decoded - expected).max() <= 1
    card = json.loads((setting / "toy" / "card.json").read_text())
    assert card["training"]["steps"] == 5
    assert card["training"]["data"] == "crops of a test picture"


def test_residual_blocks_in_8_bits_come_close_to_the_model(setting, capsys):
    main(arguments(setting, "run", 30))
    checkpoint = setting / "run" / "checkpoint.pt"
    pack_images([default_picture()[:200, :200]], setting / "larger.npz")
    export(checkpoint, setting / "toy", {})
    export(checkpoint, setting / "toy8", {}, "int8", str(setting / "larger.npz"))
    assert b"QuantizeLinear" in (setting / "toy8" / "decoder.onnx").read_bytes()
    image = default_picture()[:128, :128]
    exact, rough = Codec.load(setting / "toy"), Codec.load(setting / "toy8")
    error = exact.encode(image, "1/24") - rough.encode(image, "1/24")
    assert 0 < np.mean(np.abs(error) ** 2) < 0.01
    decoded = [codec.decode(exact.encode(image, "1/24"), 0.01, (128, 128), "1/24") for codec in (exact, rough)]
    assert psnr_db(*decoded) > 35
    assert main(arguments(setting, "more", 0, "--init", str(setting / "toy8"))) == 2
    assert "8 bits" in capsys.readouterr().err


def test_training_goes_on_from_an_exported_model(setting):
    main(arguments(setting, "run", 5))
    export(setting / "run" / "checkpoint.pt", setting / "toy", {})
    assert main(arguments(setting, "more", 0, "--init", str(setting / "toy"))) == 0
    before, after = weights(setting / "run"), weights(setting / "more")
    for key, value in after.items():
        if key.startswith("model."):
            averaged = before[key.replace("model.", "average.module.", 1)]
            torch.testing.assert_close(value, averaged, rtol=1e-3, atol=1e-6)  # stored with 11 bits


def test_weights_of_another_architecture_are_refused(setting):
    main(arguments(setting, "run", 0))
    with pytest.raises(ValueError, match=r"checkpoint\.pt: of another \[model\]"):
        read_weights(setting / "run" / "checkpoint.pt", Architecture())
    with pytest.raises(ValueError, match="no model to start from"):
        read_weights(setting, Architecture())


def run_two_processes(*command):
    """As torchrun does, on this machine alone."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    result = subprocess.run([*torchrun, *command], env=environment, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr[-3000:]


def test_two_processes_train_one_model(setting):
    pytest.importorskip("torch.distributed")
    run_two_processes("-m", "deepjscec.training.train", *arguments(setting, "two", 30))
    assert main(arguments(setting, "one", 30)) == 0
    two, one = weights(setting / "two"), weights(setting / "one")
    assert not all(torch.equal(two[key], one[key]) for key in one)  # the other process's gradients are in it
    log = (setting / "two" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in log] == [30]  # one of them writes


def test_averaged_gradients_are_the_mean_of_the_processes(tmp_path):
    script = (
        "import sys, torch\n"
        "from deepjscec.training.distributed import ProcessGroup\n"
        "rank = int(sys.argv[1])\n"
        f"torch.distributed.init_process_group('gloo', 'file://{tmp_path}/store', rank=rank, world_size=2)\n"
        "with ProcessGroup(rank, 2) as group:\n"
        "    p = torch.nn.Parameter(torch.full((3,), float(rank)))\n"
        "    p.grad = torch.full((3,), 2.0 * rank)\n"
        "    group.average_gradients([p])\n"
        "    group.share_first([p])\n"
        "    assert p.grad.tolist() == [1.0] * 3 and p.tolist() == [0.0] * 3, (p, p.grad)\n"
        "    assert group.any(rank == 1) and not group.any(False)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    processes = [subprocess.Popen([sys.executable, "-c", script, str(rank)], env=environment) for rank in range(2)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]


@pytest.mark.parametrize("kind", ["rayleigh", "modulo"])
def test_training_runs_over_the_other_channels(setting, kind):
    (setting / "toy.toml").write_text(CONFIG.replace("[channel]\n", f'[channel]\nkind = "{kind}"\n'))
    assert main(arguments(setting, "run", 210)) == 0
    log = [json.loads(line) for line in (setting / "run" / "log.jsonl").read_text().splitlines()]
    assert log[-1]["photos 1/24 20 dB"] > log[0]["photos 1/24 20 dB"] + 0.5


def test_learning_rate_warms_up_stays_and_ends_at_nothing():
    settings = load_config_text().optimiser
    rates = [learning_rate_at(step, 1000, settings) for step in range(1001)]
    assert rates[0] < rates[4] == rates[500] == settings.learning_rate
    assert rates[1000] == 0
    assert all(b <= a for a, b in itertools.pairwise(rates[5:]))


def load_config_text(text=CONFIG, path=None):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "c.toml")
        path.write_text(text)
        return load_config(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("tier_choices = [1, 2]\n", "teirs = 2\n", "'teirs'"),
        ("tier_choices = [1, 2]\n", "tier_choices = [2, 1]\n", "tier_choices"),
        ('"1/24" = 2', '"1/24" = 3', "rate 1/24: 3 tiers are none of tier_choices"),
        ('"1/24" = 2', '"1/12" = 2', "rate 1/12 is not that of 2 tiers, 1/24"),
        ("tiers = { 1 = 0.5", "tiers = { 8 = 0.5", "data photos: 8 tiers"),
        ("warmup_steps = 5", "warmup_steps = 0", "warmup_steps 0"),
        ("[optimiser]\n", '[optimiser]\nkind = "sgd"\n', "'sgd'"),
        ("[channel]\n", '[channel]\nkind = "fog"\n', "'fog'"),
        ('name = "toy"', 'nmae = "toy"', "nmae"),
        ("[rates]", "[rates", "c.toml"),
    ],
)
def test_configuration_errors_name_the_key(old, new, message):
    with pytest.raises(ValueError, match=message):
        load_config_text(CONFIG.replace(old, new, 1))


def test_batches_grow_by_a_factor(setting, monkeypatch):
    sizes, draw = [], PatchSource.draw
    monkeypatch.setattr(PatchSource, "draw", lambda self, count, rng: sizes.append(count) or draw(self, count, rng))
    assert main(arguments(setting, "run", 2, "--batch-factor", "3")) == 0
    assert sizes == [12, 12]


def test_bad_input_is_one_line_and_exit_code_2(setting, capsys):
    cases = [
        [str(setting / "none.toml"), "--out", str(setting / "x")],
        [str(setting / "toy.toml"), "--out", str(setting / "x")],
        [str(setting / "toy.toml"), "--data", "photos=/no/such/file", "--out", str(setting / "x")],
    ]
    for case in cases:
        assert main(case) == 2
        assert capsys.readouterr().err.count("\n") == 1
    for more in (["--device", "fog"], ["--validate-every", "0"], ["--init", str(setting)]):
        try:
            code = main(arguments(setting, "x", 1, *more))
        except SystemExit as stop:
            code = stop.code
        assert code == 2
        assert more[1] in capsys.readouterr().err
    torch.save({"step": 1}, setting / "old.pt")
    assert export_main([str(setting / "old.pt"), "--out", str(setting / "model")]) == 2
    assert "old.pt: cannot be read (no 'average' inside" in capsys.readouterr().err
    (setting / "bad.pt").write_bytes(b"no checkpoint")
    assert export_main([str(setting / "bad.pt"), "--out", str(setting / "model")]) == 2
    assert "bad.pt" in capsys.readouterr().err
    assert not (setting / "model").exists()
