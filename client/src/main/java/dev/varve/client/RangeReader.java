package dev.varve.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpTimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/**
 * The entries of a range, read as they arrive: memory holds one entry at a time. An answer that ends before its closing
 * bracket is an error, never a short range. For one thread at a time; close it, or the connection stays busy.
 */
public final class RangeReader implements AutoCloseable {

    private final InputStream body;
    private final JsonParser parser;
    private byte @Nullable [] lastKey;
    private boolean begun;
    private boolean ended;

    RangeReader(InputStream body) {
        this.body = body;
        this.parser = EntryJson.FACTORY.createParser(ObjectReadContext.empty(), body);
    }

    /**
     * The next entry, or null behind the last one.
     *
     * @throws InterruptedAnswerException if the answer ends early or is no such array
     */
    public @Nullable KeyValue next() {
        if (ended) {
            return null;
        }
        try {
            if (!begun) {
                expect(parser.nextToken(), JsonToken.START_ARRAY);
                begun = true;
            }
            if (parser.nextToken() == JsonToken.END_ARRAY) {
                // To the end of the stream: only a connection that was closed properly vouches for the bracket.
                expect(parser.nextToken(), null);
                ended = true;
                return null;
            }
            KeyValue entry = EntryJson.read(parser);
            expect(parser.currentToken(), JsonToken.END_OBJECT);
            lastKey = entry.key();
            return entry;
        } catch (JacksonException | EntryJson.MalformedEntryException e) {
            throw interrupted(e);
        }
    }

    /** The key that {@link #next} returned last, from which to read on after a failure; null before the first. */
    public byte @Nullable [] lastKey() {
        return lastKey;
    }

    private void expect(@Nullable JsonToken actual, @Nullable JsonToken expected) {
        if (actual != expected) {
            throw interrupted(null);
        }
    }

    private InterruptedAnswerException interrupted(@Nullable Exception cause) {
        String where = lastKey == null ? "before the first entry" : "behind the key " + Keys.show(lastKey);
        String why = cause == null
                ? "it is no complete JSON array"
                : cause instanceof JacksonException json ? json.getOriginalMessage() : cause.getMessage();
        for (Throwable t = cause; t != null; t = t.getCause()) {
            why = t instanceof HttpTimeoutException ? t.getMessage() : why;
        }
        return new InterruptedAnswerException("The range broke off " + where + ": " + why, cause);
    }

    @Override
    public void close() {
        try {
            body.close();
        } catch (IOException ignored) {
            // The entries were read, or are not wanted; the connection is gone either way.
        }
    }
}
