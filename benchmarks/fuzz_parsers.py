# SPDX-License-Identifier: GPL-3.0-or-later
"""Feed every parser what its own code coverage suggests (libFuzzer through Google's atheris), and save what breaks it.

Needs atheris, a development tool that nothing else here uses: pip install atheris. Each target of
`fuzz_targets.py` runs in a process of its own, for so many seconds, on inputs grown out of valid ones; what ends it, or
takes longer than 20 s or 2 GiB, is saved as a file named by its SHA-1 and makes the exit code 1. To see such a file
again: `--target NAME --input FILE`.

    python benchmarks/fuzz_parsers.py --seconds 120 --json results/fuzz_parsers.json
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SLOWEST_S = 20
MOST_MIB = 2048
LONGEST = 8192  #: bytes of an input; key files end at 4096
PROGRESS = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)")


def work(name: str, folder: Path, arguments: list[str]) -> None:
    """Fuzz one target in this process; libFuzzer ends it."""
    import atheris

    with atheris.instrument_imports(include=["deepjscec", "json"], enable_loader_override=False):
        from fuzz_targets import TARGETS

    feed = TARGETS[name].feed
    atheris.Setup([sys.argv[0], *arguments], lambda data: feed(data, folder))
    atheris.Fuzz()


def escaped(word: bytes) -> str:
    """For a dictionary of libFuzzer's."""
    return "".join(f"\\x{byte:02X}" for byte in word)


def fuzz(name: str, seconds: float, seed: int, findings: Path) -> dict[str, Any]:
    """Run one target in a process of its own and return its figures."""
    from fuzz_targets import TARGETS

    # some targets write a file for each input, which had better not wait for a disk
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=memory) as scratch:
        corpus, folder = Path(scratch, "corpus"), Path(scratch, "files")
        for path in (corpus, folder):
            path.mkdir()
        for number, data in enumerate(TARGETS[name].seeds(folder)):
            (corpus / f"seed{number}").write_bytes(data)
        words = Path(scratch, "words")
        words.write_text("".join(f'"{escaped(word)}"\n' for word in TARGETS[name].words))
        before = set(findings.glob(f"{name}-*"))
        command = [sys.executable, str(Path(__file__).resolve()), "--target", name, "--work", str(folder), "--"]
        command += [f"-max_total_time={max(1, round(seconds))}", f"-seed={seed}", f"-max_len={LONGEST}"]
        command += [f"-timeout={SLOWEST_S}", f"-rss_limit_mb={MOST_MIB}", "-print_final_stats=1"]
        command += [f"-dict={words}"] if TARGETS[name].words else []
        command += [f"-artifact_prefix={findings}/{name}-", str(corpus)]
        begun = time.monotonic()
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        taken = time.monotonic() - begun
    saved = sorted(set(findings.glob(f"{name}-*")) - before)
    progress = PROGRESS.findall(done.stdout)
    runs = re.search(r"stat::number_of_executed_units: (\d+)", done.stdout)
    if (done.returncode and not saved) or not runs or not progress:
        raise RuntimeError(f"{name}: the fuzzer itself failed:\n{done.stdout[-2000:]}")
    if saved:
        print(done.stdout[-3000:], file=sys.stderr)
    return {
        "executions": int(runs.group(1)),
        "coverage_before": int(progress[0][0]),
        "coverage": int(progress[-1][0]),
        "features": int(progress[-1][1]),
        "corpus": int(progress[-1][2]),
        "seconds": round(taken, 1),
        "crashes": [path.name for path in saved],
    }


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status: 1 if anything was found, 2 without atheris."""
    from fuzz_targets import TARGETS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="for each target (default %(default)g)")
    parser.add_argument("--seed", type=int, default=1, help="of libFuzzer, 1 or more")
    parser.add_argument("--target", choices=TARGETS, help="only this one")
    parser.add_argument("--input", type=Path, metavar="FILE", help="feed this file to --target once, without atheris")
    parser.add_argument("--findings", type=Path, default=Path("out/fuzz"), metavar="DIR", help="where what breaks goes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here, too")
    options = parser.parse_args(argv)
    if options.seconds <= 0 or options.seed < 1:
        parser.error("--seconds and --seed must be positive")
    if options.input is not None:
        if options.target is None:
            parser.error("--input needs --target")
        with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
            TARGETS[options.target].feed(options.input.read_bytes(), Path(scratch))
        return 0
    if importlib.util.find_spec("atheris") is None:
        print("fuzz_parsers.py: needs atheris: pip install atheris", file=sys.stderr)
        return 2

    options.findings.mkdir(parents=True, exist_ok=True)
    names = [options.target] if options.target else list(TARGETS)
    rows = {}
    for name in names:
        row = rows[name] = fuzz(name, options.seconds, options.seed, options.findings)
        print(
            f"{name}: {row['executions']} executions, coverage {row['coverage_before']} -> {row['coverage']}, "
            f"{len(row['crashes'])} crashes",
            flush=True,
        )
    if options.json:
        result = {
            "seed": options.seed,
            "seconds_each": options.seconds,
            "python": platform.python_version(),
            "targets": rows,
        }
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return int(any(row["crashes"] for row in rows.values()))


if __name__ == "__main__":
    if "--work" in sys.argv[:4]:  # what `fuzz` starts: --target NAME --work FOLDER -- ARGUMENTS of libFuzzer
        _, _, name, _, folder, _, *rest = sys.argv
        work(name, Path(folder), rest)
    sys.exit(main())
