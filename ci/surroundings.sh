#!/usr/bin/env bash
# What lives beside Poolproof, and what it has to live in: users, namespaces, limits, folders,
# neighbours, signals, interpreters that are broken. Each is tried with real runs on Linux: no verdict
# may come from it, nothing of others may be harmed, and no result may be lost.
#
#   ci/surroundings.sh                tries all
#   ci/surroundings.sh NAME…          tries those whose names begin so
#
# It needs `setpriv`, `unshare` and `script` of util-linux, and Python; what takes root is left out
# with a word where it is run by somebody else.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --quiet
work=$(mktemp -d /tmp/surroundings.XXXXXX)
chmod 755 "$work"
cp target/debug/poolproof "$work/poolproof"
cp -r cases "$work/cases"
chmod -R a+rX "$work"
cd "$work"
poolproof=$work/poolproof
export RUST_BACKTRACE=0

is_root() {
    [ "$(id -u)" = 0 ]
}

# A program, so that other programs can start it.
cat >"$work/as_nobody" <<'INNER'
#!/bin/sh
export HOME=/nonexistent
[ "$(id -u)" = 0 ] || exec "$@"
exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
INNER
chmod 755 "$work/as_nobody"
PATH=$work:$PATH

# A few cases: fork servers and managers with their sockets, pools with their shared memory, a queue;
# on our own runtime, and on a Python that anybody can start.
cases=(seed/hello_two_lines_locked seed/pool_map seed/manager_dict_and_list seed/queue_put_by_a_child)
python=$(as_nobody "$poolproof" drivers | awk '/^cpython/ { name = $1; program = $NF } END { print name, program }')
read -r python program <<<"$python"
drivers=(--driver reference ${python:+--driver "$python"})

tried=0 failed=()

cleanup() {
    local left
    left=$(jobs -p)
    [ -z "$left" ] || kill -KILL $left 2>/dev/null || true
    cd /
    rm -rf "$work"
}
trap cleanup EXIT

# run OUT [ARGUMENT]…: a few runs of the cases.
run() {
    local out=$1
    shift
    "$poolproof" run "${cases[@]}" "${drivers[@]}" --runs 1 --seed 1 --out "$out" "$@"
}

# What the tries ask of what they have seen; each says what it has found instead.
complain() {
    echo "    $*" >&2
    return 1
}

# verdicts FILE: each verdict of a run file, with how often it was given.
verdicts() {
    grep -o '"verdict":"[a-z]*"' "$1" | sort | uniq -c | tr -d '"' | sed 's/verdict://' | tr -s ' \n' ' '
}

# conforms OUT: all was judged, and well.
conforms() {
    local seen
    seen=$(verdicts "$1/run.jsonl")
    [[ $seen == *conforms* ]] || complain "nothing conforms: $seen"
    [[ ! $seen =~ (deviates|differs|broken|inconclusive) ]] || complain "$seen"
}

# accuses_nobody OUT: what could not be judged is not held against anybody.
accuses_nobody() {
    local seen
    seen=$(verdicts "$1"/run.jsonl)
    [[ ! $seen =~ (deviates|differs|broken) ]] || complain "$seen"
}

# exits CODE… -- COMMAND…: it ends with one of these codes, and never by a panic; what it says is kept
# in `said`.
exits() {
    local codes=() code=0
    while [ "$1" != -- ]; do
        codes+=("$1")
        shift
    done
    shift
    "$@" >said 2>&1 </dev/null || code=$?
    ! grep -q 'panicked' said || complain "it panics: $(grep -m 1 panicked said)"
    [[ " ${codes[*]} " == *" $code "* ]] || complain "exit $code instead of ${codes[*]}: $(tail -n 3 said)"
}

says() {
    grep -qF -- "$1" said || complain "it does not say \"$1\": $(head -n 5 said)"
}

# soon COMMAND…: it becomes true within twenty seconds.
soon() {
    local deadline=$((SECONDS + 20))
    until "$@"; do
        [ $SECONDS -lt $deadline ] || complain "never: $*"
        sleep 0.05
    done
}

# scratch_of PID: the scratch folder of a runner.
scratch_of() {
    local owner
    for owner in "${TMPDIR:-/tmp}"/poolproof-*/owner /tmp/poolproof-*/owner; do
        if grep -qx "process $1" "$owner" 2>/dev/null; then
            dirname "$owner"
            return
        fi
    done
    return 1
}

# has_tree PID: the runner has a process under test.
has_tree() {
    local scratch
    scratch=$(scratch_of "$1") && [ -n "$(marked "$scratch")" ]
}

# marked SCRATCH: the processes of runs in that folder that are no keepers.
marked() {
    grep -lszx "POOLPROOF_SCRATCH=$1" /proc/[0-9]*/environ 2>/dev/null | grep -o '[0-9]*' |
        while read -r pid; do
            [[ $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) == *" drive keep "* ]] || echo "$pid"
        done
}

nothing_marked() {
    [ -z "$(marked "$1")" ]
}

# sleeper OUT [ARGUMENT]…: starts a runner whose runs never end, and waits for one to be there; its
# number is in `runner`.
sleeper() {
    "$poolproof" run seed/pool_map --driver fake/sleeper --start-method spawn --out "$@" \
        >sleeper 2>&1 </dev/null &
    runner=$!
    soon has_tree $runner
}

# skip REASON: this cannot be tried here.
skip() {
    echo "    left out: $1" >&2
    exit 0
}

# --- the tries, each in a subshell of its own with a folder of its own ---

users_without_privileges() {
    mkdir out
    ! is_root || chown 65534 out
    as_nobody "$poolproof" run "${cases[@]}" "${drivers[@]}" --runs 1 --out out/o
    conforms out/o
}

users_beside_a_program_that_uses_shared_memory() {
    mkdir out
    ! is_root || chown 65534 out
    (
        for index in $(seq 400); do
            echo theirs >"/dev/shm/theirs-$$-$index"
            sleep 0.02
        done
    ) &
    local neighbour=$! made left
    as_nobody "$poolproof" run "${cases[@]}" "${drivers[@]}" --runs 1 --out out/o
    kill $neighbour 2>/dev/null || true
    wait $neighbour 2>/dev/null || true
    left=$(ls /dev/shm | grep -c "^theirs-$$-" || true)
    made=$(ls /dev/shm | sed -n "s/^theirs-$$-//p" | sort -n | tail -n 1)
    rm -f /dev/shm/theirs-$$-*
    conforms out/o
    [ "$left" = "$made" ] || complain "$left of $made segments of another program are left"
}

# In a user namespace whose own limit on them is 0, without any privileges in it.
cat >"$work/deprived" <<'INNER'
echo 0 >/proc/sys/user/max_user_namespaces
exec setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all -- "$@"
INNER

# deprived COMMAND…: without any namespaces, and without the right to make some.
deprived() {
    unshare --user --map-root-user bash "$work/deprived" "$@"
}

namespaces_that_nobody_may_make() {
    deprived true 2>/dev/null || skip "no user namespaces"
    echo theirs >"/dev/shm/theirs-$$"
    exits 0 -- deprived "$poolproof" run "${cases[@]}" "${drivers[@]}" --runs 1 --out o
    rm "/dev/shm/theirs-$$" || complain "a segment of another program is gone"
    conforms o
    grep -q 'runs share everything' o/run.jsonl || complain "it had namespaces all the same"
    sleeper_is_gone_where_runs_share_everything
}

sleeper_is_gone_where_runs_share_everything() {
    # Not by the function, whose number would be that of a shell.
    unshare --user --map-root-user bash "$work/deprived" "$poolproof" run seed/pool_map \
        --driver fake/sleeper --start-method spawn --out s >sleeper 2>&1 </dev/null &
    local scratch
    runner=$!
    soon has_tree $runner
    scratch=$(scratch_of $runner)
    # The guard of each keeper lives.
    kill -KILL $runner $(pgrep -n -f "drive keep nothing $scratch")
    soon nothing_marked "$scratch"
}

namespaces_of_two_runners_with_the_same_folder() {
    is_root || skip "only root makes them so"
    local one other
    unshare --pid --fork --mount-proc "$poolproof" run "${cases[@]}" "${drivers[@]}" --runs 3 --out a >said-a 2>&1 &
    one=$!
    unshare --pid --fork --mount-proc "$poolproof" run "${cases[@]}" "${drivers[@]}" --runs 3 --out b >said-b 2>&1 &
    other=$!
    wait $one
    wait $other
    conforms a
    conforms b
}

# limited OPTION NUMBER CODE…: runs with a limit of `ulimit` end with one of these codes.
limited() {
    local option=$1 number=$2
    shift 2
    mkdir -p out
    ! is_root || chown 65534 out
    exits "$@" -- bash -c 'ulimit "$1" "$2"; shift 2; exec "$@"' - "$option" "$number" \
        as_nobody "$poolproof" run "${cases[@]}" "${drivers[@]}" --runs 1 --out out/o
}

limits_of_files() {
    limited -n 20 0 2
    accuses_nobody out/o
    says "ulimit -n"
}

limits_of_processes() {
    is_root || skip "only for a user of its own"
    limited -u 20 0 2
    accuses_nobody out/o
    says "ulimit -u"
    limited -u 2 70
    says "failed to start a process"
}

limits_of_address_space() {
    limited -v 300000 0 2
    accuses_nobody out/o
    says "ulimit -v"
}

limits_of_a_file() {
    # What the runner itself writes comes to the limit, too.
    limited -f 4 70
    says "failed to write"
}

memory_of_a_small_container() {
    is_root || skip "only root makes control groups"
    local group=/sys/fs/cgroup/memory/poolproof-$$ limit=memory.limit_in_bytes
    if [ ! -d /sys/fs/cgroup/memory ]; then
        group=/sys/fs/cgroup/poolproof-$$ limit=memory.max
    fi
    if ! mkdir "$group" 2>/dev/null || ! echo 60M 2>/dev/null >"$group/$limit"; then
        skip "no memory control group can be made"
    fi
    exits 0 2 70 137 -- bash -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' - "$group" \
        "$poolproof" run seed/pool_map "${drivers[@]}" --runs 1 --out o
    [ ! -e o/run.jsonl ] || accuses_nobody o
    rmdir "$group" 2>/dev/null || true
}

shared_memory_that_is_small_or_missing() {
    is_root || skip "only root mounts"
    # Kept apart, runs have their own; where they cannot be, nothing that fails counts.
    exits 0 -- unshare --mount bash -c 'mount -t tmpfs -o size=4k small /dev/shm && "$@"' - \
        "$poolproof" run "${cases[@]}" "${drivers[@]}" --runs 1 --out small
    conforms small
    deprived true 2>/dev/null || skip "no user namespaces"
    exits 0 2 -- unshare --mount bash -c 'mount -t tmpfs -o size=4k small /dev/shm && "$@"' - \
        unshare --user --map-root-user bash "$work/deprived" \
        "$poolproof" run "${cases[@]}" "${drivers[@]}" --runs 1 --out shared
    accuses_nobody shared
    says "left for shared memory in /dev/shm"
    mkdir read
    exits 0 2 -- unshare --mount bash -c 'mount --bind -o ro read /dev/shm && "$@"' - \
        "$poolproof" run "${cases[@]}" "${drivers[@]}" --runs 1 --out read
    conforms read
}

folders_for_temporary_files() {
    local long odd folder
    long=$PWD/$(printf 'x%.0s' {1..150})
    odd="$PWD/a folder's \"näme\""
    mkdir "$long" "$odd" relative
    touch file
    for folder in "" relative /nonexistent "$long" "$odd" "$PWD/file" /proc; do
        TMPDIR=$folder exits 0 -- "$poolproof" run "${cases[@]}" "${drivers[@]}" --runs 1 \
            --start-method forkserver --out "o" || complain "with TMPDIR=$folder"
        conforms o || complain "with TMPDIR=$folder"
        rm -r o
    done
    [ "$(ls)" = "$(printf '%s\n' "$(basename "$odd")" file relative said "$(basename "$long")" | sort)" ] ||
        complain "it left $(ls)"
}

folders_that_others_can_write_to() {
    mkdir -m 777 open
    umask 000
    TMPDIR=$PWD/open sleeper o
    ! ls open | grep -q . || complain "a scratch folder lies where others can replace it"
    kill -KILL $runner
}

masks_for_new_files() {
    local mask
    for mask in 000 077 0777; do
        # The reports themselves cannot be read under the last one by anybody but root.
        mkdir -m 755 "o$mask"
        (umask $mask && run "o$mask" >said 2>&1) || [ $mask = 0777 ] || complain "exit $? with $mask"
        [ $mask = 0777 ] || conforms "o$mask"
    done
    umask 000
    sleeper o
    local scratch
    scratch=$(scratch_of $runner)
    [ "$(stat -c %a "$scratch")" = 700 ] || complain "$(stat -c '%a %n' "$scratch")"
    kill -KILL $runner
}

neighbours_own_what_is_named_alike() {
    local names=(poolproof-2024-results poolproof-1-abc poolproof-notes) name
    export TMPDIR=$PWD/tmp
    mkdir tmp
    for name in "${names[@]}"; do
        mkdir "tmp/$name" && echo mine >"tmp/$name/notes" && echo mine >"tmp/$name/owner"
    done
    mkfifo tmp/poolproof.gate tmp/poolproof.turn
    mkdir tmp/poolproof-fifo && mkfifo tmp/poolproof-fifo/owner
    ln -s /etc/passwd tmp/poolproof-link
    exits 0 -- timeout 60 "$poolproof" run seed/pool_map --driver reference --out o
    conforms o
    for name in "${names[@]}"; do
        [ -e "tmp/$name/notes" ] || complain "$name of another program is gone"
    done
}

neighbours_that_are_stopped_hold_nobody_up() {
    sleeper first
    kill -STOP $runner
    # One that looks at its runs again alone waits for others' runs, and not for ever.
    exits 1 -- timeout 100 "$poolproof" run seed/pool_get_timeout --driver fake/babbler \
        --start-method spawn --runs 1 --out o
    kill -KILL $runner
}

neighbours_side_by_side() {
    local one other
    run a >said-a 2>&1 &
    one=$!
    run a >said-b 2>&1 &
    other=$!
    wait $one
    wait $other
    conforms a
    [ "$(ls a | tr '\n' ' ')" = "junit.xml report.html run.jsonl summary.md " ] || complain "it left $(ls a)"
}

signals_once_end_with_a_report() {
    sleeper o
    local scratch
    scratch=$(scratch_of $runner)
    kill -TERM $runner
    local code=0
    wait $runner || code=$?
    [ $code = 130 ] || complain "exit $code"
    [ -e o/summary.md ] || complain "no report: $(ls o)"
    [ ! -e "$scratch" ] || complain "$scratch is left"
    nothing_marked "$scratch" || complain "processes are left"
}

signals_twice_keep_the_records() {
    run before >/dev/null
    cp -r before o
    local code=0 file
    # It sends the signal to the program, and then to its group.
    timeout 6 "$poolproof" run seed --driver reference --runs 4 --out o >said 2>&1 || code=$?
    [[ $code =~ ^(124|130)$ ]] || complain "exit $code"
    cmp -s before/run.jsonl o/run.jsonl || complain "the report before was touched"
    file=$(ls o/incomplete-*.jsonl)
    exits 0 -- "$poolproof" report "$file"
    says "Incomplete"
    grep -q '"type":"record"' "$file" || complain "no record was kept"
}

signals_that_kill_leave_nothing() {
    sleeper o
    local scratch
    scratch=$(scratch_of $runner)
    kill -KILL $runner
    soon nothing_marked "$scratch"
    soon test ! -e "$scratch"
    exits 0 -- "$poolproof" report o/run.jsonl
    says "Incomplete"
}

signals_that_kill_runner_and_keepers_together_leave_nothing() {
    sleeper o
    local scratch
    scratch=$(scratch_of $runner)
    kill -KILL $runner $(pgrep -f "drive keep [a-z]* $scratch")
    soon nothing_marked "$scratch"
    # The folder goes with the next runner.
    "$poolproof" drivers >/dev/null
    [ ! -e "$scratch" ] || complain "$scratch is left"
}

signals_that_are_ignored() {
    exits 0 -- bash -c 'trap "" HUP INT QUIT TERM CHLD PIPE USR1 XFSZ; exec "$@"' - \
        "$poolproof" run "${cases[@]}" "${drivers[@]}" --runs 1 --out o
    conforms o
    exits 0 -- env --block-signal=TERM --block-signal=CHLD --block-signal=INT \
        "$poolproof" run "${cases[@]}" "${drivers[@]}" --runs 1 --out blocked
    conforms blocked
}

signals_that_stop_the_runner_for_a_while() {
    "$poolproof" run "${cases[@]}" "${drivers[@]}" --runs 4 --out o >said 2>&1 &
    local runner=$!
    for _ in 1 2; do
        sleep 0.7
        kill -STOP $runner || break
        sleep 2.5
        kill -CONT $runner
    done
    wait $runner
    conforms o
}

results_go_where_they_can() {
    exits 64 -- "$poolproof" run seed --driver reference --out /proc/none
    says "failed to write"
    echo >file
    exits 64 -- "$poolproof" run seed --driver reference --out file
    says "failed to write file"
    mkdir -p o/run.jsonl
    exits 64 -- "$poolproof" run seed --driver reference --out o
    [ "$(grep -c 'runs of' said)" = 0 ] || complain "it ran first"
}

results_on_a_full_disk() {
    is_root || skip "only root mounts"
    exits 70 -- unshare --mount bash -c 'mkdir full && mount -t tmpfs -o size=32k full full && exec "$@"' - \
        "$poolproof" run seed --driver reference --runs 1 --out full/o
    says "No space left"
    says "seed  reference"
}

results_that_nobody_takes() {
    exits 70 -- bash -c '"$@" >/dev/full' - "$poolproof" list
    says "failed to write to stdout"
    exits 70 -- bash -c '"$@" >/dev/full 2>/dev/full' - "$poolproof" list
    exits 64 -- bash -c '"$@" 2>/dev/full' - "$poolproof" run no-such.ron
    exits 0 141 -- bash -c '"$@" | head -n 1; exit ${PIPESTATUS[0]}' - "$poolproof" list
    exits 0 -- bash -c '"$@" >&- 2>&- <&-' - "$poolproof" run seed/pool_map --driver reference --out o
    conforms o
}

results_of_nothing_are_no_success() {
    exits 4 -- "$poolproof" run seed/process_killed --driver reference --start-method threads --out o
    says "Nothing was judged"
}

results_that_are_strange() {
    exits 0 -- run o
    sed '1s/"version":[0-9][0-9]*/"version":99/' o/run.jsonl >newer.jsonl
    exits 64 -- "$poolproof" report newer.jsonl
    says "version 99"
    exits 0 -- "$poolproof" report o/run.jsonl o/run.jsonl
    cp said twice
    exits 0 -- "$poolproof" report o/run.jsonl
    cmp -s said twice || complain "the same file twice is not the same report"
}

# python NAME: a program of this name in `bin`, from the text on stdin.
interpreter() {
    mkdir -p bin
    cat >"bin/$1"
    chmod 755 "bin/$1"
}

interpreters_that_are_broken() {
    [ -n "$python" ] || skip "no Python"
    interpreter python3.90 <<<$'#!/bin/sh\nexec sleep 600'
    interpreter python3.91 <<<$'#!/bin/sh\necho "No module named encodings" >&2; exit 1'
    interpreter python3.92 <<<$'#!/bin/sh\necho hello; exec python3 "$@"'
    interpreter python3.93 <<<$'#!/bin/sh\nsleep 600 &\nexec python3 "$@"'
    interpreter python3.94 <<<$'#!/bin/sh\nyes'
    interpreter python3.95 <<<$'#!/usr/bin/env python3\nimport sys\nsys.modules["_multiprocessing"] = None\nexec(sys.argv[2])'
    interpreter python3.96 <<<'not a program'
    ln -s /nonexistent bin/python3.97
    mkdir bin/python3.98
    local begun=$SECONDS
    PATH=$PWD/bin:$PATH exits 0 -- "$poolproof" drivers
    [ $((SECONDS - begun)) -lt 20 ] || complain "discovery took $((SECONDS - begun)) s"
    for what in "python3.90: it does not answer" "python3.91: it gives no answer (exit 1): \"No module" \
        'python3.92: it prints "hello"' "python3.94: it does not answer" \
        "python3.95: it has no multiprocessing" "python3.96:" "python3.97:" "python3.98:"; do
        says "$what"
    done
    ! pgrep -f 'sleep 600' >/dev/null || complain "it left what it started"
}

interpreters_beside_customizing() {
    [ -n "$python" ] || skip "no Python"
    local site
    mkdir -p home
    site=$(HOME=$PWD/home "$program" -c 'import site; print(site.getusersitepackages())')
    mkdir -p "$site"
    echo 'print("hello from usercustomize")' >"$site/usercustomize.py"
    echo 'print("hello from sitecustomize")' >"$site/sitecustomize.py"
    HOME=$PWD/home exits 0 -- run o
    conforms o
    PYTHONHOME=/nonexistent PYTHONPATH=/nonexistent PYTHONSTARTUP=/dev/full PYTHONWARNINGS=error \
        PYTHONINSPECT=1 PYTHONVERBOSE=1 PYTHONTRACEMALLOC=1 PYTHONOPTIMIZE=2 PYTHONUTF8=0 \
        PYTHONIOENCODING=utf-16 exits 0 -- run variables
    conforms variables
}

hangs_are_cheap() {
    mkdir -p cases/hang
    local index begun=$SECONDS
    for index in $(seq 8); do
        sed "s/title: \"[^\"]*\"/title: \"Hang $index\"/" "$work/cases/seed/greet_bob_and_jerry.ron" \
            >"cases/hang/hang_$index.ron"
    done
    exits 1 -- "$poolproof" run cases/hang --driver fake/sleeper --out o
    local took=$((SECONDS - begun))
    echo "    8 cases that hang under 4 start methods: $took s" >&2
    [ "$(grep -c '"verdict":"deviates"' o/run.jsonl)" = 32 ] || complain "$(verdicts o/run.jsonl)"
}

output_of_strangers() {
    exits 1 -- "$poolproof" run seed/pool_map --driver fake/painter --start-method spawn --out o
    ! grep -q $'\e' said || complain "control characters reach the terminal"
    ! grep -q $'\e' o/summary.md || complain "control characters reach the report"
    [ "$(wc -c <said)" -lt 20000 ] || complain "$(wc -c <said) bytes are no screen"
}

# --- all of them ---

mapfile -t names < <(declare -F | awk '{ print $3 }' |
    grep -E '^(users|namespaces|limits|memory|shared|folders|masks|neighbours|signals|results|interpreters|hangs|output)_')
for name in "${names[@]}"; do
    wanted=$([ $# = 0 ] && echo yes || true)
    for prefix in "$@"; do
        [[ $name != "$prefix"* ]] || wanted=yes
    done
    [ -n "$wanted" ] || continue
    tried=$((tried + 1))
    mkdir "$work/$name"
    begun=$SECONDS
    status=0
    # Behind a `||` bash would go on after what fails in there.
    (cd "$work/$name" && "$name") >"$work/$name.log" 2>&1 &
    wait $! || status=$?
    if [ $status = 0 ]; then
        printf '%-68s %4s s  ok\n' "${name//_/ }" $((SECONDS - begun))
        grep '^    ' "$work/$name.log" || true
    else
        failed+=("$name")
        printf '%-68s %4s s  FAILED\n' "${name//_/ }" $((SECONDS - begun))
        tail -n 15 "$work/$name.log"
    fi
done

echo
echo "$tried tried in $SECONDS s, ${#failed[@]} failed${failed[*]:+: ${failed[*]}}"
[ ${#failed[@]} = 0 ]
