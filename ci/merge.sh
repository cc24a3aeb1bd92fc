#!/usr/bin/env bash
# Joins the run files of several systems into one report in Markdown, with a column a system.
#
#   ci/merge.sh SYSTEM=RUNFILE…
#
# Exits with 1 when a case deviates, differs or is broken somewhere, and with 2 when a run file has
# no foot: its run was cut short. What is inconclusive is shown and fails nothing.
set -euo pipefail

poolproof=${POOLPROOF:-cargo run --quiet --release --}

systems=()
objects=()
files=()
for argument in "$@"; do
    systems+=("${argument%%=*}")
    files+=("${argument#*=}")
    objects+=("$($poolproof report "${argument#*=}" --json)")
done
if [ ${#files[@]} = 0 ]; then
    echo "usage: ci/merge.sh SYSTEM=RUNFILE…" >&2
    exit 64
fi

echo "## By system"
echo
printf '| driver and start method |'
printf ' %s |' "${systems[@]}"
printf '\n| --- |'
printf ' --- |%.0s' "${systems[@]}"
echo
printf '%s\n' "${objects[@]}" |
    jq --raw-output '.drivers[] | .driver + " " + .start_method' | sort -u |
    while read -r driver method; do
        printf '| %s %s |' "$driver" "$method"
        for object in "${objects[@]}"; do
            cell=$(jq --raw-output --arg driver "$driver" --arg method "$method" '
                [.drivers[] | select(.driver == $driver and .start_method == $method)
                    | to_entries[] | select((.value | type) == "number" and .value > 0)
                    | "\(.value) \(.key)"]
                | join(", ") | if . == "" then "not run" else . end' <<<"$object")
            printf ' %s |' "$cell"
        done
        echo
    done
echo
$poolproof report "${files[@]}" --format markdown

bad=$(printf '%s\n' "${objects[@]}" |
    jq --slurp '[.[].drivers[] | .deviates + .differs + .broken] | add // 0')
if [ "$bad" != 0 ]; then
    echo "error: $bad cases deviate, differ or are broken" >&2
    exit 1
fi
for file in "${files[@]}"; do
    if ! tail -n 1 "$file" | grep --quiet '"type":"foot"'; then
        echo "error: $file has no foot: its run was cut short" >&2
        exit 2
    fi
done
