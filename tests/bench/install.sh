#!/usr/bin/env bash
# Installs the programs that the bench compares with into .cache/bench (or the folder given).
#
# They are built from their released sources, as cargo does for everybody; nothing is installed
# elsewhere. The versions are fixed, so that figures of two days can be compared.
#
# usage: install.sh [FOLDER]     AGNIX_VERSION names another release
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
target=${1:-$root/.cache/bench}
version=${AGNIX_VERSION:-0.60.3}

mkdir -p "$target"
# From a folder without a workspace, so that this one's settings do not take part.
cd "$target"
for package in agnix-lsp agnix-cli; do
    cargo install "$package" --version "$version" --locked --root "$target"
done
