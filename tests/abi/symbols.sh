#!/bin/sh
# The exported names: those of the library are the version script's, a frontend's is its entry.
#   symbols.sh LIBRARY MAP FRONTEND_DIRECTORY FRONTENDS_EXPECTED
set -eu
export LC_ALL=C
library=$1 map=$2 frontends=$3 expected=$4
violations=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fault() {
    echo "symbols: $*" >&2
    violations=$((violations + 1))
}
exported() { nm -D --defined-only "$1" | sed 's/@.*//' | awk '$2 != "A" {print $3}' | sort -u; }

sed -n 's/^ *\(vz_[a-z_]*\);.*/\1/p' "$map" | sort -u >"$work/wanted"
exported "$library" >"$work/names"
names=$(wc -l <"$work/names" | tr -d ' ')
diff "$work/wanted" "$work/names" >&2 || fault "the library's names are not those of the version script"
[ "$names" -eq 39 ] || fault "$names names instead of 39"
nm -D --defined-only "$library" | awk '$2 != "A" {print $3}' | grep -v '@@VZ_1\.[0-9]*$' >&2 && fault "a name without version"
readelf -dW "$library" | grep -q 'SONAME.*\[libvectorizer\.so\.1\]' || fault "the soname is not libvectorizer.so.1"

# What holds for each object: no unique symbols (they forbid unloading and are shared by name), no text relocations, no executable stack.
sound() {
    nm -D "$1" | awk '$2 == "u"' | grep . >&2 && fault "$1 defines unique symbols"
    readelf -dW "$1" | grep -q 'TEXTREL' && fault "$1 has text relocations"
    readelf -lW "$1" | awk '$1 == "GNU_STACK" && $0 ~ /RWE/ {found = 1} END {exit !found}' && fault "$1 wants an executable stack"
    return 0
}
sound "$library"

plugins=0
for plugin in "$frontends"/*.so; do
    [ -e "$plugin" ] || continue
    plugins=$((plugins + 1))
    [ "$(exported "$plugin")" = vz_frontend_entry_v1 ] || fault "$plugin exports $(exported "$plugin" | head -5 | tr '\n' ' ')"
    nm -D --undefined-only "$plugin" | sed -n 's/.* \(vz_[a-z_]*\)@.*/\1/p' | sort -u | comm -23 - "$work/wanted" >"$work/foreign"
    [ -s "$work/foreign" ] && fault "$plugin needs $(tr '\n' ' ' <"$work/foreign")"
    sound "$plugin"
done
[ "$plugins" -ge "$expected" ] || fault "$plugins frontends in $frontends instead of $expected"

[ "$violations" -eq 0 ] && verdict=PASS || verdict=FAIL
echo "GATE abi.symbols $verdict names=$names plugins=$plugins violations=$violations"
[ "$violations" -eq 0 ]
