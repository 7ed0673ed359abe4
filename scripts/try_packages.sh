#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the wheel and the Debian package, installs each into a Debian of its own that holds GNU Radio and nothing of this
# checkout, without a network, and runs the demo and a flowgraph there. Needs root, mmdebstrap and .venv (make setup).
#   try_packages.sh [wheel] [deb]     both by default; some minutes, and 5 GB in build/try
set -euo pipefail
cd "$(dirname "$0")/.."
try=$PWD/build/try
suite=${SUITE:-bookworm}
mirror=${MIRROR:-http://deb.debian.org/debian}
pip=(.venv/bin/python -m pip --disable-pip-version-check --no-input --quiet)

say() { printf '==> %s\n' "$*"; }
fail() { printf 'try_packages: %s\n' "$*" >&2; exit 1; }
((EUID == 0)) || fail "needs root, for a chroot"
command -v mmdebstrap >/dev/null || fail "needs mmdebstrap"
for way in "$@"; do [[ $way == deb || $way == wheel ]] || fail "$way: neither wheel nor deb"; done
mkdir -p "$try"

# --- what is installed -------------------------------------------------------------------------------------------------

build_base() { # a Debian with GNU Radio, made once
    [[ -f $try/$suite.tar ]] && return
    say "making $suite with GNU Radio"
    mmdebstrap --quiet --variant=minbase --include=gnuradio,python3-venv,ca-certificates,gir1.2-gtk-3.0,xvfb,xauth,man-db \
        "$suite" "$try/$suite.part" "$mirror"
    mv "$try/$suite.part" "$try/$suite.tar"
}

build_packages() {
    say "building wheel and Debian package"
    rm -rf "$try/dist"
    "${pip[@]}" wheel --no-deps --no-build-isolation --wheel-dir "$try/dist" .
    rm -f build/deb/*.deb
    cmake --preset deb -Wno-dev >"$try/cmake.log"
    cmake --build build/deb --target package >>"$try/cmake.log"
    cp build/deb/*.deb "$try/dist"
    # For the Python of .venv, so $suite should be this machine's. The newest NumPy lies there too, as in an index.
    "${pip[@]}" download --only-binary :all: --dest "$try/wheels" --requirement requirements/run.txt
    "${pip[@]}" download --only-binary :all: --dest "$try/wheels" --no-deps 'numpy>=2'
}

# --- where -------------------------------------------------------------------------------------------------------------

fresh() { # a new system in $1
    rm -rf --one-file-system "$1"
    mkdir -p "$1"
    tar -xf "$try/$suite.tar" -C "$1" --exclude='./dev/*'
    mkdir -p "$1/packages/wheels"
    cp "$try"/dist/* "$1/packages"
    cp "$try"/wheels/* "$1/packages/wheels"
}

inside() { # the commands on standard input, in the system $1, as a machine without a network has it
    cat >"$1/packages/try.sh"
    unshare --mount --net --pid --fork chroot "$1" /usr/bin/env -i HOME=/root LANG=C.UTF-8 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin PIP_NO_INDEX=1 OMP_NUM_THREADS="${OMP_NUM_THREADS:-}" \
        bash -ec 'mount -t proc proc /proc; mount -t tmpfs tmpfs /dev
            for one in null zero random urandom; do
                case $one in null) minor=3 ;; zero) minor=5 ;; random) minor=8 ;; urandom) minor=9 ;; esac
                mknod -m 666 /dev/$one c 1 $minor
            done
            mkdir -m 1777 /dev/shm; mount -t tmpfs tmpfs /dev/shm; ln -s /proc/self/fd /dev/fd
            cd /root; source /packages/try.sh' || fail "$1: see above"
}

# What a user does once the commands are there: the same for both ways.
demo='
cd "$(mktemp -d)"
deepjscec --version
deepjscec models
deepjscec keygen alice.key
deepjscec-flowgraph --key alice.key --out demo --record captures
python3 - <<PY
import json
runs = json.load(open("demo/metrics.json"))["runs"]
bob, eve = ([image[who]["psnr_db"] for run in runs for image in run["images"]] for who in ("bob", "eve"))
assert min(bob) > 28 and max(eve) < 12, (bob, eve)
print("Bob", bob, "Eve", eve)
PY
deepjscec replay captures/bob.sigmf-meta --key alice.key
[ "$(deepjscec-companion --list | grep -cx loopback_headless)" = 1 ]
deepjscec-companion --compile . loopback_headless
"$python" loopback_headless.py # exit code 0: Bob has the picture
timeout 20 xvfb-run -a deepjscec-companion video_sim >grc.log 2>&1 || [ $? = 124 ] # its window stays open until then
cat grc.log
for page in deepjscec deepjscec-flowgraph deepjscec-companion; do man -P cat $page | grep -q EXAMPLES; done
'

try_wheel() {
    say "wheel, into a virtual environment over Debian's GNU Radio"
    fresh "$try/wheel-root"
    inside "$try/wheel-root" <<TRY
python3 -m venv --system-site-packages venv
. venv/bin/activate
python=\$VIRTUAL_ENV/bin/python
pip --quiet install --find-links /packages/wheels "\$(echo /packages/deepjscec-*.whl)[gnuradio]"
$demo
pip --quiet uninstall --yes deepjscec
# pip leaves empty folders, and what Numba compiled
[ -z "\$(find "\$VIRTUAL_ENV" -type f -ipath '*deepjscec*' -not -name '*.nb[ci]')" ]
TRY
}

try_deb() {
    say "Debian package"
    fresh "$try/deb-root"
    inside "$try/deb-root" <<TRY
dpkg --install /packages/gr-deepjscec_*_all.deb
deepjscec models && exit 1 || [ \$? = 2 ] # says that there is no environment yet
deepjscec-setup --quiet --find-links /packages/wheels
useradd --create-home alice
cat >/packages/demo.sh <<'DEMO'
export HOME=/home/alice python=/opt/deepjscec/bin/python
$demo
DEMO
runuser -u alice -- bash -e /packages/demo.sh
deepjscec-setup --remove
runuser -u alice -- env HOME=/home/alice bash -ec 'deepjscec-setup --quiet --find-links /packages/wheels; deepjscec models'
deepjscec models && exit 1 || [ \$? = 2 ] # alice's is hers alone
deepjscec-setup --quiet --find-links /packages/wheels
dpkg --remove gr-deepjscec
[ -z "\$(find /usr /opt -iname '*deepjscec*' -not -path '/usr/share/doc/*')" ]
TRY
}

build_base
build_packages
(($#)) || set -- wheel deb
for way in "$@"; do "try_$way"; done
say "done"
