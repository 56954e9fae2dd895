package dev.varve.storage.index;

import dev.varve.storage.format.Frames;
import dev.varve.storage.format.VarInt;
import dev.varve.storage.log.LogPosition;
import java.nio.ByteBuffer;

/**
 * The payload of an entry in a data block.
 *
 * <pre>
 * payload   := u8 kind, u8 flags, varint revision, rest
 * rest      := varint segment, varint offset, varint value-length, u32 checksum, stored      kind 1, pointer
 *            | u32 checksum, value                                                           kind 2, inline
 *            | nothing                                                                       kind 3, tombstone
 * stored    := varint stored-length                                                          if the flags have a codec
 *            | nothing
 * </pre>
 *
 * The flags of a pointer are the codec of the value where it stands, as in the flags of its frame; all others have none. The segment is
 * a number in the table's dictionary; the checksum is the plain one of the frame as it was logged, before it was compressed.
 */
final class EntryCodec {

    static final int MAX_FIXED_BYTES = 2 + 10 + 5 + 5 + 5 + 4 + 5;

    private EntryCodec() {}

    /** Writes the payload; {@code segment} and {@code offset} matter for pointers only. */
    static void put(ByteBuffer target, IndexEntry entry, int segment, int offset) {
        target.put(entry.kind()).put((byte) entry.codec());
        VarInt.put(target, entry.revision());
        switch (entry.kind()) {
            case EntryKind.POINTER -> {
                VarInt.put(target, segment);
                VarInt.put(target, offset);
                VarInt.put(target, entry.valueLength());
                target.putInt(entry.checksum());
                if (entry.codec() != Frames.NO_CODEC) {
                    VarInt.put(target, entry.storedLength());
                }
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
        int codec = payload.get();
        if (codec != Frames.NO_CODEC && (codec != Frames.LZ4 || kind != EntryKind.POINTER)) {
            throw new IllegalArgumentException("unknown flags");
        }
        long revision = VarInt.get(payload);
        return switch (kind) {
            case EntryKind.POINTER -> {
                int segment = VarInt.getInt(payload, segments.length - 1);
                int offset = VarInt.getInt(payload, Integer.MAX_VALUE);
                int length = VarInt.getInt(payload, Integer.MAX_VALUE);
                int checksum = payload.getInt();
                int stored = codec == Frames.NO_CODEC ? length : VarInt.getInt(payload, length);
                long position = LogPosition.of(segments[segment], offset);
                yield new IndexEntry(kind, revision, position, length, checksum, null, codec, stored);
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
