#!/usr/bin/env bash
# Fetches Apache Kafka (from Maven Central) and kafkajs (from npm) for the tests against the real thing, each with its ordinary client,
# and installs Java and Maven with apt-get where they are missing. What is there already is not fetched again, and what fails is tried
# again. The last line printed is the folder: `libs/` holds the jars, `node_modules/` kafkajs.
#   KAFKALITE_TOOLS   the folder; one in the folder for temporary files when it is not set
#   KAFKA_VERSION     another version of Kafka than the one in pom.xml
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
exec </dev/null
. "$here/../again.sh"
version=${KAFKA_VERSION:-$(sed -n 's/.*<kafka.version>\(.*\)<.*/\1/p' "$here/pom.xml")}
kafkajs=2.2.4
tools=${KAFKALITE_TOOLS:-${TMPDIR:-/tmp}/kafkalite-tools-$(id -u)}/kafka-$version

# Kafka 4 needs Java 17 for its broker; the tests' own programs are compiled when they are run.
javaIsGood() {
  local major
  command -v javac >/dev/null && major=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p') && [ "${major:-0}" -ge 17 ]
}

apt() {
  local root=()
  if [ "$(id -u)" != 0 ]; then root=(sudo -n); fi
  ${root[@]+"${root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get "$@"
}

installJava() {
  command -v apt-get >/dev/null || { echo 'Java 17 or later and Maven are needed: install them first' >&2; return 1; }
  again apt update -q
  javaIsGood || again apt install -y -q --no-install-recommends default-jdk-headless || true
  javaIsGood || again apt install -y -q --no-install-recommends openjdk-17-jdk-headless
  command -v mvn >/dev/null || again apt install -y -q --no-install-recommends maven
}

fetchJars() {
  rm -rf "$tools/libs.part"
  mvn -q -B -f "$here/pom.xml" "-Dkafka.version=$version" dependency:copy-dependencies "-DoutputDirectory=$tools/libs.part" \
    -DincludeScope=runtime
}

fetchKafkajs() {
  printf '{ "private": true }\n' >"$tools/package.json"
  npm install --prefix "$tools" --prefer-offline --ignore-scripts --no-audit --no-fund --loglevel=error "kafkajs@$kafkajs"
}

main() {
  # A folder from before Kafka Streams was fetched is fetched again.
  if [ ! -e "$tools/libs/kafka-streams-$version.jar" ]; then
    if ! javaIsGood || ! command -v mvn >/dev/null; then installJava; fi
    again fetchJars
    rm -rf "$tools/libs"
    mv "$tools/libs.part" "$tools/libs"
  fi
  javaIsGood || installJava
  [ -d "$tools/node_modules/kafkajs" ] || again fetchKafkajs
  printf '%s\n' "$tools"
}

alone "$tools"
main
