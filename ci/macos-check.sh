#!/usr/bin/env bash
# Type-checks and lints everything, tests included, for macOS, on Debian 12 or what derives from it.
# Nothing is linked or run: that needs a Mac.
set -euo pipefail
cd "$(dirname "$0")/.."

ci/install.sh rustc-web cargo-web rust-web-src

# Debian's compiler, which is the one that the sources of its standard library go with.
export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
export CARGO_TARGET_DIR=$PWD/target/macos
export CARGO_INCREMENTAL=0
common=(--locked -Zbuild-std=std,panic_abort,panic_unwind --target aarch64-apple-darwin
    --workspace --all-targets)

# The lints of the same version; its package conflicts with others, so it is only unpacked.
clippy=$CARGO_TARGET_DIR/clippy
if [ ! -x "$clippy/usr/bin/clippy-driver" ]; then
    mkdir -p "$clippy"
    (cd "$clippy" && apt-get -o Acquire::Retries=5 download --quiet rust-web-clippy)
    dpkg -x "$clippy"/rust-web-clippy_*.deb "$clippy"
fi

# The same check twice: the lints see what compiles. Which version lints is Debian's to choose, so
# what it only warns of is shown and fails nothing; what the workspace denies does.
/usr/bin/cargo check --quiet "${common[@]}"
RUSTC_WORKSPACE_WRAPPER=$clippy/usr/bin/clippy-driver /usr/bin/cargo check --quiet "${common[@]}"
echo "macOS: everything type-checks for aarch64-apple-darwin, and the lints pass"
