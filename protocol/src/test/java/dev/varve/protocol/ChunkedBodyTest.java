package dev.varve.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkedBodyTest {

    /** Takes all bytes, at most {@code step} bytes of data at a time; returns the data, then {@code |} and what is left. */
    private static String take(String body, int step) {
        ChunkedBody chunks = new ChunkedBody();
        StringBuilder data = new StringBuilder();
        int at = 0;
        while (at < body.length() && !chunks.ended()) {
            int length = Math.min(Math.min(step, chunks.dataBytes()), body.length() - at);
            if (length > 0) {
                data.append(body, at, at + length);
                chunks.tookData(length);
                at += length;
            } else {
                chunks.take((byte) body.charAt(at++));
            }
        }
        return data + (chunks.ended() ? "|" + body.substring(at) : "...");
    }

    @Test
    void dataIsFoundInPiecesOfAnySize() {
        String body = "5\r\nhello\r\n0000006;a=\"b\"\r\n world\r\n0\r\nTrailer: x\r\nAnother: y\r\n\r\nGET";
        for (int step = 1; step < 8; step++) {
            assertThat(take(body, step)).isEqualTo("hello world|GET");
        }
    }

    @Test
    void anEmptyBodyIsOneLastChunk() {
        assertThat(take("0\r\n\r\n", 9)).isEqualTo("|");
    }

    @Test
    void sizesAreHexadecimalInEitherCase() {
        assertThat(take("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", 99)).isEqualTo("01234567890123456789|");
    }

    @Test
    void whatIsNotThereIsAwaited() {
        String body = "2\r\nab\r\n0\r\nT: x\r\n\r\n";
        for (int length = 0; length < body.length(); length++) {
            assertThat(take(body.substring(0, length), 99)).endsWith("...");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\r\n",
                ";a\r\n",
                "g\r\n",
                "-1\r\n",
                "+1\r\na",
                "0x1\r\na",
                " 1\r\na",
                "1 \r\na",
                "00000001\r\na",
                "ffffffff\r\n",
                "1\na\r\n",
                "1\r\nab\r\n",
                "1\r\na\n0\r\n",
                "1\r\na\rx",
                "1\rx",
                "1;a\nb\r\n",
                "1;a\u0000\r\n",
                "0\r\n folded\r\n\r\n",
                "0\r\nX: a\nb\r\n\r\n",
                "0\r\n\rx"
            })
    void malformedChunksAreRefused(String body) {
        assertThat(catchThrowableOfType(ProblemException.class, () -> take(body, 99))
                        .problem()
                        .code())
                .isEqualTo(ErrorCode.MALFORMED_REQUEST);
    }

    @Test
    void extensionsAndTrailersAreBounded() {
        String tooLong = "a".repeat(ChunkedBody.LINE_BYTES_MAX + 1);
        assertThat(catchThrowableOfType(ProblemException.class, () -> take("1;" + tooLong, 99)))
                .isNotNull();
        String trailer = "X: " + "a".repeat(500) + "\r\n";
        assertThat(catchThrowableOfType(ProblemException.class, () -> take("0\r\n" + trailer.repeat(3), 99)))
                .isNotNull();
        assertThat(take("0\r\n" + trailer.repeat(2) + "\r\n", 99).getBytes(ISO_8859_1))
                .hasSize(1);
    }
}
