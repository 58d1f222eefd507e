// Writes what Kafka's own generated classes make of random messages: for each request and response of the given API keys, in each
// version, the value as JSON and its bytes, and the bytes of the same value in other versions where they can carry it (null: refused).
// One JSON object a line. The seed is fixed, so a second run writes the same.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.NullableSchema;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;

public final class KafkaMessages {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SAMPLES = 4;
  private static final String[] TEXTS = {"", "a", "orders", "naïve-主题", "🙂", "x".repeat(130)};
  private final Random random;
  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 20);

  private KafkaMessages(long seed) {
    random = new Random(seed);
  }

  public static void main(String[] keys) throws Exception {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String key : keys) {
      ApiMessageType api = ApiMessageType.fromApiKey(Short.parseShort(key));
      KafkaMessages messages = new KafkaMessages(1_000_003L + api.apiKey());
      messages.writeAll(out, api.newRequest(), api.requestSchemas(), api, true);
      messages.writeAll(out, api.newResponse(), api.responseSchemas(), api, false);
    }
    out.flush();
  }

  private void writeAll(PrintStream out, ApiMessage empty, Schema[] schemas, ApiMessageType api, boolean isRequest) throws Exception {
    for (short version = empty.lowestSupportedVersion(); version <= empty.highestSupportedVersion(); version++) {
      short header = isRequest ? api.requestHeaderVersion(version) : api.responseHeaderVersion(version);
      out.println(line(fresh(empty), version, header, isRequest, api));
      for (int sample = 0; sample < SAMPLES; sample++) {
        buffer.clear();
        put(schemas[version]);
        buffer.flip();
        ApiMessage message = fresh(empty);
        message.read(new ByteBufferAccessor(buffer), version);
        out.println(line(message, version, header, isRequest, api));
      }
    }
  }

  private static ApiMessage fresh(ApiMessage message) throws Exception {
    return message.getClass().getConstructor().newInstance();
  }

  private String line(ApiMessage message, short version, short header, boolean isRequest, ApiMessageType api) throws Exception {
    ObjectNode line = JSON.createObjectNode();
    line.put("name", message.getClass().getSimpleName().replaceAll("Data$", ""));
    line.put("version", version);
    line.put("header", header(header, version, isRequest, api));
    line.put("bytes", bytes(message, version));
    if (line.get("bytes").isNull()) return line.toString();
    line.set("value", json(message, version));
    ObjectNode others = line.putObject("others");
    for (short other : new short[] {message.lowestSupportedVersion(), (short) (version - 1), (short) (version + 1), message.highestSupportedVersion()}) {
      boolean exists = other >= message.lowestSupportedVersion() && other <= message.highestSupportedVersion();
      if (exists && other != version) others.put(String.valueOf(other), bytes(message, other));
    }
    return line.toString();
  }

  /** A header of the form that goes with the message. */
  private static String header(short headerVersion, short version, boolean isRequest, ApiMessageType api) {
    if (!isRequest) return bytes(new ResponseHeaderData().setCorrelationId(77), headerVersion);
    RequestHeaderData header = new RequestHeaderData();
    header.setRequestApiKey(api.apiKey()).setRequestApiVersion(version).setCorrelationId(77).setClientId("client-ï");
    return bytes(header, headerVersion);
  }

  /** Null when the version cannot carry the message. */
  private static String bytes(Message message, short version) {
    try {
      ByteBuffer bytes = MessageUtil.toByteBufferAccessor(message, version).buffer();
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      return Base64.getEncoder().encodeToString(copy);
    } catch (RuntimeException refused) {
      return null;
    }
  }

  private static JsonNode json(ApiMessage message, short version) throws Exception {
    Class<?> converter = Class.forName(message.getClass().getName() + "JsonConverter");
    Method write = converter.getMethod("write", message.getClass(), short.class);
    return (JsonNode) write.invoke(null, message, version);
  }

  private void put(Type type) {
    if (type instanceof TaggedFields tagged) putTags(tagged);
    else if (type instanceof Schema schema) putStruct(schema);
    else if (type.isArray()) putArray(type);
    else putPrimitive(type);
  }

  private void putStruct(Schema schema) {
    if (schema instanceof NullableSchema) {
      boolean isNull = random.nextInt(4) == 0;
      buffer.put((byte) (isNull ? -1 : 1));
      if (isNull) return;
    }
    for (BoundField field : schema.fields()) put(field.def.type);
  }

  private void putTags(TaggedFields tagged) {
    Map<Integer, Field> chosen = new java.util.TreeMap<>();
    tagged.fields().forEach((tag, field) -> {
      if (random.nextInt(3) > 0) chosen.put(tag, field);
    });
    new ByteBufferAccessor(buffer).writeUnsignedVarint(chosen.size());
    chosen.forEach((tag, field) -> {
      new ByteBufferAccessor(buffer).writeUnsignedVarint(tag);
      int start = buffer.position();
      put(field.type);
      byte[] content = Arrays.copyOfRange(buffer.array(), start, buffer.position());
      buffer.position(start);
      new ByteBufferAccessor(buffer).writeUnsignedVarint(content.length);
      buffer.put(content);
    });
  }

  private void putArray(Type type) {
    int length = type.isNullable() && random.nextInt(5) == 0 ? -1 : random.nextInt(5) == 0 ? 0 : 1 + random.nextInt(2);
    if (type.getClass().getSimpleName().startsWith("Compact")) new ByteBufferAccessor(buffer).writeUnsignedVarint(length + 1);
    else buffer.putInt(length);
    for (int i = 0; i < length; i++) put(type.arrayElementType().orElseThrow());
  }

  private void putPrimitive(Type type) {
    if (type == Type.BOOLEAN) buffer.put((byte) random.nextInt(2));
    else if (type == Type.INT8) buffer.put((byte) random.nextInt());
    else if (type == Type.INT16 || type == Type.UINT16) buffer.putShort((short) random.nextInt());
    else if (type == Type.INT32) buffer.putInt(random.nextInt() >> random.nextInt(32));
    else if (type == Type.INT64) buffer.putLong(random.nextLong() >> (11 + random.nextInt(53)));
    else if (type == Type.FLOAT64) buffer.putDouble(random.nextInt() / 8.0);
    else if (type == Type.UUID) buffer.putLong(random.nextInt(5) == 0 ? 0 : random.nextLong()).putLong(random.nextInt(5) == 0 ? 0 : random.nextLong());
    else putSized(((Type.DocumentedType) type).typeName());
  }

  private void putSized(String name) {
    boolean isCompact = name.startsWith("COMPACT_");
    boolean isString = name.endsWith("STRING");
    boolean isNull = name.contains("NULLABLE_") && random.nextInt(4) == 0;
    byte[] content = isString ? TEXTS[random.nextInt(random.nextInt(8) == 0 ? 6 : 4)].getBytes(StandardCharsets.UTF_8) : new byte[random.nextInt(9)];
    if (!isString) random.nextBytes(content);
    int length = isNull ? -1 : content.length;
    if (isCompact) new ByteBufferAccessor(buffer).writeUnsignedVarint(length + 1);
    else if (isString) buffer.putShort((short) length);
    else buffer.putInt(length);
    if (!isNull) buffer.put(content);
  }
}
