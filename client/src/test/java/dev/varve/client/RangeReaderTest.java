package dev.varve.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;

class RangeReaderTest {

    private static List<KeyValue> read(byte[] json) {
        List<KeyValue> entries = new ArrayList<>();
        try (RangeReader reader = new RangeReader(new ByteArrayInputStream(json))) {
            for (KeyValue entry = reader.next(); entry != null; entry = reader.next()) {
                entries.add(entry);
            }
            assertThat(reader.next()).isNull();
        }
        return entries;
    }

    private static byte[] write(List<KeyValue> entries) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator generator = EntryJson.FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
            generator.writeStartArray();
            entries.forEach(entry -> EntryJson.write(generator, entry));
            generator.writeEndArray();
        }
        return out.toByteArray();
    }

    @Test
    void anyBytesComeBackAsTheyWereWritten() {
        SplittableRandom random = new SplittableRandom(7);
        List<KeyValue> entries = new ArrayList<>();
        entries.add(new KeyValue("clef é 😀 \" \\ \n\0".getBytes(UTF_8), new byte[0]));
        for (int i = 0; i < 500; i++) {
            byte[] key = new byte[1 + random.nextInt(20)];
            byte[] value = new byte[random.nextInt(3000)];
            random.nextBytes(key);
            random.nextBytes(value);
            entries.add(new KeyValue(key, value));
        }
        List<KeyValue> read = read(write(entries));
        assertThat(read).hasSameSizeAs(entries);
        for (int i = 0; i < entries.size(); i++) {
            assertThat(Arrays.equals(read.get(i).key(), entries.get(i).key())).isTrue();
            assertThat(Arrays.equals(read.get(i).value(), entries.get(i).value()))
                    .isTrue();
        }
    }

    @Test
    void textStaysTextAndOtherBytesAreBase64() {
        KeyValue entry = new KeyValue("a".getBytes(UTF_8), new byte[] {(byte) 0xFF});
        assertThat(new String(write(List.of(entry)), UTF_8)).isEqualTo("[{\"key\":\"a\",\"value64\":\"/w==\"}]");
    }

    @Test
    void anAnswerThatIsCutAnywhereIsAnError() {
        byte[] json = write(List.of(
                new KeyValue("a".getBytes(UTF_8), "1".getBytes(UTF_8)),
                new KeyValue(new byte[] {(byte) 0xFE}, "2".getBytes(UTF_8))));
        for (int length = 0; length < json.length; length++) {
            byte[] cut = Arrays.copyOf(json, length);
            assertThatThrownBy(() -> read(cut))
                    .as(new String(cut, UTF_8))
                    .isInstanceOf(InterruptedAnswerException.class);
        }
    }

    @Test
    void whatIsNoListOfEntriesIsAnError() {
        for (String json : List.of(
                "{}",
                "[1]",
                "[{}]",
                "[{\"key\":\"a\"}]",
                "[{\"key\":\"\",\"value\":\"\"}]",
                "[{\"key\":\"a\",\"value\":1}]",
                "[{\"key\":\"a\",\"key64\":\"YQ==\",\"value\":\"\"}]",
                "[{\"key\":\"a\",\"value64\":\"?\"}]",
                "[{\"key\":\"a\",\"value\":\"\",\"more\":\"\"}]",
                "[{\"key\":\"\\ud800\",\"value\":\"\"}]",
                "[] []")) {
            assertThatThrownBy(() -> read(json.getBytes(UTF_8)))
                    .as(json)
                    .isInstanceOf(InterruptedAnswerException.class);
        }
    }

    @Test
    void aValueBeyondTheParsersUsualLimitsIsRead() {
        byte[] value = new byte[18 << 20];
        value[1] = (byte) 0xFF;
        List<KeyValue> entries = read(write(List.of(new KeyValue(new byte[] {1}, value))));
        assertThat(Arrays.equals(entries.getFirst().value(), value)).isTrue();
    }

    @Test
    void keysAreShownAsTextOrHex() {
        assertThat(Keys.show("a/é".getBytes(UTF_8))).isEqualTo("'a/é'");
        assertThat(Keys.show(new byte[] {0, (byte) 0xAB})).isEqualTo("0x00ab");
        assertThat(Keys.show(new byte[5000])).hasSizeLessThan(200).endsWith("...");
    }
}
