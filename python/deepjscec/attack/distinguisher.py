# SPDX-License-Identifier: GPL-3.0-or-later
"""The chosen-plaintext distinguisher: two pictures of Eve's choice, and she must say which one a ciphertext hides.

She sees labelled ciphertexts first (half of all), picks the best of her rules on a quarter, and is tested once, by that
one rule, on the last quarter. Nothing is chosen on the part tested on, so its confidence interval holds as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from deepjscec.attack.discriminants import ClassMoments
from deepjscec.attack.features import Features, feature_sets
from deepjscec.attack.interval import clopper_pearson
from deepjscec.attack.oracle import Ciphertexts, Oracle

if TYPE_CHECKING:
    from deepjscec.attack.small_network import SmallNetwork

CHUNK = 8192  # ciphertexts at a time: bounded memory for any number
NETWORK_SHARE = 200_000  # ciphertexts that the network learns from; what it finds, it finds early or not at all
FEWEST = 64

Batch = tuple[np.ndarray, Ciphertexts]  # bool[n] and n ciphertexts
Decision = Callable[[Ciphertexts], np.ndarray]


@dataclass(frozen=True)
class Distinguished:
    """How well ciphertexts of two pictures are told apart; 0.5 is guessing."""

    cipher: str
    ciphertexts: int  # all: half to learn from, a quarter to choose by, a quarter to be tested on
    validation_accuracy: dict[str, float]  # of every rule
    best: str  # rule, chosen by that
    tested: int
    correct: int
    accuracy: float
    interval: tuple[float, float]  # Clopper-Pearson
    confidence: float

    @property
    def is_guessing(self) -> bool:
        """Whether the interval holds one half."""
        return self.interval[0] <= 0.5 <= self.interval[1]


def chosen_pictures(natural: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Pairs of pictures that Eve may choose, name -> uint8[2, H, W, 3], of the size of `natural` uint8[2, H, W, 3]."""
    shape = natural.shape[1:]
    black, white = np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8)
    noise = rng.integers(0, 256, shape, np.uint8)
    return {
        "black and white": np.stack([black, white]),
        "black and noise": np.stack([black, noise]),
        "two photographs": natural,
    }


def distinguish(
    oracle: Oracle,
    codewords: np.ndarray,
    ciphertexts: int,
    rng: np.random.Generator,
    *,
    network: bool = False,
    confidence: float = 0.99,
) -> Distinguished:
    """Attack `oracle` with two `codewords` complex64[2, k] and so many `ciphertexts`, labels drawn by `rng`.

    `network` adds a small trained network (torch) to the rules. Raises `ValueError` for fewer than 64 ciphertexts or
    codewords that are not two.
    """
    if ciphertexts < FEWEST:
        raise ValueError(f"{ciphertexts} ciphertexts are too few to learn from: {FEWEST} at least")
    if codewords.ndim != 2 or len(codewords) != 2:
        raise ValueError(f"Eve chooses two codewords, not an array of shape {codewords.shape}")
    learning, choosing = ciphertexts // 2, ciphertexts // 4
    sets = feature_sets(codewords, oracle.block_size)
    rules = _learn(_batches(oracle, codewords, learning, rng), sets, oracle.block_size, rng if network else None)
    hits = dict.fromkeys(rules, 0)
    for labels, seen in _batches(oracle, codewords, choosing, rng):
        for name, decide in rules.items():
            hits[name] += int((decide(seen) == labels).sum())
    best = max(hits, key=lambda name: hits[name])
    correct = sum(
        int((rules[best](seen) == labels).sum())
        for labels, seen in _batches(oracle, codewords, ciphertexts - learning - choosing, rng)
    )
    tested = ciphertexts - learning - choosing
    return Distinguished(
        cipher=oracle.name,
        ciphertexts=ciphertexts,
        validation_accuracy={name: count / choosing for name, count in hits.items()},
        best=best,
        tested=tested,
        correct=correct,
        accuracy=correct / tested,
        interval=clopper_pearson(correct, tested, confidence),
        confidence=confidence,
    )


def _batches(oracle: Oracle, codewords: np.ndarray, count: int, rng: np.random.Generator) -> Iterator[Batch]:
    for start in range(0, count, CHUNK):
        labels = rng.random(min(CHUNK, count - start)) < 0.5
        yield labels, oracle.encrypt(codewords[labels.astype(int)])


def _learn(
    batches: Iterator[Batch], sets: dict[str, Features], block_size: int, rng: np.random.Generator | None
) -> dict[str, Decision]:
    """All rules, fitted to the labelled batches; with a network where `rng` is there to start it."""

    def everything(seen: Ciphertexts) -> np.ndarray:
        return np.concatenate([features(seen) for features in sets.values()], axis=1)

    first = next(batches)
    moments = {name: ClassMoments(features(first[1]), first[0]) for name, features in sets.items()}
    net: SmallNetwork | None = None
    if rng is not None:
        from deepjscec.attack.small_network import SmallNetwork

        net = SmallNetwork(everything(first[1]), int(rng.integers(2**31)))
    done = 0
    for labels, seen in chain([first], batches):
        for name, features in sets.items():
            moments[name].add(features(seen), labels)
        if net is not None and done < NETWORK_SHARE:
            net.learn(everything(seen), labels)
        done += len(labels)

    def decision(rule: Callable[[np.ndarray], np.ndarray], features: Features) -> Decision:
        return lambda seen: rule(features(seen))

    rules: dict[str, Decision] = {}
    for name, features in sets.items():
        rules[f"linear, {name}"] = decision(moments[name].linear().decide, features)
        rules[f"quadratic, {name}"] = decision(moments[name].quadratic().decide, features)
    reals, prefix = first[1].parts().shape[1], first[1].prefix.shape[1]
    block = np.append(np.arange(reals) // (2 * block_size), np.full(prefix, -1))
    rules["quadratic, symbols by block"] = decision(moments["symbols"].quadratic(block).decide, sets["symbols"])
    if net is not None:
        rules["network"] = decision(net.decide, everything)
    return rules
