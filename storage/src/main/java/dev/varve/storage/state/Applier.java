package dev.varve.storage.state;

import dev.varve.storage.format.Checksum;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.index.Memtable;
import dev.varve.storage.log.LogPosition;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Puts the changes of log entries into the active memtable, and freezes it when it is full or covers much log. Entries are applied by one
 * thread at a time; any thread may freeze.
 *
 * <p>A memtable may become full in the middle of an entry. Then the frozen part of the entry is flushed with a checkpoint that lies
 * before the entry, so that replay repeats it; a repeated change has the same key and revision and is the same.
 */
final class Applier {

    private final StateOptions options;
    private final VersionSet versions;
    private final Runnable onFreeze;

    /** Held while an entry is applied or the memtable is frozen, which may be done by different threads. */
    private final ReentrantLock lock = new ReentrantLock();

    /** Written under the lock. */
    private volatile Applied applied;

    /** Bytes of log that no frozen memtable or table covers. Others see what was true at the last write of {@link #applied} or later. */
    private long coveredBytes;

    /** The same in changes. */
    private int coveredRecords;

    private byte[] key = new byte[256];
    private int keyLength;

    /**
     * @param begin how far the tables hold the log
     * @param onFreeze called when a memtable has been frozen; may wait
     */
    Applier(StateOptions options, VersionSet versions, Applied begin, Runnable onFreeze) {
        this.options = options;
        this.versions = versions;
        this.onFreeze = onFreeze;
        this.applied = begin;
    }

    /** How far the log has been applied. */
    Applied applied() {
        return applied;
    }

    /** How full the active memtable is, in any of the ways that make it flushed: 0 to about 1. */
    double fill() {
        Applied seen = applied; // Read for the sake of what was written before it.
        long bytes = seen.index() == 0 ? 0 : versions.current().active().usedBytes();
        return Math.max(
                (double) bytes / options.memtableBytes(),
                Math.max(
                        (double) coveredBytes / options.checkpointBytes(),
                        (double) coveredRecords / options.checkpointRecords()));
    }

    /** Applies an entry; see {@link #writes}. */
    void apply(EntryHead entry, long position, ByteBuffer payload, long saltedWith) throws IOException {
        lock.lock();
        try {
            applyNext(entry, position, payload, saltedWith);
        } finally {
            lock.unlock();
        }
    }

    private void applyNext(EntryHead entry, long position, ByteBuffer payload, long saltedWith) throws IOException {
        if (entry.index() != applied.index() + 1) {
            throw new IllegalStateException(
                    "entry " + entry.index() + " cannot be applied behind entry " + applied.index());
        }
        if (coveredBytes >= options.checkpointBytes() || coveredRecords >= options.checkpointRecords()) {
            freeze(position, 0);
        }
        switch (entry.type()) {
            case WRITES -> writes(entry, position, payload, saltedWith);
            case CONFIGURATION -> configuration(entry, position, payload);
            case NO_OP, TRUNCATION, RESET, SEAL, DURABLE ->
                finish(entry, entry.firstRevision() - 1, position, payload.limit());
        }
    }

    /**
     * Applies client writes.
     *
     * @param entry what the entry is; its term and so on
     * @param position where its record stands
     * @param payload its frames
     * @param saltedWith id of the segment if the checksums are salted, as they are on disk; else 0
     */
    private void writes(EntryHead entry, long position, ByteBuffer payload, long saltedWith) throws IOException {
        long revision = entry.firstRevision() - 1;
        FrameCursor frames = FrameCursor.trusted(payload);
        int base = LogPosition.offset(position) + RecordHeader.BYTES;
        int changes = 0;
        FrameCursor ahead = FrameCursor.trusted(payload);
        int fetched = 0;
        while (frames.next()) {
            if (fetched == 0) {
                fetched = frames.isLast() ? 1 : fetch(ahead);
            }
            fetched--;
            if (frames.first()) {
                revision++;
            }
            if (frames.kind() == FrameKind.PUT || frames.kind() == FrameKind.DELETE) {
                int offset = base + frames.offset();
                int checksum = frames.payload().getInt(frames.offset())
                        ^ (saltedWith == 0 ? 0 : Checksum.salt(saltedWith, offset));
                add(frames, revision, LogPosition.of(LogPosition.segmentNumber(position), offset), checksum, position);
                changes++;
            } else if (frames.kind() == FrameKind.RANGE_DELETE) {
                addRange(frames, revision, position);
                changes++;
            }
        }
        coveredRecords += changes;
        finish(entry, revision, position, payload.limit());
    }

    /** Has the memtable fetch what the next keys need; returns how many frames that were. */
    private int fetch(FrameCursor ahead) throws IOException {
        Memtable memtable = versions.current().active();
        int count = 0;
        while (count < Memtable.EXPECTED_MAX && ahead.next()) {
            indexKey(ahead);
            memtable.expect(count, key, keyLength);
            count++;
        }
        if (count > 1) {
            memtable.fetch(count);
        }
        return count;
    }

    private void add(FrameCursor frames, long revision, long framePosition, int checksum, long recordPosition) {
        indexKey(frames);
        boolean put = frames.kind() == FrameKind.PUT;
        boolean inline = put && frames.valueLength() <= options.inlineValueBytes();
        byte kind = !put ? EntryKind.TOMBSTONE : inline ? EntryKind.INLINE : EntryKind.POINTER;
        if (!addTo(versions.current().active(), frames, kind, revision, framePosition, checksum)) {
            freeze(recordPosition, Memtable.bytesFor(keyLength, inline ? frames.valueLength() : 0));
            if (!addTo(versions.current().active(), frames, kind, revision, framePosition, checksum)) {
                throw new IllegalStateException("an entry does not fit into an empty memtable");
            }
        }
    }

    /** Range deletes take the place of what earlier revisions say; so it does not matter where in their write they stand. */
    private void addRange(FrameCursor frames, long revision, long recordPosition) {
        byte[] start = IndexKey.of(frames.keyspace(), frames.key());
        byte[] end = frames.valueLength() == 0
                ? IndexKey.endOf(frames.keyspace())
                : IndexKey.of(frames.keyspace(), frames.value());
        if (Arrays.compareUnsigned(start, end) >= 0
                || versions.current().active().addRangeTombstone(start, end, revision)) {
            return;
        }
        freeze(recordPosition, 0);
        if (!versions.current().active().addRangeTombstone(start, end, revision)) {
            throw new IllegalStateException("a range tombstone does not fit into an empty memtable");
        }
    }

    private boolean addTo(
            Memtable memtable, FrameCursor frames, byte kind, long revision, long position, int checksum) {
        return memtable.add(
                key,
                keyLength,
                kind,
                revision,
                kind == EntryKind.TOMBSTONE ? 0 : position,
                kind == EntryKind.TOMBSTONE ? 0 : checksum,
                frames.valueLength(),
                kind == EntryKind.INLINE ? frames.payload() : null,
                frames.valueOffset());
    }

    private void indexKey(FrameCursor frames) {
        int length = frames.keyLength();
        if (key.length < length + 3) {
            key = new byte[2 * (length + 3)];
        }
        int prefix = IndexKey.writePrefix(key, frames.keyspace());
        frames.payload().get(frames.keyOffset(), key, prefix, length);
        keyLength = prefix + length;
    }

    /** Notes a Raft configuration. */
    private void configuration(EntryHead entry, long position, ByteBuffer payload) {
        byte[] bytes = new byte[payload.limit()];
        payload.get(0, bytes);
        Applied before = applied;
        applied = new Applied(
                before.index(),
                before.term(),
                before.revision(),
                before.timeMicros(),
                before.position(),
                bytes,
                entry.index());
        finish(entry, entry.firstRevision() - 1, position, payload.limit());
    }

    private void finish(EntryHead entry, long revision, long position, int payloadBytes) {
        int length = RecordHeader.BYTES + payloadBytes;
        coveredBytes += length;
        Applied before = applied;
        applied = new Applied(
                entry.index(),
                entry.term(),
                revision,
                entry.timeMicros(),
                position + length,
                before.configuration(),
                before.configurationIndex());
    }

    /** Freezes all that has been applied, if anything has. May wait. */
    void freeze() {
        lock.lock();
        try {
            if (coveredBytes > 0) {
                freeze(applied.position(), 0);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The same if no other memtable is frozen and nothing is being applied or frozen by another thread, so that it never waits. */
    void freezeUnlessOneWaits() {
        if (lock.tryLock()) {
            try {
                if (versions.current().frozen().isEmpty()) {
                    freeze();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /** Freezes the active memtable; replay would have to begin at the given position. */
    private void freeze(long position, int entryBytes) {
        Applied through = applied;
        versions.freeze(
                new Applied(
                        through.index(),
                        through.term(),
                        through.revision(),
                        through.timeMicros(),
                        position,
                        through.configuration(),
                        through.configurationIndex()),
                entryBytes);
        coveredBytes = 0;
        coveredRecords = 0;
        onFreeze.run();
    }
}
