package dev.varve.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

class EntriesJsonTest {

    private static final JsonFactory FACTORY = new JsonFactory();

    private static byte[] bytes(String latin) {
        return latin.getBytes(ISO_8859_1);
    }

    private static void drain(EntriesJson json, ByteArrayOutputStream out, int room) {
        boolean done = false;
        int empty = 0;
        while (!done) {
            ByteBuffer buffer = ByteBuffer.allocate(room);
            done = json.drain(buffer);
            out.write(buffer.array(), 0, buffer.position());
            empty = buffer.position() == 0 ? empty + 1 : 0;
            assertThat(empty).as("buffers in a row without progress").isLessThan(2);
        }
    }

    private static String array(int room, byte[]... keysAndValues) {
        EntriesJson json = new EntriesJson();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        json.beginArray();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            json.entry(keysAndValues[i], keysAndValues[i + 1]);
            drain(json, out, room);
        }
        json.endArray();
        drain(json, out, room);
        return out.toString(UTF_8);
    }

    @Test
    void anEmptyRangeIsAnEmptyArray() {
        assertThat(array(100)).isEqualTo("[]");
    }

    @Test
    void textStandsAsStringsAndBytesInBase64() {
        assertThat(array(100, bytes("a"), "ä😀".getBytes(UTF_8), bytes("\u00ff"), bytes("")))
                .isEqualTo("[{\"key\":\"a\",\"value\":\"ä😀\"},{\"key64\":\"/w==\",\"value\":\"\"}]");
        assertThat(array(100, bytes("b"), bytes("\u00ff\u00fe\u00fd\u00fc")))
                .isEqualTo("[{\"key\":\"b\",\"value64\":\"//79/A==\"}]");
    }

    @Test
    void whatJsonReservesIsEscaped() {
        assertThat(array(100, bytes("\"\\/"), bytes("\b\f\n\r\t\u0000\u001f\u007f")))
                .isEqualTo("[{\"key\":\"\\\"\\\\/\",\"value\":\"\\b\\f\\n\\r\\t\\u0000\\u001f\u007f\"}]");
    }

    @Test
    void aSingleValueIsAnObject() {
        EntriesJson json = new EntriesJson();
        json.value(bytes("x"));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        drain(json, out, 8);
        assertThat(out.toString(UTF_8)).isEqualTo("{\"value\":\"x\"}");
    }

    /** Random entries through buffers of random sizes come back, through an independent parser, as they were. */
    @Test
    void everyEntryComesBackThroughBuffersOfAnySize() {
        RandomGenerator random = new Random(7);
        for (int round = 0; round < 2_000; round++) {
            byte[][] keysAndValues = new byte[2 * random.nextInt(4)][];
            for (int i = 0; i < keysAndValues.length; i++) {
                keysAndValues[i] = randomBytes(random);
            }
            int room = random.nextInt(EntriesJson.ROOM_BYTES_MIN, 64);
            String json = array(room, keysAndValues);
            assertThat(read(json))
                    .as("round %d: %s", round, json)
                    .usingElementComparator(java.util.Arrays::compare)
                    .containsExactly(keysAndValues);
        }
    }

    private static byte[] randomBytes(RandomGenerator random) {
        int length = random.nextInt(40);
        if (random.nextBoolean()) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < length; i++) {
                text.append(
                        "abcdefghij\"\\\n\u0001äß€😀\u007f".codePoints().toArray()[random.nextInt(19)] > 0x10000
                                ? "😀"
                                : String.valueOf((char) random.nextInt(1, 0x250)));
            }
            return text.toString().getBytes(UTF_8);
        }
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static List<byte[]> read(String json) {
        List<byte[]> found = new ArrayList<>();
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.VALUE_STRING) {
                    boolean coded = parser.currentName().endsWith("64");
                    found.add(
                            coded
                                    ? Base64.getDecoder().decode(parser.getString())
                                    : parser.getString().getBytes(UTF_8));
                }
            }
        }
        return found;
    }
}
