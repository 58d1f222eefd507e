#!/usr/bin/env bash
# Fetches @platformatic/kafka with npm into a folder of its own, once: install.sh 1 for the line that Node 20 takes, install.sh 2 for the
# one that wants Node 22.22 or later, with such a Node. The last two lines printed are the folder and the Node to run it with.
#   KAFKALITE_TOOLS   the folder; one in the folder for temporary files when it is not set
set -euo pipefail
exec </dev/null
. "$(dirname "$0")/../again.sh"
case ${1:-} in
  1) version=1.35.0 node= ;;
  2) version=2.12.1 node=$(node -p '`node-${process.platform}-${process.arch}`') ;;
  *) echo 'install.sh 1 or install.sh 2' >&2; exit 2 ;;
esac
folder=${KAFKALITE_TOOLS:-${TMPDIR:-/tmp}/kafkalite-tools-$(id -u)}/platformatic-$version
alone "$folder"
if [ ! -e "$folder/done" ]; then
  printf '{ "private": true }\n' >"$folder/package.json"
  again npm install --prefix "$folder" --prefer-offline --ignore-scripts --no-audit --no-fund --loglevel=error \
    "@platformatic/kafka@$version" ${node:+"$node@24"}
  touch "$folder/done"
fi
printf '%s\n' "$folder" "${node:+$folder/node_modules/$node/bin/}node"
