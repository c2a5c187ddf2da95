#!/usr/bin/env bash
# Puts a recent Neovim below .cache/nvim (or the folder given).
#
# Stable Debian releases carry a Neovim without `vim.lsp.enable`, so the packages of a newer
# release are unpacked into a folder of their own, with their own C library. Nothing is installed
# on the machine, and no root is needed: apt works on private lists with an empty package status.
#
# usage: install.sh [FOLDER]     SUITE names the Debian release to take the packages from
set -euo pipefail

root=$(cd "$(dirname "$0")/../../.." && pwd)
target=${1:-$root/.cache/nvim}
suite=${SUITE:-forky}
packages=(neovim)
recipe=$(sha256sum "$0" | cut -d' ' -f1)-$suite

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

if [[ -x $target/bin/nvim && -f $target/recipe && $(cat "$target/recipe") == "$recipe" ]]; then
    exit 0
fi

command -v apt-get >/dev/null || fail "this machine has no apt: set NVIM to a Neovim 0.11 or newer"
architecture=$(dpkg --print-architecture)
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")

mkdir -p "$(dirname "$target")"
work=$(mktemp -d "$(dirname "$target")/nvim.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The mirror of the machine's own release, so that the script names no server.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk -v release="$codename" '$2 == release { print $1; exit }')
[[ -n $mirror ]] || fail "apt knows no mirror of '$codename': run apt-get update as root first"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[[ -f $keyring ]] || fail "$keyring is missing: install debian-archive-keyring"

mkdir -p "$work"/apt/{lists/partial,archives/partial,parts} "$work/tree"
: >"$work/apt/status"
echo "deb [signed-by=$keyring] $mirror $suite main" >"$work/apt/sources.list"
cat >"$work/apt/apt.conf" <<CONF
Dir::State "$work/apt";
Dir::State::Lists "$work/apt/lists";
Dir::State::status "$work/apt/status";
Dir::Cache "$work/apt";
Dir::Cache::archives "$work/apt/archives";
Dir::Etc::SourceList "$work/apt/sources.list";
Dir::Etc::SourceParts "$work/apt/parts";
Dir::Etc::Preferences "$work/apt/preferences";
Dir::Etc::PreferencesParts "$work/apt/parts";
APT::Sandbox::User "";
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Install-Recommends "false";
APT::Get::AllowUnauthenticated "false";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
CONF
export APT_CONFIG=$work/apt/apt.conf

apt-get -qq update
apt-get -qq -y --download-only install "${packages[@]}" patchelf
for package in "$work"/apt/archives/*.deb; do
    dpkg-deb --extract "$package" "$work/tree"
done

loader=$(find "$work/tree/usr/lib" -name 'ld-linux*.so.*' -printf '%P\n' | head -n 1)
[[ -n $loader ]] || fail "the C library of $suite has no loader below usr/lib"

unset APT_CONFIG
rm -rf "$target"
mv "$work/tree" "$target"
loader=$target/usr/lib/$loader
libraries=$(dirname "$loader")

# The unpacked patchelf needs the unpacked C library as well.
"$loader" --library-path "$libraries" "$target/usr/bin/patchelf" \
    --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$target/usr/bin/nvim"

mkdir -p "$target/bin"
cat >"$target/bin/nvim" <<WRAPPER
#!/bin/sh
export VIMRUNTIME=$target/usr/share/nvim/runtime
exec $target/usr/bin/nvim --cmd 'set runtimepath+=$target/usr/lib/nvim' "\$@"
WRAPPER
chmod +x "$target/bin/nvim"

"$target/bin/nvim" --headless --clean +'lua io.stdout:write(tostring(vim.version()), "\n")' +quitall ||
    fail "the unpacked Neovim does not run"
"$target/bin/nvim" --headless --clean +'if !has("nvim-0.11") | cquit | endif' +quitall ||
    fail "$suite has a Neovim older than 0.11"
echo "$recipe" >"$target/recipe"
