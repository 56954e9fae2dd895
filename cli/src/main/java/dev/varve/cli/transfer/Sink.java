package dev.varve.cli.transfer;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Where exported entries go. For one thread. */
interface Sink extends AutoCloseable {

    /** Why an entry with this key cannot be kept here; null if it can. */
    @Nullable
    String refusal(byte[] key);

    /** Keeps an entry. */
    void write(byte[] key, byte[] value) throws IOException;

    /** Whether what was written stays of use if {@link #finish} is never called. */
    boolean keepsParts();

    /** Everything is written: makes it whole. Without this call a file stays marked as a part. */
    void finish() throws IOException;

    @Override
    void close() throws IOException;
}
