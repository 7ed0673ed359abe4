#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Brings this checkout's environment up to date. The Makefile calls it before everything else:
#   setup.sh system PACKAGE...    Debian packages, as far as they are missing
#   setup.sh optional PACKAGE...  those of the packages that this release has; without them some tests are skipped
#   setup.sh python SET...        the virtual environment with requirements/SET.txt and the library
#   setup.sh module               the GNU Radio module, built and installed into the virtual environment
#   setup.sh ldpc                 .venv-ldpc, the environment of 5G LDPC, which needs another NumPy
#
# A finished step leaves a stamp in the environment's folder .stamps with the digest of all it depends on. A step whose
# stamp still fits does nothing, so a second run takes a fraction of a second and touches no network. Digests, and not
# file times, because git gives every file of a fresh checkout the same time, and switching branches should not cause a
# reinstall by itself.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
venv=$root/.venv
stamps=$venv/.stamps
python=${PYTHON:-/usr/bin/python3}

say() { printf '==> %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
fresh() { [[ -f $stamps/$1 && $(<"$stamps/$1") == "$2" ]]; }
stamp() { mkdir -p "$stamps" && printf '%s' "$2" >"$stamps/$1"; }
text_digest() { printf '%s\n' "$@" | sha256sum | cut -d' ' -f1; }
tree_digest() { # of the names and contents of all files under the given paths, and of the text on standard input
    {
        cat
        find "$@" -type f -not -path '*/__pycache__/*' -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
    } | sha256sum | cut -d' ' -f1
}

# --- Debian packages -------------------------------------------------------------------------------------------------

# Somebody's own GNU Radio, built from source, must not get Debian's beside it; the same goes for a CMake or compiler.
provided_otherwise() {
    case $1 in
    gnuradio | gnuradio-dev) "$python" -c 'from gnuradio import gr' 2>/dev/null && ! is_installed gnuradio ;;
    cmake) command -v cmake >/dev/null ;;
    g++) command -v c++ >/dev/null ;;
    *) false ;;
    esac
}

is_installed() { [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null) == ?i* ]]; }

system() {
    if ! command -v apt-get >/dev/null; then
        "$python" -c 'from gnuradio import gr' ||
            fail "this is no Debian or Ubuntu: install GNU Radio 3.10 first, then set PYTHON to the Python it belongs to"
        return
    fi
    local package missing=()
    for package in "$@"; do
        is_installed "$package" || provided_otherwise "$package" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0

    local as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "neither root nor sudo: have an administrator run apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    # An update that fails may be one dead third-party source; whether it mattered shows at the installation.
    "${as_root[@]}" apt-get -q update || say "apt-get update reported errors, going on"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y --no-install-recommends install "${missing[@]}"
}

optional() {
    command -v apt-cache >/dev/null || return 0
    local package wanted=()
    for package in "$@"; do
        is_installed "$package" || [[ -z $(apt-cache --quiet=2 show "$package" 2>/dev/null) ]] || wanted+=("$package")
    done
    ((${#wanted[@]})) || return 0
    (system "${wanted[@]}") || say "going on without ${wanted[*]}"
}

# --- Python ----------------------------------------------------------------------------------------------------------

make_venv() {
    local key
    key="$root $("$python" -c 'import sys; print("%s %d.%d" % (sys.executable, *sys.version_info[:2]))')" ||
        fail "no Python at $python"
    if [[ -x $venv/bin/python ]] && "$venv/bin/python" -c '' 2>/dev/null; then
        # Without a stamp it was made by hand: keep it.
        [[ -f $stamps/venv ]] || stamp venv "$key"
    fi
    fresh venv "$key" && "$venv/bin/python" -c '' && return

    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$python is older than 3.11"
    say "creating .venv"
    # The packages of the system stay visible because GNU Radio's bindings are among them and pip cannot install them.
    rm -rf "$venv"
    "$python" -m venv --system-site-packages "$venv"
    stamp venv "$key"
}

# --no-input: nobody is there to answer. The version check would be a needless network access.
pip_install() { "$venv/bin/python" -m pip --no-input --disable-pip-version-check install "$@"; }

# pip asks an extra index for every package and waits long for one that does not answer: ask once, and shortly.
answers() {
    "$venv/bin/python" - "$1" <<'PY'
import sys, urllib.request
try:
    urllib.request.urlopen(sys.argv[1].rstrip("/") + "/torch/", timeout=5).close()
except (OSError, ValueError):
    sys.exit(1)
PY
}

# $1: the set that pins torch, $2: the set that pins what it depends on
install_torch() {
    local requirement index=${TORCH_INDEX:-}
    requirement=$(grep '^torch==' "requirements/$1.txt")
    if "$venv/bin/python" -c 'import sys; from importlib.metadata import version; sys.exit(version("torch").split("+")[0] != sys.argv[1])' \
        "${requirement#*==}" 2>/dev/null; then
        return
    fi
    if [[ -n $index ]] && answers "$index"; then
        pip_install -c "requirements/$2.txt" --extra-index-url "$index" "$requirement"
    else
        say "no torch index, or it does not answer: taking the default build of torch, which may be large"
        pip_install -c "requirements/$2.txt" "$requirement"
    fi
}

python_packages() {
    make_venv
    local set files=()
    for set in run "$@"; do
        files+=("requirements/$set.txt")
        # Each set's digest includes the sets before it, so that a change of run.txt is carried into the others' pins.
        local key
        key=$(text_digest "$(cat "${files[@]}")")
        fresh "requirements-$set" "$key" && continue
        say "installing requirements/$set.txt"
        [[ $set != train ]] || install_torch train run
        pip_install "${files[@]/#/--requirement=}"
        stamp "requirements-$set" "$key"
    done

    local key
    key=$(tree_digest pyproject.toml setup.py scripts/grc_with_venv.sh <<<"$root")
    if ! fresh library "$key"; then
        say "installing the library (editable)"
        pip_install --no-deps --no-build-isolation --editable .
        install -m 755 scripts/grc_with_venv.sh "$venv/bin/gnuradio-companion"
        install -m 755 scripts/grc_with_venv.sh "$venv/bin/grcc"
        "$venv/bin/python" -c 'from gnuradio import gr; print("GNU Radio", gr.version())' ||
            fail "GNU Radio does not load in .venv (see the error above)"
        stamp library "$key"
    fi
}

# Beside .venv, and without the packages of the system.
ldpc_environment() {
    venv=$root/.venv-ldpc
    stamps=$venv/.stamps
    local key
    key=$(text_digest "$root" "$("$python" --version)" "$(<requirements/ldpc.txt)") || fail "no Python at $python"
    fresh ldpc "$key" && "$venv/bin/python" -c '' && return
    say "creating .venv-ldpc"
    rm -rf "$venv"
    "$python" -m venv "$venv"
    install_torch ldpc ldpc
    pip_install --requirement=requirements/ldpc.txt
    stamp ldpc "$key"
}

# --- GNU Radio module ------------------------------------------------------------------------------------------------

module() {
    local key site
    # The names of the test files count because CMake registers the suites it finds.
    key=$({
        printf '%s\n' "$root"
        find tests -name 'test_*.py' 2>/dev/null | LC_ALL=C sort
    } | tree_digest CMakeLists.txt scripts/uninstall.cmake gr-deepjscec grc models python/deepjscec/__init__.py)
    fresh module "$key" && [[ -f build/CTestTestfile.cmake ]] && return
    say "building and installing the GNU Radio module"

    # CMake refuses a build folder that was made for a checkout elsewhere.
    if [[ -f build/CMakeCache.txt ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" build/CMakeCache.txt; then
        rm -rf build
    fi
    site=$("$venv/bin/python" -c 'import sys; print("lib/python%d.%d/site-packages" % sys.version_info[:2])')
    mkdir -p build
    cmake -S . -B build -Wno-dev \
        -DCMAKE_INSTALL_PREFIX="$venv" -DGR_PYTHON_DIR="$site" -DCMAKE_INSTALL_MESSAGE=NEVER \
        -DDEEPJSCEC_INSTALL_LIBRARY=OFF -DDEEPJSCEC_TEST_PYTHON="$venv/bin/python" >build/configure.log ||
        { cat build/configure.log; fail "CMake failed"; }
    # First what an older state of the sources installed: a block that was removed must not live on.
    [[ ! -f build/install_manifest.txt ]] || cmake --build build --target uninstall >/dev/null
    cmake --build build >/dev/null
    cmake --install build >/dev/null
    stamp module "$key"
}

case ${1:-} in
system) shift; system "$@" ;;
optional) shift; optional "$@" ;;
python) shift; python_packages "$@" ;;
module) module ;;
ldpc) ldpc_environment ;;
*) fail "unknown step '${1:-}'; see the head of scripts/setup.sh" ;;
esac
