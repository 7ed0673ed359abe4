# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `deepjscec`: keys, models, recordings, training. `run_flowgraph.py` and flowgraphs send pictures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from deepjscec import __version__
from deepjscec.app import attack_options, evaluation_options, key_commands
from deepjscec.app.capture import record_options, replay_options
from deepjscec.app.examples import add_texts
from deepjscec.app.live_view import options as live_options
from deepjscec.app.options import OneLineParser

EXAMPLES = """examples:
  deepjscec keygen alice.key          a new key file, readable by its owner alone
  deepjscec keygen --pair bob.key     Bob's private key, and bob.key.pub for everyone
  deepjscec encapsulate bob.key.pub --key alice.key --capsule for-bob.capsule  Alice's key, and what tells it to Bob
  deepjscec decapsulate for-bob.capsule --private bob.key --key shared.key     ... who makes the same key of it
  deepjscec models                    the models that are installed, their rates and whether their files are intact
  deepjscec evaluate --images kodak/ --rate 1/12 --snr 0 10 20                 quality over noise, cipher in the loop
  deepjscec evaluate configs/evaluation --data cifar=PATH --data kodak=PATH    every scheme over every channel
  deepjscec figures results/evaluation --out figures                           ... and its figures
  deepjscec attack --out attack       everything Eve can try, on the ciphers and on controls; a report
  deepjscec record zmq tcp://127.0.0.1:5555 --sample-rate 1e6 --out capture    samples of a running flowgraph
  deepjscec replay capture.sigmf-meta --key alice.key                          ... and the pictures in them
  deepjscec live                      pictures, SNR and counters of running flowgraphs, in the browser
  deepjscec train configs/photo.toml --data photos=photos/ --out runs/photo
  deepjscec export runs/photo/checkpoint.pt --out models/photo

`deepjscec COMMAND --help` tells more. Exit codes: 0 done, 1 nothing received or an attack that worked, 2 bad input.
"""

Run = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    argv = list(sys.argv[1:] if argv is None else argv)
    arguments = make_parser(next((word for word in argv if not word.startswith("-")), "")).parse_args(argv)
    try:
        return arguments.run(arguments)
    except (ValueError, OSError) as error:
        print(f"deepjscec: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def make_parser(*wanted: str) -> argparse.ArgumentParser:
    """The parser of all commands. Those that need torch know their arguments only where they are among the `wanted`."""
    parser = OneLineParser(
        prog="deepjscec", description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"deepjscec {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=OneLineParser)
    key_commands.add_keygen(commands.add_parser("keygen", help="make a key file, or a pair of keys"))
    key_commands.add_encapsulate(commands.add_parser("encapsulate", help="a key for the holder of a public key"))
    key_commands.add_decapsulate(commands.add_parser("decapsulate", help="... and the same key for that holder"))
    key_commands.add_inspect(commands.add_parser("inspect", help="what a key file or capsule is, without its secret"))
    _models(commands.add_parser("models", help="list models and check their files"))
    _evaluate(commands.add_parser("evaluate", help="measure schemes over channels, or one model over noise"))
    _figures(commands.add_parser("figures", help="draw what evaluate measured"))
    _attack(commands.add_parser("attack", help="what Eve gets, by every attack there is"))
    _record(commands.add_parser("record", help="samples of a flowgraph or a file to a SigMF recording"))
    _replay(commands.add_parser("replay", help="demodulate a SigMF recording"))
    _live(commands.add_parser("live", help="running flowgraphs as a page in the browser"))
    _torch_command(commands.add_parser("train", help="train a model (needs torch)"), "train" in wanted, "train")
    _torch_command(
        commands.add_parser("export", help="checkpoint to ONNX model (needs torch)"), "export" in wanted, "export"
    )
    _pack(commands.add_parser("pack", help="pack pictures for a training machine that has numpy alone"))
    for name, command in commands.choices.items():
        add_texts(name, command)
    return parser


def _models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--provider", action="append", help="execution provider to try them on: cpu, cuda or tensorrt")

    def run(arguments: argparse.Namespace) -> int:
        from deepjscec.codec import Codec, list_models

        names = list_models()
        if not names:
            raise ValueError("no models found; set DEEPJSCEC_MODELS to a folder that holds them")
        failed = 0
        for name in names:
            try:
                codec = Codec.load(name, providers=arguments.provider or ("cpu",))
                codec.check()
            except ValueError as error:
                print(f"deepjscec: {error}", file=sys.stderr)
                failed += 1
            else:
                rates = ", ".join(map(str, codec.rates))
                size = sum(map(len, codec.files.values())) / 1e6
                print(
                    f"{name}: rates {rates}, blocks of {codec.block_size} symbols, {size:.1f} MB, "
                    f"hash {codec.model_hash.hex()}"
                )
        return 2 if failed else 0

    parser.set_defaults(run=run)


def _evaluate(parser: argparse.ArgumentParser) -> None:
    evaluation_options.add_arguments(parser)

    def run(arguments: argparse.Namespace) -> int:
        evaluation_options.settle(arguments)
        if arguments.configuration:
            from deepjscec.app.evaluation_command import run_configurations

            return run_configurations(arguments)
        from deepjscec.app.evaluation import earlier_rows, evaluate, merge_rows, settings_of
        from deepjscec.app.results import write_json
        from deepjscec.codec import Codec
        from deepjscec.training.images import load_images

        codec = Codec.load(arguments.model, arguments.threads, arguments.provider or ("cpu",))
        rates = [str(codec.rates[codec.rate_index(rate)]) for rate in arguments.rate or map(str, codec.rates)]
        wanted = evaluation_options.conditions(arguments, rates)
        earlier: list[dict] = []
        if arguments.append and arguments.json is None:
            raise ValueError("--append needs --json")
        if arguments.json and not arguments.json.resolve().parent.is_dir():
            raise ValueError(f"{arguments.json}: no such folder")
        if arguments.append and arguments.json.exists():
            earlier = earlier_rows(arguments.json, settings_of(codec, arguments.cipher, arguments.seed))
        # the folder's name, so that results do not depend on where it lies
        sets = {path.resolve().name: load_images(path) for path in arguments.images}
        if len(sets) < len(arguments.images):
            raise ValueError("--images: two of the same name")
        result = evaluate(codec, sets, wanted, arguments.cipher, arguments.seed)
        if arguments.json:
            write_json(arguments.json, {**result, "rows": merge_rows(earlier, result["rows"])})
        return 0

    parser.set_defaults(run=run)


def _figures(parser: argparse.ArgumentParser) -> None:
    evaluation_options.add_figure_arguments(parser)

    def run(arguments: argparse.Namespace) -> int:
        from deepjscec.app.evaluation_command import run_figures

        return run_figures(arguments)

    parser.set_defaults(run=run)


def _attack(parser: argparse.ArgumentParser) -> None:
    attack_options.add_arguments(parser)

    def run(arguments: argparse.Namespace) -> int:
        from deepjscec.app.attack_command import run

        return run(arguments)

    parser.set_defaults(run=run)


def _record(parser: argparse.ArgumentParser) -> None:
    record_options.add_arguments(parser)

    def run(arguments: argparse.Namespace) -> int:
        from deepjscec.app.capture.record import run

        return run(arguments)

    parser.set_defaults(run=run)


def _replay(parser: argparse.ArgumentParser) -> None:
    replay_options.add_arguments(parser)

    def run(arguments: argparse.Namespace) -> int:
        from deepjscec.app.capture.replay import run

        return run(arguments)

    parser.set_defaults(run=run)


def _live(parser: argparse.ArgumentParser) -> None:
    live_options.add_arguments(parser)

    def run(arguments: argparse.Namespace) -> int:
        from deepjscec.app.live_view.command import run

        return run(arguments)

    parser.set_defaults(run=run)


def _torch_command(parser: argparse.ArgumentParser, wanted: bool, name: str) -> None:
    """Torch takes seconds to load: only for the command that is run."""
    if not wanted:
        return
    try:
        if name == "train":
            from deepjscec.training.train import add_arguments
            from deepjscec.training.train import train as run
        else:
            from deepjscec.training.export import add_arguments, run
    except ImportError as error:
        parser.error(f"{error}; `make train-setup` installs it (where there is no GNU Radio, pip's extra [train])")
    add_arguments(parser)
    parser.set_defaults(run=run)


def _pack(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, help="folder, .tar or .npz of pictures")
    parser.add_argument("out", type=Path, help=".npz file to write")

    def run(arguments: argparse.Namespace) -> int:
        from deepjscec.training.images import load_images, pack_images

        images = load_images(arguments.source)
        pack_images(images, arguments.out)
        print(f"{arguments.out}: {len(images)} pictures")
        return 0

    parser.set_defaults(run=run)


if __name__ == "__main__":
    sys.exit(main())
