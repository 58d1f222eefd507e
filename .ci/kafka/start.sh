#!/usr/bin/env bash
# Runs one node of Apache Kafka (KRaft: broker and controller in one process) on loopback until its standard input ends, so that it
# never outlives whoever started it. Prints `ready PID` when it answers.
#   .ci/kafka/start.sh TOOLS FOLDER PORT CONTROLLER_PORT [PROPERTY=VALUE...]
# TOOLS is what install.sh printed. FOLDER keeps the node's files (FOLDER/data, its log.dirs) and its log; one that was used before is
# used again.
#   KAFKA_JVM_OPTIONS   the options of the broker's JVM; few threads and a small heap unless given
#   KAFKA_FORMAT_ONLY   when it is set, the folder is made ready and nothing is run
set -euo pipefail
tools=$1 folder=$2 port=$3 controller=$4
shift 4
mkdir -p "$folder"
classpath="$tools/libs/*"

cat >"$folder/log4j2.properties" <<LOG
rootLogger.level = WARN
rootLogger.appenderRef.file.ref = file
appender.file.type = File
appender.file.name = file
appender.file.fileName = $folder/kafka.log
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = [%d] %p %m (%c)%n
LOG
cat >"$folder/server.properties" <<CONF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$folder/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
controlled.shutdown.enable=false
CONF
for property in "$@"; do printf '%s\n' "$property" >>"$folder/server.properties"; done

options=("-Dlog4j2.configurationFile=$folder/log4j2.properties" -Djava.awt.headless=true)
if [ ! -e "$folder/data/meta.properties" ]; then
  java "${options[@]}" -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$classpath" kafka.tools.StorageTool format -t "$(head -c16 /dev/urandom | base64 | tr '+/' 'ab' | tr -d '=')" \
    -c "$folder/server.properties" >"$folder/format.log" 2>&1 </dev/null || { cat "$folder/format.log" >&2; exit 1; }
fi
[ -z "${KAFKA_FORMAT_ONLY:-}" ] || exit 0
read -ra jvm <<<"${KAFKA_JVM_OPTIONS:--Xms128m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1}"
java "${options[@]}" "${jvm[@]}" -cp "$classpath" kafka.Kafka "$folder/server.properties" >"$folder/stdout.log" 2>&1 </dev/null &
pid=$!
trap 'kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true' EXIT
trap 'exit 1' INT TERM HUP

# answers: one ApiVersions request, and an answer within a second.
answers() {
  local bytes
  { exec 8<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || return 1
  printf '\0\0\0\012\0\022\0\0\0\0\0\1\377\377' >&8
  bytes=$(timeout 1 head -c8 <&8 | wc -c)
  exec 8>&-
  [ "$bytes" -eq 8 ]
}
until answers; do
  if ! kill -0 "$pid" 2>/dev/null || [ "$SECONDS" -gt 120 ]; then
    tail -n 30 "$folder/stdout.log" "$folder/kafka.log" >&2 || true
    echo 'Kafka did not start' >&2
    exit 1
  fi
  sleep 0.1
done
echo "ready $pid"
while read -r _; do :; done
