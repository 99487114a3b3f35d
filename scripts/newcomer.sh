#!/usr/bin/env bash
# What the README promises: `npm run serve`, with nothing installed before it, serves the example; a picture gets its class.
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
export PORT=${PORT:-8089} KATONIC_DATA_DIR=$(mktemp -d)
npm run serve >"$log" 2>&1 &
server=$!
finish() {
  kill "$server" 2>/dev/null || true
  wait "$server" || true # it ends by the signal, which is no failure of this script
  rm -rf "$log" "$KATONIC_DATA_DIR"
}
trap finish EXIT

until curl --silent --fail --output /dev/null "http://127.0.0.1:$PORT/health/ready"; do
  kill -0 "$server" 2>/dev/null || { cat "$log"; exit 1; }
  sleep 1
done
cat "$log"
answer=$(curl --silent --show-error -F file=@examples/shapes/samples/star.jpg "http://127.0.0.1:$PORT/api/v1/predict")
printf '%s\n' "$answer"
[[ $answer == *'"predicted_class":"star"'* ]]
