// What Apache Kafka's own Java clients do against a broker: one line `ok NAME` or `failed NAME: WHY` for each check.
//   java -cp 'libs/*' Scenario.java HOST:PORT
import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.acl.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.resource.*;
import org.apache.kafka.common.serialization.*;

public class Scenario {
  static final Duration POLL = Duration.ofMillis(200);
  static final long PATIENCE_MS = 60_000;
  static String address;
  static Admin admin;

  interface Body { void run() throws Exception; }

  static void check(String name, Body body) {
    try {
      body.run();
      System.out.println("ok " + name);
    } catch (Throwable error) {
      System.out.println(("failed " + name + ": " + error + " " + Arrays.toString(error.getStackTrace())).replace('\n', ' '));
    }
    System.out.flush();
  }

  static void equal(Object expected, Object found) {
    if (!Objects.equals(expected, found)) throw new AssertionError("expected " + expected + ", found " + found);
  }

  static void that(boolean is, String what) {
    if (!is) throw new AssertionError(what);
  }

  static void refused(Class<?> how, Body body) throws Exception {
    try {
      body.run();
    } catch (Throwable error) {
      Throwable cause = error instanceof ExecutionException ? error.getCause() : error;
      if (!how.isInstance(cause)) throw new AssertionError("expected " + how.getSimpleName() + ", found " + cause, cause);
      return;
    }
    throw new AssertionError("Nothing refused it, expected " + how.getSimpleName());
  }

  static void until(String what, BooleanSupplier is, Runnable meanwhile) {
    long end = System.currentTimeMillis() + PATIENCE_MS;
    while (!is.getAsBoolean()) {
      if (System.currentTimeMillis() > end) throw new AssertionError("Not in time: " + what);
      meanwhile.run();
    }
  }

  static void create(String topic, int partitions, Map<String, String> configs) throws Exception {
    admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(configs))).all().get();
  }

  static KafkaProducer<String, String> producer(Object... configs) {
    return new KafkaProducer<>(with(configs), new StringSerializer(), new StringSerializer());
  }

  static KafkaConsumer<String, String> consumer(String group, Object... configs) {
    Map<String, Object> all = with(configs);
    all.put("group.id", group);
    all.putIfAbsent("auto.offset.reset", "earliest");
    all.putIfAbsent("enable.auto.commit", "false");
    return new KafkaConsumer<>(all, new StringDeserializer(), new StringDeserializer());
  }

  static Map<String, Object> with(Object... configs) {
    Map<String, Object> all = new HashMap<>(Map.of("bootstrap.servers", address));
    for (int index = 0; index < configs.length; index += 2) all.put((String) configs[index], configs[index + 1]);
    return all;
  }

  static List<ConsumerRecord<String, String>> take(KafkaConsumer<String, String> consumer, int count) {
    List<ConsumerRecord<String, String>> records = new ArrayList<>();
    until(count + " records", () -> records.size() >= count, () -> consumer.poll(POLL).forEach(records::add));
    equal(count, records.size());
    return records;
  }

  static List<String> values(List<ConsumerRecord<String, String>> records) {
    return records.stream().map(ConsumerRecord::value).toList();
  }

  static void topics() throws Exception {
    create("orders", 1, Map.of());
    admin.createPartitions(Map.of("orders", NewPartitions.increaseTo(2))).all().get();
    create("gone", 1, Map.of("cleanup.policy", "compact"));
    admin.deleteTopics(List.of("gone")).all().get();
    equal(Set.of("orders"), admin.listTopics().names().get());
    TopicDescription described = admin.describeTopics(List.of("orders")).allTopicNames().get().get("orders");
    equal(2, described.partitions().size());
    equal("orders", admin.describeTopics(TopicCollection.ofTopicIds(List.of(described.topicId()))).allTopicIds().get().get(described.topicId()).name());
    refused(TopicExistsException.class, () -> create("orders", 1, Map.of()));
    refused(InvalidReplicationFactorException.class, () -> admin.createTopics(List.of(new NewTopic("three", 1, (short) 3))).all().get());
    refused(UnknownTopicOrPartitionException.class, () -> admin.deleteTopics(List.of("never")).all().get());
    equal(1, admin.describeCluster().nodes().get().size());
  }

  static void configs() throws Exception {
    ConfigResource orders = new ConfigResource(ConfigResource.Type.TOPIC, "orders");
    ConfigEntry entry = new ConfigEntry("retention.ms", "60000");
    admin.incrementalAlterConfigs(Map.of(orders, List.of(new AlterConfigOp(entry, AlterConfigOp.OpType.SET)))).all().get();
    ConfigEntry kept = admin.describeConfigs(List.of(orders)).all().get().get(orders).get("retention.ms");
    equal(List.of("60000", ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG), List.of(kept.value(), kept.source()));
    admin.incrementalAlterConfigs(Map.of(orders, List.of(new AlterConfigOp(entry, AlterConfigOp.OpType.DELETE)))).all().get();
    that(admin.describeConfigs(List.of(orders)).all().get().get(orders).get("retention.ms").isDefault(), "it is not the default");
    ConfigEntry wrong = new ConfigEntry("retention.ms", "soon");
    refused(InvalidConfigurationException.class,
        () -> admin.incrementalAlterConfigs(Map.of(orders, List.of(new AlterConfigOp(wrong, AlterConfigOp.OpType.SET)))).all().get());
  }

  static void produce() throws Exception {
    try (KafkaProducer<String, String> producer = producer("linger.ms", 5)) {
      for (int index = 0; index < 100; index++) {
        ProducerRecord<String, String> record = new ProducerRecord<>("orders", index % 2, 1_600_000_000_000L + index, "key " + index, "value " + index);
        record.headers().add(new RecordHeader("of", new byte[] {(byte) index}));
        producer.send(record);
      }
      producer.flush();
      RecordMetadata last = producer.send(new ProducerRecord<>("orders", 0, "key", "last")).get();
      equal(50L, last.offset());
      refused(RecordTooLargeException.class, () -> producer.send(new ProducerRecord<>("orders", "x".repeat(1_100_000))).get());
    }
    try (KafkaProducer<String, String> wide = producer("max.request.size", 20_000_000, "enable.idempotence", false)) {
      refused(RecordTooLargeException.class, () -> wide.send(new ProducerRecord<>("orders", "x".repeat(5_000_000))).get());
    }
  }

  static void compress(String type) throws Exception {
    String topic = "in-" + type;
    create(topic, 1, Map.of());
    List<String> sent = new ArrayList<>();
    try (KafkaProducer<String, String> producer = producer("compression.type", type, "linger.ms", 50)) {
      for (int index = 0; index < 200; index++) {
        sent.add("much the same ".repeat(20) + index);
        producer.send(new ProducerRecord<>(topic, sent.get(index)));
      }
    }
    try (KafkaConsumer<String, String> consumer = consumer(topic)) {
      consumer.subscribe(List.of(topic));
      equal(sent, values(take(consumer, 200)));
    }
  }

  static void read(String protocol, int count) throws Exception {
    String group = "reader-" + protocol;
    try (KafkaConsumer<String, String> consumer = consumer(group, "group.protocol", protocol)) {
      consumer.subscribe(List.of("orders"));
      List<ConsumerRecord<String, String>> records = take(consumer, count);
      ConsumerRecord<String, String> seventh = records.stream().filter(each -> "key 7".equals(each.key())).findFirst().orElseThrow();
      equal(List.of("value 7", 1, 3L, 1_600_000_000_007L), List.of(seventh.value(), seventh.partition(), seventh.offset(), seventh.timestamp()));
      equal((byte) 7, seventh.headers().lastHeader("of").value()[0]);
      consumer.commitSync();
      Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(consumer.assignment());
      equal((long) count, committed.values().stream().mapToLong(OffsetAndMetadata::offset).sum());
    }
    try (KafkaConsumer<String, String> again = consumer(group, "group.protocol", protocol); KafkaProducer<String, String> producer = producer()) {
      again.subscribe(List.of("orders"));
      until("an assignment", () -> again.assignment().size() == 2, () -> equal(0, again.poll(POLL).count()));
      RecordMetadata sent = producer.send(new ProducerRecord<>("orders", 1, "key", "next")).get();
      equal(sent.offset(), take(again, 1).get(0).offset());
    }
  }

  static void share(String protocol, String assignor) throws Exception {
    String topic = "shared-" + protocol + "-" + assignor.substring(assignor.lastIndexOf('.') + 1);
    create(topic, 4, Map.of());
    boolean isClassic = protocol.equals("classic");
    Object[] configs = {"group.protocol", protocol, isClassic ? "partition.assignment.strategy" : "group.remote.assignor", assignor,
        isClassic ? "heartbeat.interval.ms" : "client.id", isClassic ? "200" : "member"};
    try (KafkaConsumer<String, String> one = consumer(topic, configs); KafkaConsumer<String, String> two = consumer(topic, configs)) {
      one.subscribe(List.of(topic));
      until("all four", () -> one.assignment().size() == 4, () -> one.poll(POLL));
      two.subscribe(List.of(topic));
      until("two and two", () -> one.assignment().size() == 2 && two.assignment().size() == 2, () -> {
        one.poll(POLL);
        two.poll(POLL);
      });
      Set<TopicPartition> both = new HashSet<>(one.assignment());
      both.addAll(two.assignment());
      equal(4, both.size());
      two.close();
      until("all four again", () -> one.assignment().size() == 4, () -> one.poll(POLL));
    }
  }

  static void pattern() throws Exception {
    create("logs-a", 1, Map.of());
    try (KafkaConsumer<String, String> consumer = consumer("pattern", "group.protocol", "consumer", "metadata.max.age.ms", 500)) {
      consumer.subscribe(new SubscriptionPattern("logs-.*"));
      until("the first topic", () -> consumer.assignment().size() == 1, () -> consumer.poll(POLL));
      create("logs-b", 1, Map.of());
      until("the second topic", () -> consumer.assignment().size() == 2, () -> consumer.poll(POLL));
    }
  }

  static void seek() {
    try (KafkaConsumer<String, String> consumer = consumer("seek")) {
      TopicPartition place = new TopicPartition("orders", 0);
      consumer.assign(List.of(place));
      consumer.seek(place, 40);
      equal(40L, consumer.poll(Duration.ofSeconds(30)).iterator().next().offset());
      OffsetAndTimestamp found = consumer.offsetsForTimes(Map.of(place, 1_600_000_000_051L)).get(place);
      equal(List.of(26L, 1_600_000_000_052L), List.of(found.offset(), found.timestamp()));
      equal(0L, consumer.beginningOffsets(List.of(place)).get(place));
      equal(51L, consumer.endOffsets(List.of(place)).get(place));
      consumer.seek(place, 1_000_000);
      equal(0L, take(consumer, 51).get(0).offset());
    }
  }

  static void groups() throws Exception {
    Map<String, GroupType> types = new HashMap<>();
    for (GroupListing listing : admin.listGroups().all().get()) types.put(listing.groupId(), listing.type().orElseThrow());
    equal(List.of(GroupType.CLASSIC, GroupType.CONSUMER), List.of(types.get("reader-classic"), types.get("reader-consumer")));
    equal(GroupState.EMPTY, admin.describeConsumerGroups(List.of("reader-consumer")).all().get().get("reader-consumer").groupState());
    TopicPartition place = new TopicPartition("orders", 0);
    admin.alterConsumerGroupOffsets("reader-classic", Map.of(place, new OffsetAndMetadata(3, "by hand"))).all().get();
    OffsetAndMetadata kept = admin.listConsumerGroupOffsets("reader-classic").partitionsToOffsetAndMetadata().get().get(place);
    equal(List.of(3L, "by hand"), List.of(kept.offset(), kept.metadata()));
    admin.deleteConsumerGroupOffsets("reader-classic", Set.of(place)).all().get();
    admin.deleteConsumerGroups(List.of("reader-classic")).all().get();
    refused(GroupIdNotFoundException.class, () -> admin.deleteConsumerGroups(List.of("reader-classic")).all().get());
  }

  static void offsets() throws Exception {
    create("cut", 1, Map.of());
    try (KafkaProducer<String, String> producer = producer()) {
      for (long index = 0; index < 10; index++) producer.send(new ProducerRecord<>("cut", 0, 5_000 - index, "key", "value"));
    }
    TopicPartition place = new TopicPartition("cut", 0);
    equal(0L, admin.listOffsets(Map.of(place, OffsetSpec.maxTimestamp())).all().get().get(place).offset());
    equal(4L, admin.deleteRecords(Map.of(place, RecordsToDelete.beforeOffset(4))).lowWatermarks().get(place).get().lowWatermark());
    equal(4L, admin.listOffsets(Map.of(place, OffsetSpec.earliest())).all().get().get(place).offset());
    equal(10L, admin.listOffsets(Map.of(place, OffsetSpec.latest())).all().get().get(place).offset());
    refused(org.apache.kafka.common.errors.OffsetOutOfRangeException.class, () -> admin.deleteRecords(Map.of(place, RecordsToDelete.beforeOffset(11))).all().get());
  }

  static void transactions() throws Exception {
    create("bills", 1, Map.of());
    try (KafkaProducer<String, String> producer = producer("transactional.id", "shop")) {
      producer.initTransactions();
      for (String name : List.of("first", "aborted", "second")) {
        producer.beginTransaction();
        for (int index = 0; index < 3; index++) producer.send(new ProducerRecord<>("bills", name + " " + index));
        if (name.equals("aborted")) producer.abortTransaction();
        else producer.commitTransaction();
      }
    }
    try (KafkaConsumer<String, String> consumer = consumer("committed", "isolation.level", "read_committed")) {
      consumer.subscribe(List.of("bills"));
      equal(List.of("first 0", "first 1", "first 2", "second 0", "second 1", "second 2"), values(take(consumer, 6)));
    }
    equal(TransactionState.COMPLETE_COMMIT, admin.describeTransactions(List.of("shop")).all().get().get("shop").state());
    that(admin.listTransactions().all().get().stream().anyMatch(each -> each.transactionalId().equals("shop")), "shop is not listed");
  }

  static void transactionalOffsets(String protocol) throws Exception {
    String group = "payer-" + protocol;
    TopicPartition bills = new TopicPartition("bills", 0);
    try (KafkaProducer<String, String> producer = producer("transactional.id", group);
        KafkaConsumer<String, String> consumer = consumer(group, "group.protocol", protocol, "isolation.level", "read_committed")) {
      producer.initTransactions();
      consumer.subscribe(List.of("bills"));
      take(consumer, 6);
      for (long offset = 1; offset < 3; offset++) {
        producer.beginTransaction();
        producer.send(new ProducerRecord<>("paid-" + protocol, "paid " + offset)).get();
        producer.sendOffsetsToTransaction(Map.of(bills, new OffsetAndMetadata(offset)), consumer.groupMetadata());
        if (offset == 1) producer.commitTransaction();
        else producer.abortTransaction();
      }
      equal(1L, consumer.committed(Set.of(bills)).get(bills).offset());
    }
  }

  static void fencing() throws Exception {
    try (KafkaProducer<String, String> first = producer("transactional.id", "one"); KafkaProducer<String, String> second = producer("transactional.id", "one")) {
      first.initTransactions();
      first.beginTransaction();
      first.send(new ProducerRecord<>("bills", "lost")).get();
      second.initTransactions();
      refused(ProducerFencedException.class, first::commitTransaction);
      admin.fenceProducers(List.of("one")).all().get();
      second.beginTransaction();
      refused(Exception.class, () -> {
        second.send(new ProducerRecord<>("bills", "lost too")).get();
        second.commitTransaction();
      });
    }
  }

  static void shareConsumer() throws Exception {
    create("work", 1, Map.of());
    ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, "workers");
    ConfigEntry earliest = new ConfigEntry("share.auto.offset.reset", "earliest");
    admin.incrementalAlterConfigs(Map.of(group, List.of(new AlterConfigOp(earliest, AlterConfigOp.OpType.SET)))).all().get();
    try (KafkaProducer<String, String> producer = producer()) {
      for (int index = 0; index < 10; index++) producer.send(new ProducerRecord<>("work", "job " + index));
    }
    Map<String, Integer> times = new TreeMap<>();
    try (KafkaShareConsumer<String, String> consumer =
        new KafkaShareConsumer<>(with("group.id", "workers", "share.acknowledgement.mode", "explicit"), new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of("work"));
      Set<String> done = new TreeSet<>();
      until("all jobs", () -> done.size() == 10, () -> {
        for (ConsumerRecord<String, String> record : consumer.poll(POLL)) {
          int time = times.merge(record.value(), 1, Integer::sum);
          equal((short) time, record.deliveryCount().orElseThrow());
          boolean isRefused = time == 1 && record.offset() % 2 == 1;
          consumer.acknowledge(record, isRefused ? AcknowledgeType.RELEASE : AcknowledgeType.ACCEPT);
          if (!isRefused) done.add(record.value());
        }
        consumer.commitSync();
      });
      equal(15, times.values().stream().mapToInt(each -> each).sum());
    }
    equal(10L, admin.listShareGroupOffsets(Map.of("workers", new ListShareGroupOffsetsSpec())).partitionsToOffsetInfo("workers").get()
        .get(new TopicPartition("work", 0)).startOffset());
    admin.deleteShareGroups(List.of("workers")).all().get();
  }

  static void acls() throws Exception {
    ResourcePattern orders = new ResourcePattern(ResourceType.TOPIC, "orders", PatternType.LITERAL);
    AclBinding rule = new AclBinding(orders, new AccessControlEntry("User:alice", "*", AclOperation.READ, AclPermissionType.ALLOW));
    admin.createAcls(List.of(rule)).all().get();
    equal(List.of(rule), List.copyOf(admin.describeAcls(AclBindingFilter.ANY).values().get()));
    equal(List.of(rule), List.copyOf(admin.deleteAcls(List.of(rule.toFilter())).all().get()));
    equal(List.of(), List.copyOf(admin.describeAcls(AclBindingFilter.ANY).values().get()));
  }

  static void scram() throws Exception {
    ScramCredentialInfo info = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 8192);
    admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("alice", info, "secret"))).all().get();
    equal(List.of(info), admin.describeUserScramCredentials().description("alice").get().credentialInfos());
    admin.alterUserScramCredentials(List.of(new UserScramCredentialDeletion("alice", ScramMechanism.SCRAM_SHA_512))).all().get();
    refused(ResourceNotFoundException.class, () -> admin.describeUserScramCredentials(List.of("alice")).description("alice").get());
  }

  static void refusals() throws Exception {
    refused(UnsupportedVersionException.class, () -> admin.describeMetadataQuorum().quorumInfo().get());
    refused(UnsupportedVersionException.class, () -> admin.describeDelegationToken().delegationTokens().get());
  }

  public static void main(String[] args) {
    address = args[0];
    admin = Admin.create(with());
    check("topics are created, grown, described and deleted", Scenario::topics);
    check("configs are described, altered and put back", Scenario::configs);
    check("records are sent with keys, headers, times and partitions", Scenario::produce);
    for (String type : List.of("gzip", "snappy", "lz4", "zstd")) check("batches in " + type + " are sent and read", () -> compress(type));
    check("a consumer seeks by offset and by time", Scenario::seek);
    check("a group of the classic protocol reads all, commits, and goes on after what it committed", () -> read("classic", 101));
    check("a group of the consumer protocol reads all, commits, and goes on after what it committed", () -> read("consumer", 102));
    for (String assignor : List.of("RangeAssignor", "RoundRobinAssignor", "StickyAssignor", "CooperativeStickyAssignor"))
      check("a second member takes half of the partitions: " + assignor, () -> share("classic", "org.apache.kafka.clients.consumer." + assignor));
    for (String assignor : List.of("uniform", "range")) check("a second member takes half of the partitions: " + assignor, () -> share("consumer", assignor));
    check("a pattern takes a topic that comes later", Scenario::pattern);
    check("groups are listed, described, their offsets altered, and deleted", Scenario::groups);
    check("offsets are listed and records deleted", Scenario::offsets);
    check("a transaction that commits is read, one that aborts is not", Scenario::transactions);
    for (String protocol : List.of("classic", "consumer"))
      check("offsets are committed with a transaction, and not with one that aborts: " + protocol, () -> transactionalOffsets(protocol));
    check("a second producer of a transactional id fences the first", Scenario::fencing);
    check("a share consumer accepts and releases, and counts deliveries", Scenario::shareConsumer);
    check("access rules are created, found and deleted", Scenario::acls);
    check("users of SCRAM are kept, told and deleted", Scenario::scram);
    check("what is not there is refused", Scenario::refusals);
    admin.close();
    System.exit(0);
  }
}
