package dev.varve.storage.index;

import dev.varve.storage.format.Frames;
import org.jspecify.annotations.Nullable;

/**
 * What the index says of one version of a key.
 *
 * @param kind see {@link EntryKind}
 * @param revision the revision of the write that made it
 * @param position the {@link dev.varve.storage.log.LogPosition} of its frame; 0 for a tombstone
 * @param valueLength length of the value in bytes
 * @param checksum the plain checksum of its frame as it was logged, the same on every replica; 0 for a tombstone
 * @param value the value, if it is inline
 * @param codec how the value is compressed where it stands: see {@link Frames}
 * @param storedLength length of the value where it stands; the value's own if it is not compressed
 */
public record IndexEntry(
        byte kind,
        long revision,
        long position,
        int valueLength,
        int checksum,
        byte @Nullable [] value,
        int codec,
        int storedLength) {

    /** Stands for "the answer needs the device", where only what is in memory was asked for. */
    public static final IndexEntry COLD = new IndexEntry((byte) 0, 0, 0, 0, 0, null);

    /** An entry whose value is not compressed. */
    public IndexEntry(byte kind, long revision, long position, int valueLength, int checksum, byte @Nullable [] value) {
        this(kind, revision, position, valueLength, checksum, value, Frames.NO_CODEC, valueLength);
    }

    /** The same version of the same key, whose frame stands in another place now, or stood in none. */
    public IndexEntry movedTo(long newPosition, int newCodec, int newStoredLength) {
        return new IndexEntry(
                EntryKind.POINTER, revision, newPosition, valueLength, checksum, null, newCodec, newStoredLength);
    }

    /** Length of the frame that a pointer with a key of this length (without its keyspace) points to; may exceed every file. */
    public long frameBytes(int keyLength) {
        return (long) Frames.HEADER_BYTES + Frames.extraBytes(codec) + keyLength + storedLength;
    }

    /** True for {@link #COLD}. */
    public boolean isCold() {
        return kind == 0;
    }

    /** True if the key has been removed. */
    public boolean isTombstone() {
        return kind == EntryKind.TOMBSTONE;
    }
}
