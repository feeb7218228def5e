#!/usr/bin/env bash
# What a script can check of how the sources read.
#   tidy.sh ROOT
set -euo pipefail
export LC_ALL=C
cd "$1"
faults=0

# report RULE: each line of the input is a fault.
report() {
    local line
    while IFS= read -r line; do
        echo "tidy: $1: $line"
        faults=$((faults + 1))
    done
}

files=$(find engine frontends plugins include tests benchmarks -type f -not -path '*/node_modules/*')
sources=$(grep -E '\.(c|h|cpp|hpp|capnp)$' <<<"$files")
[ "$(wc -l <<<"$sources")" -gt 50 ] || { echo "tidy: no sources in $1"; exit 1; }

product=$(grep -E '^(engine|frontends|plugins|include)/' <<<"$sources")

# find_in RULE PATTERN FILES: lines that match.
find_in() { report "$1" < <(xargs -d '\n' grep -nHE -- "$2" <<<"$3" || true); }

find_in "include by repository path, not ../" '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<]\.\./' "$sources"
find_in "a stand-in by hand, not a mock of calls" 'MOCK_METHOD' "$sources"
find_in "spaces, not tabs" $'\t' "$sources"
report "a TODO carries the number of its issue" < <(xargs -d '\n' grep -nHwE 'TODO|FIXME|XXX' <<<"$sources" | grep -vE '(TODO|FIXME|XXX)\(#[0-9]+\)' || true)
report "a NOLINT carries its check and a reason" < <(xargs -d '\n' grep -nH 'NOLINT' <<<"$sources" | grep -vE 'NOLINT(NEXTLINE|BEGIN)?\([a-z.,*-]+\): .|NOLINTEND' || true)
report "name what it is" < <(grep -iE '(^|[/_-])(utils?|helpers?|common|managers?|misc)([_.-][^/]*)?(/|$)' <<<"$files" || true)

# Packages behind their doors, layers in their order, and what needs its reason where it has one.
report "a package is used through its door" < <(
    while read -r package doors; do
        xargs -d '\n' grep -nHE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$package" <<<"$product" | grep -vE "^(${doors// /|}):" || true
    done < <(grep -v '^#' tests/tidy/doors.txt)
)
report "an include that tests/tidy/edges.txt does not have" < <(
    while IFS=: read -r folder allowed; do
        grep "^$folder/" <<<"$product" | xargs -d '\n' grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"(engine|frontends|plugins)/' |
            grep -vE "\"($(tr -s ' ' '|' <<<"$folder $allowed" | sed 's/|$//'))/" || true
    done < <(grep -v '^#' tests/tidy/edges.txt)
)
report "a folder that tests/tidy/edges.txt does not have" < <(sed -nE 's#^((engine|frontends|plugins)/[^/]+)/.*#\1#p' <<<"$product" | sort -u | grep -vxFf <(sed -n 's/:.*//p' tests/tidy/edges.txt) || true)
# LAYER USES... of each input line, the latter in order.
in_order() {
    local layer uses
    while read -r layer uses; do echo "$layer $(tr ' ' '\n' <<<"$uses" | sort | xargs)"; done
}
report "a layer that is linked with others than tests/tidy/edges.txt has" < <(
    diff <(sed -nE 's/^vz_layer\(([a-z]+)( USES(( [a-z]+)+))?.*/\1\3/p' engine/CMakeLists.txt | in_order) \
        <(sed -nE '/^engine\/abi:/d; s#engine/##g; s/^([a-z]+):/\1/p' tests/tidy/edges.txt | in_order) || true)
for construct in catch virtual; do
    report "'$construct' has its places in tests/tidy/places.txt" < <(
        xargs -d '\n' grep -nHE "^[^/\"]*\b$construct\b *[(a-z~]" <<<"$product" | grep -vFf <(sed -nE "s#^$construct +([^ ]+) .*#\1:#p" tests/tidy/places.txt) || true)
done

report "a page that is not in the repository" < <(
    pages=$(find . -name '*.md' -not -path './build/*' -not -path '*/node_modules/*' -printf '%f\n' | sort -u)
    xargs -d '\n' grep -nHoE '[A-Za-z_-]+\.md\b' <<<"$sources" | while IFS=: read -r file line page; do
        grep -qxF "$page" <<<"$pages" || echo "$file:$line: $page"
    done
)
find_in "a word that says nothing" '//.*\b([Rr]obust|[Ff]or now,|[Hh]elper function|[Uu]tility)\b' "$sources"
find_in "a name that says what it is" '^(class|struct) \w*(Service|Repository|Dto|Adapter|Manager|Helper)\b' "$product"
find_in "status and field, not the text of a message" '(EXPECT|ASSERT)_STR(EQ|NE)\([^"]*\.message,' "$sources"

# What nobody includes is not part of anything. The headers of a release are whole.
report "a header that nobody includes" < <(
    grep -E '\.hpp$' <<<"$files" | grep -vFf <(xargs -d '\n' grep -hoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"][^>"]+' <<<"$sources" | sed 's/.*[<"]//; s#^vectorizer/#include/&#; s#^[^/]*$#/&#' | sort -u) || true)
report "a file too large to be source" < <(tr '\n' '\0' <<<"$files" | find -files0-from - -size +200k 2>/dev/null)
report "a mode that a source does not need" < <(tr '\n' '\0' <<<"$sources" | find -files0-from - -perm /111 2>/dev/null)

# Whoever defines bytes on disk describes them.
for folder in engine/io engine/log engine/manifest engine/wal engine/segment engine/index; do
    [ -n "$(find "$folder" -name '*.cpp' 2>/dev/null)" ] || continue
    [ -s "$folder/format.md" ] || report "bytes on disk without a description" <<<"$folder/format.md is missing"
done

# Every key of the configuration stands in the example.
keys=$(sed -nE 's/^ *(NumberKey|LimitKey)\{"([a-z_.]+)".*/\2/p' frontends/http/settings.cpp
       grep -ohE '"(server|http|log|auth)\.[a-z_]+"' frontends/http/settings.cpp frontends/access/key_settings.cpp plugins/resp/frontend.cpp | tr -d '"'
       sed -nE 's/.*\bconfig\.(text|flag|number)\("([a-z_.]+)".*/\2/p' frontends/rest/frontend.cpp frontends/graphql/frontend.cpp plugins/resp/frontend.cpp
       grep -oE 'std::pair\("[a-z_]+"' plugins/resp/frontend.cpp | sed -E 's/.*"(.*)"/\1/'
       sed -nE 's/.*section \+ "\.([a-z_]+)".*/\1/p' plugins/host/frontends.cpp
       sed -nE 's/.*\btext\("(server\.[a-z_.]+)".*/\1/p' plugins/host/config.cpp
       sed -nE 's/.*(config\.(text|number|flag|find)\(|read_(choice|size)\(config, )"([a-z_.]+)".*/\4/p' plugins/host/server_settings.cpp plugins/host/engine_options.cpp)
for known in retry_after_s cors_origins auth.keys allow_unauthenticated max_items auto_create login_timeout_ms optional keys_file drain_ms verify; do
    grep -qE "(^|\.)$known$" <<<"$keys" || report "a key of the configuration that was not found" <<<"$known"
done
for key in $keys; do
    grep -qE "^[ #]*${key##*.}:" config.yml || report "a key that config.yml does not explain" <<<"$key"
done

echo "tidy: the longest of the product, in lines:"
xargs -d '\n' wc -l <<<"$product" | sort -rn | sed -n '2,11p'

[ "$faults" -eq 0 ] && verdict=PASS || verdict=FAIL
echo "GATE tidy $verdict files=$(wc -l <<<"$files") faults=$faults"
[ "$faults" -eq 0 ]
