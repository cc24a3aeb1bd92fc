#!/usr/bin/env bash
# Makes a virtual environment for each Python that is named, with the modules that Poolproof knows
# (ci/implementations.txt: pinned, with hashes), and says how to run them; what is there stays.
# Needs a package registry, and for mpi4py a package of Debian 12, which it installs.
#
#   ci/implementations.sh FOLDER [PYTHON]…        the `python3` on PATH where none is named
set -euo pipefail

if [ $# -eq 0 ]; then
    echo "usage: ci/implementations.sh FOLDER [PYTHON]…" >&2
    exit 64
fi
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- python3

# MPI starts the workers of mpi4py.
command -v mpiexec >/dev/null || "$here/install.sh" openmpi-bin

for python in "$@"; do
    version=$("$python" -c 'import sys; print("%s.%s" % sys.version_info[:2])')
    environment=$folder/$version
    # Written last, with what was installed: without it, or after a change, it is made again.
    mark=$environment/implementations.txt
    if ! cmp --silent "$here/implementations.txt" "$mark"; then
        echo "making $environment"
        "$python" -m venv --clear "$environment"
        "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
            --only-binary :all: --require-hashes --requirement "$here/implementations.txt"
        cp "$here/implementations.txt" "$mark"
    fi
    for module in billiard multiprocess loky.backend loky concurrent.futures pebble \
        mpi4py.util.pool ray.util.multiprocessing; do
        echo "poolproof run seed --python $environment --module $module"
    done
done
