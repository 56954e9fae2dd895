package dev.varve.bench.engines;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of an embedded ordered store. Called by many threads at once. Arrays are handed over: nobody changes them
 * afterwards.
 */
interface Engine extends AutoCloseable {

    /**
     * How it is opened.
     *
     * @param directory where, and nobody else's
     * @param durable whether each write is on the device before the call returns; otherwise it has been handed to the operating
     *     system, or what the engine has that comes nearest
     * @param cacheBytes for all that the engine keeps in memory by itself
     * @param dataBytesMax it will never hold more; for engines that reserve addresses
     */
    record Setup(Path directory, boolean durable, long cacheBytes, long dataBytesMax) {}

    /** Is told the entries of a scan. */
    @FunctionalInterface
    interface Visitor {
        void entry(byte[] key, byte[] value);
    }

    /** Sets a value. */
    void put(byte[] key, byte[] value) throws IOException;

    /** Sets several values in one write. */
    void putAll(byte[][] keys, byte[][] values) throws IOException;

    /** The value of a key in an array of its own, or null. */
    byte @Nullable [] get(byte[] key) throws IOException;

    /** Visits up to so many entries in ascending order, from the first key that is not below {@code from}. */
    void scan(byte[] from, int count, Visitor visitor) throws IOException;

    /** Everything that was written is on the device when this returns. */
    void sync() throws IOException;

    @Override
    void close() throws IOException;
}
