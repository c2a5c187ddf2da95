#!/usr/bin/env bash
# Puts VS Code, as code-server, and the Node that runs it below .cache/vscode (or the folder given).
#
# Both come from npm: its package `node` holds the program and the headers that code-server's native
# modules are compiled against. Chromium, a compiler and fonts are packages of Debian; as root they
# are installed if need be.
#
# usage: install.sh [FOLDER]
set -euo pipefail

root=$(cd "$(dirname "$0")/../../.." && pwd)
target=${1:-$root/.cache/vscode}
node_version=24.21.0
code_server_version=4.139.1
recipe=$(sha256sum "$0" | cut -d' ' -f1)
log=$target/install.log

fail() {
    echo "install.sh: $*" >&2
    if [[ -s $log ]]; then
        tail -n 5 "$log" >&2
    fi
    exit 1
}

# Prints the packages that are missing. Chromium is looked for by its command, since a machine may
# have it from elsewhere.
missing_packages() {
    command -v chromium >/dev/null || echo chromium
    if [[ ! -f $target/recipe ]]; then
        local package
        for package in fonts-dejavu-core g++ make pkg-config python3 libkrb5-dev libsecret-1-dev; do
            dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null |
                grep -q 'ok installed' || echo "$package"
        done
    fi
}

install_packages() {
    local missing
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]} == 0)) && return
    [[ $EUID == 0 ]] && command -v apt-get >/dev/null ||
        fail "only root can install these packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update >"$log" 2>&1 || fail "apt cannot update its lists"
    apt-get -qq -y --no-install-recommends install "${missing[@]}" >"$log" 2>&1 ||
        fail "apt cannot install these packages: ${missing[*]}"
}

# npm_package FOLDER PACKAGE: installs a package of npm into a folder below the target.
npm_package() {
    mkdir -p "$target/$1"
    echo '{ "private": true }' >"$target/$1/package.json"
    npm --prefix "$target/$1" install --no-audit --no-fund "$2" >"$log" 2>&1 ||
        fail "npm cannot install $2"
}

command -v npm >/dev/null || fail "this machine has no npm"
# What was begun and not ended is no use either: npm takes a half package for a whole one.
if [[ ! -f $target/recipe || $(cat "$target/recipe") != "$recipe" ]]; then
    rm -rf "$target"
fi
mkdir -p "$target"
install_packages
if [[ -f $target/recipe ]]; then
    exit 0
fi

npm_package node "node@$node_version"
node=$target/node/node_modules/node
export PATH=$node/bin:$PATH
headers=$(find "$target/node" -type d -path '*/include/node' -print -quit)
[[ -n $headers ]] || fail "npm's package node@$node_version holds no headers"
npm_config_nodedir=$(dirname "$(dirname "$headers")")
export npm_config_nodedir
npm_package code-server "code-server@$code_server_version"

mkdir -p "$target/bin"
ln -sf "$node/bin/node" "$target/bin/node"
ln -sf "$target/code-server/node_modules/.bin/code-server" "$target/bin/code-server"
HOME=$target/home PATH=$target/bin:$PATH code-server --version >"$log" 2>&1 ||
    fail "code-server does not run"
rm -f "$log"
echo "$recipe" >"$target/recipe"
