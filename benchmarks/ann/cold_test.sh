#!/bin/sh
# Two rounds of `vectorizer-ann cold`, without a bound on memory and with one: nothing in the cache before a first pass, something before a second,
# and the same hits.
#   cold_test.sh OUTPUT
set -eu
awk '
    { for (i = 1; i <= NF; ++i) if (split($i, pair, "=") == 2) value[pair[1]] = pair[2] }
    /pass=first/ {
        ++first
        recall = value["recall"]
        cached = value["cached_mb"]
        if (recall < 0.95 || cached * 1e6 > value["disk_bytes"] / 20) { print "not cold or not found: " $0; exit 1 }
    }
    /pass=second/ {
        ++second
        if (value["recall"] != recall || value["cached_mb"] <= cached) { print "not warm or not the same: " $0; exit 1 }
    }
    END { if (first != 4 || second != 4 || value["index_bytes"] == 0) { print "passes are missing"; exit 1 } }' "$1"
