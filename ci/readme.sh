#!/usr/bin/env bash
# Takes run files into reports/systems, without what was observed, and writes the README's table of
# systems from all that are there.
#
#   ci/readme.sh [SYSTEM=RUNFILE]…
set -euo pipefail

poolproof=${POOLPROOF:-cargo run --quiet --release --}
root=$(dirname "$0")/..

for argument in "$@"; do
    jq --compact-output 'select(.type != "case") | if .type == "record" then
            .observations = [] | del(.title, .clauses, .sometimes, .replay, .seconds)
        else . end' "${argument#*=}" >"$root/reports/systems/${argument%%=*}.jsonl"
done

export table
table=$($poolproof report "$root"/reports/systems/*.jsonl --format systems)
awk '
    $0 == "<!-- systems end -->" { inside = 0 }
    !inside { print }
    $0 == "<!-- systems, written by ci/readme.sh -->" {
        inside = 1
        print "\n" ENVIRON["table"] "\n"
    }
' "$root/README.md" >"$root/README.md.new"
mv "$root/README.md.new" "$root/README.md"
