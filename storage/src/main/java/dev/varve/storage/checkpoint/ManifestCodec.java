package dev.varve.storage.checkpoint;

import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.format.UnsupportedVersionException;
import dev.varve.storage.format.VarInt;
import dev.varve.storage.index.SegmentBytes;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.log.ValueSegmentInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Edits as bytes.
 *
 * <pre>
 * edits := (u8 tag, varint length, body)*
 * tag 0x81 identity         u64 incarnation, u32 origin, u64 created, bytes node-id
 * tag 0x82 file count       u32 next
 * tag 0x83 segment created  u64 id
 * tag 0x84 segment removed  u64 id
 * tag 0x85 table added      u64 id, u64 size, u64 entries, u64 tombstones, u64 min-revision, u64 max-revision,
 *                           bytes smallest-key, bytes largest-key, varint n, (u64 segment, u64 bytes){n} with ascending
 *                           segments (as signed numbers)
 * tag 0x86 table removed    u64 id
 * tag 0x87 checkpoint       u64 index, u64 term, u64 revision, u64 time, u64 segment, u32 offset,
 *                           bytes configuration, u64 configuration-index
 * tag 0x08 closed           u64 segment, u32 offset
 * tag 0x89 log begins       u64 index, u64 revision, u64 segment, u32 offset
 * tag 0x8a table moved      u64 id, u8 level
 * tag 0x8b values added     u64 id, u64 size, u64 original-bytes
 * tag 0x8c values removed   u64 id
 * tag 0x8d table added      as 0x85, then u64 range tombstones: for a table that has some
 * tag 0x8e vote's store     u64 high half, u64 low half
 * bytes := varint length, the bytes
 * </pre>
 *
 * A tag with the high bit set is critical: a reader that does not know it refuses the manifest. Others are skipped. A body may be
 * longer than its reader expects; what is behind is ignored.
 */
final class ManifestCodec {

    private static final int IDENTITY = 0x81;
    private static final int FILE_COUNT = 0x82;
    private static final int SEGMENT_CREATED = 0x83;
    private static final int SEGMENT_REMOVED = 0x84;
    private static final int TABLE_ADDED = 0x85;
    private static final int TABLE_REMOVED = 0x86;
    private static final int CHECKPOINT = 0x87;
    private static final int CLOSED = 0x08;
    private static final int LOG_BEGINS = 0x89;
    private static final int TABLE_MOVED = 0x8a;
    private static final int VALUES_ADDED = 0x8b;
    private static final int VALUES_REMOVED = 0x8c;
    private static final int TABLE_WITH_RANGES_ADDED = 0x8d;
    private static final int VOTE_BELONGS_TO = 0x8e;

    /** More levels than any store has. */
    private static final int MAX_LEVEL = 15;

    private static final int CRITICAL = 0x80;

    private ManifestCodec() {}

    static ByteBuffer encode(List<ManifestEdit> edits) {
        List<ByteBuffer> parts = new ArrayList<>();
        int size = 0;
        for (ManifestEdit edit : edits) {
            ByteBuffer body = body(edit);
            ByteBuffer part = ByteBuffer.allocate(11 + body.remaining());
            part.put((byte) tag(edit));
            VarInt.put(part, body.remaining());
            part.put(body).flip();
            parts.add(part);
            size += part.remaining();
        }
        ByteBuffer all = ByteBuffer.allocate(size);
        parts.forEach(all::put);
        return all.flip();
    }

    private static int tag(ManifestEdit edit) {
        return switch (edit) {
            case ManifestEdit.Identity ignored -> IDENTITY;
            case ManifestEdit.FileCount ignored -> FILE_COUNT;
            case ManifestEdit.SegmentCreated ignored -> SEGMENT_CREATED;
            case ManifestEdit.SegmentRemoved ignored -> SEGMENT_REMOVED;
            case ManifestEdit.TableAdded added ->
                added.table().rangeTombstones() > 0 ? TABLE_WITH_RANGES_ADDED : TABLE_ADDED;
            case ManifestEdit.TableMoved ignored -> TABLE_MOVED;
            case ManifestEdit.ValueSegmentAdded ignored -> VALUES_ADDED;
            case ManifestEdit.ValueSegmentRemoved ignored -> VALUES_REMOVED;
            case ManifestEdit.TableRemoved ignored -> TABLE_REMOVED;
            case ManifestEdit.Checkpointed ignored -> CHECKPOINT;
            case ManifestEdit.Closed ignored -> CLOSED;
            case ManifestEdit.LogBegins ignored -> LOG_BEGINS;
            case ManifestEdit.VoteBelongsTo ignored -> VOTE_BELONGS_TO;
        };
    }

    private static ByteBuffer body(ManifestEdit edit) {
        return switch (edit) {
            case ManifestEdit.Identity e -> {
                byte[] node = e.nodeId().getBytes(StandardCharsets.UTF_8);
                ByteBuffer b = buffer(32 + node.length);
                b.putLong(e.incarnation()).putInt(e.origin()).putLong(e.createdMicros());
                yield put(b, node).flip();
            }
            case ManifestEdit.FileCount e -> buffer(4).putInt(e.next()).flip();
            case ManifestEdit.SegmentCreated e -> buffer(8).putLong(e.id()).flip();
            case ManifestEdit.SegmentRemoved e -> buffer(8).putLong(e.id()).flip();
            case ManifestEdit.TableAdded e -> body(e.table());
            case ManifestEdit.TableMoved e ->
                buffer(9).putLong(e.id()).put((byte) e.level()).flip();
            case ManifestEdit.TableRemoved e -> buffer(8).putLong(e.id()).flip();
            case ManifestEdit.ValueSegmentAdded e ->
                buffer(24)
                        .putLong(e.segment().id())
                        .putLong(e.segment().sizeBytes())
                        .putLong(e.segment().originalBytes())
                        .flip();
            case ManifestEdit.ValueSegmentRemoved e -> buffer(8).putLong(e.id()).flip();
            case ManifestEdit.Checkpointed e -> body(e.checkpoint());
            case ManifestEdit.Closed e ->
                buffer(12).putLong(e.segmentId()).putInt(e.offset()).flip();
            case ManifestEdit.VoteBelongsTo e ->
                buffer(16)
                        .putLong(e.storeId().high())
                        .putLong(e.storeId().low())
                        .flip();
            case ManifestEdit.LogBegins e ->
                buffer(28)
                        .putLong(e.index())
                        .putLong(e.revision())
                        .putLong(e.segmentId())
                        .putInt(e.offset())
                        .flip();
        };
    }

    private static ByteBuffer body(TableInfo t) {
        ByteBuffer b = buffer(88
                + t.smallestKey().length
                + t.largestKey().length
                + 16 * t.segmentBytes().size());
        b.putLong(t.id())
                .putLong(t.sizeBytes())
                .putLong(t.entries())
                .putLong(t.tombstones())
                .putLong(t.minRevision())
                .putLong(t.maxRevision());
        put(b, t.smallestKey());
        put(b, t.largestKey());
        VarInt.put(b, t.segmentBytes().size());
        for (long idOrBytes : t.segmentBytes().pairs()) {
            b.putLong(idOrBytes);
        }
        if (t.rangeTombstones() > 0) {
            b.putLong(t.rangeTombstones());
        }
        return b.flip();
    }

    private static ByteBuffer body(Checkpoint c) {
        ByteBuffer b = buffer(70 + c.configuration().length);
        b.putLong(c.appliedIndex())
                .putLong(c.appliedTerm())
                .putLong(c.revision())
                .putLong(c.timeMicros())
                .putLong(c.segmentId())
                .putInt(c.offset());
        return put(b, c.configuration()).putLong(c.configurationIndex()).flip();
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer put(ByteBuffer target, byte[] bytes) {
        VarInt.put(target, bytes.length);
        return target.put(bytes);
    }

    private static byte[] bytes(ByteBuffer source) {
        byte[] bytes = new byte[VarInt.getInt(source, source.remaining())];
        source.get(bytes);
        return bytes;
    }

    /**
     * Reads edits.
     *
     * @throws IllegalArgumentException or {@link java.nio.BufferUnderflowException} if the bytes are not well formed
     * @param manifest where they stand, for errors
     * @throws UnsupportedVersionException if there is one that must not be skipped
     */
    static List<ManifestEdit> decode(ByteBuffer source, FileName manifest) throws UnsupportedVersionException {
        List<ManifestEdit> edits = new ArrayList<>();
        while (source.hasRemaining()) {
            int tag = Byte.toUnsignedInt(source.get());
            int length = VarInt.getInt(source, Integer.MAX_VALUE);
            if (length > source.remaining()) {
                throw new IllegalArgumentException("an edit of " + length + " bytes reaches beyond the end");
            }
            ByteBuffer b = source.slice(source.position(), length).order(ByteOrder.LITTLE_ENDIAN);
            source.position(source.position() + length);
            switch (tag) {
                case IDENTITY ->
                    edits.add(new ManifestEdit.Identity(
                            b.getLong(), b.getInt(), b.getLong(), new String(bytes(b), StandardCharsets.UTF_8)));
                case FILE_COUNT -> edits.add(new ManifestEdit.FileCount(b.getInt()));
                case SEGMENT_CREATED -> edits.add(new ManifestEdit.SegmentCreated(b.getLong()));
                case SEGMENT_REMOVED -> edits.add(new ManifestEdit.SegmentRemoved(b.getLong()));
                case TABLE_ADDED -> edits.add(new ManifestEdit.TableAdded(table(b, false)));
                case TABLE_WITH_RANGES_ADDED -> edits.add(new ManifestEdit.TableAdded(table(b, true)));
                case TABLE_MOVED -> edits.add(new ManifestEdit.TableMoved(b.getLong(), level(b.get())));
                case TABLE_REMOVED -> edits.add(new ManifestEdit.TableRemoved(b.getLong()));
                case VALUES_ADDED ->
                    edits.add(new ManifestEdit.ValueSegmentAdded(
                            new ValueSegmentInfo(b.getLong(), valueSegmentSize(b.getLong()), b.getLong())));
                case VALUES_REMOVED -> edits.add(new ManifestEdit.ValueSegmentRemoved(b.getLong()));
                case CHECKPOINT ->
                    edits.add(new ManifestEdit.Checkpointed(new Checkpoint(
                            b.getLong(),
                            b.getLong(),
                            b.getLong(),
                            b.getLong(),
                            b.getLong(),
                            b.getInt(),
                            bytes(b),
                            b.getLong())));
                case CLOSED -> edits.add(new ManifestEdit.Closed(b.getLong(), b.getInt()));
                case LOG_BEGINS ->
                    edits.add(new ManifestEdit.LogBegins(b.getLong(), b.getLong(), b.getLong(), b.getInt()));
                case VOTE_BELONGS_TO ->
                    edits.add(new ManifestEdit.VoteBelongsTo(new StoreId(b.getLong(), b.getLong())));
                default -> {
                    if ((tag & CRITICAL) != 0) {
                        throw new UnsupportedVersionException(
                                manifest + " needs a newer Varve: it has an edit of kind " + tag);
                    }
                }
            }
        }
        return edits;
    }

    private static int level(byte level) {
        if (level < 0 || level > MAX_LEVEL) {
            throw new IllegalArgumentException("there is no level " + level);
        }
        return level;
    }

    private static long valueSegmentSize(long size) {
        if (size < 0 || size > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("no value segment has " + size + " bytes");
        }
        return size;
    }

    private static TableInfo table(ByteBuffer b, boolean withRanges) {
        long id = b.getLong();
        long size = b.getLong();
        long entries = b.getLong();
        long tombstones = b.getLong();
        long minRevision = b.getLong();
        long maxRevision = b.getLong();
        byte[] smallest = bytes(b);
        byte[] largest = bytes(b);
        int count = VarInt.getInt(b, b.remaining() / 16);
        long[] segments = new long[2 * count];
        b.asLongBuffer().get(segments); // In one piece: there may be many.
        b.position(b.position() + Long.BYTES * segments.length);
        long ranges = withRanges ? b.getLong() : 0;
        return new TableInfo(
                id,
                size,
                entries,
                tombstones,
                ranges,
                smallest,
                largest,
                minRevision,
                maxRevision,
                SegmentBytes.of(segments));
    }
}
