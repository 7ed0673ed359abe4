# SPDX-License-Identifier: GPL-3.0-or-later
"""All passive attacks, one cipher or control after the other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from deepjscec.attack.averaging import average
from deepjscec.attack.distinguisher import chosen_pictures, distinguish
from deepjscec.attack.guess import decode_as_if_unencrypted, guess, try_wrong_key
from deepjscec.attack.known_plaintext import known_plaintext
from deepjscec.attack.oracle import REAL_CIPHERS, make_oracle
from deepjscec.attack.pictures import decode_noiseless, mean_psnr_db, size_of
from deepjscec.codec import Codec
from deepjscec.codec.codec import Rate
from deepjscec.crypto.cipher import CIPHER_NAMES

SHOWN = 8  # pictures returned of each attack
REPEATED = 32  # pictures that are sent again and again
NOISY_VAR = 1.0  # of the channel on which averaging must help where nothing is encrypted: 0 dB
OTHER_PAIRS_SHARE = 0.1  # of the ciphertexts, for each pair of chosen pictures after the first
CONTROL_CIPHERTEXTS = 20_000  # enough for a control: its distinguisher is never wrong, or it is no control


def run_passive(
    codec: Codec,
    pictures: np.ndarray,
    held_out: np.ndarray,
    names: Sequence[str],
    *,
    ciphertexts: int,
    pairs: int,
    steps: int,
    rng: np.random.Generator,
    rate: Rate | None = None,
    note: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Run every attack on each of `names` (`oracle.ORACLE_NAMES`).

    `pictures` are what Eve learns from and `held_out` what she attacks, uint8[n, H, W, 3] of one size. `ciphertexts`
    for the distinguisher on its first pair of chosen pictures (a tenth on the others, and no more than 20,000 on
    controls), `pairs` of known plaintext for the regression, `steps` of training for Eve's network; with 0
    steps no torch is needed, and neither network takes part. `rate` is the model's lowest unless given. `note` gets a
    line of progress at a time, standard error by default.

    Returns {"results": what JSON can hold, "pictures": uint8 arrays}. Results and pictures by cipher are under
    "ciphers", by name and attack. Raises `ValueError` as the attacks do.
    """
    rate, note = codec.rates[0] if rate is None else rate, note or _to_stderr
    length = codec.codeword_length(size_of(held_out), rate)
    oracles = {name: make_oracle(name, codec.block_size, length, rng) for name in names}  # unknown names fail at once
    guessed, guesses = guess(pictures, held_out)
    bob = decode_noiseless(codec, codec.encode_batch(held_out, rate), size_of(held_out), rate)
    results: dict[str, Any] = {
        "model": codec.name,
        "rate": str(codec.rates[codec.rate_index(rate)]),
        "symbols": length,
        "known_pictures": len(pictures),
        "held_out_pictures": len(held_out),
        "guess": asdict(guessed),
        "bob_db": mean_psnr_db(held_out, bob),
        "ciphers": {},
    }
    shown: dict[str, Any] = {"sent": held_out[:SHOWN], "bob": bob[:SHOWN], "guess": guesses, "ciphers": {}}
    chosen = chosen_pictures(pictures[rng.choice(len(pictures), 2, replace=False)], rng)
    for name, oracle in oracles.items():
        own, seen = results["ciphers"].setdefault(name, {}), shown["ciphers"].setdefault(name, {})
        own["control"] = name not in REAL_CIPHERS
        found, seen["as_if_unencrypted"] = decode_as_if_unencrypted(oracle, codec, held_out, rate)
        own["as_if_unencrypted"] = asdict(found)
        note(f"{name}: decoded as if unencrypted: {found.psnr_db:.2f} dB")
        if name in CIPHER_NAMES:
            wrong, seen["wrong_key"] = try_wrong_key(name, codec, held_out[:REPEATED], rate)
            own["wrong_key"] = asdict(wrong)
            note(f"{name}: wrong key: {wrong.wrong_key_db:.2f} dB, right key: {wrong.right_key_db:.2f} dB")

        learned, seen["known_plaintext"], front_end = known_plaintext(
            oracle, codec, pictures, held_out, rate, pairs, rng
        )
        own["known_plaintext"] = asdict(learned)
        note(
            f"{name}: regression of {pairs} known plaintexts: normalised error {learned.normalised_error:.4f}, "
            f"{learned.psnr_db:.2f} dB"
        )
        own["averaging"] = []
        for noise_var in (0.0, NOISY_VAR):
            averaged, seen["averaging"] = average(
                oracle, codec, held_out[:REPEATED], rate, front_end, rng, noise_var=noise_var
            )
            own["averaging"].append(asdict(averaged))
            best = max(averaged.direct_db[-1], averaged.regressed_db[-1])
            note(f"{name}: mean of {averaged.repeats[-1]} transmissions, noise {noise_var:g}: {best:.2f} dB")

        own["distinguisher"] = {}
        for index, (what, pair) in enumerate(chosen.items()):
            count = round(ciphertexts * (OTHER_PAIRS_SHARE if index else 1))
            count = min(count, CONTROL_CIPHERTEXTS) if own["control"] else count
            told = distinguish(oracle, codec.encode_batch(pair, rate), count, rng, network=steps > 0)
            own["distinguisher"][what] = asdict(told)
            low, high = told.interval
            note(f"{name}: {what} told apart: {told.accuracy:.4f} ({low:.4f} to {high:.4f}) by {told.best}")

        if steps:
            from deepjscec.attack.trained import train_eve

            trained, seen["trained"] = train_eve(oracle, codec, pictures, held_out, rate, front_end, rng, steps=steps)
            own["trained"] = asdict(trained)
            note(
                f"{name}: trained network: {trained.psnr_db:.2f} dB, mean picture {guessed.mean_picture_db:.2f} dB, "
                f"Bob {results['bob_db']:.2f} dB"
            )
        for attack in seen:
            seen[attack] = seen[attack][:SHOWN]
    return {"results": results, "pictures": shown}


def _to_stderr(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
