package dev.varve.server.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.protocol.ErrorCode;
import dev.varve.protocol.ProblemException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is decoded and when, and what {@link RequestHead} makes of it. */
class RequestDecoderTest {

    private static final int LINE_MAX = 200;
    private static final int HEADERS_MAX = 2000;

    /** Wants pieces as long as the test says so. */
    private static final class Taker implements RequestDecoder.Intake {
        private boolean wants = true;
        private boolean drops;
        private boolean closed;
        private int arrivedBytes;

        @Override
        public void arrived(int bytes) {
            arrivedBytes += bytes;
        }

        @Override
        public boolean wantsInput() {
            return wants;
        }

        @Override
        public boolean dropsInput() {
            return drops;
        }

        @Override
        public void decoded() {}

        @Override
        public void closed() {
            closed = true;
        }
    }

    private final Taker taker = new Taker();
    private final RequestDecoder decoder = new RequestDecoder(taker, LINE_MAX, HEADERS_MAX);
    private final EmbeddedChannel channel = new EmbeddedChannel(decoder);

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
        assertThat(taker.closed).isTrue();
    }

    private void send(String latin) {
        channel.writeInbound(Unpooled.copiedBuffer(latin, ISO_8859_1));
    }

    /** What has been decoded: {@code H} and a path for a head, a body as it is, {@code .} for an end, {@code !} for a failure. */
    private String decoded() {
        StringBuilder text = new StringBuilder();
        for (Object piece = channel.readInbound(); piece != null; piece = channel.readInbound()) {
            if (piece instanceof HttpRequest head) {
                text.append(head.decoderResult().isFailure() ? "!" : "H" + head.uri());
            } else if (piece instanceof HttpContent content) {
                text.append(content.content().toString(ISO_8859_1));
                text.append(content.decoderResult().isFailure() ? "!" : content instanceof LastHttpContent ? "." : "");
            }
            ReferenceCountUtil.release(piece);
        }
        return text.toString();
    }

    private RequestHead head(String text) {
        send(text);
        HttpRequest decoded = channel.readInbound();
        assertThat(decoded).as("head of %s", text).isNotNull();
        try {
            return RequestHead.of(decoded);
        } finally {
            ReferenceCountUtil.release(decoded);
        }
    }

    private RequestHead get(String headers) {
        return head("GET / HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n");
    }

    private ErrorCode refusal(String text) {
        ProblemException refusal = catchThrowableOfType(ProblemException.class, () -> head(text));
        assertThat(refusal).as("refusal of %s", text).isNotNull();
        return refusal.problem().code();
    }

    // ---- When ----

    @Test
    void whatNobodyWantsStaysInTheBuffer() {
        String request = "GET /1 HTTP/1.1\r\n\r\n";
        taker.wants = false;
        send(request + request);
        assertThat(decoded()).isEmpty();
        assertThat(decoder.heldBytes()).isEqualTo(2 * request.length());
        assertThat(taker.arrivedBytes).isEqualTo(2 * request.length());

        taker.wants = true;
        decoder.resume();
        assertThat(decoded()).isEqualTo("H/1.H/1.");
        assertThat(decoder.heldBytes()).isZero();
    }

    @Test
    void nothingIsDecodedBehindAPieceThatIsTheLastWanted() {
        EmbeddedChannel once = new EmbeddedChannel(
                new RequestDecoder(taker, LINE_MAX, HEADERS_MAX), new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext context, Object piece) {
                        taker.wants = piece instanceof HttpRequest;
                        context.fireChannelRead(piece);
                    }
                });
        once.writeInbound(Unpooled.copiedBuffer(
                "PUT /1 HTTP/1.1\r\nContent-Length: 2\r\n\r\nabGET /2 HTTP/1.1\r\n\r\n", ISO_8859_1));
        assertThat(once.inboundMessages()).hasSize(2);
        once.finishAndReleaseAll();
    }

    @Test
    void whatIsHeldOutlivesTheEndOfTheInput() {
        taker.wants = false;
        send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        assertThat(decoded()).isEmpty();
        taker.wants = true;
        decoder.resume();
        assertThat(decoded()).isEqualTo("H/1.H/2.");
    }

    @Test
    void theSocketIsNotReadBecauseAMessageIsNotWhole() {
        List<Object> reads = new ArrayList<>();
        channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
            @Override
            public void read(ChannelHandlerContext context) {
                reads.add(context);
            }
        });
        channel.config().setAutoRead(false);
        reads.clear();
        send("GET /1 HT");
        assertThat(reads).isEmpty();
    }

    @Test
    void whatIsToBeDroppedIsNotDecoded() {
        taker.wants = false;
        send("GET /1 HTTP/1.1\r\n\r\n");
        taker.drops = true;
        decoder.resume();
        send("GET /2 HTTP/1.1\r\n\r\n");
        assertThat(decoder.heldBytes()).isZero();
        assertThat(decoded()).isEmpty();
    }

    @Test
    void whatIsNotWholeAtTheEndOfTheConnectionIsNothing() {
        send("GET /1 HTTP/1.1\r\nHost: h\r\n");
        channel.finish();
        assertThat(decoded()).isEmpty();
    }

    @Test
    void aRequestMayComeByteByByte() {
        String request =
                "\r\nPUT /1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n0\r\nT: x\r\n\r\n";
        for (int i = 0; i < request.length(); i++) {
            send(request.substring(i, i + 1));
        }
        assertThat(decoded()).isEqualTo("H/1hello.");
    }

    // ---- Heads ----

    @Test
    void aHeadSaysWhatIsWanted() {
        RequestHead head = head("PUT /put?key=a%20b HTTP/1.1\r\nHost: localhost:8080\r\nContent-Length: 5\r\n\r\n");
        assertThat(head.method()).isEqualTo("PUT");
        assertThat(head.path()).isEqualTo("/put");
        assertThat(head.query().required("key")).isEqualTo("a b".getBytes(ISO_8859_1));
        assertThat(head.contentLength()).isEqualTo(5);
        assertThat(head.keepAlive()).isTrue();
        assertThat(head.http10()).isFalse();
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
        assertThat(head("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n").path())
                .isEqualTo(path);
    }

    @Test
    void rawBytesOfATargetStandForThemselves() {
        assertThat(head("GET /read?key=\u00e4\"#? HTTP/1.1\r\nHost: h\r\n\r\n")
                        .query()
                        .required("key"))
                .isEqualTo(new byte[] {(byte) 0xe4, '"', '#', '?'});
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /\r\n",
                "GET / \r\n",
                "GET / HTTP/1.1 \r\n",
                "GET /a b HTTP/1.1\r\n",
                "G(T / HTTP/1.1\r\n",
                "GET / HTTP/1\r\n",
                "GET / HTTPS/1.1\r\n",
                "GET /#f HTTP/1.1\r\n",
                "GET /\u0000 HTTP/1.1\r\n",
                "GET /?\u007f HTTP/1.1\r\n",
                "GET / HTTP/1.1\n",
                "GET / HTTP/1.1\rHost: h\r\n",
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
                "Content-Length: 5\r\n 5\r\n",
                "Content-Length:\r\n",
                "Content-Length: 9999999999999999999\r\n",
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                "Transfer-Encoding: chunked, identity\r\n",
                "Transfer-Encoding: chunked\r\n , identity\r\n",
                "Transfer-Encoding: identity\r\n",
                "Transfer-Encoding: xchunked\r\n",
                "Transfer-Encoding:\r\n",
                "Transfer-Encoding: chun\u0001ked\r\n",
                "Transfer-Encoding: \u000bchunked\r\n",
                "Transfer-Encoding : chunked\r\n",
                "Content-Length : 5\r\n",
                "Content-Length\r\n",
                ": 5\r\n",
                "X: a\nContent-Length: 5\r\n",
                "X: a\rContent-Length: 5\r\n",
                "X: a\u0000b\r\n",
                "X: a\u007fb\r\n",
                "X(: a\r\n",
                "\u00c4: a\r\n",
                "Host: other\r\n",
            })
    void whatTwoReadersCouldUnderstandDifferentlyIsRefused(String headers) {
        assertThat(refusal("PUT / HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n")).isEqualTo(ErrorCode.MALFORMED_REQUEST);
    }

    @Test
    void aFoldedFirstLineIsRefused() {
        assertThat(refusal("GET / HTTP/1.1\r\n Host: h\r\n\r\n")).isEqualTo(ErrorCode.MALFORMED_REQUEST);
    }

    @Test
    void aFoldedLineIsOneLine() {
        RequestHead head = get("Accept: a/b,\r\n\tc/d\r\n Content-Length: 5\r\n");
        assertThat(head.accept()).isEqualTo("a/b, c/d Content-Length: 5");
        assertThat(head.hasBody()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip, chunked", "gzip\r\nTransfer-Encoding: chunked", ",chunked"})
    void aTransferCodingThatIsNotKnownIsNamedAsSuch(String codings) {
        assertThat(refusal("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: " + codings + "\r\n\r\n"))
                .isEqualTo(ErrorCode.NOT_IMPLEMENTED);
    }

    @Test
    void http10HasNoChunkedBodiesAndOneLength() {
        assertThat(refusal("PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"))
                .isEqualTo(ErrorCode.MALFORMED_REQUEST);
    }

    @Test
    void severalLengthsAreRefusedOfHttp10Too() {
        assertThat(refusal("PUT / HTTP/1.0\r\nContent-Length: 5\r\ncontent-length: 6\r\n\r\n"))
                .isEqualTo(ErrorCode.MALFORMED_REQUEST);
    }

    @Test
    void withoutALengthThereIsNoBody() {
        send("GET /1 HTTP/1.1\r\nSec-WebSocket-Key1: a\r\nSec-WebSocket-Key2: b\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
        assertThat(decoded()).isEqualTo("H/1.H/2.");
    }

    @Test
    void aHostIsNeededOnlyByHttp11() {
        assertThat(head("GET / HTTP/1.0\r\n\r\n").http10()).isTrue();
        channel.releaseInbound();
        assertThat(refusal("GET / HTTP/1.1\r\n\r\n")).isEqualTo(ErrorCode.MALFORMED_REQUEST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a/b", "user@a", "a,b", "a\r\n b"})
    void aHostIsAHost(String host) {
        assertThat(refusal("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n")).isEqualTo(ErrorCode.MALFORMED_REQUEST);
    }

    @ParameterizedTest
    @CsvSource({
        "'', 0",
        "'content-length: 0\r\n', 0",
        "'CONTENT-LENGTH:\t 7 \r\n', 7",
        "'Transfer-Encoding: Chunked\r\n', -1",
        "'Transfer-Encoding:\tchunked \r\n', -1"
    })
    void aBodyIsAnnouncedByLengthOrInChunks(String headers, long length) {
        assertThat(head("GET / HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n").contentLength())
                .isEqualTo(length);
    }

    @ParameterizedTest
    @CsvSource({
        "1.1, '', true",
        "1.1, 'Connection: close\r\n', false",
        "1.1, 'Connection: x, Close\r\n', false",
        "1.1, 'Connection: keep-alive\r\nConnection: close\r\n', false",
        "1.0, '', false",
        "1.0, 'Connection: Keep-Alive\r\n', true"
    })
    void connectionsAreKeptAsTheVersionHasIt(String version, String headers, boolean kept) {
        assertThat(head("GET / HTTP/" + version + "\r\nHost: h\r\n" + headers + "\r\n")
                        .keepAlive())
                .isEqualTo(kept);
    }

    @Test
    void onlyTheExpectationOf100ContinueIsMet() {
        assertThat(get("Content-Length: 1\r\nExpect: 100-Continue\r\n").expectsContinue())
                .isTrue();
        send("x");
        channel.releaseInbound();
        assertThat(get("Expect: 100-continue\r\n").expectsContinue())
                .as("without a body there is nothing to go on with")
                .isFalse();
        channel.releaseInbound();
        assertThat(refusal("GET / HTTP/1.1\r\nHost: h\r\nExpect: more\r\n\r\n"))
                .isEqualTo(ErrorCode.EXPECTATION_FAILED);
    }

    @Test
    void severalAcceptHeadersAreOneList() {
        assertThat(get("Accept: a/b\r\nAccept: c/d;q=0.5\r\n").accept()).isEqualTo("a/b,c/d;q=0.5");
    }

    // ---- Limits ----

    @Test
    void aRequestLineMayBeAsLongAsItsLimit() {
        String longest = "GET /" + "a".repeat(LINE_MAX - "GET / HTTP/1.1".length()) + " HTTP/1.1\r\nHost: h\r\n\r\n";
        assertThat(head(longest).path()).hasSizeGreaterThan(LINE_MAX - 20);
        channel.releaseInbound();
        assertThat(refusal(longest.replace("/a", "/aa"))).isEqualTo(ErrorCode.URI_TOO_LONG);
    }

    @Test
    void aRequestLineBeyondItsLimitIsRefusedBeforeItsEnd() {
        assertThat(refusal("GET /" + "a".repeat(LINE_MAX))).isEqualTo(ErrorCode.URI_TOO_LONG);
    }

    @Test
    void aHeaderSectionBeyondItsLimitIsRefusedBeforeItsEnd() {
        assertThat(refusal("GET / HTTP/1.1\r\nHost: h\r\nX: " + "a".repeat(HEADERS_MAX)))
                .isEqualTo(ErrorCode.HEADERS_TOO_LARGE);
    }

    @Test
    void headerLinesAreCounted() {
        String lines = "X: a\r\n".repeat(RequestDecoder.HEADER_LINES_MAX - 1);
        assertThat(get(lines).hasBody()).isFalse();
        channel.releaseInbound();
        assertThat(refusal("GET / HTTP/1.1\r\nHost: h\r\nX: b\r\n" + lines)).isEqualTo(ErrorCode.HEADERS_TOO_LARGE);
    }

    // ---- Chunks ----

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
                "ffffffff\r\n",
                "1\na\r\n",
                "1\r\nab\r\n",
                "1\r\na\n0\r\n",
                "1\r\na\rx",
                "1\rx\r\n",
                "1;a\nb\r\n",
                "1;a\u0000\r\n",
                "0\r\nX: a\nb\r\n\r\n",
                "0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                "0\r\n\n"
            })
    void malformedChunksAreRefused(String body) {
        send("PUT /1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
        assertThat(decoded()).startsWith("H/1").endsWith("!");
    }

    @Test
    void extensionsAndTrailersAreBounded() {
        send("PUT /1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + "a".repeat(LINE_MAX));
        assertThat(decoded()).isEqualTo("H/1!");
        EmbeddedChannel other = new EmbeddedChannel(new RequestDecoder(taker, LINE_MAX, HEADERS_MAX));
        other.writeInbound(Unpooled.copiedBuffer(
                "PUT /1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
                        + "X: a\r\n".repeat(RequestDecoder.HEADER_LINES_MAX),
                ISO_8859_1));
        assertThat(((HttpContent) other.inboundMessages().toArray()[1])
                        .decoderResult()
                        .isFailure())
                .isTrue();
        other.finishAndReleaseAll();
    }

    /** Whatever is changed in a good head, it is taken, awaited or refused with an error of its own; nothing else. */
    @Test
    void damagedHeadsAreRefusedAwaitedOrTaken() {
        RandomGenerator random = new Random(20261123);
        String good = String.join(
                "\r\n",
                "PUT http://h/put?key=a%20b&x HTTP/1.1",
                "Host: h",
                "Content-Length: 5",
                "Connection: close",
                "Expect: 100-continue",
                "Accept: a/b;q=0.1",
                "",
                "");
        byte[] hostile = " \t\r\n:,;%&=?#/0159\u0000\u007f\u00ff".getBytes(ISO_8859_1);
        int taken = 0;
        for (int i = 0; i < 10_000; i++) {
            byte[] bytes = good.getBytes(ISO_8859_1);
            for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
                bytes[random.nextInt(bytes.length)] =
                        random.nextBoolean() ? (byte) random.nextInt(256) : hostile[random.nextInt(hostile.length)];
            }
            taken += isTaken(Unpooled.wrappedBuffer(bytes)) ? 1 : 0;
        }
        assertThat(taken).as("heads that were taken").isBetween(1_000, 9_000);
    }

    private boolean isTaken(ByteBuf bytes) {
        EmbeddedChannel damaged = new EmbeddedChannel(new RequestDecoder(taker, LINE_MAX, HEADERS_MAX));
        try {
            damaged.writeInbound(bytes);
            return damaged.readInbound() instanceof HttpRequest decoded
                    && RequestHead.of(decoded).contentLength() >= -1;
        } catch (ProblemException e) {
            assertThat(e.problem().code().status()).isBetween(400, 505);
            return false;
        } finally {
            damaged.finishAndReleaseAll();
        }
    }
}
