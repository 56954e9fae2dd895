package dev.varve.storage.state;

/** Told of what the state machine does, for measurements. */
public interface StateListener {

    /** The log was forced: how long it took, how many client writes and bytes of log it covered. */
    void forced(long nanos, int writes, long bytes);

    /** A memtable was flushed: how long it took, how many entries and bytes the table has. */
    void flushed(long nanos, long entries, long bytes);

    /**
     * Tables were merged, or written anew: how long it took, how many bytes of tables were read and written, and how many bytes of values
     * were moved to other files.
     */
    void compacted(long nanos, long readBytes, long writtenBytes, long movedBytes);
}
