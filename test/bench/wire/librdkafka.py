# librdkafka.py ADDRESS TOPIC COUNT BYTES: produces that many records of that size and consumes them again; prints records a second as JSON.
import json
import sys
import time

from confluent_kafka import Consumer, Producer

address, topic, count, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
value = b"v" * size

failed = []
producer = Producer({"bootstrap.servers": address, "linger.ms": 5, "queue.buffering.max.messages": 1000000})
start = time.perf_counter()
for at in range(count):
    while True:
        try:
            producer.produce(topic, value, on_delivery=lambda error, _: failed.append(error) if error else None)
            break
        except BufferError:
            producer.poll(0.01)
    if at % 1000 == 0:
        producer.poll(0)
if producer.flush(60) or failed:
    sys.exit(f"not delivered: {failed[:1]}")
produced = count / (time.perf_counter() - start)

consumer = Consumer({"bootstrap.servers": address, "group.id": "group-" + topic, "auto.offset.reset": "earliest"})
consumer.subscribe([topic])
seen, first, start = 0, 0, 0.0
while seen < count:
    messages = consumer.consume(10000, 10)
    if not messages:
        sys.exit(f"{seen} of {count} records came")
    for message in messages:
        if message.error() or len(message.value()) != size:
            sys.exit(f"a record is not what was sent: {message.error()}")
    seen += len(messages)
    if first == 0:
        first, start = seen, time.perf_counter()
seconds = time.perf_counter() - start
consumer.close()
print(json.dumps({"produced": produced, "consumed": (seen - first) / seconds}))
