package dev.varve.storage.index;

import dev.varve.storage.format.VarInt;
import dev.varve.storage.log.LogPosition;
import java.nio.ByteBuffer;

/**
 * The payload of an entry in a data block.
 *
 * <pre>
 * payload   := u8 kind, u8 flags (0), varint revision, rest
 * rest      := varint segment, varint offset, varint value-length, u32 checksum      kind 1, pointer
 *            | u32 checksum, value                                                   kind 2, inline
 *            | nothing                                                               kind 3, tombstone
 * </pre>
 *
 * The segment is a number in the table's dictionary; the checksum is the plain one of the frame.
 */
final class EntryCodec {

    static final int MAX_FIXED_BYTES = 2 + 10 + 5 + 5 + 5 + 4;

    private EntryCodec() {}

    /** Writes the payload; {@code segment} and {@code offset} matter for pointers only. */
    static void put(ByteBuffer target, IndexEntry entry, int segment, int offset) {
        target.put(entry.kind()).put((byte) 0);
        VarInt.put(target, entry.revision());
        switch (entry.kind()) {
            case EntryKind.POINTER -> {
                VarInt.put(target, segment);
                VarInt.put(target, offset);
                VarInt.put(target, entry.valueLength());
                target.putInt(entry.checksum());
            }
            case EntryKind.INLINE -> {
                byte[] value = entry.value();
                target.putInt(entry.checksum());
                if (value != null) {
                    target.put(value);
                }
            }
            default -> {} // A tombstone says nothing more.
        }
    }

    /** The revision in a payload. */
    static long revision(ByteBuffer payload) {
        return VarInt.get(payload.position(payload.position() + 2));
    }

    /**
     * Reads a payload.
     *
     * @param segments the segment numbers of this process by number in the dictionary
     * @throws IllegalArgumentException or {@link java.nio.BufferUnderflowException} if it is not well formed
     */
    static IndexEntry get(ByteBuffer payload, int[] segments) {
        byte kind = payload.get();
        if (payload.get() != 0) {
            throw new IllegalArgumentException("unknown flags");
        }
        long revision = VarInt.get(payload);
        return switch (kind) {
            case EntryKind.POINTER -> {
                int segment = VarInt.getInt(payload, segments.length - 1);
                int offset = VarInt.getInt(payload, Integer.MAX_VALUE);
                int length = VarInt.getInt(payload, Integer.MAX_VALUE);
                yield new IndexEntry(
                        kind, revision, LogPosition.of(segments[segment], offset), length, payload.getInt(), null);
            }
            case EntryKind.INLINE -> {
                int checksum = payload.getInt();
                byte[] value = new byte[payload.remaining()];
                payload.get(value);
                yield new IndexEntry(kind, revision, 0, value.length, checksum, value);
            }
            case EntryKind.TOMBSTONE -> new IndexEntry(kind, revision, 0, 0, 0, null);
            default -> throw new IllegalArgumentException("unknown kind " + kind);
        };
    }
}
