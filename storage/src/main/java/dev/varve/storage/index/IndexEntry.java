package dev.varve.storage.index;

import org.jspecify.annotations.Nullable;

/**
 * What the index says of one version of a key.
 *
 * @param kind see {@link EntryKind}
 * @param revision the revision of the write that made it
 * @param position the {@link dev.varve.storage.log.LogPosition} of its frame; 0 for a tombstone
 * @param valueLength length of the value in bytes
 * @param checksum the plain checksum of its frame, the same on every replica; 0 for a tombstone
 * @param value the value, if it is inline
 */
public record IndexEntry(
        byte kind, long revision, long position, int valueLength, int checksum, byte @Nullable [] value) {

    /** Stands for "the answer needs the device", where only what is in memory was asked for. */
    public static final IndexEntry COLD = new IndexEntry((byte) 0, 0, 0, 0, 0, null);

    /** True for {@link #COLD}. */
    public boolean isCold() {
        return kind == 0;
    }

    /** True if the key has been removed. */
    public boolean isTombstone() {
        return kind == EntryKind.TOMBSTONE;
    }
}
