#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs GNU Radio's gnuradio-companion or grcc (whichever name this file was installed under) with this environment's
# Python and blocks. GRC starts a flowgraph with the interpreter it runs in, so this is also how flowgraphs
# get to see the packages installed here.
here=$(cd "$(dirname "$0")" && pwd)
name=$(basename "$0")

tool=
old_ifs=$IFS
IFS=:
for folder in $PATH; do
    if [ "$folder" != "$here" ] && [ -f "$folder/$name" ] && [ -x "$folder/$name" ] && ! [ "$folder/$name" -ef "$0" ]; then
        case $(head -n 1 "$folder/$name") in
        *python*) # and not a file like this one, of another checkout's environment
            tool=$folder/$name
            break
            ;;
        esac
    fi
done
IFS=$old_ifs
if [ -z "$tool" ]; then
    echo "$name: GNU Radio's own $name is not on the PATH" >&2
    exit 127
fi

GRC_BLOCKS_PATH=$(dirname "$here")/share/gnuradio/grc/blocks${GRC_BLOCKS_PATH:+:$GRC_BLOCKS_PATH}
export GRC_BLOCKS_PATH
exec "$here/python" "$tool" "$@"
