#!/usr/bin/env bash
# Makes sure that there is a PostgreSQL server, from Debian's packages where it is missing. The last line printed is the folder of its programs.
set -euo pipefail
exec </dev/null
find_programs() {
  local program
  for program in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -Vr) $(dirname "$(command -v initdb || true)" 2>/dev/null); do
    if [ -x "$program/initdb" ] && [ -x "$program/postgres" ]; then
      printf '%s\n' "$program"
      return 0
    fi
  done
  return 1
}
if ! find_programs >/dev/null; then
  sudo=$([ "$(id -u)" -eq 0 ] || echo sudo)
  $sudo apt-get update >&2
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install --yes --no-install-recommends postgresql >&2
fi
find_programs
