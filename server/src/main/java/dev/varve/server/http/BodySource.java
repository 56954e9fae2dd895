package dev.varve.server.http;

import java.nio.ByteBuffer;

/**
 * A body of an answer that is produced piece by piece, while the client takes it. Used by one thread at a time.
 */
interface BodySource extends AutoCloseable {

    /**
     * Writes the next piece.
     *
     * @return true if the body is at its end
     */
    boolean fill(ByteBuffer out);

    /** The revision as of which the body is; known once the first piece has been written. */
    long revision();

    @Override
    void close();
}
