package dev.varve.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

class SmallCodecsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "application/json | true",
                "Application/JSON | true",
                "text/html, application/json;q=0.9 | true",
                "application/json, */*;q=0.1 | true",
                "*/* | false",
                "application/json, text/plain, */* | false",
                "application/json;q=0.5, application/octet-stream | false",
                "application/json;q=0 | false",
                "application/json;q=x | false",
                "application/jsonp | false",
                "application/problem+json | false"
            })
    void jsonIsSentOnlyWhereItIsWantedMoreThanBytes(String accept, boolean json) {
        assertThat(AcceptHeader.prefersJson(accept)).isEqualTo(json);
    }

    @Test
    void withoutAnAcceptHeaderBytesAreSent() {
        assertThat(AcceptHeader.prefersJson(null)).isFalse();
    }

    @Test
    void aProblemIsJsonThatNamesItsCode() {
        String json = new String(new Problem(ErrorCode.DISK_FULL, "a \"b\" \\ \n \ud800 ä", "wait").toJson(), UTF_8);
        StringBuilder members = new StringBuilder();
        try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token.isScalarValue()) {
                    members.append(parser.currentName())
                            .append('=')
                            .append(parser.getString())
                            .append(';');
                }
            }
        }
        assertThat(members)
                .hasToString("type=urn:varve:error:disk-full;title=The disk is full;status=507;"
                        + "code=disk-full;detail=a \"b\" \\ \n \ud800 ä;remedy=wait;");
    }

    @Test
    void codesAreUniqueExceptForTheDeleteOfTheContract() {
        assertThat(Arrays.stream(ErrorCode.values())
                        .filter(code -> code != ErrorCode.DELETE_OF_MISSING_KEY)
                        .map(ErrorCode::code)
                        .collect(Collectors.toSet()))
                .hasSize(ErrorCode.values().length - 1)
                .allMatch(code -> code.matches("[a-z0-9]+(-[a-z0-9]+)*"));
    }

    /** The JDK's strict decoder is the judge, over bytes that are nearly text. */
    @Test
    void utf8IsWhatTheJdkDecodesStrictly() {
        RandomGenerator random = new Random(42);
        byte[] seeds = "aé€😀\u07ff\u0800\uffff\ud7ff\ue000".getBytes(UTF_8);
        for (int i = 0; i < 200_000; i++) {
            byte[] bytes = new byte[random.nextInt(24)];
            for (int at = 0; at < bytes.length; at++) {
                bytes[at] = i % 2 == 0 ? seeds[(at + i) % seeds.length] : (byte) random.nextInt(256);
            }
            if (bytes.length > 0 && random.nextInt(3) > 0) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            assertThat(Utf8.isValid(bytes)).as(Arrays.toString(bytes)).isEqualTo(decodes(bytes));
        }
    }

    private static boolean decodes(byte[] bytes) {
        try {
            UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
