#!/usr/bin/env bash
# Type-checks and lints everything, tests included, for macOS, on Debian 12 or what derives from it.
# Nothing is linked or run: that needs a Mac.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(rustc-web cargo-web rust-web-src)
if ! dpkg -s "${packages[@]}" >/dev/null 2>&1; then
    run=(env DEBIAN_FRONTEND=noninteractive)
    [ "$(id -u)" = 0 ] || run=(sudo "${run[@]}")
    "${run[@]}" apt-get update
    "${run[@]}" apt-get install --yes --no-install-recommends "${packages[@]}"
fi

export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
export CARGO_TARGET_DIR=$PWD/target/macos
common=(--locked -Zbuild-std=std,panic_abort,panic_unwind --target aarch64-apple-darwin
    --workspace --all-targets)

/usr/bin/cargo check "${common[@]}"

# The lints of the same version; its package conflicts with others, so it is only unpacked.
clippy=$CARGO_TARGET_DIR/clippy
if [ ! -x "$clippy/usr/bin/clippy-driver" ]; then
    mkdir -p "$clippy"
    (cd "$clippy" && apt-get download rust-web-clippy && dpkg -x rust-web-clippy_*.deb .)
fi
if [ -x "$clippy/usr/bin/clippy-driver" ]; then
    RUSTC_WORKSPACE_WRAPPER=$clippy/usr/bin/clippy-driver CLIPPY_ARGS="-D__CLIPPY_HACKERY__warnings" \
        /usr/bin/cargo check "${common[@]}"
fi
echo "macOS: everything type-checks for aarch64-apple-darwin"
