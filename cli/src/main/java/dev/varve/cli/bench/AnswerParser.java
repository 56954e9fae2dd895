package dev.varve.cli.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Walks over the answers on one connection and keeps their status and the size of their bodies. Takes the bytes in whatever
 * pieces they come. For one thread.
 */
final class AnswerParser {

    /** A line of a head, or the head itself, that is longer is no answer of ours. */
    private static final int LINE_BYTES_MAX = 8192;

    private enum State {
        STATUS,
        HEADER,
        BODY,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        TRAILER
    }

    /** Bytes that are no answer to a request. */
    static final class MalformedAnswerException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedAnswerException(String message) {
            super(message);
        }
    }

    private final byte[] line = new byte[LINE_BYTES_MAX];
    private int lineBytes;
    private State state = State.STATUS;
    private int status;
    private long bodyBytes;
    private long left;
    private boolean chunked;
    private boolean keepAlive;

    /**
     * Takes bytes up to the end of one answer.
     *
     * @return true if an answer is complete; what follows it is still in the buffer
     */
    boolean take(ByteBuffer in) throws MalformedAnswerException {
        while (in.hasRemaining() || (state == State.BODY && left == 0)) {
            switch (state) {
                case BODY, CHUNK -> {
                    int bytes = (int) Math.min(left, in.remaining());
                    in.position(in.position() + bytes);
                    left -= bytes;
                    bodyBytes += bytes;
                    if (left == 0 && state == State.BODY) {
                        state = State.STATUS;
                        return true;
                    }
                    if (left == 0) {
                        state = State.CHUNK_END;
                    }
                }
                case STATUS, HEADER, CHUNK_SIZE, CHUNK_END, TRAILER -> {
                    if (takeLine(in) && endOfLine()) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private boolean takeLine(ByteBuffer in) throws MalformedAnswerException {
        while (in.hasRemaining()) {
            byte b = in.get();
            if (b == '\n') {
                if (lineBytes > 0 && line[lineBytes - 1] == '\r') {
                    lineBytes--;
                }
                return true;
            }
            if (lineBytes == LINE_BYTES_MAX) {
                throw new MalformedAnswerException("a line of the head is too long");
            }
            line[lineBytes++] = b;
        }
        return false;
    }

    /** What a line means; true if the answer ends with it. */
    private boolean endOfLine() throws MalformedAnswerException {
        boolean ended = false;
        switch (state) {
            case STATUS -> statusLine();
            case HEADER -> {
                if (lineBytes > 0) {
                    header();
                } else {
                    endOfHead();
                }
            }
            case CHUNK_SIZE -> {
                left = number(16);
                state = left == 0 ? State.TRAILER : State.CHUNK;
            }
            case CHUNK_END -> state = State.CHUNK_SIZE;
            case TRAILER -> {
                ended = lineBytes == 0;
                if (ended) {
                    state = State.STATUS;
                }
            }
            case BODY, CHUNK -> throw new IllegalStateException("no line is expected");
        }
        lineBytes = 0;
        return ended;
    }

    private void statusLine() throws MalformedAnswerException {
        if (lineBytes < 12 || line[0] != 'H' || line[8] != ' ') {
            throw new MalformedAnswerException("no HTTP/1.1 answer");
        }
        status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + line[11] - '0';
        bodyBytes = 0;
        left = 0;
        chunked = false;
        keepAlive = true;
        state = State.HEADER;
    }

    private void header() throws MalformedAnswerException {
        // Only headers with these first letters matter: most need not become text.
        int first = line[0] | 0x20;
        if (first != 'c' && first != 't') {
            return;
        }
        String text = new String(line, 0, lineBytes, StandardCharsets.ISO_8859_1);
        if (text.regionMatches(true, 0, "Content-Length:", 0, 15)) {
            try {
                left = Long.parseLong(text.substring(15).strip());
            } catch (NumberFormatException e) {
                throw new MalformedAnswerException("no content length: " + text);
            }
        } else if (text.regionMatches(true, 0, "Transfer-Encoding:", 0, 18)) {
            chunked = true;
        } else if (text.regionMatches(true, 0, "Connection:", 0, 11)) {
            keepAlive = !text.substring(11).strip().equalsIgnoreCase("close");
        }
    }

    private void endOfHead() {
        if (status < 200) {
            state = State.STATUS; // An interim answer: the real one follows.
        } else {
            state = chunked ? State.CHUNK_SIZE : State.BODY;
        }
    }

    private long number(int radix) throws MalformedAnswerException {
        String text = new String(line, 0, lineBytes, StandardCharsets.ISO_8859_1);
        int end = text.indexOf(';');
        try {
            return Long.parseLong(
                    end < 0 ? text.strip() : text.substring(0, end).strip(), radix);
        } catch (NumberFormatException e) {
            throw new MalformedAnswerException("no chunk size: " + text);
        }
    }

    /** The status of the last answer. */
    int status() {
        return status;
    }

    /** The size of its body. */
    long bodyBytes() {
        return bodyBytes;
    }

    /** Whether the connection may be used again. */
    boolean keepAlive() {
        return keepAlive;
    }

    /** A new connection: forgets half an answer. */
    void reset() {
        state = State.STATUS;
        lineBytes = 0;
        left = 0;
    }
}
