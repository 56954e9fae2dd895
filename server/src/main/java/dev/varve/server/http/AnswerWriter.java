package dev.varve.server.http;

import dev.varve.protocol.ErrorCode;
import dev.varve.protocol.Problem;
import dev.varve.storage.Durability;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Puts answers into bytes, each with its head and a small body in one buffer: one write, one packet. What is the same in
 * every answer is encoded once, and the date once a second. Belongs to one event loop.
 */
final class AnswerWriter {

    static final byte[] CONTINUE = ascii("HTTP/1.1 100 Continue\r\n\r\n");

    static final String JSON = "application/json";
    static final String TEXT = "text/plain; charset=utf-8";

    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private static final byte[] OK = ascii("HTTP/1.1 200 OK\r\n");
    private static final byte[] REVISION = ascii("Varve-Revision: ");
    private static final byte[] LAG = ascii("Varve-Lag: ");
    private static final byte[] CONTENT_LENGTH = ascii("Content-Length: ");
    private static final byte[] CONTENT_TYPE = ascii("Content-Type: ");
    // Stored bytes are a stranger's: no browser is to run them as a page of this server.
    private static final byte[] BYTES_TYPE =
            ascii("Content-Type: application/octet-stream\r\nX-Content-Type-Options: nosniff\r\n");
    private static final byte[] JSON_TYPE = ascii("Content-Type: application/json\r\n");
    private static final byte[] CHUNKED = ascii("Transfer-Encoding: chunked\r\n");
    private static final byte[] RETRY_AFTER = ascii("Retry-After: 1\r\n");
    private static final byte[] LINE_END = ascii("\r\n");
    private static final byte[] CLOSE_END = ascii("Connection: close\r\n\r\n");
    private static final byte[] KEEP_ALIVE_END = ascii("Connection: keep-alive\r\n\r\n");

    private final byte[] revisionPrefix;
    private final UnaryOperator<Durability> durability;
    private @Nullable String leader;
    private byte[] leaderLine = new byte[0];
    private byte[] dateLine = new byte[0];
    private long dateSecond = Long.MIN_VALUE;

    /** Leader and date: what each head has in common. */
    private byte[] common = new byte[0];

    private byte[] head = new byte[1024];
    private int length;

    /**
     * A writer of the answers of one server.
     *
     * @param leader what {@code Varve-Leader} says; null if nobody is known to lead, then it is left out
     * @param incarnation of the store, the first part of revisions as they are told outside
     * @param durability what a write has that asked for one
     */
    AnswerWriter(@Nullable String leader, long incarnation, UnaryOperator<Durability> durability) {
        this.durability = durability;
        setLeader(leader);
        this.revisionPrefix = ascii(Long.toHexString(incarnation) + "-");
        setTime(Instant.EPOCH);
    }

    /** Sets the time of day that answers tell. */
    void setTime(Instant now) {
        if (now.getEpochSecond() != dateSecond) {
            dateSecond = now.getEpochSecond();
            dateLine = ascii("Date: " + DATE.format(now) + "\r\n");
            joinCommon();
        }
    }

    /** Sets who leads, which may change from one moment to the next. */
    final void setLeader(@Nullable String now) {
        if (!Objects.equals(now, leader)) {
            leader = now;
            leaderLine = now == null ? new byte[0] : ascii("Varve-Leader: " + now + "\r\n");
            joinCommon();
        }
    }

    private void joinCommon() {
        common = Arrays.copyOf(leaderLine, leaderLine.length + dateLine.length);
        System.arraycopy(dateLine, 0, common, leaderLine.length, dateLine.length);
    }

    /** 200 without a body, for a write. */
    ByteBuf written(ByteBufAllocator allocator, Request request, boolean close, long revision) {
        begin(OK);
        if (revision > 0) {
            revision(revision);
        }
        Durability asked = request.terms().durability();
        if (asked != null) {
            append(ascii("Varve-Durability: " + WriteTerms.name(durability.apply(asked)) + "\r\n"));
        }
        contentLength(0);
        end(request, close);
        return finish(allocator, 0);
    }

    /** 200 with stored bytes. */
    ByteBuf value(ByteBufAllocator allocator, Request request, boolean close, long revision, byte[] value) {
        valueHead(request, close, revision, value.length);
        ByteBuf buffer = finish(allocator, request.headOnly() ? 0 : value.length);
        return request.headOnly() ? buffer : buffer.writeBytes(value);
    }

    /** The head alone of 200 with stored bytes, which are written behind it. */
    ByteBuf valueStart(ByteBufAllocator allocator, Request request, boolean close, long revision, long valueBytes) {
        valueHead(request, close, revision, valueBytes);
        return finish(allocator, 0);
    }

    private void valueHead(Request request, boolean close, long revision, long valueBytes) {
        begin(OK);
        append(BYTES_TYPE);
        revision(revision);
        lag(request);
        contentLength(valueBytes);
        end(request, close);
    }

    /**
     * The head of 200 with JSON.
     *
     * @param contentLength length of the body; -1 if it is not known: then it is chunked, or ends with the connection for a
     *     client of HTTP/1.0
     */
    ByteBuf jsonStart(ByteBufAllocator allocator, Request request, boolean close, long revision, long contentLength) {
        begin(OK);
        append(JSON_TYPE);
        revision(revision);
        lag(request);
        if (contentLength >= 0) {
            contentLength(contentLength);
        } else if (!request.http10()) {
            append(CHUNKED);
        }
        end(request, close);
        return finish(allocator, 0);
    }

    /** Any status with a whole body. */
    ByteBuf page(
            ByteBufAllocator allocator, Request request, boolean close, int status, String mediaType, byte[] body) {
        begin(ascii("HTTP/1.1 " + status + " " + reason(status) + "\r\n"));
        typeAndLength(mediaType, body.length);
        end(request, close);
        return withBody(allocator, request, body);
    }

    /** An error. */
    ByteBuf problem(ByteBufAllocator allocator, Request request, boolean close, Problem problem) {
        ErrorCode code = problem.code();
        byte[] body = problem.toJson();
        begin(ascii("HTTP/1.1 " + code.status() + " " + reason(code.status()) + "\r\n"));
        if (code.retryLater()) {
            append(RETRY_AFTER);
        }
        Route route = request.route();
        if (code == ErrorCode.METHOD_NOT_ALLOWED && route != null) {
            append(ascii("Allow: " + route.allow() + "\r\n"));
        }
        typeAndLength(Problem.MEDIA_TYPE, body.length);
        end(request, close);
        return withBody(allocator, request, body);
    }

    private ByteBuf withBody(ByteBufAllocator allocator, Request request, byte[] body) {
        ByteBuf buffer = finish(allocator, request.headOnly() ? 0 : body.length);
        return request.headOnly() ? buffer : buffer.writeBytes(body);
    }

    private void begin(byte[] statusLine) {
        length = 0;
        append(statusLine);
        append(common);
    }

    private void revision(long revision) {
        append(REVISION);
        append(revisionPrefix);
        append(revision);
        append(LINE_END);
    }

    private void lag(Request request) {
        long lag = request.freshness().lag();
        if (lag >= 0) {
            append(LAG);
            append(lag);
            append(LINE_END);
        }
    }

    private void contentLength(long bytes) {
        append(CONTENT_LENGTH);
        append(bytes);
        append(LINE_END);
    }

    private void typeAndLength(String mediaType, int bodyBytes) {
        append(CONTENT_TYPE);
        append(ascii(mediaType));
        append(LINE_END);
        contentLength(bodyBytes);
    }

    private void end(Request request, boolean close) {
        append(close ? CLOSE_END : request.http10() ? KEEP_ALIVE_END : LINE_END);
    }

    private ByteBuf finish(ByteBufAllocator allocator, int bodyBytes) {
        return allocator.directBuffer(length + bodyBytes).writeBytes(head, 0, length);
    }

    private void append(byte[] bytes) {
        if (bytes.length > head.length - length) {
            head = Arrays.copyOf(head, 2 * (length + bytes.length));
        }
        System.arraycopy(bytes, 0, head, length, bytes.length);
        length += bytes.length;
    }

    /** Appends a number that is not negative, in decimal. */
    private void append(long number) {
        if (head.length - length < 20) {
            head = Arrays.copyOf(head, 2 * head.length);
        }
        int digits = 1;
        for (long rest = number; rest >= 10; rest /= 10) {
            digits++;
        }
        length += digits;
        long rest = number;
        for (int at = length - 1; digits > 0; digits--, at--) {
            head[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }

    private static String reason(int status) {
        return switch (status) {
            case 200 -> "OK";
            case 400 -> "Bad Request";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 408 -> "Request Timeout";
            case 412 -> "Precondition Failed";
            case 413 -> "Content Too Large";
            case 414 -> "URI Too Long";
            case 417 -> "Expectation Failed";
            case 422 -> "Unprocessable Content";
            case 429 -> "Too Many Requests";
            case 431 -> "Request Header Fields Too Large";
            case 500 -> "Internal Server Error";
            case 501 -> "Not Implemented";
            case 503 -> "Service Unavailable";
            case 504 -> "Gateway Timeout";
            case 505 -> "HTTP Version Not Supported";
            case 507 -> "Insufficient Storage";
            default -> throw new IllegalArgumentException("no reason for status " + status);
        };
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Text for a page, in UTF-8. */
    static byte[] utf8(@Nullable String text) {
        return (text == null ? "" : text).getBytes(StandardCharsets.UTF_8);
    }
}
