#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The commands of an installation by CMake or Debian package, all of them this one script under different names: each runs
# in the virtual environment that deepjscec-setup made, the user's own before the machine's.
name=$(basename "$0")
prefix=$(dirname "$(dirname "$(readlink -f "$0")")")
wanted=$prefix/share/deepjscec/requirements.txt

case $name in
deepjscec) module=deepjscec.cli ;;
deepjscec-flowgraph) module=gnuradio.deepjscec._flowgraph_command ;;
deepjscec-companion) module=gnuradio.deepjscec._companion_command ;;
*) echo "$name: unknown name of this script" >&2; exit 2 ;;
esac

for environment in "${XDG_DATA_HOME:-$HOME/.local/share}/deepjscec/venv" /opt/deepjscec; do
    # An environment of another version of the package has other requirements, and an unfinished one has none.
    if [ -x "$environment/bin/python" ] && cmp -s "$environment/requirements.txt" "$wanted"; then
        exec "$environment/bin/python" -m "$module" "$@"
    fi
done
echo "$name: no Python environment for this version yet; deepjscec-setup makes one (as root for all users)" >&2
exit 2
