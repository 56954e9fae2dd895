package dev.varve.cli.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/** Writes requests as bytes. For one thread. */
final class RequestWriter {

    /** Keys have so many digits behind their prefix, so that their order is that of their numbers. */
    static final int KEY_DIGITS = 12;

    private static final int HEAD_BYTES_MAX = 1024;
    private static final int VALUE_CHARS = 64;

    private final byte[] prefix;
    private final byte[] tail;
    private final int valueBytes;
    private final int rangeLength;
    private final int batchSize;
    /** Values are windows of it, so that neighbours differ. */
    private final byte[] text;

    /**
     * A writer.
     *
     * @param host what the Host header says
     * @param prefix begins every key: letters, digits, '-', '_', '.', '~' only
     * @param valueBytes size of each value
     * @param rangeLength keys in a range
     * @param batchSize keys in a batch
     */
    RequestWriter(String host, String prefix, int valueBytes, int rangeLength, int batchSize) {
        this.prefix = ascii(prefix);
        this.tail = ascii(" HTTP/1.1\r\nHost: " + host + "\r\n");
        this.valueBytes = valueBytes;
        this.rangeLength = rangeLength;
        this.batchSize = batchSize;
        this.text = new byte[valueBytes + 4096];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < text.length; i++) {
            // Sixty-four characters that JSON takes as they are: six bits of noise in eight.
            int c = random.nextInt(VALUE_CHARS);
            text[i] = (byte) (c < 26 ? 'a' + c : c < 52 ? 'A' + c - 26 : c < 62 ? '0' + c - 52 : c == 62 ? '-' : '_');
        }
    }

    /** No request is longer. */
    long bytesMax() {
        return HEAD_BYTES_MAX + Math.max(valueBytes, batchBytes());
    }

    private long batchBytes() {
        return 2 + (long) batchSize * (prefix.length + KEY_DIGITS + valueBytes + 6L) - 1;
    }

    /** Writes a request into an empty buffer. */
    void write(Workload.Request request, ByteBuffer out) {
        switch (request.operation()) {
            case PUT -> {
                out.put(PUT).put(prefix);
                digits(request.key(), out);
                out.put(tail);
                contentLength(valueBytes, out);
                value(request.key(), out);
            }
            case GET -> {
                out.put(GET).put(prefix);
                digits(request.key(), out);
                out.put(tail).put(END);
            }
            case RANGE -> {
                out.put(RANGE).put(prefix);
                digits(request.key(), out);
                out.put(RANGE_END).put(prefix);
                digits(request.key() + rangeLength - 1, out);
                out.put(tail).put(END);
            }
            case BATCH -> batch(request.key(), out);
        }
    }

    private void batch(long firstKey, ByteBuffer out) {
        out.put(BATCH).put(tail);
        contentLength(batchBytes(), out);
        out.put((byte) '{');
        for (int i = 0; i < batchSize; i++) {
            if (i > 0) {
                out.put((byte) ',');
            }
            out.put((byte) '"').put(prefix);
            digits(firstKey + i, out);
            out.put(COLON);
            value(firstKey + i, out);
            out.put((byte) '"');
        }
        out.put((byte) '}');
    }

    private void value(long key, ByteBuffer out) {
        out.put(text, (int) (key & 4095), valueBytes);
    }

    private static void contentLength(long bytes, ByteBuffer out) {
        out.put(CONTENT_LENGTH).put(ascii(Long.toString(bytes))).put(CRLF).put(END);
    }

    private static void digits(long number, ByteBuffer out) {
        int end = out.position() + KEY_DIGITS;
        long rest = number;
        for (int i = end - 1; i >= end - KEY_DIGITS; i--) {
            out.put(i, (byte) ('0' + rest % 10));
            rest /= 10;
        }
        out.position(end);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static final byte[] PUT = ascii("PUT /put?key=");
    private static final byte[] GET = ascii("GET /read?key=");
    private static final byte[] RANGE = ascii("GET /range?start=");
    private static final byte[] RANGE_END = ascii("&end=");
    private static final byte[] BATCH = ascii("POST /batchput");
    private static final byte[] CONTENT_LENGTH = ascii("Content-Length: ");
    private static final byte[] COLON = ascii("\":\"");
    private static final byte[] CRLF = ascii("\r\n");
    private static final byte[] END = CRLF;
}
