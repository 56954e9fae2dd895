package dev.varve.protocol;

/**
 * Finds the data in a chunked body (RFC 9112, 7.1). The caller feeds it bytes and is told how many of the next ones are data
 * of the body; sizes, extensions and trailers are taken off and forgotten.
 *
 * <p>Strict as the head is: lines end in CR LF, a size is 1 to 7 hexadecimal digits, extensions and trailers are bounded.
 * Not thread-safe.
 */
public final class ChunkedBody {

    /** Longest line with size and extensions, and largest trailer section, in bytes. */
    public static final int LINE_BYTES_MAX = 1024;

    private enum State {
        SIZE,
        EXTENSION,
        SIZE_LINE_FEED,
        DATA,
        DATA_CARRIAGE_RETURN,
        DATA_LINE_FEED,
        TRAILER_START,
        TRAILER,
        TRAILER_LINE_FEED,
        END_LINE_FEED,
        END
    }

    private State state = State.SIZE;
    private int digits;
    private int remaining;
    private int overhead;

    /** True if the whole body has been taken. */
    public boolean ended() {
        return state == State.END;
    }

    /** How many of the next bytes are data; 0 if the next byte is for {@link #take}. */
    public int dataBytes() {
        return state == State.DATA ? remaining : 0;
    }

    /** Says that the caller has taken so many bytes of data, at most {@link #dataBytes}. */
    public void tookData(int bytes) {
        remaining -= bytes;
        if (remaining == 0) {
            state = State.DATA_CARRIAGE_RETURN;
        }
    }

    /**
     * Takes one byte that is not data.
     *
     * @throws ProblemException if it does not belong there; nothing behind it can be trusted then
     */
    public void take(byte b) {
        switch (state) {
            case SIZE -> size(b);
            case EXTENSION -> line(b, State.SIZE_LINE_FEED, State.EXTENSION);
            case SIZE_LINE_FEED -> {
                expect(b, '\n');
                overhead = 0;
                state = remaining == 0 ? State.TRAILER_START : State.DATA;
            }
            case DATA_CARRIAGE_RETURN -> {
                expect(b, '\r');
                state = State.DATA_LINE_FEED;
            }
            case DATA_LINE_FEED -> {
                expect(b, '\n');
                digits = 0;
                state = State.SIZE;
            }
            case TRAILER_START -> {
                if (b == ' ' || b == '\t') {
                    throw malformed("A trailer line is folded.");
                }
                line(b, State.END_LINE_FEED, State.TRAILER);
            }
            case TRAILER -> line(b, State.TRAILER_LINE_FEED, State.TRAILER);
            case TRAILER_LINE_FEED -> {
                expect(b, '\n');
                state = State.TRAILER_START;
            }
            case END_LINE_FEED -> {
                expect(b, '\n');
                state = State.END;
            }
            case DATA, END -> throw new IllegalStateException("no byte is to be taken in state " + state);
        }
    }

    private void size(byte b) {
        int digit = Character.digit(b, 16);
        if (digit >= 0) {
            if (++digits > 7) {
                throw malformed("The size of a chunk has more than 7 digits.");
            }
            remaining = (digits == 1 ? 0 : remaining << 4) | digit;
            return;
        }
        if (digits == 0 || (b != '\r' && b != ';')) {
            throw malformed("The size of a chunk is not a hexadecimal number.");
        }
        state = b == '\r' ? State.SIZE_LINE_FEED : State.EXTENSION;
    }

    /** One byte of a line whose content does not matter. */
    private void line(byte b, State atCarriageReturn, State otherwise) {
        if (b == '\r') {
            state = atCarriageReturn;
            return;
        }
        if ((b >= 0 && b < 0x20 && b != '\t') || b == 0x7f) {
            throw malformed("There is a control character in a line of the chunked body.");
        }
        if (++overhead > LINE_BYTES_MAX) {
            throw malformed("A chunk extension or the trailers have more than " + LINE_BYTES_MAX + " bytes.");
        }
        state = otherwise;
    }

    private static void expect(byte actual, char wanted) {
        if (actual != wanted) {
            throw malformed("A line of the chunked body does not end in CR LF.");
        }
    }

    private static ProblemException malformed(String detail) {
        return new ProblemException(
                ErrorCode.MALFORMED_REQUEST, detail, "Send HTTP/1.1 as RFC 9112 has it; the connection is closed.");
    }
}
