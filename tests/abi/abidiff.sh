#!/bin/sh
# What changed in the types of the headers since they were kept, as abidiff of libabigail sees it. A report: it cannot tell a member that was
# appended, which is fine, from one that was put in between, which layout_v1_0.c fails on.
#   abidiff.sh KEPT_INCLUDE_DIRECTORY INCLUDE_DIRECTORY
set -eu
export LC_ALL=C
command -v abidiff >/dev/null || { echo "GATE abi.abidiff SKIP reason=abidiff is not installed"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A library whose one function takes each struct of the headers, so that its debug information describes them all.
surface() {
    names=$(sed -n 's/^} \(vz_[a-z_]*\);.*/\1/p; s/^struct \(vz_[a-z_]*\) {.*/\1/p' "$1"/vectorizer/*.h | sort -u)
    {
        echo '#include "vectorizer/frontend.h"'
        echo "void vz_surface($(for name in $names; do printf 'struct %s*, ' "$name"; done)int unused);"
        echo "void vz_surface($(for name in $names; do printf 'struct %s* p_%s, ' "$name" "$name"; done)int unused) {"
        for name in $names; do echo "(void)p_$name;"; done
        echo '(void)unused; }'
    } >"$work/$2.c"
    cc -std=c11 -g -shared -fPIC -I"$1" "$work/$2.c" -o "$work/$2.so"
    echo "$names" | wc -l | tr -d ' '
}
structs=$(surface "$1" kept)
[ "$(surface "$2" today)" -ge "$structs" ] || { echo "GATE abi.abidiff FAIL a struct is gone"; exit 1; }
[ "$structs" -ge 40 ] || { echo "GATE abi.abidiff FAIL only $structs structs were found"; exit 1; }
code=0
abidiff "$work/kept.so" "$work/today.so" || code=$?
# Bits of the exit status: 1 and 2 say that abidiff itself failed, 4 that something changed.
[ $((code & 3)) -eq 0 ] && verdict=PASS || verdict=FAIL
echo "GATE abi.abidiff $verdict structs=$structs changed=$((code / 4 % 2))"
[ $verdict = PASS ]
