#!/usr/bin/env bash
# Builds everything for Windows and runs it under Wine, on Debian 12 or what derives from it.
#
#   ci/windows-wine.sh           builds, then all of the below
#   ci/windows-wine.sh STEP…     builds, then only these: tests, trials, cases, fakes
#
# What it makes lies below target/: the build, Wine's own folder, a log for each step, and in
# target/wine/report the run file and the reports. RUNS says how often each case is run (default 4).
set -euo pipefail
cd "$(dirname "$0")/.."

target=x86_64-win7-windows-gnu
folder=$PWD/target/wine
logs=$folder/logs
runs=${RUNS:-4}
steps=("${@:-tests}")
[ $# -gt 0 ] || steps=(tests trials cases fakes)

packages=(rustc-web cargo-web rust-web-src gcc-mingw-w64-x86-64-win32 wine64)
if ! dpkg -s "${packages[@]}" >/dev/null 2>&1; then
    run=(env DEBIAN_FRONTEND=noninteractive)
    [ "$(id -u)" = 0 ] || run=(sudo "${run[@]}")
    "${run[@]}" apt-get update
    "${run[@]}" apt-get install --yes --no-install-recommends "${packages[@]}"
fi

# Debian's compiler, which is the one that the sources of its standard library go with.
export RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc RUSTC_BOOTSTRAP=1
export CARGO_TARGET_DIR=$folder/build
export CARGO_TARGET_X86_64_WIN7_WINDOWS_GNU_RUNNER=/usr/lib/wine/wine64
export WINEPREFIX=$folder/prefix WINEDEBUG=-all
# A crash ends a program at once: no debugger looks at it first.
export WINEDLLOVERRIDES=winedbg.exe=d
mkdir -p "$WINEPREFIX" "$logs"

# A server of our own that is kept: one started by the first program would hold that one's output
# open for ever.
/usr/lib/wine/wineserver -p </dev/null >/dev/null 2>&1
trap '/usr/lib/wine/wineserver -k </dev/null >/dev/null 2>&1 || true' EXIT
/usr/lib/wine/wine64 wineboot --init </dev/null >/dev/null 2>&1

summary=()
failed=0

# step NAME SECONDS COMMAND…: runs it with a log, and remembers how it went.
step() {
    local name=$1 limit=$2 begun=$SECONDS status=0
    shift 2
    echo "== $name"
    timeout --kill-after=10 "$limit" "$@" </dev/null >"$logs/$name.log" 2>&1 || status=$?
    local counts
    counts=$(grep --text -E '^(test result:|[0-9]+ cases)' "$logs/$name.log" | tail -n 3 | paste -sd ' ' || true)
    summary+=("$(printf '%-28s %4ss  exit %-3s  %s' "$name" $((SECONDS - begun)) "$status" "$counts")")
    if [ "$status" != 0 ]; then
        failed=1
        tail -n 60 "$logs/$name.log"
    fi
}

on_windows() {
    local command=$1
    shift
    /usr/bin/cargo "$command" --locked -Zbuild-std=std,panic_abort,panic_unwind \
        --target "$target" "$@" </dev/null
}
export -f on_windows
export target

wants() {
    local one
    for one in "${steps[@]}"; do
        [ "$one" = "$1" ] && return 0
    done
    return 1
}

echo "== build"
on_windows test --no-run --workspace
on_windows build --workspace
poolproof=$CARGO_TARGET_DIR/$target/debug/poolproof.exe

if wants tests; then
    step unit_tests 900 bash -c 'on_windows test --workspace --lib --bins --no-fail-fast'
    step sys_trials 600 bash -c 'on_windows test -p poolproof-sys --test it'
fi
if wants trials; then
    # A thousand processes take minutes under Wine.
    step runtime_trials 1800 bash -c \
        'on_windows test -p poolproof-runtime --test it -- --skip a_thousand_short_processes'
    step reference_trials 900 bash -c 'on_windows test -p poolproof-reference --test it'
fi
if wants fakes; then
    step fakes_and_leaks 900 bash -c 'on_windows test -p poolproof --test it -- --skip snapshots'
fi
if wants cases; then
    step cases 2400 /usr/lib/wine/wine64 "$poolproof" run --driver reference \
        --start-method spawn --start-method threads --start-method fork \
        --start-method forkserver --runs "$runs" --seed 1 --out "$folder/report"
    cat "$logs/cases.log"
fi

echo
echo "Windows under $(/usr/lib/wine/wine64 --version 2>/dev/null), $target, $($RUSTC --version)"
printf '%s\n' "${summary[@]}"
exit "$failed"
