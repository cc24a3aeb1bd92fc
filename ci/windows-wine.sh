#!/usr/bin/env bash
# Builds everything for Windows and runs it under Wine, on Debian 12 or what derives from it.
#
#   ci/windows-wine.sh           builds, then all of the below
#   ci/windows-wine.sh STEP…     builds, then only these: units, trials, sweep, fakes, conformance,
#                                cases
#
# Environment: RUNS, how often each case is run (default 4); CASES, a part of the names of the cases
# that are run (default: all); SHARE, one in how many deaths of the kill sweep is tried (default 16;
# 1 tries all, which takes about twenty minutes); SEED, which deaths these are (default 1).
#
# What it makes lies below target/wine: the build, Wine's own folder, a log for each step, and in
# report the run file and the reports. A step that fails is run a second time, and fails when it
# does again: Wine itself fails a call once in some thousand times, and what is wrong with us shows
# twice.
set -euo pipefail
cd "$(dirname "$0")/.."

target=x86_64-win7-windows-gnu
folder=$PWD/target/wine
logs=$folder/logs
wine=/usr/lib/wine/wine64
server=/usr/lib/wine/wineserver
runs=${RUNS:-4}
share=${SHARE:-16}
seed=${SEED:-1}
cases=${CASES:-}
steps=" ${*:-units trials sweep fakes conformance cases} "

ci/install.sh rustc-web cargo-web rust-web-src gcc-mingw-w64-x86-64-win32 wine64

# Debian's compiler, which is the one that the sources of its standard library go with.
export RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc RUSTC_BOOTSTRAP=1
export CARGO_TARGET_DIR=$folder/build
# Nothing reads what a debugger would need here, and it is most of what a build writes.
export CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=false
# One build of each crate serves all steps, whichever packages they name.
export CARGO_RESOLVER_FEATURE_UNIFICATION=workspace
export CARGO_TARGET_X86_64_WIN7_WINDOWS_GNU_RUNNER=$wine
export WINEPREFIX=$folder/prefix WINEDEBUG=-all
# A crash ends a program at once: no debugger looks at it first. Nothing asks for Gecko or Mono.
export WINEDLLOVERRIDES='winedbg.exe=d;mscoree=;mshtml='
mkdir -p "$WINEPREFIX" "$logs"

summary=()
failed=0

say() {
    printf '%-34s %6s  %s\n' "$1" "${2:+$2s}" "$3"
}

# step NAME SECONDS COMMAND…: runs it with a log, a second time if it fails, and tells how it went.
step() {
    local name=$1 limit=$2 begun=$SECONDS status log counts attempt
    shift 2
    rm -f "$logs/$name"-?.log
    for attempt in 1 2; do
        # One that is there already stays.
        "$server" -p </dev/null >/dev/null 2>&1 || true
        status=0 log=$logs/$name-$attempt.log
        timeout --kill-after=10 "$limit" "$@" </dev/null >"$log" 2>&1 || status=$?
        [ "$status" != 0 ] || break
        echo "$name failed with $status ($log); its end:"
        grep --text --invert-match ' \.\.\. ok$' "$log" | tail -n 60
    done
    counts=$(grep --text -E '^(test result:|[0-9]+ runs of)' "$log" |
        sed -E 's/^test result: //; s/; (0 measured|[0-9]+ filtered out|finished in [^;]*)//g' |
        paste -sd '|' | sed 's/|/ | /g')
    [ "$attempt" = 1 ] || counts="twice; $counts"
    [ "$status" = 0 ] || failed=1
    summary+=("$(say "$name" $((SECONDS - begun)) "exit $status  $counts")")
    echo "${summary[-1]}"
}

# of_these STEP GROUP…: tells how many trials of each group the step has run.
of_these() {
    local log=$logs/$1-1.log counts='' group run
    [ ! -e "$logs/$1-2.log" ] || log=$logs/$1-2.log
    shift
    for group in "$@"; do
        run=$(grep --text -E "^test ([a-z]+/)?$group/" "$log" | grep --text -v -c ' ignored' || true)
        counts+="; $run $group"
    done
    summary+=("$(say '  of which' '' "${counts#; }")")
    echo "${summary[-1]}"
}

on_windows() {
    local command=$1
    shift
    /usr/bin/cargo "$command" --quiet --locked -Zfeature-unification -Zbuild-std=std,panic_abort,panic_unwind \
        --target "$target" "$@"
}
export -f on_windows
export target

wants() {
    [[ $steps == *" $1 "* ]]
}

begun=$SECONDS
# What the steps run; that brings the command line, and with it each crate but those of tests.
on_windows test --no-run -p poolproof-sys -p poolproof-runtime -p poolproof-runner \
    -p poolproof-reference -p poolproof-report -p poolproof </dev/null
say build $((SECONDS - begun)) ""
poolproof=$CARGO_TARGET_DIR/$target/debug/poolproof.exe

# A server of our own that is kept, with no file of ours open: one started by the first program
# would hold that one's output open for ever.
"$server" -p </dev/null >/dev/null 2>&1
trap '"$server" -k </dev/null >/dev/null 2>&1 || true' EXIT
begun=$SECONDS
timeout 300 "$wine" wineboot --init </dev/null >/dev/null 2>&1
say prefix $((SECONDS - begun)) ""

if wants units; then
    # The other crates do the same on every system.
    step units 600 bash -c 'on_windows test -p poolproof-sys -p poolproof-runtime \
        -p poolproof-runner -p poolproof-reference -p poolproof-report --lib --no-fail-fast \
        -- --skip fuzzing::'
    # Framing, handshake, a manager's requests, a start's instructions; more is in the trials.
    step hostile_input 300 bash -c 'on_windows test -p poolproof-runtime --lib fuzzing::'
    step system_trials 300 bash -c 'on_windows test -p poolproof-sys --test it'
fi
if wants trials; then
    # A thousand processes take minutes under Wine. Its real peers are Pythons of this system.
    beside=()
    ! command -v python3 >/dev/null || beside=(ci/beside_pythons.py)
    step runtime_trials 900 "${beside[@]}" bash -c \
        'on_windows test -p poolproof-runtime --test it -- --skip a_thousand_short_processes'
    of_these runtime_trials peer hostile listener connection ring pipe pool manager
    step reference_trials 600 bash -c 'on_windows test -p poolproof-reference --test it'
fi
if wants sweep; then
    on_windows test --no-run -p poolproof-runtime --features failpoints --test kill_sweep </dev/null
    # Not at random instants. Windows makes a process paused, and whoever makes it lets it go on: one
    # that is killed in between leaves a process that never begins, unless a job ends it. Ours does,
    # but Wine 8 does not stand a process's end in its first milliseconds: now and then it lists that
    # one for ever, or its server crashes. So it is, too, with forty lines of C that have nothing of
    # ours and only end a job whose process calls CreateProcess: once in 900 times.
    echo "kill_sweep: one in $share deaths at places, seed $seed; none at random instants under Wine"
    POOLPROOF_KILL_SHARE=$share POOLPROOF_KILL_SEED=$seed step kill_sweep $((900 + 2400 / share)) bash -c \
        'on_windows test -p poolproof-runtime --features failpoints --test kill_sweep -- \
        --skip many_processes --skip any_instant --test-threads 2 --nocapture'
fi
if wants fakes; then
    step fakes_and_leaks 600 bash -c 'on_windows test -p poolproof --test it -- \
        fakes leftovers bad_input --test-threads 2'
    # Its bands are of Wine's memory; what compares with them asks no cargo of that system.
    INSTA_WORKSPACE_ROOT=$PWD INSTA_UPDATE=no step memory_bands 600 bash -c \
        'on_windows test -p poolproof --test it -- memory::'
fi
if wants conformance; then
    # How often is the next step's business.
    POOLPROOF_TRIAL_RUNS=1 step conformance_trials 1800 bash -c \
        "on_windows test -p poolproof --test conformance -- '$cases' --skip reference/fork"
fi
if wants cases; then
    filters=()
    [ -z "$cases" ] || filters=("$cases")
    run_cases() {
        local status=0
        "$wine" "$1" run "${@:4}" --driver reference --runs "$2" --seed 1 --out "$3" || status=$?
        # What is inconclusive is shown, and fails nothing.
        [ "$status" = 2 ] || return "$status"
    }
    export -f run_cases
    export wine
    step cases 2400 bash -c 'run_cases "$@"' cases "$poolproof" "$runs" "$folder/report" \
        "${filters[@]}"
    sed -n '1,/^## Environment/p' "$folder/report/summary.md"
fi

echo
echo "Windows under $("$wine" --version 2>/dev/null), $target, $($RUSTC --version)"
printf '%s\n' "${summary[@]}"
exit "$failed"
