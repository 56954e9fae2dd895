package dev.varve.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.Objects;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestHeadParserTest {

    private static final int LINE_MAX = 200;
    private static final int HEAD_MAX = 1000;

    private final RequestHeadParser parser = new RequestHeadParser(LINE_MAX, HEAD_MAX);

    private @Nullable RequestHead tryParse(String text) {
        byte[] bytes = text.getBytes(ISO_8859_1);
        return parser.parse(bytes, 0, bytes.length);
    }

    private RequestHead parse(String text) {
        return Objects.requireNonNull(tryParse(text), "incomplete");
    }

    private RequestHead get(String headers) {
        return parse("GET / HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n");
    }

    private ErrorCode refusal(String text) {
        ProblemException refusal = catchThrowableOfType(ProblemException.class, () -> tryParse(text));
        assertThat(refusal).as("refusal of %s", text).isNotNull();
        return refusal.problem().code();
    }

    private ErrorCode refusalOfHeaders(String headers) {
        return refusal("PUT / HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n");
    }

    @Test
    void aHeadIsTakenUpToItsEmptyLine() {
        String text = "PUT /put?key=a%20b HTTP/1.1\r\nHost: localhost:8080\r\nContent-Length: 5\r\n\r\n";
        RequestHead head = parse(text + "hello");

        assertThat(head.length()).isEqualTo(text.length());
        assertThat(head.method()).isEqualTo(HttpMethod.PUT);
        assertThat(head.path()).isEqualTo("/put");
        assertThat(head.query().required("key")).isEqualTo("a b".getBytes(ISO_8859_1));
        assertThat(head.contentLength()).isEqualTo(5);
        assertThat(head.keepAlive()).isTrue();
        assertThat(head.http10()).isFalse();
    }

    @Test
    void aHeadThatIsNotThereWholeIsAwaited() {
        String text = "GET /read?key=a HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n";
        for (int length = 0; length < text.length(); length++) {
            assertThat(tryParse(text.substring(0, length)))
                    .as("%d bytes", length)
                    .isNull();
        }
        assertThat(tryParse(text)).isNotNull();
    }

    @Test
    void anEmptyLineBeforeTheRequestIsSkipped() {
        assertThat(parse("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").length()).isEqualTo(29);
    }

    @ParameterizedTest
    @CsvSource({
        "http://host/read?key=a, /read",
        "HTTP://host:80/read?key=a, /read",
        "http://host?key=a, /",
        "http://host, /",
        "/a//b, /a//b",
        "*, *",
        "host:443, host:443"
    })
    void targetsOfEveryFormHaveAPath(String target, String path) {
        assertThat(parse("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n").path())
                .isEqualTo(path);
    }

    @Test
    void rawBytesOfATargetStandForThemselves() {
        assertThat(parse("GET /read?key=\u00e4\" HTTP/1.1\r\nHost: h\r\n\r\n")
                        .query()
                        .required("key"))
                .isEqualTo(new byte[] {(byte) 0xe4, '"'});
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /\r\n",
                "GET / \r\n",
                "GET  / HTTP/1.1\r\n",
                "GET /  HTTP/1.1\r\n",
                "GET / HTTP/1.1 \r\n",
                " GET / HTTP/1.1\r\n",
                "GET\t/\tHTTP/1.1\r\n",
                "GET /a b HTTP/1.1\r\n",
                "G(T / HTTP/1.1\r\n",
                "GET / http/1.1\r\n",
                "GET / HTTP/1\r\n",
                "GET / HTTPS/1.1\r\n",
                "GET /#f HTTP/1.1\r\n",
                "GET /\u0000 HTTP/1.1\r\n",
                "GET / HTTP/1.1\n",
                "GET / HTTP/1.1\rHost: h\r\n",
                "\r\n\r\nGET / HTTP/1.1\r\n",
            })
    void malformedRequestLinesAreRefused(String line) {
        assertThat(refusal(line + "Host: h\r\n\r\n")).isEqualTo(ErrorCode.MALFORMED_REQUEST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "HTTP/3.0"})
    void otherVersionsAreNamedAsSuch(String version) {
        assertThat(refusal("GET / " + version + "\r\nHost: h\r\n\r\n")).isEqualTo(ErrorCode.VERSION_NOT_SUPPORTED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 5\r\nContent-Length: 5\r\n",
                "Content-Length: 5\r\nContent-Length: 6\r\n",
                "Content-Length: 5, 5\r\n",
                "Content-Length: +5\r\n",
                "Content-Length: -5\r\n",
                "Content-Length: 0x5\r\n",
                "Content-Length: 5 5\r\n",
                "Content-Length:\r\n",
                "Content-Length: 9999999999999999999\r\n",
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                "Transfer-Encoding: chunked, identity\r\n",
                "Transfer-Encoding: identity\r\n",
                "Transfer-Encoding: xchunked\r\n",
                "Transfer-Encoding:\r\n",
                "Transfer-Encoding: chun\u0001ked\r\n",
                "Transfer-Encoding : chunked\r\n",
                "Content-Length : 5\r\n",
                "Content-Length\r\n",
                ": 5\r\n",
                "X: a\r\n folded\r\n",
                "X: a\r\n\tfolded\r\n",
                " X: a\r\n",
                "X: a\nContent-Length: 5\r\n",
                "X: a\rContent-Length: 5\r\n",
                "X: a\u0000b\r\n",
                "X: a\u007fb\r\n",
                "X(: a\r\n",
                "\u00c4: a\r\n",
                "Host: other\r\n",
            })
    void whatTwoReadersCouldUnderstandDifferentlyIsRefused(String headers) {
        assertThat(refusalOfHeaders(headers)).isEqualTo(ErrorCode.MALFORMED_REQUEST);
    }

    @Test
    void aTransferCodingThatIsNotKnownIsNamedAsSuch() {
        assertThat(refusalOfHeaders("Transfer-Encoding: gzip, chunked\r\n")).isEqualTo(ErrorCode.NOT_IMPLEMENTED);
    }

    @Test
    void aChunkedBodyOfHttp10IsRefused() {
        assertThat(refusal("PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"))
                .isEqualTo(ErrorCode.MALFORMED_REQUEST);
    }

    @Test
    void aHostIsNeededOnlyByHttp11() {
        assertThat(refusal("GET / HTTP/1.1\r\n\r\n")).isEqualTo(ErrorCode.MALFORMED_REQUEST);
        assertThat(parse("GET / HTTP/1.0\r\n\r\n").http10()).isTrue();
        assertThat(refusal("GET / HTTP/1.1\r\nHost: a b\r\n\r\n")).isEqualTo(ErrorCode.MALFORMED_REQUEST);
    }

    @Test
    void aBodyIsAnnouncedByLengthOrInChunks() {
        assertThat(get("").hasBody()).isFalse();
        assertThat(get("content-length: 0\r\n").hasBody()).isFalse();
        assertThat(get("CONTENT-LENGTH:\t 7 \r\n").contentLength()).isEqualTo(7);
        assertThat(get("Transfer-Encoding: Chunked\r\n").chunked()).isTrue();
    }

    @Test
    void connectionsAreKeptAsTheVersionHasIt() {
        assertThat(get("").keepAlive()).isTrue();
        assertThat(get("Connection: close\r\n").keepAlive()).isFalse();
        assertThat(get("Connection: x, Close\r\n").keepAlive()).isFalse();
        assertThat(get("Connection: keep-alive\r\nConnection: close\r\n").keepAlive())
                .isFalse();
        assertThat(parse("GET / HTTP/1.0\r\n\r\n").keepAlive()).isFalse();
        assertThat(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keepAlive())
                .isTrue();
    }

    @Test
    void onlyTheExpectationOf100ContinueIsMet() {
        assertThat(get("Expect: 100-Continue\r\n").expectsContinue()).isTrue();
        assertThat(refusalOfHeaders("Expect: more\r\n")).isEqualTo(ErrorCode.EXPECTATION_FAILED);
    }

    @Test
    void severalAcceptHeadersAreOneList() {
        assertThat(get("Accept: a/b\r\nAccept: c/d;q=0.5\r\n").accept()).isEqualTo("a/b,c/d;q=0.5");
    }

    @Test
    void aRequestLineBeyondItsLimitIsRefusedBeforeItsEnd() {
        assertThat(refusal("GET /" + "a".repeat(LINE_MAX))).isEqualTo(ErrorCode.URI_TOO_LONG);
        assertThat(refusal("GET /" + "a".repeat(LINE_MAX) + " HTTP/1.1\r\nHost: h\r\n\r\n"))
                .isEqualTo(ErrorCode.URI_TOO_LONG);
        String longest = "GET /" + "a".repeat(LINE_MAX - "GET / HTTP/1.1".length()) + " HTTP/1.1\r\nHost: h\r\n\r\n";
        assertThat(tryParse(longest)).isNotNull();
    }

    @Test
    void aHeaderSectionBeyondItsLimitIsRefusedBeforeItsEnd() {
        String start = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
        assertThat(refusal(start + "a".repeat(HEAD_MAX))).isEqualTo(ErrorCode.HEADERS_TOO_LARGE);
        assertThat(tryParse(start + "a".repeat(HEAD_MAX - start.length() - 4) + "\r\n\r\n"))
                .isNotNull();
        assertThat(refusal(start + "a".repeat(HEAD_MAX - start.length() - 3) + "\r\n\r\n"))
                .isEqualTo(ErrorCode.HEADERS_TOO_LARGE);
        RequestHeadParser roomy = new RequestHeadParser(LINE_MAX, 100_000);
        byte[] many = ("GET / HTTP/1.1\r\nHost: h\r\n" + "X: a\r\n".repeat(RequestHeadParser.HEADERS_MAX) + "\r\n")
                .getBytes(ISO_8859_1);
        assertThat(catchThrowableOfType(ProblemException.class, () -> roomy.parse(many, 0, many.length))
                        .problem()
                        .code())
                .isEqualTo(ErrorCode.HEADERS_TOO_LARGE);
    }

    /** Whatever is changed in a good head, it is taken, awaited or refused with an error of its own; nothing else. */
    @Test
    void damagedHeadsAreRefusedAwaitedOrTaken() {
        RandomGenerator random = new Random(20261123);
        String head = String.join(
                "\r\n",
                "PUT /put?key=a%20b&x HTTP/1.1",
                "Host: h",
                "Content-Length: 5",
                "Connection: close",
                "Expect: 100-continue",
                "Accept: a/b;q=0.1",
                "",
                "");
        byte[] good = head.getBytes(ISO_8859_1);
        byte[] hostile = " \t\r\n:,;%&=?#/0159\u0000\u007f\u00ff".getBytes(ISO_8859_1);
        int taken = 0;
        for (int i = 0; i < 100_000; i++) {
            byte[] bytes = good.clone();
            for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
                bytes[random.nextInt(bytes.length)] =
                        random.nextBoolean() ? (byte) random.nextInt(256) : hostile[random.nextInt(hostile.length)];
            }
            try {
                RequestHead parsed = parser.parse(bytes, 0, bytes.length);
                taken += parsed == null ? 0 : 1;
                assertThat(parsed == null || (parsed.length() <= bytes.length && parsed.contentLength() >= -1))
                        .isTrue();
            } catch (ProblemException e) {
                assertThat(e.problem().code().status()).isBetween(400, 505);
            }
        }
        assertThat(taken).as("heads that were taken").isBetween(1_000, 99_000);
    }
}
