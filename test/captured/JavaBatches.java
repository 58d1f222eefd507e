// Packs the batches of cases.txt with Kafka's own Java client and prints batches that it reads. See README.md for how to run it.
//   write <cases.txt> <folder>   one <name>.hex per batch, and the transaction markers
//   read <folder>                prints every <name>.hex of the folder in the words of cases.txt
import java.io.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.*;

public class JavaBatches {
  /** The broker's time in the batches of type append. */
  static final long APPEND_TIME = 5000;
  static final HexFormat HEX = HexFormat.of();

  public static void main(String[] args) throws IOException {
    if (args[0].equals("write")) write(Path.of(args[1]), Path.of(args[2]));
    else read(Path.of(args[1]));
  }

  static byte[] content(String text) {
    if (text.equals("null")) return null;
    return text.startsWith("~") ? HEX.parseHex(text.substring(1)) : text.getBytes(StandardCharsets.UTF_8);
  }

  static void save(Path folder, String name, MemoryRecords records) throws IOException {
    ByteBuffer buffer = records.buffer().duplicate();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    Files.writeString(folder.resolve(name + ".hex"), HEX.formatHex(bytes) + "\n");
  }

  static void write(Path cases, Path folder) throws IOException {
    MemoryRecordsBuilder builder = null;
    MemoryRecords hundred = null;
    String name = null;
    for (String line : Files.readAllLines(cases)) {
      if (line.startsWith("#")) continue;
      String[] f = line.split("\t", -1);
      if (f[0].equals("batch")) {
        if (builder != null) save(folder, name, builder.build());
        if ("hundred".equals(name)) hundred = builder.build();
        name = f[1];
        Compression codec = f[2].equals("gzip") ? Compression.gzip().build() : Compression.NONE;
        TimestampType type = f[3].equals("append") ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME;
        builder = MemoryRecords.builder(ByteBuffer.allocate(1 << 20), RecordBatch.MAGIC_VALUE_V2, codec, type, 0L,
            f[3].equals("append") ? APPEND_TIME : RecordBatch.NO_TIMESTAMP, Long.parseLong(f[4]), Short.parseShort(f[5]),
            Integer.parseInt(f[6]), Boolean.parseBoolean(f[7]), -1);
      } else {
        List<Header> headers = new ArrayList<>();
        for (int i = 4; i < f.length; i++) {
          int split = f[i].indexOf('=');
          headers.add(new RecordHeader(f[i].substring(0, split), content(f[i].substring(split + 1))));
        }
        byte[] key = content(f[2]);
        byte[] value = content(f[3]);
        builder.append(Long.parseLong(f[1]), key == null ? null : ByteBuffer.wrap(key), value == null ? null : ByteBuffer.wrap(value),
            headers.toArray(new Header[0]));
      }
    }
    save(folder, name, builder.build());
    for (Compression codec : List.of(Compression.snappy().build(), Compression.lz4().build(), Compression.zstd().build())) {
      MemoryRecordsBuilder packed = MemoryRecords.builder(ByteBuffer.allocate(1 << 20), RecordBatch.MAGIC_VALUE_V2, codec,
          TimestampType.CREATE_TIME, 0L, RecordBatch.NO_TIMESTAMP, 7L, (short) 3, 1000, false, -1);
      for (org.apache.kafka.common.record.Record record : hundred.records())
        packed.append(record.timestamp(), record.key(), record.value(), record.headers());
      save(folder, "hundred-" + codec.type().name, packed.build());
    }
    save(folder, "marker-commit", MemoryRecords.withEndTransactionMarker(1234567890123L, 6L, (short) 3, new EndTransactionMarker(ControlRecordType.COMMIT, 0)));
    save(folder, "marker-abort", MemoryRecords.withEndTransactionMarker(1234567890123L, 4242L, (short) 0, new EndTransactionMarker(ControlRecordType.ABORT, 17)));
  }

  static String hex(ByteBuffer buffer) {
    if (buffer == null) return "null";
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return "~" + HEX.formatHex(bytes);
  }

  static void read(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, "*.hex")) { all.forEach(files::add); }
    Collections.sort(files);
    for (Path file : files) {
      byte[] bytes = HEX.parseHex(Files.readString(file).trim());
      for (MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches()) {
        batch.ensureValid();
        String name = file.getFileName().toString().replace(".hex", "");
        System.out.println(String.join("\t", "batch", name, batch.compressionType().name,
            batch.timestampType() == TimestampType.LOG_APPEND_TIME ? "append" : "create", "" + batch.producerId(), "" + batch.producerEpoch(),
            "" + batch.baseSequence(), "" + batch.isTransactional(), "" + batch.isControlBatch(), "" + batch.maxTimestamp(), "" + batch.lastOffset()));
        for (org.apache.kafka.common.record.Record record : batch) {
          StringBuilder line = new StringBuilder("record\t" + record.offset() + "\t" + record.timestamp() + "\t" + hex(record.key()) + "\t" + hex(record.value()));
          for (Header h : record.headers()) line.append("\t" + h.key() + "=" + (h.value() == null ? "null" : "~" + HEX.formatHex(h.value())));
          if (batch.isControlBatch()) line.append("\t" + ControlRecordType.parse(record.key()) + "\t" + EndTransactionMarker.deserialize(record).coordinatorEpoch());
          System.out.println(line);
        }
      }
    }
  }
}
