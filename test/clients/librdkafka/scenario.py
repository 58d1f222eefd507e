# What librdkafka does against a broker, through its Python client: one line `ok NAME` or `failed NAME: WHY` for each check.
#   python scenario.py HOST:PORT
import sys
import time

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, OffsetSpec

address = sys.argv[1]
admin = AdminClient({'bootstrap.servers': address})


def check(name):
    def run(body):
        try:
            body()
            print('ok', name, flush=True)
        except Exception as error:
            print(f'failed {name}: {type(error).__name__} {error}', flush=True)

    return run


def results(futures):
    return {key: future.result(10) for key, future in futures.items()}


def send(config, values, topic='orders'):
    errors = []
    producer = Producer({'bootstrap.servers': address, 'linger.ms': 5, **config})
    for index, value in enumerate(values):
        producer.produce(topic, key=str(index), value=value, headers={'h': b'1'}, partition=index % 2, on_delivery=lambda e, m: errors.append(e))
    assert producer.flush(20) == 0
    assert errors == [None] * len(values), errors[:2]


def read(count, config, topic='orders'):
    consumer = Consumer({'bootstrap.servers': address, 'auto.offset.reset': 'earliest', **config})
    consumer.subscribe([topic])
    values = []
    until = time.time() + 30
    while len(values) < count and time.time() < until:
        message = consumer.poll(1)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        values.append(message.value().decode())
    assert len(values) == count, len(values)
    if 'group.id' in config:
        consumer.commit(asynchronous=False)
        committed = consumer.committed(consumer.assignment(), 10)
        assert sum(max(0, each.offset) for each in committed) >= count, committed
    consumer.close()
    return values


@check('topics and configs')
def topics():
    results(admin.create_topics([NewTopic('orders', 1, 1), NewTopic('gone', 1, 1, config={'cleanup.policy': 'compact'})]))
    results(admin.create_partitions([NewPartitions('orders', 2)]))
    change = ConfigEntry('retention.ms', '60000', incremental_operation=AlterConfigOpType.SET)
    results(admin.incremental_alter_configs([ConfigResource('topic', 'orders', incremental_configs=[change])]))
    (configs,) = results(admin.describe_configs([ConfigResource('topic', 'orders')])).values()
    assert configs['retention.ms'].value == '60000'
    (described,) = results(admin.describe_topics(TopicCollection(['orders']))).values()
    assert len(described.partitions) == 2
    results(admin.delete_topics(['gone']))
    assert 'gone' not in admin.list_topics(timeout=10).topics
    try:
        results(admin.create_topics([NewTopic('orders', 1, 1)]))
        raise AssertionError('It was created twice')
    except KafkaException as error:
        assert error.args[0].name() == 'TOPIC_ALREADY_EXISTS', error


@check('produce plainly, in gzip and idempotently')
def produce():
    send({}, [f'plain {index}' for index in range(100)])
    send({'compression.type': 'gzip'}, [f'gzip {index}' for index in range(100)])
    send({'enable.idempotence': True}, [f'once {index}' for index in range(100)])


for name, config in {
    'classic': {},
    'cooperative': {'partition.assignment.strategy': 'cooperative-sticky', 'isolation.level': 'read_committed'},
    'static': {'group.instance.id': 'one'},
    'consumer': {'group.protocol': 'consumer'},
}.items():

    @check(f'consume in a group: {name}')
    def consume():
        read(300, {'group.id': name, **config})


@check('groups and their offsets')
def groups():
    listed = {group.group_id: str(group.type) for group in admin.list_consumer_groups().result(10).valid}
    assert listed['consumer'].endswith('CONSUMER') and listed['classic'].endswith('CLASSIC'), listed
    (described,) = results(admin.describe_consumer_groups(['cooperative'])).values()
    assert str(described.state).endswith('EMPTY'), described.state
    (offsets,) = results(admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions('classic')])).values()
    assert sorted(each.offset for each in offsets.topic_partitions) == [150, 150]
    results(admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions('classic', [TopicPartition('orders', 0, 3)])]))
    results(admin.delete_consumer_groups(['classic']))


@check('offsets and records')
def offsets():
    asked = {TopicPartition('orders', 0): OffsetSpec.latest(), TopicPartition('orders', 1): OffsetSpec.earliest()}
    assert [future.result(10).offset for future in admin.list_offsets(asked).values()] == [150, 0]
    (deleted,) = results(admin.delete_records([TopicPartition('orders', 0, 10)])).values()
    assert deleted.low_watermark == 10


@check('transactions')
def transactions():
    results(admin.create_topics([NewTopic('bills', 1, 1)]))
    producer = Producer({'bootstrap.servers': address, 'transactional.id': 'shop'})
    producer.init_transactions(10)
    for name, end in {'committed': producer.commit_transaction, 'aborted': producer.abort_transaction}.items():
        producer.begin_transaction()
        for index in range(3):
            producer.produce('bills', f'{name} {index}', partition=0)
        producer.flush(10)
        end(10)
    consumer = Consumer({'bootstrap.servers': address, 'group.id': 'payer', 'auto.offset.reset': 'earliest', 'enable.auto.commit': False})
    consumer.subscribe(['bills'])
    first = None
    while first is None:
        first = consumer.poll(1)
    producer.begin_transaction()
    producer.produce('bills', 'paid', partition=0)
    producer.send_offsets_to_transaction([TopicPartition('bills', 0, 1)], consumer.consumer_group_metadata(), 10)
    producer.commit_transaction(10)
    (committed,) = consumer.committed([TopicPartition('bills', 0)], 10)
    assert committed.offset == 1, committed
    consumer.close()
    values = read(4, {'group.id': 'reader', 'isolation.level': 'read_committed'}, 'bills')
    assert values == ['committed 0', 'committed 1', 'committed 2', 'paid'], values
