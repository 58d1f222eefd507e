# What librdkafka does against a broker, through its Python client: one line `ok NAME` or `failed NAME: WHY` for each check.
#   python scenario.py HOST:PORT
import json
import os
import sys
import threading
import time

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, IsolationLevel, KafkaError, KafkaException, Producer, TopicCollection, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

address = sys.argv[1]
admin = AdminClient({'bootstrap.servers': address})
PATIENCE = 60


def check(name):
    def run(body):
        try:
            body()
            print('ok', name, flush=True)
        except Exception as error:
            print(f'failed {name}: {type(error).__name__} {error}'.replace('\n', ' '), flush=True)

    return run


def results(futures):
    return {key: future.result(PATIENCE) for key, future in futures.items()}


def only(futures):
    (result,) = results(futures).values()
    return result


def create(topic, partitions=1, **config):
    results(admin.create_topics([NewTopic(topic, partitions, 1, config=config)]))


def refused(name, body):
    try:
        body()
    except KafkaException as error:
        assert error.args[0].name() == name, error
        return
    raise AssertionError(f'Nothing refused it, expected {name}')


def send(config, values, topic='orders', partitions=2):
    errors = []
    producer = Producer({'bootstrap.servers': address, 'linger.ms': 5, **config})
    for index, value in enumerate(values):
        where = index % partitions
        producer.produce(topic, key=str(index), value=value, headers={'h': b'1'}, partition=where, on_delivery=lambda e, m: errors.append(e))
    assert producer.flush(PATIENCE) == 0
    assert errors == [None] * len(values), errors[:2]


def consumer_of(topics, config, **callbacks):
    consumer = Consumer({'bootstrap.servers': address, 'auto.offset.reset': 'earliest', **config})
    consumer.subscribe(topics, **callbacks)
    return consumer


def take(consumer, count):
    messages = []
    until = time.time() + PATIENCE
    while len(messages) < count and time.time() < until:
        message = consumer.poll(0.2)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        messages.append(message)
    assert len(messages) == count, f'{len(messages)} of {count}'
    return messages


def values_of(messages):
    return [message.value().decode() for message in messages]


def read(count, config, topic='orders'):
    consumer = consumer_of([topic], config)
    values = values_of(take(consumer, count))
    consumer.commit(asynchronous=False)
    committed = consumer.committed(consumer.assignment(), PATIENCE)
    assert sum(max(0, each.offset) for each in committed) >= count, committed
    consumer.close()
    return values


@check('topics are created, grown, described and deleted')
def topics():
    create('orders')
    create('gone', **{'cleanup.policy': 'compact'})
    results(admin.create_partitions([NewPartitions('orders', 2)]))
    assert len(only(admin.describe_topics(TopicCollection(['orders']))).partitions) == 2
    results(admin.delete_topics(['gone']))
    assert 'gone' not in admin.list_topics(timeout=PATIENCE).topics
    refused('TOPIC_ALREADY_EXISTS', lambda: create('orders'))
    cluster = admin.describe_cluster().result(PATIENCE)
    assert [node.id for node in cluster.nodes] == [1], cluster.nodes


@check('configs are described, altered and put back')
def configs():
    def value():
        return only(admin.describe_configs([ConfigResource('topic', 'orders')]))['retention.ms'].value

    for operation, told, then in ((AlterConfigOpType.SET, '60000', '60000'), (AlterConfigOpType.DELETE, None, '604800000')):
        change = ConfigEntry('retention.ms', told, incremental_operation=operation)
        results(admin.incremental_alter_configs([ConfigResource('topic', 'orders', incremental_configs=[change])]))
        assert value() == then, value()
    wrong = ConfigEntry('retention.ms', 'soon', incremental_operation=AlterConfigOpType.SET)
    refused('INVALID_CONFIG', lambda: results(admin.incremental_alter_configs([ConfigResource('topic', 'orders', incremental_configs=[wrong])])))


@check('records are sent plainly and by an idempotent producer')
def produce():
    send({}, [f'plain {index}' for index in range(100)])
    send({'acks': 1, 'compression.type': 'gzip'}, [f'gzip {index}' for index in range(100)])
    send({'enable.idempotence': True}, [f'once {index}' for index in range(100)])


@check('an idempotent producer sends many batches at a time in order')
def in_order():
    create('in-order')
    config = {'enable.idempotence': True, 'max.in.flight.requests.per.connection': 5, 'batch.num.messages': 10, 'linger.ms': 0}
    send(config, [str(index) for index in range(2000)], 'in-order', 1)
    read_back = consumer_of(['in-order'], {'group.id': 'in-order'})
    assert values_of(take(read_back, 2000)) == [str(index) for index in range(2000)]
    read_back.close()


for compression in ('gzip', 'snappy', 'lz4', 'zstd'):

    @check(f'batches in {compression} are sent and read')
    def compressed():
        topic = f'in-{compression}'
        create(topic)
        sent = ['much the same ' * 20 + str(index) for index in range(200)]
        send({'compression.type': compression, 'linger.ms': 50}, sent, topic, 1)
        assert read(200, {'group.id': topic}, topic) == sent


@check('large messages go through, and what is too large is refused')
def large():
    create('large', **{'max.message.bytes': '10000000'})
    content = os.urandom(4_000_000)
    wide = {'message.max.bytes': 20_000_000, 'compression.type': 'none'}
    send(wide, [content, content], 'large', 1)
    reader = consumer_of(['large'], {'group.id': 'large', 'fetch.message.max.bytes': 1_000_000})
    assert [message.value() == content for message in take(reader, 2)] == [True, True]
    reader.close()
    errors = []
    producer = Producer({'bootstrap.servers': address, **wide})
    producer.produce('large', os.urandom(10_000_001), on_delivery=lambda e, m: errors.append(e.name()))
    producer.flush(PATIENCE)
    assert errors == ['MSG_SIZE_TOO_LARGE'], errors


for name, config in {
    'classic': {},
    'cooperative': {'partition.assignment.strategy': 'cooperative-sticky', 'isolation.level': 'read_committed'},
    'static': {'group.instance.id': 'one'},
    'consumer': {'group.protocol': 'consumer'},
}.items():

    @check(f'a group reads all and commits: {name}')
    def consume():
        read(300, {'group.id': name, **config})


for name, config in {
    'classic': {'heartbeat.interval.ms': 200},
    'cooperative': {'partition.assignment.strategy': 'cooperative-sticky', 'heartbeat.interval.ms': 200},
    'consumer': {'group.protocol': 'consumer'},
}.items():

    @check(f'a second member takes half of the partitions, and gives them back: {name}')
    def rebalance():
        topic = f'shared-{name}'
        create(topic, 4)
        events = []

        def watched(member):
            return {
                'on_assign': lambda consumer, partitions: events.append(('assigned', member, sorted(each.partition for each in partitions))),
                'on_revoke': lambda consumer, partitions: events.append(('revoked', member, sorted(each.partition for each in partitions))),
            }

        members = [consumer_of([topic], {'group.id': topic, **config}, **watched('a'))]

        def until(sizes):
            end = time.time() + PATIENCE
            while [len(each.assignment()) for each in members] != sizes:
                assert time.time() < end, (sizes, events)
                for each in members:
                    each.poll(0.1)

        until([4])
        members.append(consumer_of([topic], {'group.id': topic, **config}, **watched('b')))
        until([2, 2])
        both = sorted(each.partition for member in members for each in member.assignment())
        assert both == [0, 1, 2, 3], both
        members.pop().close()
        until([4])
        members.pop().close()
        # Only what goes to the other is given up, but for the members that give up everything each time.
        revoked = [len(partitions) for what, member, partitions in events if what == 'revoked' and member == 'a']
        assert revoked[0] == (4 if name == 'classic' else 2), events


@check('a static member that comes back keeps its partitions, without a rebalance')
def static():
    create('kept', 2)
    config = {'group.id': 'kept', 'session.timeout.ms': 30000}
    other_events = []
    other = consumer_of(['kept'], {**config, 'group.instance.id': 'stays'}, on_revoke=lambda c, p: other_events.append(p))
    first = consumer_of(['kept'], {**config, 'group.instance.id': 'returns'})
    end = time.time() + PATIENCE
    while [len(each.assignment()) for each in (other, first)] != [1, 1]:
        assert time.time() < end, 'Not shared'
        other.poll(0.1)
        first.poll(0.1)
    had = [each.partition for each in first.assignment()]
    other_events.clear()
    first.close()
    again = consumer_of(['kept'], {**config, 'group.instance.id': 'returns'})
    while len(again.assignment()) != 1:
        assert time.time() < end, 'Not back'
        again.poll(0.1)
        other.poll(0.1)
    assert [each.partition for each in again.assignment()] == had
    assert other_events == [], other_events
    described = only(admin.describe_consumer_groups(['kept']))
    assert sorted(member.group_instance_id for member in described.members) == ['returns', 'stays']
    again.close()
    other.close()


@check('a consumer seeks by offset and by time')
def seek():
    create('timed')
    producer = Producer({'bootstrap.servers': address})
    for index in range(10):
        producer.produce('timed', str(index), timestamp=1_600_000_000_000 + index * 1000)
        producer.flush(PATIENCE)
    reader = Consumer({'bootstrap.servers': address, 'group.id': 'timed', 'enable.auto.commit': False})
    reader.assign([TopicPartition('timed', 0, 0)])
    take(reader, 1)
    found = reader.offsets_for_times([TopicPartition('timed', 0, 1_600_000_004_500)], PATIENCE)
    assert [each.offset for each in found] == [5], found
    reader.seek(found[0])
    assert values_of(take(reader, 1)) == ['5']
    (after,) = reader.offsets_for_times([TopicPartition('timed', 0, 1_700_000_000_000)], PATIENCE)
    assert after.offset == -1, after
    assert reader.get_watermark_offsets(TopicPartition('timed', 0), PATIENCE) == (0, 10)
    reader.close()


@check('what is paused is not read until it is resumed')
def pause():
    reader = Consumer({'bootstrap.servers': address, 'group.id': 'paused', 'auto.offset.reset': 'earliest'})
    places = [TopicPartition('orders', index, 0) for index in (0, 1)]
    reader.assign(places)
    take(reader, 1)
    reader.pause([places[0]])
    high = [reader.get_watermark_offsets(place, PATIENCE)[1] for place in places]
    # Whatever the first record was of, partition 1 has so many left, and none of the other one comes among them.
    rest = take(reader, high[1] - 1)
    assert {message.partition() for message in rest} == {1}, rest[0].partition()
    reader.resume([places[0]])
    assert {message.partition() for message in take(reader, high[0])} >= {0}
    reader.close()


@check('statistics name the broker and count what was sent')
def statistics():
    told = threading.Event()
    last = []

    def on_stats(text):
        last.append(json.loads(text))
        told.set()

    producer = Producer({'bootstrap.servers': address, 'statistics.interval.ms': 100, 'stats_cb': on_stats})
    producer.produce('orders', 'counted', partition=0)
    producer.flush(PATIENCE)
    end = time.time() + PATIENCE
    while not told.is_set() or not any(each['txmsgs'] >= 1 for each in last):
        assert time.time() < end, last[-1:]
        producer.poll(0.1)
    assert any(broker['nodeid'] == 1 for broker in last[-1]['brokers'].values()), last[-1]['brokers']


@check('groups are listed, described, their offsets altered, and deleted')
def groups():
    listed = {group.group_id: str(group.type) for group in admin.list_consumer_groups().result(PATIENCE).valid}
    assert listed['consumer'].endswith('CONSUMER') and listed['classic'].endswith('CLASSIC'), listed
    assert str(only(admin.describe_consumer_groups(['cooperative'])).state).endswith('EMPTY')
    offsets = only(admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions('classic')]))
    assert sorted(each.offset for each in offsets.topic_partitions) == [150, 150]
    results(admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions('classic', [TopicPartition('orders', 0, 3)])]))
    offsets = only(admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions('classic')]))
    assert sorted(each.offset for each in offsets.topic_partitions) == [3, 150]
    results(admin.delete_consumer_groups(['classic']))
    refused('GROUP_ID_NOT_FOUND', lambda: results(admin.delete_consumer_groups(['classic'])))


@check('a group that has members is not deleted')
def busy_group():
    member = consumer_of(['orders'], {'group.id': 'busy'})
    take(member, 1)
    refused('NON_EMPTY_GROUP', lambda: results(admin.delete_consumer_groups(['busy'])))
    member.close()


@check('offsets are listed and records deleted')
def offsets():
    create('cut', 2)
    send({}, [str(index) for index in range(100)], 'cut')
    asked = {TopicPartition('cut', 0): OffsetSpec.latest(), TopicPartition('cut', 1): OffsetSpec.earliest()}
    listed = admin.list_offsets(asked, isolation_level=IsolationLevel.READ_COMMITTED)
    assert [future.result(PATIENCE).offset for future in listed.values()] == [50, 0]
    assert only(admin.delete_records([TopicPartition('cut', 0, 10)])).low_watermark == 10
    reader = consumer_of(['cut'], {'group.id': 'cut'})
    assert min(message.offset() for message in take(reader, 90) if message.partition() == 0) == 10
    reader.close()


@check('a transaction that commits is read, one that aborts is not')
def transactions():
    create('bills')
    producer = Producer({'bootstrap.servers': address, 'transactional.id': 'shop'})
    producer.init_transactions(PATIENCE)
    for name, end in (('first', producer.commit_transaction), ('aborted', producer.abort_transaction), ('second', producer.commit_transaction)):
        producer.begin_transaction()
        for index in range(3):
            producer.produce('bills', f'{name} {index}', partition=0)
        producer.flush(PATIENCE)
        end(PATIENCE)
    expected = [f'{name} {index}' for name in ('first', 'second') for index in range(3)]
    assert read(6, {'group.id': 'committed', 'isolation.level': 'read_committed'}, 'bills') == expected
    assert len(read(9, {'group.id': 'uncommitted', 'isolation.level': 'read_uncommitted'}, 'bills')) == 9


@check('what a transaction has not committed yet holds committed readers back')
def open_transaction():
    create('held')
    producer = Producer({'bootstrap.servers': address, 'transactional.id': 'holder'})
    producer.init_transactions(PATIENCE)
    producer.begin_transaction()
    producer.produce('held', 'open', partition=0)
    producer.flush(PATIENCE)
    send({}, ['after'], 'held', 1)
    reader = consumer_of(['held'], {'group.id': 'held', 'isolation.level': 'read_committed'})
    assert reader.poll(3) is None
    producer.commit_transaction(PATIENCE)
    assert values_of(take(reader, 2)) == ['open', 'after']
    reader.close()


@check('offsets are committed with a transaction, and not with one that aborts')
def transactional_offsets():
    for protocol in ('classic', 'consumer'):
        producer = Producer({'bootstrap.servers': address, 'transactional.id': f'payer-{protocol}'})
        producer.init_transactions(PATIENCE)
        consumer = consumer_of(['bills'], {'group.id': f'payer-{protocol}', 'enable.auto.commit': False, 'group.protocol': protocol})
        take(consumer, 1)
        for offset, end, then in ((1, producer.commit_transaction, 1), (2, producer.abort_transaction, 1)):
            producer.begin_transaction()
            producer.produce('orders', 'paid', partition=0)
            producer.send_offsets_to_transaction([TopicPartition('bills', 0, offset)], consumer.consumer_group_metadata(), PATIENCE)
            end(PATIENCE)
            (committed,) = consumer.committed([TopicPartition('bills', 0)], PATIENCE)
            assert committed.offset == then, (protocol, committed)
        consumer.close()


@check('a second producer of a transactional id fences the first')
def fencing():
    first, second = (Producer({'bootstrap.servers': address, 'transactional.id': 'one'}) for _ in range(2))
    first.init_transactions(PATIENCE)
    first.begin_transaction()
    first.produce('bills', 'lost', partition=0)
    first.flush(PATIENCE)
    second.init_transactions(PATIENCE)
    try:
        first.commit_transaction(PATIENCE)
    except KafkaException as error:
        assert error.args[0].fatal() and error.args[0].code() == KafkaError._FENCED, error
    else:
        raise AssertionError('The first committed')
    second.begin_transaction()
    second.produce('bills', 'kept', partition=0)
    second.commit_transaction(PATIENCE)
    assert read(7, {'group.id': 'fenced', 'isolation.level': 'read_committed'}, 'bills')[-1] == 'kept'


@check('access rules are created, found and deleted')
def acls():
    binding = AclBinding(ResourceType.TOPIC, 'orders', ResourcePatternType.LITERAL, 'User:alice', '*', AclOperation.READ, AclPermissionType.ALLOW)
    results(admin.create_acls([binding]))
    all_of = AclBindingFilter(ResourceType.TOPIC, 'orders', ResourcePatternType.MATCH, None, None, AclOperation.ANY, AclPermissionType.ANY)
    assert admin.describe_acls(all_of).result(PATIENCE) == [binding]
    assert only(admin.delete_acls([all_of])) == [binding]
    assert admin.describe_acls(all_of).result(PATIENCE) == []


@check('users of SCRAM are kept, told and deleted')
def scram():
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 8192)
    results(admin.alter_user_scram_credentials([UserScramCredentialUpsertion('alice', info, b'secret')]))
    (described,) = results(admin.describe_user_scram_credentials(['alice'])).values()
    assert [(each.mechanism, each.iterations) for each in described.scram_credential_infos] == [(ScramMechanism.SCRAM_SHA_256, 8192)]
    results(admin.alter_user_scram_credentials([UserScramCredentialDeletion('alice', ScramMechanism.SCRAM_SHA_256)]))
    refused('RESOURCE_NOT_FOUND', lambda: results(admin.describe_user_scram_credentials(['alice'])))
