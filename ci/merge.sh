#!/usr/bin/env bash
# Joins the run files of several systems into one report in Markdown, with a column a system, named
# for the run file or, where that is `run.jsonl`, for its folder.
#
#   ci/merge.sh RUNFILE…
#
# Exits with 1 when a case deviates, differs or is broken somewhere, and with 2 when a run file has
# no foot: its run was cut short. What is inconclusive is shown and fails nothing.
set -euo pipefail

poolproof=${POOLPROOF:-cargo run --quiet --release --}
if [ $# = 0 ]; then
    echo "usage: ci/merge.sh RUNFILE…" >&2
    exit 64
fi

echo "## By system"
echo
$poolproof report "$@" --format systems
echo
$poolproof report "$@" --format markdown

bad=$($poolproof report "$@" --format json |
    jq '[.drivers[] | .deviates + .differs + .broken] | add // 0')
if [ "$bad" != 0 ]; then
    echo "error: $bad cases deviate, differ or are broken" >&2
    exit 1
fi
for file in "$@"; do
    if ! tail -n 1 "$file" | grep --quiet '"type":"foot"'; then
        echo "error: $file has no foot: its run was cut short" >&2
        exit 2
    fi
done
