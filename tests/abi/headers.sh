#!/bin/sh
# Each C header compiles alone, with every compiler there is, as C11, C17 and C++20, with padding as an error.
#   headers.sh INCLUDE_DIRECTORY
set -u
include=$1
compiled=0
violations=0
try() {
    compiled=$((compiled + 1))
    "$@" -Wall -Wextra -Wpedantic -Wpadded -Werror -I"$include" -fsyntax-only || {
        echo "headers: $*" >&2
        violations=$((violations + 1))
    }
}
for header in "$include"/vectorizer/*.h; do
    for compiler in gcc clang; do
        command -v $compiler >/dev/null || continue
        for standard in c11 c17; do try $compiler -std=$standard -x c "$header"; done
        try $compiler -std=c++20 -x c++ "$header"
    done
done
compilers=$(for compiler in gcc clang; do command -v $compiler >/dev/null && printf '%s ' $compiler; done | sed 's/ $//; s/ /,/')
[ $violations -eq 0 ] && [ $compiled -ge 9 ] && verdict=PASS || verdict=FAIL
echo "GATE abi.headers $verdict compilers=$compilers compiled=$compiled violations=$violations"
[ $verdict = PASS ]
