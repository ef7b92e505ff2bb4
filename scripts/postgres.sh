#!/usr/bin/env bash
# A throwaway PostgreSQL server for tests, in a temporary folder, with the settings of a durable one.
#   scripts/postgres.sh find          prints the folder of PostgreSQL's programs: TIDEMARK_POSTGRES_BINARIES, or the newest here
#   scripts/postgres.sh start         starts it (or finds it running) and prints its URL
#   scripts/postgres.sh halt          stops it as a crash would and keeps its folder; start goes on with it, at the same URL
#   scripts/postgres.sh stop          stops it and removes its folder
#   scripts/postgres.sh run -- CMD    starts one of its own, runs CMD with TIDEMARK_TEST_POSTGRES set, stops it
# Exit code 3: this machine has no PostgreSQL server.
set -euo pipefail

kept="${TMPDIR:-/tmp}/tidemark-postgres-$(id -u)"

say() { echo "postgres.sh: $*" >&2; }

find_binaries() {
  local at
  if [[ -n ${TIDEMARK_POSTGRES_BINARIES:-} ]]; then
    if [[ ! -x "$TIDEMARK_POSTGRES_BINARIES/initdb" ]]; then return 1; fi
    echo "$TIDEMARK_POSTGRES_BINARIES"
    return
  fi
  for at in $(ls -d /usr/lib/postgresql/*/bin /usr/local/opt/postgresql*/bin /opt/homebrew/opt/postgresql*/bin 2>/dev/null | sort -rV) \
    "$(dirname "$(command -v initdb || echo /nowhere/initdb)")"; do
    if [[ -x "$at/initdb" && -x "$at/pg_ctl" ]]; then echo "$at"; return; fi
  done
  return 1
}

need_binaries() {
  if ! binaries=$(find_binaries); then
    if [[ "${CI:-}" == true ]] && command -v apt-get >/dev/null; then
      say "installing PostgreSQL"
      { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y postgresql; } >&2
    fi
    if ! binaries=$(find_binaries); then
      say "no PostgreSQL server here. Install one (Debian: apt-get install postgresql), or set TIDEMARK_TEST_POSTGRES to one that is running."
      exit 3
    fi
  fi
}

# initdb and pg_ctl refuse root: there they run as the user that Debian's package brings
unprivileged() {
  if [[ $(id -u) == 0 ]]; then
    (cd / && setpriv --reuid=postgres --regid=postgres --clear-groups "$@")
  else
    "$@"
  fi
}

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 20000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
  done
}

# launch FOLDER PORT
launch() {
  unprivileged "$binaries/pg_ctl" start --pgdata="$1/data" --wait --silent --log="$1/log" \
    --options="-c listen_addresses=127.0.0.1 -c port=$2 -c unix_socket_directories= -c fsync=on" >&2
}

# start_in FOLDER: prints the URL
start_in() {
  local folder=$1 password port try
  mkdir -m 700 "$folder"
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  echo "$password" >"$folder/password"
  if [[ $(id -u) == 0 ]]; then chown -R postgres:postgres "$folder"; fi
  unprivileged "$binaries/initdb" --pgdata="$folder/data" --username=postgres --pwfile="$folder/password" \
    --auth=scram-sha-256 --encoding=UTF8 --no-locale >"$folder.log" 2>&1 || { cat "$folder.log" >&2; return 1; }
  for try in 1 2 3 4 5; do
    port=$(free_port)
    if launch "$folder" "$port"; then
      echo "postgres://postgres:$password@127.0.0.1:$port/postgres" | tee "$folder/url"
      return
    fi
    say "start $try failed on port $port"
  done
  cat "$folder/log" >&2
  return 1
}

halt_in() {
  unprivileged "$binaries/pg_ctl" stop --pgdata="$1/data" --mode=immediate --silent >&2
  touch "$1/halted"
}

resume_in() {
  launch "$1" "$(sed 's/.*:\([0-9]*\)\/.*/\1/' "$1/url")"
  rm "$1/halted"
  cat "$1/url"
}

stop_in() {
  local folder=$1 try
  if [[ -f "$folder/data/postmaster.pid" ]]; then
    unprivileged "$binaries/pg_ctl" stop --pgdata="$folder/data" --mode=immediate --silent >&2 || true
  fi
  # an initdb that was interrupted may still be writing
  for try in $(seq 50); do
    # 0 in so many words: in a trap a bare return tells what was before the trap
    if rm -rf "$folder" "$folder.log" 2>/dev/null; then return 0; fi
    sleep 0.1
  done
  rm -rf "$folder" "$folder.log"
}

# At the end nothing interrupts: a second Ctrl-C would leave half of it. One that came a moment before finishes by
# itself, for `exit` within an EXIT trap ends the shell there.
finish() {
  trap '' INT TERM HUP
  stop_in "$folder"
}

running_in() {
  [[ -f "$1/url" ]] && unprivileged "$binaries/pg_ctl" status --pgdata="$1/data" >/dev/null 2>&1
}

case "${1:-}" in
  find)
    need_binaries
    echo "$binaries"
    ;;
  start)
    need_binaries
    if running_in "$kept"; then cat "$kept/url"; exit; fi
    if [[ -f "$kept/halted" ]]; then resume_in "$kept"; exit; fi
    stop_in "$kept"
    start_in "$kept"
    ;;
  halt)
    need_binaries
    halt_in "$kept"
    ;;
  stop)
    need_binaries
    stop_in "$kept"
    ;;
  run)
    shift
    if [[ "${1:-}" == -- ]]; then shift; fi
    if [[ $# == 0 ]]; then say "run needs a command"; exit 2; fi
    need_binaries
    folder="$kept-$$"
    trap finish EXIT
    trap "trap '' INT TERM HUP; finish; exit 130" INT TERM HUP
    TIDEMARK_TEST_POSTGRES=$(start_in "$folder")
    export TIDEMARK_TEST_POSTGRES
    "$@"
    ;;
  *)
    sed -n '2,8p' "$0" >&2
    exit 2
    ;;
esac
