# Shared by the scripts of this folder; sourced, never run.
# shellcheck shell=bash
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
local_dir="$root/.local"
cd "$root"
mkdir -p "$local_dir"

# `cargo install` puts its programs here, which a login shell may not have on its PATH yet.
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}
# A program, not a function of the same name.
have() { type -P "$1" >/dev/null 2>&1; }

# step "what it does" command…: one line before, everything the command says in CI, its last lines when it fails.
step() {
  local what="$1"
  shift
  say "$what"
  if [ "${CI:-}" = true ] || [ -n "${VERBOSE:-}" ]; then
    "$@"
    return
  fi
  local log="$local_dir/last-step.log"
  if ! "$@" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    fail "this step failed; everything it said is in $log"
  fi
}

# The value of NAME in .env, if there is one. The file is read as text: it is never run.
env_file_value() {
  [ -f "$root/.env" ] || return 0
  sed -n "s/^$1=//p" "$root/.env" | tail -n 1 | sed -e 's/^"\(.*\)"$/\1/' -e "s/^'\(.*\)'\$/\1/"
}

# Succeeds when something already listens on this port of this machine.
port_taken() {
  python3 - "$1" <<'PY'
import socket, sys
with socket.socket() as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind(("127.0.0.1", int(sys.argv[1])))
    except OSError:
        sys.exit(0)
sys.exit(1)
PY
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

find_chromium() {
  local name
  if [ -n "${CHROMIUM:-}" ]; then
    echo "$CHROMIUM"
    return
  fi
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if have "$name"; then
      type -P "$name"
      return
    fi
  done
}

# Where cargo puts what it builds.
target_dir="${CARGO_TARGET_DIR:-$root/target}"

# The queries are checked against the answers in .sqlx, so that a build needs no database.
# While changing SQL: SQLX_OFFLINE=false, then `make queries`.
if [ -d "$root/.sqlx" ]; then export SQLX_OFFLINE="${SQLX_OFFLINE:-true}"; fi
