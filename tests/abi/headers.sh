#!/bin/sh
# Each C header compiles alone, with every compiler there is, as C11, C17 and C++20, with padding as an error; the C++ one as C++20.
#   headers.sh INCLUDE_DIRECTORY
set -u
include=$1
compiled=0
violations=0
try() {
    compiled=$((compiled + 1))
    "$@" -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I"$include" -fsyntax-only || {
        echo "headers: $*" >&2
        violations=$((violations + 1))
    }
}
for header in "$include"/vectorizer/*.h; do
    for compiler in gcc clang; do
        command -v $compiler >/dev/null || continue
        for standard in c11 c17; do try $compiler -std=$standard -Wpadded -x c "$header"; done
        try $compiler -std=c++20 -Wpadded -x c++ "$header"
    done
done
for compiler in g++ clang++; do
    command -v $compiler >/dev/null || continue
    for standard in c++20 c++2b; do try $compiler -std=$standard -Wold-style-cast -Wnon-virtual-dtor -x c++ -include "$include/vectorizer/vectorizer.hpp" /dev/null; done
done
compilers=$(for compiler in gcc clang; do command -v $compiler >/dev/null && printf '%s ' $compiler; done | sed 's/ $//; s/ /,/')
[ $violations -eq 0 ] && [ $compiled -ge 11 ] && verdict=PASS || verdict=FAIL
echo "GATE abi.headers $verdict compilers=$compilers compiled=$compiled violations=$violations"
[ $verdict = PASS ]
