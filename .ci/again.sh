# Read by the scripts that fetch.

# again COMMAND...: a network fails now and then; three times in a row is an answer.
again() {
  local try
  for try in 1 2 3; do
    if "$@" >&2; then return 0; fi
    echo "try $try failed: $*" >&2
    sleep $((try * 5))
  done
  return 1
}

# alone FOLDER: of two that come at the same time one fetches and the other waits for it.
alone() {
  mkdir -p "$1"
  if command -v flock >/dev/null; then
    exec 9>"$1/.lock"
    flock 9
  fi
}
