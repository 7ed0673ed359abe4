# SPDX-License-Identifier: GPL-3.0-or-later
"""`deepjscec attack`: the whole suite, and what came of it as data, figures and pictures."""

from __future__ import annotations

import math
import sys
from argparse import Namespace
from dataclasses import asdict
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from deepjscec import __version__
from deepjscec.app.attack_figures import psnr_of_attacks
from deepjscec.app.attack_report import write_attack_report
from deepjscec.app.results import result_folder, write_json
from deepjscec.attack.active import run_active
from deepjscec.attack.front_end import MOST_PARTS
from deepjscec.attack.oracle import REAL_CIPHERS
from deepjscec.attack.suite import run_passive
from deepjscec.codec import Codec

DEFAULT_STEPS = 100
LEAST_CIPHERTEXTS, LEAST_PAIRS, LEAST_PICTURES = 1000, 1000, 40
MOST_DEVIATIONS = 4.5  # from guessing; chance exceeds it once in 10^5, while one 99 % interval in a hundred misses
CONTROL_ACCURACY = 0.99
MOST_BEHIND_DB = 1.5  # of Bob, on a control
MOST_AHEAD_DB = 0.5  # of a guess, on a cipher
SIDE = 32  # of the pictures that are cut out
KNOWN, HELD_OUT = 1500, 200


def run(arguments: Namespace) -> int:
    """Returns 0, or 1 as `_conclude` says. Raises `ValueError` or `OSError` on bad input."""
    codec = Codec.load(arguments.model)
    rate = codec.rates[0 if arguments.rate is None else codec.rate_index(arguments.rate)]
    for name, least in (("ciphertexts", LEAST_CIPHERTEXTS), ("pairs", LEAST_PAIRS)):
        if getattr(arguments, name) < least:
            raise ValueError(f"--{name} {getattr(arguments, name)}: needs {least} or more")
    rng = np.random.default_rng(arguments.seed)
    known, held_out = _pictures(arguments, rng)
    steps = _steps(arguments.steps)
    _check_size(codec, (known.shape[1], known.shape[2]), rate, steps)
    with result_folder(arguments.out) as folder:
        names = list(dict.fromkeys(arguments.cipher))
        found = run_passive(
            codec,
            known,
            held_out,
            names,
            ciphertexts=arguments.ciphertexts,
            pairs=arguments.pairs,
            steps=steps,
            rng=rng,
            rate=rate,
        )
        results: dict[str, Any] = {"version": __version__, "model_hash": codec.model_hash.hex(), **found["results"]}
        results["active"] = {
            cipher: [asdict(result) for result in run_active(codec.card, arguments.attempts, rng, cipher)]
            for cipher in names
            if cipher in REAL_CIPHERS and arguments.attempts
        }
        write_json(folder / "attack.json", results)
        write_attack_report(folder / "report.html", results, found["pictures"])
    print(f"results in {arguments.out}: attack.json and report.html")
    return _conclude(results)


def _check_size(codec: Codec, shape: tuple[int, int], rate: Fraction, steps: int) -> None:
    """`ValueError` for pictures that the attacks cannot take, before any of them begins."""
    length = codec.codeword_length(shape, rate)
    if length > MOST_PARTS // 2:
        raise ValueError(f"codewords of {length} symbols are too long for the regression: at most {MOST_PARTS // 2}")
    if steps and any(side % codec.card.unit for side in shape):
        raise ValueError(
            f"--steps: pictures of {shape[1]} x {shape[0]} pixels are not whole tiles of {codec.card.unit}"
        )


def _steps(asked: int | None) -> int:
    torch = find_spec("torch") is not None
    if asked is None and not torch:
        print("deepjscec attack: no torch here, so Eve trains no network (`make train-setup`)", file=sys.stderr)
    if asked and not torch:
        raise ValueError("--steps: training needs torch; `make train-setup` installs it")
    return (DEFAULT_STEPS if torch else 0) if asked is None else asked


def _pictures(arguments: Namespace, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """What Eve learns from and what she attacks, uint8[n, H, W, 3] each."""
    if arguments.pictures is None:
        if arguments.held_out is not None:
            raise ValueError("--held-out needs --pictures")
        return _cut_out(rng)
    known = _load(arguments.pictures)
    if arguments.held_out is not None:
        held_out = _load(arguments.held_out)
        if held_out.shape[1:] != known.shape[1:]:
            raise ValueError(f"{arguments.held_out}: pictures of another size than in {arguments.pictures}")
        return known, held_out
    order = rng.permutation(len(known))
    share = max(LEAST_PICTURES // 2, len(known) // 8)
    return known[order[share:]], known[order[:share]]


def _load(path: Path) -> np.ndarray:
    from deepjscec.training.images import load_images

    images = load_images(path)
    if len({image.shape for image in images}) > 1:
        raise ValueError(f"{path}: pictures of several sizes, and Eve learns from one")
    if len(images) < LEAST_PICTURES:
        raise ValueError(f"{path}: {len(images)} pictures, needs {LEAST_PICTURES} or more")
    return np.stack(images)


def _cut_out(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Cut-outs of photographs that ship with scikit-image, and of one that Eve has not seen."""
    from skimage import data

    def cut(photographs: list[np.ndarray], count: int) -> np.ndarray:
        pictures = []
        for index in range(count):
            photograph = photographs[index % len(photographs)][:: 1 + index % 3, :: 1 + index % 3]
            y, x = (rng.integers(side - SIDE + 1) for side in photograph.shape[:2])
            pictures.append(photograph[y : y + SIDE, x : x + SIDE])
        return np.stack(pictures)

    return cut([data.astronaut(), data.coffee()], KNOWN), cut([data.chelsea()], HELD_OUT)


def _conclude(results: dict[str, Any]) -> int:
    """1, and a line for each, where Eve got anything out of or into a real cipher, or nothing out of a control."""
    findings = []
    guess = max(results["guess"].values())
    psnr = psnr_of_attacks(results)
    for name, attacks in results["ciphers"].items():
        best = max(value for values in psnr.values() if (value := values.get(name)) is not None)
        for what, told in attacks["distinguisher"].items():
            deviations = (told["correct"] - told["tested"] / 2) / math.sqrt(told["tested"] / 4)
            if attacks["control"] and told["accuracy"] < CONTROL_ACCURACY:
                findings.append(
                    f"{name}: {what} told apart with {told['accuracy']:.4f} only; these attacks show nothing"
                )
            elif not attacks["control"] and abs(deviations) > MOST_DEVIATIONS:
                findings.append(f"{name}: {what} told apart with accuracy {told['accuracy']:.4f}")
        if attacks["control"] and best < results["bob_db"] - MOST_BEHIND_DB:
            findings.append(f"{name}: no picture of more than {best:.2f} dB; these attacks show nothing")
        elif not attacks["control"] and best > guess + MOST_AHEAD_DB:
            findings.append(f"{name}: a picture of {best:.2f} dB, where a guess has {guess:.2f} dB")
    for name, attacks in results["active"].items():
        for a in attacks:
            if a["accepted"] or a["genuine_refused"]:
                findings.append(
                    f"{name}: {a['name']}: {a['accepted']} of {a['attempts']} accepted, "
                    f"{a['genuine_refused']} of Alice's {a['genuine']} refused"
                )
    for finding in findings:
        print(f"deepjscec attack: {finding}", file=sys.stderr)
    return 1 if findings else 0
