package dev.varve.storage;

/**
 * Walks the entries of a range in key order (or against it) as of one revision, while writes go on. Starts before the
 * first entry.
 *
 * <p>A cursor reads ahead by bounded chunks and holds neither files nor memtables between them: a cursor that its user
 * leaves waiting for a slow client costs only its current chunk, and the versions of its revision stay readable until it
 * is closed. Not thread-safe, but may be handed from one thread to another.
 */
public interface Cursor extends AutoCloseable {

    /**
     * Moves to the next entry.
     *
     * @return false when there is none; then {@link #key} and the like may not be called
     * @throws StoreException if the next entry cannot be read; it is not skipped
     */
    boolean next();

    /** The key of the current entry; the caller may keep the array. */
    byte[] key();

    /** The value of the current entry; the caller may keep the array. */
    byte[] value();

    /** The revision of the write that set the current value. */
    long revision();

    /** The revision as of which this cursor reads. */
    long snapshotRevision();

    /** True if {@link #next} can be answered from what was already read, without touching the disk. */
    boolean hasBuffered();

    @Override
    void close();
}
