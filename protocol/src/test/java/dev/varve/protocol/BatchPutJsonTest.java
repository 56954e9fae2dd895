package dev.varve.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchPutJsonTest {

    private static Map<String, String> parse(byte[] body) {
        Map<String, String> members = new LinkedHashMap<>();
        BatchPutJson.parse(
                body, body.length, (key, value) -> members.put(new String(key, UTF_8), new String(value, UTF_8)));
        return members;
    }

    private static Map<String, String> parse(String body) {
        return parse(body.getBytes(UTF_8));
    }

    @Test
    void membersComeInTheirOrder() {
        assertThat(parse("{\"b\":\"2\",\"a\":\"1\"}")).containsExactly(Map.entry("b", "2"), Map.entry("a", "1"));
    }

    @Test
    void anEmptyObjectHasNoMembers() {
        assertThat(parse(" { } ")).isEmpty();
    }

    @Test
    void anEmptyValueIsAValue() {
        assertThat(parse("{\"a\":\"\"}")).containsExactly(Map.entry("a", ""));
    }

    @Test
    void escapesAndRawTextMeanTheSame() {
        assertThat(parse("{\"\\u00e4\\n\\\"\":\"\\ud83d\\ude00\"}")).containsExactly(Map.entry("ä\n\"", "😀"));
        assertThat(parse("{\"ä\":\"😀\\u0000\"}")).containsExactly(Map.entry("ä", "😀\u0000"));
    }

    @Test
    void aLongNameAndALongValueAreLeftToTheReceiver() {
        String name = "n".repeat(100_000);
        String value = "v".repeat(30_000_000);
        assertThat(parse("{\"" + name + "\":\"" + value + "\"}")).containsExactly(Map.entry(name, value));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "null",
                "\"a\"",
                "[]",
                "[{\"a\":\"1\"}]",
                "{",
                "{\"a\"",
                "{\"a\":",
                "{\"a\":\"1\"",
                "{\"a\":\"1\",}",
                "{\"a\":\"1\"}x",
                "{\"a\":\"1\"}{}",
                "{\"a\":\"1\"} \"b\"",
                "{\"a\":\"1\",\"a\":\"1\"}",
                "{\"a\":\"1\",\"\\u0061\":\"2\"}",
                "{\"\":\"1\"}",
                "{\"a\":1}",
                "{\"a\":true}",
                "{\"a\":null}",
                "{\"a\":[\"1\"]}",
                "{\"a\":{\"b\":\"1\"}}",
                "{\"a\":\"\\ud800\"}",
                "{\"a\":\"\\udc00x\"}",
                "{\"\\ud800\":\"1\"}",
                "{\"a\":\"\\ud83d\\ud83d\"}",
                "{\"a\":\"\\x\"}",
                "{\"a\":\"\\u12\"}",
                "{\"a\":\"line\nend\"}",
                "{'a':'1'}",
                "{a:\"1\"}",
                "{\"a\":\"1\"/**/}",
                "\ufeff{\"a\":\"1\"}"
            })
    void whatIsNotAnObjectOfStringsIsRefused(String body) {
        assertThatThrownBy(() -> parse(body))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(ErrorCode.MALFORMED_BODY));
    }

    @Test
    void bytesThatAreNotUtf8AreRefused() {
        assertThatThrownBy(() -> parse("{\"a\":\"\u00ff\"}".getBytes(ISO_8859_1)))
                .isInstanceOf(ProblemException.class);
        // A surrogate as three bytes, which some decoders let pass.
        assertThatThrownBy(() -> parse("{\"a\":\"\u00ed\u00a0\u0080\"}".getBytes(ISO_8859_1)))
                .isInstanceOf(ProblemException.class);
    }

    @Test
    void anotherEncodingIsNotGuessed() {
        assertThatThrownBy(() -> parse("{\"a\":\"1\"}".getBytes(java.nio.charset.StandardCharsets.UTF_16LE)))
                .isInstanceOf(ProblemException.class);
    }

    @Test
    void deepNestingEndsAtOnce() {
        assertThatThrownBy(() -> parse("{\"a\":" + "[".repeat(1_000_000))).isInstanceOf(ProblemException.class);
        assertThatThrownBy(() -> parse("[".repeat(1_000_000))).isInstanceOf(ProblemException.class);
    }

    @Test
    void theRemedySaysThatNothingWasStored() {
        ProblemException refusal = catchThrowableOfType(ProblemException.class, () -> parse("[]"));
        assertThat(refusal.problem().remedy()).contains("nothing was stored");
    }

    /** Any bytes are either refused or understood; and changing one byte never makes another kind of failure. */
    @Test
    void damagedBodiesAreRefusedOrUnderstood() {
        RandomGenerator random = new Random(20261123);
        byte[] good = "{\"key\\u0031\":\"v\\\"alue\",\"ключ\":\"значение 😀\",\"c\":\"\"}".getBytes(UTF_8);
        for (int i = 0; i < 50_000; i++) {
            byte[] body = good.clone();
            for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
                body[random.nextInt(body.length)] = (byte)
                        (random.nextBoolean() ? random.nextInt(256) : "{}[]\",:\\ud8".charAt(random.nextInt(11)));
            }
            try {
                parse(body);
            } catch (ProblemException e) {
                assertThat(e.problem().code()).isEqualTo(ErrorCode.MALFORMED_BODY);
            }
        }
    }
}
