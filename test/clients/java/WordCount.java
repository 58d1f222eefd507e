// Kafka Streams counts words with exactly_once_v2 against a broker, is closed in the middle and goes on in another instance without its
// files, from its changelog. One line `ok NAME` or `failed NAME: WHY` for each check.
//   java -cp 'libs/*' WordCount.java HOST:PORT FOLDER
import java.time.Duration;
import java.util.*;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;

public class WordCount {
  static final String[] WORDS = {"ada", "bob", "cyd", "dan", "eve", "fay", "gus"};
  static final int LINES = 600;
  static final long PATIENCE_MS = 120_000;
  static final Map<String, List<Long>> counts = new TreeMap<>();
  static String address;
  static KafkaConsumer<String, Long> reader;

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

  static KafkaStreams start(String folder) {
    Properties configs = new Properties();
    configs.put(StreamsConfig.APPLICATION_ID_CONFIG, "word-count");
    configs.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, address);
    configs.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    configs.put(StreamsConfig.STATE_DIR_CONFIG, folder);
    configs.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 50);
    // Without a cache each word is told of by itself, so that one that counts twice is seen.
    configs.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
    configs.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
    configs.put(StreamsConfig.consumerPrefix("heartbeat.interval.ms"), 500);
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream("lines", Consumed.with(Serdes.String(), Serdes.String()))
        .flatMapValues(line -> List.of(line.split(" ")))
        .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
        .count(Materialized.as("counts"))
        .toStream()
        .to("words", Produced.with(Serdes.String(), Serdes.Long()));
    KafkaStreams streams = new KafkaStreams(builder.build(), configs);
    streams.start();
    return streams;
  }

  static void send(int from, int to) {
    Map<String, Object> configs = Map.of("bootstrap.servers", address);
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(configs, new StringSerializer(), new StringSerializer())) {
      for (int line = from; line < to; line++)
        producer.send(new ProducerRecord<>("lines", "line " + line, WORDS[line % WORDS.length] + " " + WORDS[line % 3]));
    }
  }

  /** Reads committed counts until there are so many. */
  static void await(int count) {
    long end = System.currentTimeMillis() + PATIENCE_MS;
    while (counts.values().stream().mapToInt(List::size).sum() < count) {
      if (System.currentTimeMillis() > end) throw new AssertionError("Not in time: " + count + " of " + counts);
      for (ConsumerRecord<String, Long> record : reader.poll(Duration.ofMillis(200)))
        counts.computeIfAbsent(record.key(), key -> new ArrayList<>()).add(record.value());
    }
  }

  public static void main(String[] args) throws Exception {
    address = args[0];
    Map<String, Object> configs = Map.of("bootstrap.servers", address, "group.id", "reader", "auto.offset.reset", "earliest", "isolation.level", "read_committed");
    reader = new KafkaConsumer<>(configs, new StringDeserializer(), new LongDeserializer());
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
      admin.createTopics(List.of(new NewTopic("lines", 2, (short) 1), new NewTopic("words", 1, (short) 1))).all().get();
    }
    reader.subscribe(List.of("words"));
    check("Kafka Streams counts words with exactly_once_v2", () -> {
      KafkaStreams streams = start(args[1] + "/first");
      send(0, LINES / 2);
      await(LINES);
      send(LINES / 2, LINES);
      // Closed while there is work left or just done: what was not committed is done again by the next.
      await(LINES + 20);
      streams.close(Duration.ofSeconds(30));
    });
    check("another instance goes on from the changelog, and no word is lost or counted twice", () -> {
      KafkaStreams streams = start(args[1] + "/second");
      send(LINES, LINES + 10);
      await(2 * LINES + 20);
      streams.close(Duration.ofSeconds(30));
      Map<String, Integer> expected = new TreeMap<>();
      for (int line = 0; line < LINES + 10; line++)
        for (String word : List.of(WORDS[line % WORDS.length], WORDS[line % 3])) expected.merge(word, 1, Integer::sum);
      // Each word was told of with 1, 2, 3 and so on, each once.
      for (String word : expected.keySet())
        equal(IntStream.rangeClosed(1, expected.get(word)).mapToObj(Long::valueOf).toList(), counts.get(word));
      equal(expected.keySet(), counts.keySet());
    });
    reader.close();
    System.exit(0);
  }
}
