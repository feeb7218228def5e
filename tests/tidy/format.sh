#!/usr/bin/env bash
# Whether the sources are laid out as .clang-format says, or lays them out so. What a release has frozen stays as it is.
#   format.sh ROOT [--write] [FILE...]
set -euo pipefail
cd "$1"
shift
write=no
[ "${1:-}" != --write ] || { write=yes; shift; }

if ! command -v clang-format-14 >/dev/null; then
    echo "GATE format SKIP reason=no-clang-format-14"
    exit 0
fi
if [ $# -gt 0 ]; then
    files=("$@")
else
    mapfile -t files < <(find engine frontends plugins include tests benchmarks -type f \
        '(' -name '*.cpp' -o -name '*.hpp' -o -name '*.c' -o -name '*.h' ')' \
        -not -path '*/node_modules/*' -not -path 'tests/abi/v1_0/*' -not -name 'layout_v*.c' | sort)
    [ ${#files[@]} -gt 50 ] || { echo "format: no sources here"; exit 1; }
fi
if [ $write = yes ]; then
    clang-format-14 -i "${files[@]}"
    exit 0
fi
faults=$(printf '%s\0' "${files[@]}" | xargs -0 -P2 -n 40 clang-format-14 --dry-run 2>&1 | sed -nE 's/^([^ :]+):([0-9]+):.*/\1/p' | sort -u)
if [ -n "$faults" ]; then
    sed 's/^/format: .\/dev format has work in /' <<<"$faults"
    echo "GATE format FAIL files=${#files[@]} faults=$(wc -l <<<"$faults")"
    exit 1
fi
echo "GATE format PASS files=${#files[@]} faults=0"
