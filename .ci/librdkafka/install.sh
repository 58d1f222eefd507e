#!/usr/bin/env bash
# Fetches confluent-kafka, the Python client on librdkafka, with pip into a folder of its own, once. The last line printed is its Python.
#   KAFKALITE_TOOLS   the folder; one in the folder for temporary files when it is not set
set -euo pipefail
exec </dev/null
. "$(dirname "$0")/../again.sh"
version=2.16.1
folder=${KAFKALITE_TOOLS:-${TMPDIR:-/tmp}/kafkalite-tools-$(id -u)}/librdkafka-$version
alone "$folder"
if [ ! -e "$folder/done" ]; then
  python3 -m venv --clear "$folder/python" >&2
  again "$folder/python/bin/pip" install --quiet --disable-pip-version-check "confluent-kafka==$version"
  touch "$folder/done"
fi
printf '%s\n' "$folder/python/bin/python"
