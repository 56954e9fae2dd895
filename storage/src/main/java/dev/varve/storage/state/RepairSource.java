package dev.varve.storage.state;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/** What another replica holds, as of one revision. */
public interface RepairSource extends Closeable {

    /** The revision. */
    long revision();

    /**
     * The entries of a range that are visible at the revision, by key.
     *
     * @param start first index key
     * @param end first index key beyond
     * @return as many as fit an answer, and at least one if there is any: who wants more asks again from behind the last
     * @throws IOException if the replica does not answer, or cannot read them
     */
    List<Row> rows(byte[] start, byte[] end) throws IOException;

    /** Lets the replica forget about it. */
    @Override
    void close();

    /**
     * An entry.
     *
     * @param indexKey keyspace and key
     * @param revision of the write that set the value
     * @param checksum the plain checksum of the frame in which it was logged
     * @param value the value
     */
    record Row(byte[] indexKey, long revision, int checksum, byte[] value) {}

    /** Finds a replica. */
    @FunctionalInterface
    interface Opener {
        /**
         * A replica that has at least a certain revision.
         *
         * @throws IOException if there is none now
         */
        RepairSource open(long leastRevision) throws IOException;
    }
}
