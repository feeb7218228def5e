#!/bin/sh
# The engine from other languages, in their process: the scripts of plugins/example run as they are.
#   ffi.sh python|node EXAMPLES INCLUDE_DIRECTORY LIBRARY_DIRECTORY
set -eu
language=$1 examples=$2 include=$3 libraries=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LD_LIBRARY_PATH="$libraries"

skip() {
    echo "GATE abi.ffi SKIP language=$language reason=$*"
    exit 0
}
case $language in
    python)
        command -v python3 >/dev/null || skip "no python3"
        python3 "$examples/embed.py" "$work/data" >"$work/hits"
        ;;
    node)
        command -v node >/dev/null || skip "no node"
        headers=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")/include/node
        [ -e "$headers/node_api.h" ] || skip "no node_api.h"
        cc -std=c11 -Wall -Wextra -Werror -shared -fPIC -I"$include" -isystem "$headers" "$examples/embed.c" \
            -L"$libraries" -lvectorizer -o "$work/embed.node"
        node "$examples/embed.mjs" "$work/data" "$work/embed.node" >"$work/hits"
        ;;
esac
cat "$work/hits"
grep -q '^alien' "$work/hits"
echo "GATE abi.ffi PASS language=$language"
