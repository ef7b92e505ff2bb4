#!/usr/bin/env bash
# A throwaway IPFS node (Kubo) for tests and trials: a repository of its own in a temporary folder, and no network.
#   scripts/kubo.sh find          prints the path of a Kubo binary: TIDEMARK_KUBO_BINARY where it is set, else one built before, or `ipfs`
#   scripts/kubo.sh build         as find; where there is none it builds one with Go (minutes) and keeps it by version
#   scripts/kubo.sh run -- CMD    runs CMD with TIDEMARK_KUBO_URL naming a node of its own, and stops that
# Exit code 3: there is no binary, or no Go to build one with.
set -euo pipefail

version=v0.42.0
kept="${XDG_CACHE_HOME:-$HOME/.cache}/tidemark/kubo-$version/ipfs"

say() { echo "kubo.sh: $*" >&2; }

find_binary() {
  local at
  if [[ -n ${TIDEMARK_KUBO_BINARY:-} ]]; then
    if [[ ! -x "$TIDEMARK_KUBO_BINARY" || -d "$TIDEMARK_KUBO_BINARY" ]]; then return 1; fi
    echo "$TIDEMARK_KUBO_BINARY"
    return
  fi
  for at in "$kept" "$(command -v ipfs || true)"; do
    if [[ -x "$at" && ! -d "$at" ]]; then echo "$at"; return; fi
  done
  return 1
}

need_binary() {
  if ! binary=$(find_binary); then
    say "no Kubo here. Run scripts/kubo.sh build, or set TIDEMARK_KUBO_BINARY to an ipfs of Kubo $version."
    exit 3
  fi
}

# Kubo's module has replacements, so `go install …@version` refuses it: it is built as a tool of an empty module
build() {
  local go
  go=$(command -v go || ls /usr/local/go/bin/go 2>/dev/null || true)
  if [[ -z $go ]]; then say "no Go here to build Kubo with; see https://go.dev/dl"; exit 3; fi
  say "building Kubo $version (minutes)"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  (
    cd "$work" &&
      "$go" mod init kubo.build &&
      "$go" get -tool "github.com/ipfs/kubo/cmd/ipfs@$version" &&
      nice "$go" build -o ipfs github.com/ipfs/kubo/cmd/ipfs
  ) >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 1; }
  mkdir -p "$(dirname "$kept")"
  # whole or not at all: a copy across file systems would be torn by a signal
  cp "$work/ipfs" "$kept.$$" && mv "$kept.$$" "$kept"
}

# start_in FOLDER: sets `node` to its process and TIDEMARK_KUBO_URL to its RPC
start_in() {
  local folder=$1 try
  export IPFS_PATH="$folder/repository" IPFS_TELEMETRY=off
  # `test`: any free ports of this machine only, and no other nodes
  "$binary" init --profile=server,test >"$folder/log" 2>&1 || { cat "$folder/log" >&2; return 1; }
  "$binary" daemon --offline >>"$folder/log" 2>&1 &
  node=$!
  for try in $(seq 300); do
    if [[ -s "$IPFS_PATH/api" ]] && grep -q "Daemon is ready" "$folder/log"; then
      # /ip4/127.0.0.1/tcp/PORT
      TIDEMARK_KUBO_URL="http://127.0.0.1:$(awk -F/ '{print $5}' "$IPFS_PATH/api")"
      export TIDEMARK_KUBO_URL
      return
    fi
    kill -0 "$node" 2>/dev/null || break
    sleep 0.1
  done
  cat "$folder/log" >&2
  return 1
}

stop_in() {
  if [[ -n ${node:-} ]]; then kill "$node" 2>/dev/null || true; wait "$node" 2>/dev/null || true; fi
  rm -rf "$1"
}

# At the end nothing interrupts: a second Ctrl-C would leave half of it. One that came a moment before finishes by
# itself, for `exit` within an EXIT trap ends the shell there.
finish() {
  trap '' INT TERM HUP
  stop_in "$folder"
}

case "${1:-}" in
  find)
    need_binary
    echo "$binary"
    ;;
  build)
    if ! find_binary; then build; echo "$kept"; fi
    ;;
  run)
    shift
    if [[ "${1:-}" == -- ]]; then shift; fi
    if [[ $# == 0 ]]; then say "run needs a command"; exit 2; fi
    need_binary
    folder=$(mktemp -d "${TMPDIR:-/tmp}/tidemark-kubo-XXXXXX")
    trap finish EXIT
    trap "trap '' INT TERM HUP; finish; exit 130" INT TERM HUP
    start_in "$folder"
    "$@"
    ;;
  *)
    sed -n '2,6p' "$0" >&2
    exit 2
    ;;
esac
