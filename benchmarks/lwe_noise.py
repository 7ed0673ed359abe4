# SPDX-License-Identifier: GPL-3.0-or-later
"""What the LWE cipher costs: the channel that it leaves, the noise of its errors, and its speed.

    python benchmarks/lwe_noise.py [--messages N] [--scan] [--json PATH]

*Equivalent SNR*: of the channel with Gaussian noise that would leave a Gaussian codeword's symbols as uncertain as the
cipher, its errors and the channel at the SNR given do: (1 - e) / e, with e the mean squared error of the conditional
mean. "ceiling" is that at 60 dB.
`passes` 0 is decryption as in the paper, 12 with the errors estimated. `--scan` tries scales and margins instead.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy import stats

from deepjscec.crypto import KeyStream, ModuloCipher, Secret, Session, lwe
from deepjscec.crypto.keystream import SCHEME_LWE
from deepjscec.crypto.lwe_encryption import decrypt_batch, encrypt_batch, fresh_errors
from deepjscec.crypto.lwe_keys import LwePrivateKey
from deepjscec.crypto.lwe_noise import PLACES, draw_errors, gaussian_weights
from deepjscec.crypto.lwe_parameters import PARAMETERS

SNRS_DB = (0, 5, 10, 15, 20, 25)
LENGTHS = (512, 2048, 11520)
SCANNED = (10, 15, 20)


def gaussian(count: int, rng: np.random.Generator) -> np.ndarray:
    """complex64[count] of variance 1."""
    return (rng.standard_normal((count, 2)).astype(np.float32) * np.float32(0.5**0.5)).view(np.complex64)[:, 0]


def equivalent_snr(
    cipher, session: Session, length: int, snr_db: float, messages: int, rng: np.random.Generator
) -> float:
    """dB; see above. The mean is over messages of `length` symbols."""
    errors = []
    noise_var = 10 ** (-snr_db / 10)
    for _ in range(messages):
        z = gaussian(length, rng)
        packet = session.next_packet()
        prefix, sent = cipher.encrypt_message(z, packet)
        received = sent + gaussian(sent.size, rng) * np.float32(noise_var**0.5)
        symbols, variance = cipher.decrypt_message(prefix, received, np.full(sent.size, noise_var, np.float32), packet)
        errors.append(np.mean(np.abs(z - symbols / (1 + variance)) ** 2))
    error = min(float(np.mean(errors)), 1 - 1e-3)  # beyond, nothing is left
    return 10 * np.log10((1 - error) / error)


def ceilings(key: LwePrivateKey, messages: int, rng: np.random.Generator) -> list[dict]:
    """Equivalent SNR of one parameter set over mappings, lengths and with and without the estimate."""
    rows = []
    session = Session.start(Secret.random())
    for mapping in ("amplitude", "qam4096") if key.parameters.q <= 4096 else ("amplitude",):
        for length in LENGTHS:
            for passes in (0, 12):
                cipher = lwe.LweCipher(session, key=key, mapping=mapping, passes=passes)
                found = [equivalent_snr(cipher, session, length, s, messages, rng) for s in (*SNRS_DB, 60)]
                row = {"mapping": mapping, "symbols": length, "passes": passes, "equivalent_snr_db": found[:-1]}
                rows.append({**row, "ceiling_db": found[-1]})
                print(key.parameters.name, mapping, length, passes, " ".join(f"{f:6.1f}" for f in found), flush=True)
    return rows


def scan(messages: int, rng: np.random.Generator) -> list[dict]:
    """Equivalent SNR over scales and margins, lp192, 11520 symbols."""
    key = LwePrivateKey.generate()
    session = Session.start(Secret.random())
    chosen, rows = lwe.MARGIN, []
    for margin in (0.0, 0.06, 0.12, 0.18):
        for scale in (0.4, 0.45, 0.5, 0.55, 0.6):
            lwe.MARGIN = margin
            cipher = lwe.LweCipher(session, key=key, scale=scale)
            found = [equivalent_snr(cipher, session, 11520, snr_db, messages, rng) for snr_db in SCANNED]
            rows.append({"margin": margin, "scale": scale, "snr_db": SCANNED, "equivalent_snr_db": found})
            print(f"margin {margin:.2f} scale {scale:.2f}", " ".join(f"{f:6.2f}" for f in found), flush=True)
    lwe.MARGIN = chosen
    return rows


def least(repeats: int, work: Callable[[], object]) -> float:
    """Least seconds of `repeats` calls, after one that does not count."""
    work()
    seconds = []
    for _ in range(repeats):
        started = time.monotonic()
        work()
        seconds.append(time.monotonic() - started)
    return min(seconds)


def speed(key: LwePrivateKey) -> dict:
    """Symbols a second of messages of 11520, and seconds to make a key for them."""
    session = Session.start(Secret.random())
    z = gaussian(11520, np.random.default_rng(1))
    noise_var = np.full(z.size, 0.01, np.float32)
    row = {"key_generation_s": least(2, lambda: LwePrivateKey.generate(key.parameters).public_key)}
    for passes in (0, 12):
        cipher = lwe.LweCipher(session, key=key, passes=passes)
        prefix, sent = cipher.encrypt_message(z, session.next_packet())
        received = sent + gaussian(z.size, np.random.default_rng(2)) * np.float32(0.1)
        seconds = least(5, lambda c=cipher, p=prefix, r=received: c.decrypt_message(p, r, noise_var, 0))
        row[f"decrypt_{passes}_passes_per_second"] = z.size / seconds
    row["encrypt_per_second"] = z.size / least(5, lambda: cipher.encrypt_message(z, session.next_packet()))
    return row


def noise(key: LwePrivateKey, count: int = 200) -> dict:
    """Deviation of what decryption leaves beside the formula's, and the chi-square test of 2^22 errors."""
    p = key.parameters
    zeros = np.zeros((count, 1024), np.int64)
    left = decrypt_batch(key, *encrypt_batch(key.public_key, zeros, fresh_errors(p, *zeros.shape)))
    errors = draw_errors(KeyStream(Secret.random(), 0, SCHEME_LWE), (1 << 22,), p.sigma).astype(np.int64)
    expected = np.array(gaussian_weights(p.sigma), float) / 2.0**64 * errors.size
    counts = np.bincount(errors + PLACES // 2, minlength=PLACES)
    body = expected > 20
    test = stats.chisquare([*counts[body], counts[~body].sum()], [*expected[body], expected[~body].sum()])
    return {
        "noise_deviation_formula": p.noise_deviation,
        "noise_deviation_measured": float(left.std()),
        "error_deviation_measured": float(errors.std()),
        "error_chi_square": float(test.statistic),
        "error_degrees_of_freedom": int(body.sum()),
        "error_p_value": float(test.pvalue),
    }


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table, write JSON on request."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=4, help="messages for each number (default 4)")
    parser.add_argument("--scan", action="store_true", help="try scales and margins instead")
    parser.add_argument("--json", help="write the results to this file")
    args = parser.parse_args(argv)
    rng = np.random.default_rng(30)
    results: dict
    if args.scan:
        results = {"messages": args.messages, "scan": scan(args.messages, rng)}
    else:
        modulo_session = Session.start(Secret.random())
        modulo = [
            equivalent_snr(ModuloCipher(modulo_session), modulo_session, 11520, snr_db, args.messages, rng)
            for snr_db in SNRS_DB
        ]
        print("modulo", " ".join(f"{f:6.1f}" for f in modulo))
        results = {"messages": args.messages, "snr_db": SNRS_DB, "modulo_equivalent_snr_db": modulo, "sets": []}
        for parameters in PARAMETERS.values():
            key = LwePrivateKey.generate(parameters)
            row = {"name": parameters.name, **speed(key), **noise(key), "channels": ceilings(key, args.messages, rng)}
            print({name: value for name, value in row.items() if name != "channels"}, flush=True)
            results["sets"].append(row)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
            file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
