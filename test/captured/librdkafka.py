"""Captures batches that librdkafka (through confluent-kafka) puts on the wire. See README.md.

    python librdkafka.py <cases.txt> <folder>

A broker of one connection at a time that knows four requests answers it; the record batches of its Produce requests become the
files <name>.hex. Producer id, epoch and sequence are librdkafka's own (none), so those of cases.txt are not used, and cases that
need a transaction or the broker's time are left out.
"""
import socket, struct, sys, threading
from confluent_kafka import Producer

PRODUCE, METADATA, API_VERSIONS, INIT_PRODUCER_ID = 0, 3, 18, 22
# Fetch (1) and FindCoordinator (10) are never asked for, but librdkafka takes them for signs that lz4 and zstd are known.
VERSIONS = {PRODUCE: (0, 7), 1: (0, 10), METADATA: (1, 1), 10: (0, 0), API_VERSIONS: (0, 0), INIT_PRODUCER_ID: (0, 0)}


def content(text):
    if text == 'null':
        return None
    return bytes.fromhex(text[1:]) if text.startswith('~') else text.encode()


class OneBroker:
    """Answers as a cluster of one broker with the topic "t" of one partition."""

    def __init__(self):
        self.batches = []
        self.server = socket.create_server(('127.0.0.1', 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.server.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        stream = connection.makefile('rb')
        while True:
            head = stream.read(4)
            if len(head) < 4:
                return
            request = stream.read(struct.unpack('>i', head)[0])
            api, version, correlation, id_length = struct.unpack('>hhih', request[:10])
            body = request[10 + max(0, id_length):]
            answer = struct.pack('>i', correlation) + self.answer(api, version, body)
            connection.sendall(struct.pack('>i', len(answer)) + answer)

    def answer(self, api, version, body):
        if api == API_VERSIONS:
            error = 0 if version == 0 else 35
            return struct.pack('>hi', error, len(VERSIONS)) + b''.join(struct.pack('>hhh', k, *v) for k, v in VERSIONS.items())
        if api == METADATA:
            host = b'127.0.0.1'
            broker = struct.pack('>iih', 1, 1, len(host)) + host + struct.pack('>ih', self.port, -1) + struct.pack('>i', 1)
            partition = struct.pack('>ihii', 1, 0, 0, 1) + struct.pack('>iiii', 1, 1, 1, 1)
            return broker + struct.pack('>ihh', 1, 0, 1) + b't' + b'\0' + partition
        if api == INIT_PRODUCER_ID:
            return struct.pack('>ihqh', 0, 0, 4242, 3)
        # Produce 7: transactional id, acks, timeout, one topic, one partition, the bytes.
        text, = struct.unpack('>h', body[:2])
        at = 2 + max(0, text) + 2 + 4 + 4
        name, = struct.unpack('>h', body[at:at + 2])
        at += 2 + name + 4 + 4
        size, = struct.unpack('>i', body[at:at + 4])
        self.batches.append(body[at + 4:at + 4 + size])
        return struct.pack('>ih', 1, 1) + b't' + struct.pack('>iihqqqi', 1, 0, 0, len(self.batches), -1, 0, 0)


def capture(codec, records, settings):
    broker = OneBroker()
    errors = []
    producer = Producer({'bootstrap.servers': f'127.0.0.1:{broker.port}', 'linger.ms': 500, 'batch.num.messages': 1000,
                         'compression.type': codec, 'partitioner': 'murmur2', **settings})
    for fields in records:
        headers = [(name, content(text)) for name, text in (field.split('=', 1) for field in fields[4:])]
        producer.produce('t', key=content(fields[2]), value=content(fields[3]), timestamp=int(fields[1]), headers=headers, partition=0,
                         on_delivery=lambda error, _: error and errors.append(error))
    left = producer.flush(20)
    if left or errors or len(broker.batches) != 1:
        raise SystemExit(f'{left} left, {errors}, {len(broker.batches)} batches')
    return broker.batches[0]


def main(cases, folder):
    batches = []
    for line in open(cases, encoding='utf8').read().split('\n'):
        fields = line.split('\t')
        if fields[0] == 'batch':
            batches.append((fields, []))
        if fields[0] == 'record':
            batches[-1][1].append(fields)
    for fields, records in batches:
        name, codec, kind, transactional = fields[1], fields[2], fields[3], fields[7] == 'true'
        if kind == 'append' or transactional:
            print('left out:', name)
            continue
        if any(record[1] == '0' for record in records):
            print('left out:', name, '(timestamp 0 means now)')
            continue
        open(f'{folder}/{name}.hex', 'w').write(capture(codec, records, {}).hex() + '\n')
    hundred = next(records for fields, records in batches if fields[1] == 'hundred')
    for codec in ['snappy', 'lz4', 'zstd']:
        open(f'{folder}/hundred-{codec}.hex', 'w').write(capture(codec, hundred, {}).hex() + '\n')
    several = next(records for fields, records in batches if fields[1] == 'several')
    open(f'{folder}/idempotent.hex', 'w').write(capture('none', several, {'enable.idempotence': True}).hex() + '\n')


main(*sys.argv[1:])
