#!/usr/bin/env bash
# Starts the mesh on this machine and calls it with curl; ./run.sh --help lists the ways.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  cat <<'END'
./run.sh [--live]             start the mesh, show a first chat, stay until Ctrl-C
./run.sh chat "…" [options]   stream one answer from the mesh on PORT; starts one for it if none runs
    --provider P              cloudflare, openai or gemini
    --model M                 an alias or a model id
    --live                    from the real provider only; fails when its key is missing
./run.sh check [URL]          call every endpoint, here or at URL (with AUTH_TOKEN in the environment)

Of a mesh that is started without --live nothing leaves this machine: stand-ins
answer for the providers. With it each provider answers that has credentials: keys
in workers/*/.dev.vars (see .dev.vars.example there), Workers AI through the account
of `npx wrangler login`. `chat` asks the mesh that runs, live or not.
PORT (8787) and AUTH_TOKEN are read from the environment; without AUTH_TOKEN the
token is made once and kept in .mesh/token.
END
}

need() {
  command -v "$1" >/dev/null && return
  echo "$1 is needed and was not found. $2" >&2
  exit 1
}

# npm and wrangler keep caches and logs below HOME; where they cannot they fail, or wait for ever.
use_writable_home() {
  if [ -d "${HOME:-}" ] && [ -w "$HOME" ]; then return; fi
  mkdir -p .mesh/home
  export HOME="$PWD/.mesh/home"
}

is_installed() {
  local installed=node_modules/.package-lock.json
  [ -e "$installed" ] && ! [ package-lock.json -nt "$installed" ]
}

# Installs what is missing, or older than package-lock.json. One start after the other: npm empties node_modules first.
install() {
  if is_installed; then return; fi
  local lock=.mesh/installing holder
  mkdir -p .mesh
  echo "Installing packages (once) …" >&2
  until ln -sn "$$" "$lock" 2>/dev/null; do
    # One that was killed holds nothing any more; in a container that starts again it had this one's id.
    holder=$(readlink "$lock" || true)
    if [ "$holder" = "$$" ] || ! kill -0 "$holder" 2>/dev/null; then rm -f "$lock"; fi
    sleep 1
  done
  is_installed || install_packages
  rm "$lock"
}

# Says after ten seconds what is waited for: without a network npm tries for minutes and prints nothing.
install_packages() {
  local waiting status=0
  (sleep 10 >/dev/null 2>&1 && echo "Still waiting for packages from $(npm config get registry). Without a network npm gives up by itself, after some minutes." >&2) &
  waiting=$!
  npm ci --no-audit --no-fund --no-update-notifier --loglevel=error >&2 || status=$?
  kill "$waiting" 2>/dev/null || true
  if [ "$status" -ne 0 ]; then echo "The packages could not be installed; npm says why above." >&2; fi
  return "$status"
}

command=start
case "${1-}" in
  chat | check) command=$1; shift ;;
  -h | --help | help) usage; exit ;;
  "" | --live) ;;
  *) usage >&2; exit 2 ;;
esac

need curl "Please install it."
need node "Install Node.js: https://nodejs.org"
need npm "It comes with Node.js: https://nodejs.org"
use_writable_home
install
export PATH="$PWD/node_modules/.bin:$PATH"

if [ "$command" = start ]; then set -- dev --greet "$@"; else set -- "$command" "$@"; fi
exec node -r ./tools/check-node.cjs tools/mesh.ts "$@"
