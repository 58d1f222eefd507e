#!/usr/bin/env bash
# Fetches confluent-kafka, the Python client on librdkafka, with pip into a folder of its own, once. The last line printed is its Python.
#   KAFKALITE_TOOLS   the folder; one in the folder for temporary files when it is not set
set -euo pipefail
exec </dev/null
version=2.16.1
folder=${KAFKALITE_TOOLS:-${TMPDIR:-/tmp}/kafkalite-tools-$(id -u)}/confluent-kafka-$version
if [ ! -e "$folder/done" ]; then
  rm -rf "$folder"
  mkdir -p "$folder"
  python3 -m venv "$folder" >&2
  "$folder/bin/pip" install --quiet --disable-pip-version-check "confluent-kafka==$version" >&2
  touch "$folder/done"
fi
printf '%s\n' "$folder/bin/python"
