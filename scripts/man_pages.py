#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/man from the commands' own parsers; run it in the environment of `make test`.

The pages are in the repository because building a package cannot run the commands. tests/test_packaging.py compares.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from deepjscec import __version__
from deepjscec.cli import make_parser

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "man"
HAND_WRITTEN = "deepjscec-setup"  # a shell script


def pages() -> dict[str, str]:
    """The text of each page by its file name."""
    made = {}
    top = make_parser("train", "export")
    commands = next(action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    purposes = {choice.dest: choice.help for choice in commands._choices_actions}
    others = {"deepjscec-flowgraph": flowgraph_parser(), "deepjscec-companion": companion_parser()}
    names = ["deepjscec", *(f"deepjscec-{name}" for name in commands.choices), *others, HAND_WRITTEN]
    made["deepjscec"] = page(top, "keys, models, recordings, training of encrypted pictures by radio", names)
    for name, parser in commands.choices.items():
        made[f"deepjscec-{name}"] = page(parser, purposes[name] or "", ["deepjscec"])
    for name, parser in others.items():
        made[name] = page(parser, (parser.description or "").rstrip("."), ["deepjscec", *sorted({*others} - {name})])
    return {f"{name}.1": text for name, text in made.items()}


def flowgraph_parser() -> argparse.ArgumentParser:
    from gnuradio.deepjscec.simulated_channel import CHANNELS

    from deepjscec.app import options
    from deepjscec.attack import UNKEYED_ATTACKS
    from deepjscec.crypto import CIPHER_NAMES
    from deepjscec.phy import PROFILES

    parser = options.make_parser(CHANNELS, CIPHER_NAMES, tuple(PROFILES), UNKEYED_ATTACKS)
    parser.prog = "deepjscec-flowgraph"  # as which it is installed
    parser.epilog = (parser.epilog or "").replace("python run_flowgraph.py", parser.prog)
    return parser


def companion_parser() -> argparse.ArgumentParser:
    from gnuradio.deepjscec._companion_command import make_parser

    return make_parser()


def page(parser: argparse.ArgumentParser, purpose: str, see_also: list[str]) -> str:
    """A manual page in the macros of man(7)."""
    name = parser.prog.replace(" ", "-")
    lines = [
        '.\\" SPDX-License-Identifier: GPL-3.0-or-later',
        '.\\" Made by scripts/man_pages.py',
        f'.TH {name.upper()} 1 "" "gr-deepjscec {__version__}" "User Commands"',
        ".SH NAME",
        f"{name} \\- {escaped(purpose)}",
        ".SH SYNOPSIS",
        synopsis(parser),
        ".SH DESCRIPTION",
        escaped(parser.description or f"{purpose[:1].upper()}{purpose[1:]}."),
        *options(parser, ".SH OPTIONS"),
        *ending(parser.epilog or ""),
        ".SH SEE ALSO",
        ",\n".join(f"\\fB{escaped(other)}\\fR(1)" for other in see_also if other != name),
    ]
    return "\n".join(lines) + "\n"


def synopsis(parser: argparse.ArgumentParser) -> str:
    words = [f"\\fB{escaped(parser.prog)}\\fR", "[\\fIOPTION\\fR ...]"]
    for action in parser._actions:
        if action.required or not action.option_strings:
            words.append(invocation(parser, action))
    return " ".join(words)


def options(parser: argparse.ArgumentParser, heading: str) -> list[str]:
    """Arguments and options under a heading, those of groups and of parsers below under one of their own."""
    lines = [heading]
    for group in parser._action_groups:
        if group.title not in ("positional arguments", "options"):
            lines.append(f".SS {escaped(group.title or '')}")
        for action in group._group_actions:
            if isinstance(action, argparse._SubParsersAction):
                for choice in action._choices_actions:
                    lines += [".TP", f"\\fB{escaped(choice.dest)}\\fR", escaped(choice.help or "")]
            elif action.dest != "help" and action.help != argparse.SUPPRESS:
                text = parser._get_formatter()._expand_help(action) if action.help else ""
                lines += [".TP", invocation(parser, action), escaped(text)]
    for action in parser._actions:  # `record zmq` and `record file`, but not the commands, which have pages
        if isinstance(action, argparse._SubParsersAction) and parser.prog != "deepjscec":
            for choice, child in action.choices.items():
                lines += options(child, f".SS {parser.prog} {choice}")
    return [line for line in lines if line]


def invocation(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    names = ", ".join(f"\\fB{escaped(name)}\\fR" for name in action.option_strings)
    if action.nargs == 0:
        return names
    formatter = parser._get_formatter()
    default = action.dest.upper() if action.option_strings else action.dest
    value = f"\\fI{escaped(formatter._format_args(action, default))}\\fR"
    return f"{names} {value}" if names else value


def ending(epilog: str) -> list[str]:
    """Sections of what follows the options: examples, exit codes, other paragraphs."""
    lines: list[str] = []
    for paragraph in filter(None, (part.strip("\n") for part in epilog.split("\n\n"))):
        first, _, rest = paragraph.partition("\n")
        if first.endswith(":") and rest.startswith("  "):  # "examples:", and groups of them
            heading = ".SH EXAMPLES" if first == "examples:" else f".SS {escaped(first[:-1].capitalize())}"
            lines += [heading, ".nf", *(escaped(line) for line in rest.split("\n")), ".fi"]
        else:
            before, found, codes = re.split(r"(?i)(exit codes: )|$", paragraph, maxsplit=1)
            if before.strip():
                lines += [".SH NOTES", escaped(before.strip())]
            if found:
                lines += [".SH EXIT STATUS", escaped(codes.strip())]
    return lines


def escaped(text: str) -> str:
    """For roff: a backslash, hyphens that are to be copied as such, and lines that begin with what is a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"(?m)^([.'])", r"\\&\1", text)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    wanted = pages()
    for path in FOLDER.glob("*.1"):
        if path.name not in wanted and path.stem != HAND_WRITTEN:
            path.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
