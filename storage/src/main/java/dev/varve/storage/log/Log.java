package dev.varve.storage.log;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.format.RecordType;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The write-ahead log: entries with consecutive indexes, in a chain of segments.
 *
 * <p>It is used in one of two ways. On a single node, writers go through {@link #groupCommit}. Under Raft, one thread at a time
 * calls {@link #append(List)}, {@link #truncateSuffix} and so on, each durable when it returns. Never both.
 *
 * <p>Thread-safe; reading takes no lock.
 */
public final class Log implements Closeable {

    private final SegmentSet segments;
    private final EntryIndex entries = new EntryIndex();
    private final SegmentAllocator allocator;
    private final ReentrantLock appendLock = new ReentrantLock();
    private final ReentrantLock commitLock = new ReentrantLock();
    private final LogWriter writer;
    private final ClusterClock clock;
    private final LogRecovery.Recovered recovered;
    private final EntryReader reader;

    /** Behind the last appended record; guarded by the append lock. */
    private LogState state;

    /** Lowest index that may be read. */
    private volatile long firstIndex;

    /** Highest index that may be read. */
    private volatile long lastIndex;

    /** Everything up to here is on the device; written under this. */
    private volatile long durableIndex;

    /**
     * What is known when a log is opened.
     *
     * @param segmentIds every segment that the manifest or the directory knows, in the order of their creation
     * @param segmentId where reading begins; 0 to begin a new log
     * @param offset where in that segment
     * @param before the state of the log at that place
     * @param durableSegmentId the segment of the last place that the manifest knows to be durable
     * @param durableOffset the offset of that place
     */
    public record Start(
            List<Long> segmentIds,
            long segmentId,
            int offset,
            LogState before,
            long durableSegmentId,
            int durableOffset) {}

    /** Takes the entries that are read when the log is opened. */
    @FunctionalInterface
    public interface Replay {
        /**
         * An entry was read.
         *
         * @param header its header
         * @param position its {@link LogPosition}
         * @param payload its frames, whose checksums have been verified; valid only during the call
         */
        void entry(RecordHeader header, long position, ByteBuffer payload) throws IOException;
    }

    private Log(LogConfig config, SegmentSet segments, Start start, Replay replay) throws IOException {
        this.segments = segments;
        this.reader = new EntryReader(segments, entries);
        this.allocator = new SegmentAllocator(
                config.files(), config.directory(), config.storeId(), config.segmentBytes(), config.registry());
        try {
            LogRecovery.Recovered found = new LogRecovery(config, segments, allocator, entries, replay).recover(start);
            LogState end = found.state();
            this.recovered = found;
            this.state = end;
            this.lastIndex = end.lastIndex();
            this.durableIndex = end.lastIndex();
            this.firstIndex = found.firstIndex();
            this.clock = new ClusterClock(config.ticker(), end.timeMicros());
            this.writer = new LogWriter(config, allocator, segments, found.active());
            allocator.start(!found.unused().isEmpty());
        } catch (IOException | RuntimeException e) {
            allocator.abandon();
            segments.close();
            throw e;
        }
    }

    /**
     * Opens or begins a log.
     *
     * @param segments an empty set, which the log fills and owns from now on
     * @param replay takes every entry from the starting place on, before this returns
     * @throws CorruptionException if what had been durable is damaged
     */
    public static Log open(LogConfig config, SegmentSet segments, Start start, Replay replay) throws IOException {
        return new Log(config, segments, start, replay);
    }

    // ---------------------------------------------------------------------------------------------- one node alone

    /** Begins to take writes from many threads; see {@link GroupCommit}. */
    public GroupCommit groupCommit(GroupCommit.Sink sink, long maxPendingBytes) {
        return new GroupCommit(this, sink, maxPendingBytes);
    }

    ReentrantLock appendLock() {
        return appendLock;
    }

    LogWriter writer() {
        return writer;
    }

    /**
     * Gives a client write the next index and revision and appends it; the append lock is held.
     *
     * @throws dev.varve.storage.io.Trouble.DiskFullException if there is no space for it; data leave some for deletes
     */
    void append(GroupCommit.Write write) throws IOException {
        long index = state.lastIndex() + 1;
        long term = Math.max(1, state.lastTerm());
        long revision = state.nextRevision();
        long time = clock.micros();
        long position = writer.append(
                RecordType.WRITES,
                index,
                term,
                time,
                revision,
                write.frames().payload(),
                write.frames().frames(),
                write.frames().addsData());
        entries.add(index, position);
        state = new LogState(index, term, revision + write.frames().writes(), time);
        write.placed(position, index, revision, time);
    }

    /** Writes a batch that ends with the given entry, and forces it if asked; the commit lock is held. */
    void write(LogWriter.Batch batch, boolean force, int writes, long index) throws IOException {
        writer.write(batch, force, writes);
        lastIndex = index;
        if (force) {
            raiseDurableIndex(index);
        }
    }

    /** True if so much was written since the last force that the next one should not be put off; the commit lock is held. */
    boolean isForceDue() {
        return writer.isForceDue();
    }

    ReentrantLock commitLock() {
        return commitLock;
    }

    /** Forces what has been written, so that {@link #durableIndex} reaches {@link #lastIndex} as it is now. */
    public void force() throws IOException {
        long written = lastIndex;
        writer.force();
        raiseDurableIndex(written);
    }

    private synchronized void raiseDurableIndex(long index) {
        durableIndex = Math.max(durableIndex, index);
    }

    // -------------------------------------------------------------------------------------------------- under Raft

    /**
     * Appends entries with consecutive indexes behind the last one, and forces them.
     *
     * @return the {@link LogPosition} of each
     * @throws IllegalArgumentException if one does not follow the last entry; those before it are in the log
     * @throws dev.varve.storage.io.Trouble.DiskFullException if there is no space for one; those before it are in the log
     */
    public long[] append(List<LogEntry> newEntries) throws IOException {
        long[] positions = new long[newEntries.size()];
        appendLock.lock();
        try {
            for (int i = 0; i < positions.length; i++) {
                positions[i] = append(newEntries.get(i));
            }
            commitAppended();
            return positions;
        } catch (IOException | RuntimeException e) {
            if (writer.failure() == null) {
                commitAppended(); // Those before it are in the log: what follows must follow them.
            }
            throw e;
        } finally {
            appendLock.unlock();
        }
    }

    private long append(LogEntry entry) throws IOException {
        if (entry.index() != state.lastIndex() + 1) {
            throw new IllegalArgumentException(
                    "entry " + entry.index() + " does not follow entry " + state.lastIndex());
        }
        int frames = 0;
        int writes = 0;
        FrameCursor cursor = FrameCursor.plain(entry.payload());
        while (cursor.next()) {
            frames++;
            writes += cursor.first() ? 1 : 0;
        }
        long position = writer.append(
                entry.type(),
                entry.index(),
                entry.term(),
                entry.timeMicros(),
                state.nextRevision(),
                entry.payload(),
                frames,
                false);
        entries.add(entry.index(), position);
        state = new LogState(entry.index(), entry.term(), state.nextRevision() + writes, entry.timeMicros());
        return position;
    }

    /**
     * Voids every entry above {@code lastIndexKept}, durably; their indexes are used again by the entries that follow.
     *
     * @throws IllegalArgumentException if that entry is not in the log and not the one before the first
     */
    public void truncateSuffix(long lastIndexKept) throws IOException {
        appendLock.lock();
        try {
            if (lastIndexKept >= state.lastIndex()) {
                return;
            }
            LogState kept = stateBehind(lastIndexKept);
            mark(RecordType.TRUNCATION, kept);
            entries.truncateSuffix(lastIndexKept);
        } finally {
            appendLock.unlock();
        }
    }

    private LogState stateBehind(long index) throws IOException {
        LogEntry entry = entry(index);
        if (entry == null) {
            LogEntry next = entry(index + 1);
            if (next == null) {
                throw new IllegalArgumentException("the log has no entry " + index + " to be truncated behind");
            }
            return new LogState(index, 0, next.firstRevision(), next.timeMicros());
        }
        int writes = 0;
        FrameCursor cursor = FrameCursor.trusted(entry.payload());
        while (cursor.next()) {
            writes += cursor.first() ? 1 : 0;
        }
        return new LogState(index, entry.term(), entry.firstRevision() + writes, entry.timeMicros());
    }

    /** Voids the whole log, durably: the next entry will have index {@code after.lastIndex() + 1}. */
    public void reset(LogState after) throws IOException {
        appendLock.lock();
        try {
            mark(RecordType.RESET, after);
            entries.truncateSuffix(0);
            firstIndex = after.lastIndex() + 1;
        } finally {
            appendLock.unlock();
        }
    }

    /**
     * Ends the last segment if it is one of these, so that all of them are complete and never change again; durable on return.
     *
     * @throws dev.varve.storage.io.Trouble.DiskFullException if there is no space for another segment
     */
    public void seal(Set<Long> segmentIds) throws IOException {
        appendLock.lock();
        try {
            if (segmentIds.contains(writer.active().id())) {
                writer.seal(state);
                commitAppended();
            }
        } finally {
            appendLock.unlock();
        }
    }

    private void mark(RecordType type, LogState after) throws IOException {
        writer.append(
                type, after.lastIndex(), after.lastTerm(), after.timeMicros(), after.nextRevision(), null, 0, false);
        synchronized (this) {
            lastIndex = Math.min(lastIndex, after.lastIndex());
            durableIndex = Math.min(durableIndex, after.lastIndex());
        }
        state = after;
        commitAppended();
    }

    private void commitAppended() throws IOException {
        writer.write(writer.take(), true, 1);
        synchronized (this) {
            lastIndex = state.lastIndex();
            durableIndex = state.lastIndex();
        }
    }

    /** Entries below {@code firstIndexKept} are no longer readable by index. Not durable by itself: the manifest keeps it. */
    public void truncatePrefix(long firstIndexKept) {
        firstIndex = Math.max(firstIndex, firstIndexKept);
        entries.truncatePrefix(firstIndexKept);
    }

    // ---------------------------------------------------------------------------------------------------- reading

    /** The lowest index that can be read; one above {@link #lastIndex} if there are no entries. */
    public long firstIndex() {
        return firstIndex;
    }

    /** The index of the last entry. */
    public long lastIndex() {
        return lastIndex;
    }

    /** Every entry up to this index is on this node's device. */
    public long durableIndex() {
        return durableIndex;
    }

    /** The state behind the last appended entry. */
    public LogState state() {
        appendLock.lock();
        try {
            return state;
        } finally {
            appendLock.unlock();
        }
    }

    /** The entry with this index, or null if the log does not have it. */
    public @Nullable LogEntry entry(long index) throws IOException {
        if (index < firstIndex || index > lastIndex) {
            return null;
        }
        return reader.entry(index);
    }

    /** The term of the entry with this index, or 0 if the log does not have it. */
    public long term(long index) throws IOException {
        if (index < firstIndex || index > lastIndex) {
            return 0;
        }
        return reader.header(index).term();
    }

    /**
     * The revision of the first client write in the entry with this index, or of the next one after it if it holds none.
     *
     * @throws IllegalArgumentException if the log does not have the entry
     */
    public long firstRevision(long index) throws IOException {
        return reader.header(index).firstRevision();
    }

    /** The number of the oldest segment with an entry that can be read by its index, or -1 if there is none. */
    public int oldestEntrySegment() {
        return entries.oldestSegment();
    }

    /**
     * The {@link LogPosition} of the entry with this index.
     *
     * @throws IllegalArgumentException if the log does not have it
     */
    public long position(long index) throws IOException {
        return reader.position(index);
    }

    // ---------------------------------------------------------------------------------------------------- the rest

    /** The segments. */
    public SegmentSet segments() {
        return segments;
    }

    /** The segment that is appended to. */
    public Segment activeSegment() {
        return writer.active();
    }

    /** The segment in which the log goes on, if from this offset on nothing but the seal stands in the given one; else null. */
    public @Nullable Segment successor(Segment segment, int offset) {
        if (!segment.sealed() || offset != segment.end() - LogWriter.SEAL_BYTES) {
            return null;
        }
        return segments.ofLog().stream()
                .filter(each -> each.number() > segment.number())
                .findFirst()
                .orElse(null);
    }

    /** Removes a segment that nothing refers to any more; its file is not touched. */
    public void forget(Segment segment) {
        segments.remove(segment);
    }

    /** How many bytes the last segment can still hold. */
    public int remainingBytes() {
        appendLock.lock();
        try {
            return writer.remainingBytes();
        } finally {
            appendLock.unlock();
        }
    }

    /** The clock of the cluster. */
    public ClusterClock clock() {
        return clock;
    }

    /** How many records were read when the log was opened. */
    public long replayedRecords() {
        return recovered.records();
    }

    /** How many bytes of an unsynced tail were cut when the log was opened. */
    public long cutBytes() {
        return recovered.cutBytes();
    }

    /** True if there is no space for another segment. */
    public boolean diskFull() {
        return allocator.diskFull();
    }

    /** True if nothing but deletes should be appended for lack of space: what is left of the last segment is kept for them. */
    public boolean lacksSpace() {
        if (!allocator.diskFull()) {
            return false; // Without the lock, since each write asks.
        }
        appendLock.lock();
        try {
            return writer.lacksSpace();
        } finally {
            appendLock.unlock();
        }
    }

    /** Why the log takes nothing more, or null if it does. */
    public @Nullable IOException failure() {
        return writer.failure();
    }

    /** Forces what has been written, and makes no more segments: nothing changes any more. */
    public void end() throws IOException {
        allocator.stop();
        force();
    }

    @Override
    public void close() throws IOException {
        allocator.close();
        segments.close();
    }

    /** What was read when the log was opened; not of what was appended since. */
    public LogSurvey survey() {
        return recovered.survey();
    }

    /** True if the segment was read when the log was opened. */
    public boolean visited(Segment segment) {
        return recovered.visited().contains(segment.id());
    }

    /** Segments found when the log was opened that hold nothing and never will: to be removed. */
    public List<Segment> unused() {
        return recovered.unused();
    }
}
