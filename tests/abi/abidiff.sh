#!/bin/sh
# What changed in the types of the headers since they were kept, as abidiff of libabigail sees it: members that were appended are fine,
# everything else fails. layout_v1_0.c says the same of each member by its offset; this finds types of members, pointers and functions, too.
#   abidiff.sh KEPT_INCLUDE_DIRECTORY INCLUDE_DIRECTORY
set -eu
export LC_ALL=C
command -v abidiff >/dev/null || { echo "GATE abi.abidiff SKIP reason=abidiff is not installed"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A library with a function for each struct of the headers, so that its debug information describes them all.
surface() {
    names=$(sed -n 's/^} \(vz_[a-z_]*\);.*/\1/p; s/^struct \(vz_[a-z_]*\) {.*/\1/p' "$1"/vectorizer/*.h | sort -u)
    {
        echo '#include "vectorizer/frontend.h"'
        for name in $names; do
            echo "void takes_$name(struct $name* of);"
            echo "void takes_$name(struct $name* of) { (void)of; }"
        done
    } >"$work/$2.c"
    cc -std=c11 -g -shared -fPIC -I"$1" "$work/$2.c" -o "$work/$2.so"
    echo "$names" | wc -l | tr -d ' '
}
structs=$(surface "$1" kept)
surface "$2" today >/dev/null
[ "$structs" -ge 40 ] || { echo "GATE abi.abidiff FAIL only $structs structs were found"; exit 1; }
code=0
abidiff --no-added-syms "$work/kept.so" "$work/today.so" >"$work/report" || code=$?
cat "$work/report"
# Bits of the exit status: 1 and 2 say that abidiff itself failed. A member that was appended moves none and renames none.
[ $((code & 3)) -eq 0 ] && verdict=PASS || verdict=FAIL
grep -qE "offset changed|deletions?:|entity changed|name changed|name of '|[1-9][0-9]* Removed|was (added|removed)" "$work/report" && verdict=FAIL
echo "GATE abi.abidiff $verdict structs=$structs appended=$((code / 4 % 2))"
[ $verdict = PASS ]
