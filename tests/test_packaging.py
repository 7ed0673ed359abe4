# SPDX-License-Identifier: GPL-3.0-or-later
"""Wheel, Debian package, conda recipe: whole, of one version, and their commands work outside a checkout."""

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

import deepjscec
from deepjscec.codec import list_models

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def run(*command, check=True, **options):
    return subprocess.run(list(map(str, command)), check=check, capture_output=True, text=True, **options)


# --- source distribution and wheel ---


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from the source distribution, so that both are shown to be whole."""
    folder = tmp_path_factory.mktemp("wheel")
    build = "import sys; from setuptools import build_meta; getattr(build_meta, sys.argv[1])(sys.argv[2])"
    run(sys.executable, "-c", build, "build_sdist", folder, cwd=ROOT)
    (source,) = folder.glob("*.tar.gz")
    run("tar", "-xf", source, "-C", folder)
    run(sys.executable, "-c", build, "build_wheel", folder, cwd=folder / source.name.removesuffix(".tar.gz"))
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed") / "lib"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    run(*pip, "--no-deps", "--no-index", "--target", folder, wheel)
    return folder


def test_wheel_holds_library_blocks_models_flowgraphs_and_manual_pages(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    data = f"{wheel.name.removesuffix('-py3-none-any.whl')}.data/data/share"
    expected = {str(path.relative_to(ROOT / "python")) for path in (ROOT / "python").rglob("*.py")}
    expected |= {f"gnuradio/deepjscec/{path.name}" for path in ROOT.glob("gr-deepjscec/python/deepjscec/*.py")}
    expected |= {f"{data}/gnuradio/grc/blocks/{path.name}" for path in ROOT.glob("gr-deepjscec/grc/*.yml")}
    expected |= {f"{data}/gnuradio/examples/deepjscec/{path.name}" for path in ROOT.glob("grc/*.grc")}
    expected |= {f"{data}/man/man1/{path.name}" for path in ROOT.glob("docs/man/*.1")}
    expected |= {f"{data}/deepjscec/{path.relative_to(ROOT)}" for path in ROOT.glob("models/*/*") if path.is_file()}
    page = ROOT / "python" / "deepjscec"  # what the library reads beside its code
    kinds = {".json", ".npz", ".html", ".css", ".js", ".svg"}
    expected |= {f"deepjscec/{path.relative_to(page)}" for path in page.rglob("*") if path.suffix in kinds}
    assert expected - names == set()
    # GNU Radio's own __init__ must stay the only one
    assert "gnuradio/__init__.py" not in names
    assert not any(re.search(r"__pycache__|\.py[co]$|/tests?/", name) for name in names)


def test_installed_wheel_finds_its_own_models_and_flowgraphs(installed, tmp_path):
    stranger = installed.parent / "models" / "photo"  # where a checkout would have its models
    stranger.mkdir(parents=True)
    (stranger / "card.json").write_text("{}")
    env = {**os.environ, "PYTHONPATH": str(installed), "DEEPJSCEC_MODELS": ""}
    ask = (
        "import json; from deepjscec.codec import find_model, list_models; "
        "print(json.dumps({name: str(find_model(name)) for name in list_models()}))"
    )
    found = json.loads(run(sys.executable, "-c", ask, cwd=tmp_path, env=env).stdout)
    assert sorted(found) == list_models()
    assert all(Path(folder).parent == installed / "share" / "deepjscec" / "models" for folder in found.values())
    assert run(sys.executable, "-m", "deepjscec.cli", "--version", cwd=tmp_path, env=env).stdout.split() == [
        "deepjscec",
        deepjscec.__version__,
    ]
    companion = installed / "gnuradio" / "deepjscec" / "_companion_command.py"
    listed = run(sys.executable, companion, "--list", cwd=tmp_path, env=env).stdout.split()
    assert listed == sorted(path.stem for path in ROOT.glob("grc/*.grc"))


@pytest.mark.parametrize(
    "arguments, message",
    [(["no-such"], "no-such: neither a file nor one of "), (["--compile", "."], "needs a flowgraph")],
)
def test_companion_refuses_in_one_line(installed, tmp_path, arguments, message):
    (tmp_path / "bin").mkdir()
    for tool in ("grcc", "gnuradio-companion"):
        (tmp_path / "bin" / tool).write_text("#!/bin/sh\n")
        (tmp_path / "bin" / tool).chmod(0o755)
    companion = installed / "gnuradio" / "deepjscec" / "_companion_command.py"
    env = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    done = run(sys.executable, companion, *arguments, check=False, env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr and done.stderr.count("\n") == 1


# --- one version, one list of what is needed ---


def test_wheel_recipe_and_manual_pages_are_of_the_librarys_version(wheel):
    metadata = next(name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".dist-info/METADATA"))
    assert HeaderParser().parsestr(zipfile.ZipFile(wheel).read(metadata).decode())["Version"] == deepjscec.__version__
    recipe = (ROOT / "conda" / "recipe.yaml").read_text()
    assert re.search(r'^  version: "(.*?)"', recipe, re.MULTILINE)[1] == deepjscec.__version__
    assert "version" not in PROJECT and PROJECT["dynamic"] == ["version"]
    # nowhere else by hand
    for name in ("CMakeLists.txt", "packaging/package.cmake", "pyproject.toml", "MANIFEST.md", "CMakePresets.json"):
        assert deepjscec.__version__ not in (ROOT / name).read_text(), name


def test_recipe_needs_what_the_wheel_needs_and_has_its_commands():
    yaml = pytest.importorskip("yaml")
    recipe = yaml.safe_load((ROOT / "conda" / "recipe.yaml").read_text())
    needed = {text.replace(" ", "") for text in recipe["requirements"]["run"]}
    own = {f"python{PROJECT['requires-python']}", "gnuradio>=3.10,<3.11"}
    assert needed == {text.replace(" ", "") for text in PROJECT["dependencies"]} | own
    commands = dict(text.split(" = ") for text in recipe["build"]["python"]["entry_points"])
    assert commands == PROJECT["scripts"]


# --- Debian package ---


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    if shutil.which("dpkg-deb") is None or shutil.which("cpack") is None:
        pytest.skip("needs CMake and dpkg-deb")
    folder = tmp_path_factory.mktemp("deb")
    presets = json.loads((ROOT / "CMakePresets.json").read_text())["configurePresets"]
    (variables,) = (preset["cacheVariables"] for preset in presets if preset["name"] == "deb")
    done = run(
        "cmake", "-S", ROOT, "-B", folder, "-Wno-dev", *(f"-D{k}={v}" for k, v in variables.items()), check=False
    )
    if 'configuration file provided by "Gnuradio"' in done.stderr:
        pytest.skip("needs GNU Radio's CMake files (gnuradio-dev)")
    assert done.returncode == 0, done.stderr
    run("cmake", "--build", folder, "--target", "package")
    (made,) = folder.glob("*.deb")
    return made


def test_debian_package_is_for_all_machines_and_installs_without_a_network(package, tmp_path):
    control = HeaderParser().parsestr(run("dpkg-deb", "--field", package).stdout)
    assert package.name == f"gr-deepjscec_{deepjscec.__version__}_all.deb"
    assert control["Version"] == deepjscec.__version__
    assert {"gnuradio (>= 3.10)", "python3-venv"} <= set(control["Depends"].split(", "))
    run("dpkg-deb", "--raw-extract", package, tmp_path)
    assert {path.name for path in (tmp_path / "DEBIAN").iterdir()} == {"control", "md5sums", "prerm"}
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert "usr/lib/python3/dist-packages/gnuradio/deepjscec/encoder.py" in files
    assert "usr/lib/python3/dist-packages/deepjscec/cli.py" in files
    assert "usr/share/gnuradio/grc/blocks/deepjscec_encoder.block.yml" in files
    commands = {path.name for path in (tmp_path / "usr" / "bin").iterdir()}
    assert commands == {*PROJECT["scripts"], "deepjscec-setup"}
    assert all(os.access(tmp_path / "usr" / "bin" / name, os.X_OK) for name in commands)
    assert {f"usr/share/man/man1/{name}.1.gz" for name in commands} <= files
    assert (tmp_path / "usr/share/deepjscec/requirements.txt").read_text() == (
        ROOT / "requirements/run.txt"
    ).read_text()
    setup = (tmp_path / "usr" / "bin" / "deepjscec-setup").read_text()
    assert "python=/usr/bin/python3\n" in setup and "@" not in setup.replace('"$@"', "")


@pytest.fixture
def prefix(tmp_path):
    """An installation with stand-ins, and a home."""
    for folder in ("bin", "share/deepjscec", "home"):
        (tmp_path / folder).mkdir(parents=True)
    for name in PROJECT["scripts"]:
        shutil.copy(ROOT / "packaging" / "command.sh", tmp_path / "bin" / name)
    (tmp_path / "share" / "deepjscec" / "requirements.txt").write_text("numpy==1\n")
    return tmp_path


def environment(prefix, requirements):
    folder = prefix / "home" / ".local" / "share" / "deepjscec" / "venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").write_text('#!/bin/sh\necho "$@"\n')
    (folder / "bin" / "python").chmod(0o755)
    if requirements is not None:
        (folder / "requirements.txt").write_text(requirements)


def command(prefix, name, *arguments):
    env = {"PATH": os.environ["PATH"], "HOME": str(prefix / "home")}
    return run(prefix / "bin" / name, *arguments, check=False, env=env)


@pytest.mark.parametrize("name", PROJECT["scripts"])
def test_command_runs_in_the_environment_that_setup_made(prefix, name):
    environment(prefix, "numpy==1\n")
    module = PROJECT["scripts"][name].removesuffix(":main")
    assert command(prefix, name, "a b", "--c").stdout == f"-m {module} a b --c\n"
    assert (ROOT / "packaging" / "command.sh").read_text().count(f"module={module} ") == 1


@pytest.mark.skipif(os.path.exists("/opt/deepjscec"), reason="an environment for all users is there")
@pytest.mark.parametrize("requirements", ["numpy==0\n", None, "absent"], ids=["outdated", "unfinished", "absent"])
def test_command_without_an_environment_that_fits_says_what_to_do(prefix, requirements):
    if requirements != "absent":
        environment(prefix, requirements)
    done = command(prefix, "deepjscec", "models")
    assert (done.returncode, done.stdout) == (2, "")
    assert "deepjscec-setup makes one" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["now"], ["--remove", "all"]])
def test_setup_refuses_in_one_line(arguments):
    done = run("sh", ROOT / "packaging" / "deepjscec-setup.in", *arguments, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_manual_page_of_setup_names_every_option():
    usage = run("sh", ROOT / "packaging" / "deepjscec-setup.in", "--help").stdout
    page = (ROOT / "docs" / "man" / "deepjscec-setup.1").read_text().replace("\\-", "-")
    options = re.findall(r"^  (--[a-z]+|PIP-OPTION)", usage, re.MULTILINE)
    assert options == ["--help", "--remove", "PIP-OPTION"]
    assert all(option in page for option in options)


# --- help and manual pages ---


def command_parsers():
    import argparse

    from deepjscec.cli import make_parser

    top = make_parser("train", "export")
    (commands,) = (action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    return top, dict(commands.choices)


def examples(text):
    """The examples of a help text, without their comments."""
    lines = re.findall(r"^  (?:[A-Z_]+=\S+ )?(?:torchrun .* -m )?(deepjscec(?:\.cli)? .*)$", text, re.MULTILINE)
    return [shlex.split(re.split(r"  +", line)[0])[1:] for line in lines]


def test_every_commands_help_has_examples_that_it_understands():
    pytest.importorskip("torch")
    top, commands = command_parsers()
    shown = {name: examples(parser.format_help()) for name, parser in commands.items()}
    assert all(shown.values()), [name for name, found in shown.items() if not found]
    for name, found in shown.items():
        assert {arguments[0] for arguments in found} == {name}
    for arguments in [*examples(top.format_help()), *(one for found in shown.values() for one in found)]:
        assert callable(top.parse_args(arguments).run), arguments


def test_manual_pages_are_those_of_the_commands():
    pytest.importorskip("torch")
    pytest.importorskip("gnuradio.gr")
    spec = importlib.util.spec_from_file_location("man_pages", ROOT / "scripts" / "man_pages.py")
    man_pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(man_pages)
    pages = man_pages.pages()
    there = {path.name: path.read_text() for path in man_pages.FOLDER.glob("*.1")}
    assert there.keys() == {*pages, "deepjscec-setup.1"}
    differing = [name for name, text in pages.items() if there[name] != text]
    assert not differing, "run scripts/man_pages.py"
    for page in there.values():
        assert ".SH EXAMPLES" in page and ".SH NAME" in page
