#!/bin/sh
# The share of the bound in a sweep's CSV is rows scored x the best time of a row in bounds.json x queries a second.
#   share_test.sh BOUNDS.json SWEEP.csv
set -eu
# Of one row size the entry of the largest pages stands last.
rate=$(sed 's/"reads":.*//; s/.*"row_bytes"//' "$1" | grep -o '"rows_per_second":[0-9.e+]*' | cut -d: -f2 | sort -g | tail -1)
awk -F, -v rate="$rate" '
    $1 == "data" { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    $at["peer"] == "vectorizer" {
        ++points
        ratio = $at["bound_share"] / ($at["rows_scored"] * $at["qps"] / rate)
        if (ratio < 0.999 || ratio > 1.001) { print "share of another row: " ratio; exit 1 }
    }
    END { if (points != 2) { print points " points"; exit 1 } }' "$2"
