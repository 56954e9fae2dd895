package dev.varve.storage;

import dev.varve.storage.StoreException.Kind;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.format.UnsupportedVersionException;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.io.Environment;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.Trouble;
import dev.varve.storage.log.GroupCommit;
import dev.varve.storage.log.LogEntry;
import dev.varve.storage.log.LogFailedException;
import dev.varve.storage.log.OutcomeUnknownException;
import dev.varve.storage.log.Segment;
import dev.varve.storage.state.Damages;
import dev.varve.storage.state.Founder;
import dev.varve.storage.state.Scrubber;
import dev.varve.storage.state.SnapshotExpiredException;
import dev.varve.storage.state.StateMachine;
import dev.varve.storage.state.StateOptions;
import dev.varve.storage.state.StateSizes;
import dev.varve.storage.state.UnusableDirectoryException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * An ordered key/value store in a directory of this machine, whose log is its own: see the package's manual.
 *
 * <p>Thread-safe. Every method throws {@link StoreException} and nothing else for what can go wrong at run time; blocking methods
 * may be called from virtual threads.
 */
public final class Store implements AutoCloseable {

    private final Path directory;
    private final StoreOptions options;
    private final BatchEncoder encoder;
    private final StoreCounters counters;
    private final StateMachine state;
    /** Null in the store of a member of a group, which is written to through the group. */
    private final @Nullable GroupCommit commits;

    private final long openNanos;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Store(Path directory, StoreOptions options, Environment environment, @Nullable Founder founder)
            throws IOException {
        long begin = environment.ticker().nanos();
        this.directory = directory;
        this.options = options;
        this.encoder = new BatchEncoder(options);
        this.counters = new StoreCounters();
        StateOptions sizes = new StateOptions(
                options.segmentBytes(),
                options.memtableBytes(),
                options.checkpointBytes(),
                options.checkpointRecords(),
                options.inlineValueBytes(),
                options.cacheBytes(),
                options.snapshotAge().toNanos());
        if (founder == null) {
            this.state = StateMachine.open(environment, directory, sizes, counters);
            this.commits = state.log().groupCommit(this::committed, options.maxPendingBytes());
        } else {
            this.state = StateMachine.openMember(environment, directory, sizes, founder, counters);
            this.commits = null;
        }
        this.openNanos = environment.ticker().nanos() - begin;
    }

    /**
     * Opens the store in a directory, or founds one there. The directory is created if there is none.
     *
     * @throws StoreException with kind {@code LOCKED}, {@code UNUSABLE_DIRECTORY}, {@code UNSUPPORTED_VERSION}, {@code CORRUPTION} or
     *     {@code DISK_FULL}
     */
    public static Store open(Path directory, StoreOptions options) {
        return open(directory, options, Environment.system());
    }

    /** Opens a store in the given surroundings; for tests. */
    @SuppressWarnings("exports") // The surroundings are for the modules that the package is exported to.
    public static Store open(Path directory, StoreOptions options, Environment environment) {
        return open(directory, options, environment, null);
    }

    /**
     * Opens the store of a member of a Raft group, or founds one as the founder says. It is read like any other; somebody else appends
     * to its log and applies what is committed, by way of {@link #state}.
     */
    @SuppressWarnings("exports") // As above.
    public static Store member(Path directory, StoreOptions options, Environment environment, Founder founder) {
        return open(directory, options, environment, founder);
    }

    private static Store open(
            Path directory, StoreOptions options, Environment environment, @Nullable Founder founder) {
        Path absolute = directory.toAbsolutePath();
        try {
            return new Store(absolute, options, environment, founder);
        } catch (FileSystem.LockedException e) {
            throw new StoreException(
                    Kind.LOCKED,
                    absolute + " is in use: " + e.getMessage() + ". Stop the other one, or choose another directory",
                    e);
        } catch (CorruptionException | UnsupportedVersionException e) {
            throw failure("cannot open " + absolute, e);
        } catch (IOException e) {
            throw new StoreException(
                    Trouble.isDiskFull(e) ? Kind.DISK_FULL : Kind.UNUSABLE_DIRECTORY,
                    "cannot open " + absolute + ": " + Trouble.describe(e),
                    e);
        }
    }

    // ---------------------------------------------------------------------------------------------------- writing

    /** Sets a value, durably; returns the revision of the write. */
    public long put(byte[] key, byte[] value) {
        return put(key, value, Durability.MAJORITY);
    }

    /** Sets a value; returns the revision of the write. */
    public long put(byte[] key, byte[] value, Durability durability) {
        return write(new WriteBatch().put(key, value), durability);
    }

    /** Removes a key, durably, whether it is there or not; returns the revision of the write. */
    public long delete(byte[] key) {
        return delete(key, Durability.MAJORITY);
    }

    /** Removes a key, whether it is there or not; returns the revision of the write. */
    public long delete(byte[] key, Durability durability) {
        return write(new WriteBatch().delete(key), durability);
    }

    /** Removes every key of a range, durably; see {@link #deleteRange(KeyRange, Durability)}. */
    public long deleteRange(KeyRange range) {
        return deleteRange(range, Durability.MAJORITY);
    }

    /**
     * Removes every key of a range; returns the revision of the write. It is one record in the log and takes as long whatever the
     * number of keys; their space comes back when tables are merged.
     */
    public long deleteRange(KeyRange range, Durability durability) {
        return write(new WriteBatch().deleteRange(range), durability);
    }

    /** Makes the changes of a batch together, and waits until they are visible and as durable as asked; returns their revision. */
    public long write(WriteBatch batch, Durability durability) {
        GroupCommit.Write write = new GroupCommit.Write(encoder.encode(batch), durability != Durability.ACCEPTED, null);
        admit(batch);
        state.pace(write.frames().payload().limit());
        try {
            commits().commit(write);
        } catch (IOException e) {
            throw writeFailure(e);
        }
        return write.revision();
    }

    /** Like {@link #write}, without waiting. The future fails with a {@link StoreException}. */
    public CompletableFuture<Long> writeAsync(WriteBatch batch, Durability durability) {
        CompletableFuture<Long> future = new CompletableFuture<>();
        submit(batch, durability, (revision, failure) -> {
            if (failure == null) {
                future.complete(revision);
            } else {
                future.completeExceptionally(failure);
            }
        });
        return future;
    }

    /**
     * Like {@link #write}, without waiting: the callback tells how it ended. Writes are logged in the order of the calls. A write that
     * is refused at once is told from within this call; one that was taken, from the thread that commits, after it has become
     * visible.
     */
    public void submit(WriteBatch batch, Durability durability, WriteCallback callback) {
        PreparedWrite write;
        try {
            write = prepare(batch, durability, callback);
        } catch (StoreException e) {
            callback.completed(-1, e);
            return;
        }
        write.submit();
    }

    /**
     * The first half of {@link #submit}, the longer one for a large batch: checks and encodes. The batch must not be changed until
     * the callback has been told.
     *
     * @throws StoreException if the batch is empty or over a limit
     */
    public PreparedWrite prepare(WriteBatch batch, Durability durability, WriteCallback callback) {
        return prepare(batch, encoder.encode(batch), durability, callback);
    }

    /**
     * Like {@link #prepare(WriteBatch, Durability, WriteCallback)}, for a batch that is encoded already, perhaps with changes of system
     * data added to it.
     *
     * @param batch may be empty if its frames are not
     */
    @SuppressWarnings("exports") // The frames are for the modules that the package is exported to.
    public PreparedWrite prepare(WriteBatch batch, FrameEncoder frames, Durability durability, WriteCallback callback) {
        GroupCommit.Write write = new GroupCommit.Write(
                frames,
                durability != Durability.ACCEPTED,
                (revision, failure) -> callback.completed(revision, failure == null ? null : writeFailure(failure)));
        return () -> submit(batch, write, callback);
    }

    private void submit(WriteBatch batch, GroupCommit.Write write, WriteCallback callback) {
        try {
            admit(batch);
            if (!commits().submit(write)) {
                throw new StoreException(
                        Kind.OVERLOADED,
                        "more than " + options.maxPendingBytes()
                                + " bytes wait for the disk (option maxPendingBytes); try again later");
            }
        } catch (StoreException e) {
            callback.completed(-1, e);
        } catch (IOException e) {
            callback.completed(-1, writeFailure(e));
        }
    }

    /**
     * Checks a batch and encodes it as the frames of one client write, with plain checksums.
     *
     * @throws StoreException if the batch is empty or over a limit
     */
    @SuppressWarnings("exports") // The frames are for the modules that the package is exported to.
    public FrameEncoder encode(WriteBatch batch) {
        return encoder.encode(batch);
    }

    private GroupCommit commits() {
        GroupCommit own = commits;
        if (own == null) {
            throw new StoreException(Kind.INVALID_ARGUMENT, "the store belongs to a group, which alone writes to it");
        }
        return own;
    }

    /**
     * Refuses what cannot be written now, before anything is logged; for the member of a group that leads, which so keeps a reserve of its
     * disk.
     *
     * @throws StoreException of kind {@code DISK_FULL}, {@code BLOCKED}, {@code LOG_FAILED} or {@code CLOSED}
     */
    public void admit(WriteBatch batch) {
        throwIfClosed();
        IOException failed = state.failure();
        if (failed != null) {
            throw logFailed(failed);
        }
        IOException blockage = state.blockage();
        if (blockage != null && !Trouble.isDiskFull(blockage)) {
            throw blocked(blockage);
        }
        if (needsSpace() && batch.mutations().stream().anyMatch(Mutation.Put.class::isInstance)) {
            throw diskFull(null);
        }
    }

    /** True if the disk is so full that puts are refused. */
    public boolean needsSpace() {
        return state.lacksSpace();
    }

    private void committed(List<GroupCommit.Write> writes) throws IOException {
        long bytes = 0;
        long mutations = 0;
        long submitted = 0;
        for (GroupCommit.Write write : writes) {
            var payload = write.frames().payload();
            state.apply(
                    new LogEntry(RecordType.WRITES, write.index(), 1, write.timeMicros(), write.revision(), payload),
                    write.position());
            mutations += write.frames().frames();
            submitted += write.submitted() ? payload.limit() : 0;
            bytes += payload.limit() - (long) write.frames().frames() * Frames.HEADER_BYTES;
        }
        state.publish();
        counters.committed(writes.size(), mutations, bytes);
        if (submitted > 0) {
            state.pace(submitted); // Those who blocked have waited before; these wait for their answers.
        }
    }

    // ---------------------------------------------------------------------------------------------------- reading

    /** The value of a key, or null if there is none. */
    public byte @Nullable [] get(byte[] key) {
        Entry entry = getEntry(key);
        return entry == null ? null : entry.value();
    }

    /** The entry of a key, or null if there is none. May read the disk: about one access for a value that is not in memory. */
    public @Nullable Entry getEntry(byte[] key) {
        return getEntry(key, Long.MAX_VALUE);
    }

    private @Nullable Entry getEntry(byte[] key, long revision) {
        throwIfClosed();
        counters.read();
        try {
            StateMachine.Found found = state.get(Frames.USER, key, revision, false);
            return found == null ? null : new Entry(key, found.value(), found.revision());
        } catch (IOException e) {
            throw readFailure(e);
        }
    }

    /** Like {@link #getEntry}, but never waits for the disk. */
    public Lookup lookup(byte[] key) {
        throwIfClosed();
        try {
            StateMachine.Found found = state.get(Frames.USER, key, Long.MAX_VALUE, true);
            if (found != null && found.isCold()) {
                return Lookup.COLD;
            }
            counters.read();
            return found == null ? Lookup.ABSENT : Lookup.found(new Entry(key, found.value(), found.revision()));
        } catch (IOException e) {
            throw readFailure(e);
        }
    }

    /**
     * The revision of the write that last set a key, or 0 if there is no such key. The value is not read, so a key whose index block
     * is in memory takes no access to the disk.
     */
    public long keyRevision(byte[] key) {
        return keyRevision(key, false);
    }

    /** Like {@link #keyRevision}, but never waits for the disk: empty if the answer may need it. */
    public OptionalLong lookupKeyRevision(byte[] key) {
        long revision = keyRevision(key, true);
        return revision == StateMachine.COLD_REVISION ? OptionalLong.empty() : OptionalLong.of(revision);
    }

    private long keyRevision(byte[] key, boolean resident) {
        throwIfClosed();
        try {
            return state.revision(Frames.USER, key, resident);
        } catch (IOException e) {
            throw readFailure(e);
        }
    }

    /** Walks a range in ascending order as of now. */
    public Cursor range(KeyRange range) {
        return range(range, Order.ASCENDING);
    }

    /** Walks a range as of now. */
    public Cursor range(KeyRange range, Order order) {
        throwIfClosed();
        long revision = state.openSnapshot();
        try {
            return range(range, order, revision);
        } finally {
            state.releaseSnapshot(revision);
        }
    }

    private Cursor range(KeyRange range, Order order, long revision) {
        byte[] start = IndexKey.of(Frames.USER, range.start() == null ? new byte[0] : range.start());
        byte[] end = range.end() == null ? IndexKey.endOf(Frames.USER) : IndexKey.of(Frames.USER, range.end());
        return new StoreCursor(
                state.range(start, end, order == Order.ASCENDING, revision), this::throwIfClosed, this::readFailure);
    }

    /** The store as of now, for reading. */
    public Snapshot snapshot() {
        throwIfClosed();
        return new StoreSnapshot(state.openSnapshot());
    }

    private final class StoreSnapshot implements Snapshot {

        private final AtomicReference<@Nullable Long> registered;
        private final long revision;

        StoreSnapshot(long revision) {
            this.revision = revision;
            this.registered = new AtomicReference<>(revision);
        }

        private void check() {
            if (registered.get() == null) {
                throw new StoreException(Kind.CLOSED, "the snapshot of revision " + revision + " has been closed");
            }
        }

        @Override
        public long revision() {
            return revision;
        }

        @Override
        public byte @Nullable [] get(byte[] key) {
            Entry entry = getEntry(key);
            return entry == null ? null : entry.value();
        }

        @Override
        public @Nullable Entry getEntry(byte[] key) {
            check();
            return Store.this.getEntry(key, revision);
        }

        @Override
        public Cursor range(KeyRange range, Order order) {
            check();
            return Store.this.range(range, order, revision);
        }

        @Override
        public void close() {
            if (registered.getAndSet(null) != null) {
                state.releaseSnapshot(revision);
            }
        }
    }

    // ---------------------------------------------------------------------------------------------------- the rest

    /** Revision of the last visible write; 0 in a store that was never written to. */
    public long revision() {
        return state.visibleRevision();
    }

    /** The incarnation: a positive number drawn when the store was founded. Revisions of different incarnations do not compare. */
    public long incarnation() {
        return state.manifestState().identity().incarnation();
    }

    /** The name of this node in its Raft group. */
    public String nodeId() {
        return state.manifestState().identity().nodeId();
    }

    /** The log and the state below, for the member of a group that this store belongs to. */
    @SuppressWarnings("exports") // As above.
    public StateMachine state() {
        return state;
    }

    /** Counts writes that the member of a group has applied. */
    public void countApplied(int writes, long mutations, long bytes) {
        counters.committed(writes, mutations, bytes);
    }

    /** When the store was founded, by the wall clock of then, in milliseconds since 1970. */
    public long createdMillis() {
        return state.manifestState().identity().createdMicros() / 1000;
    }

    /** The absolute directory. */
    public Path directory() {
        return directory;
    }

    /** With what it was opened. */
    public StoreOptions options() {
        return options;
    }

    /** Whether it takes writes. */
    public Health health() {
        if (closed.get()) {
            return new Health(Health.State.CLOSED, "the store has been closed");
        }
        IOException failed = state.failure();
        if (failed != null) {
            return new Health(Health.State.LOG_FAILED, logFailed(failed).getMessage());
        }
        IOException blockage = state.blockage();
        if (blockage != null && !Trouble.isDiskFull(blockage)) {
            return new Health(Health.State.BLOCKED, blocked(blockage).getMessage());
        }
        if (state.lacksSpace()) {
            return new Health(Health.State.DISK_FULL, diskFull(null).getMessage());
        }
        return new Health(Health.State.OK, "the store takes reads and writes");
    }

    /** What the store counts and holds. */
    public StoreStats stats() {
        StateSizes sizes = state.sizes();
        List<Segment> segments = state.log().segments().ofLog();
        return counters.stats(
                state.visibleRevision(),
                commits == null ? new GroupCommit.PendingSize(0, 0) : commits.pendingSize(),
                segments.size(),
                segments.stream().mapToLong(Segment::end).sum(),
                sizes,
                state.cache(),
                state.log().replayedRecords(),
                openNanos,
                state.log().cutBytes());
    }

    /** Begins to read all files of the store and to verify every checksum, unless that is under way; see {@link #scrubStatus}. */
    public void beginScrub() {
        throwIfClosed();
        state.scrubber().begin();
    }

    /**
     * Reads all files of the store and verifies every checksum, and waits for that. Needs no calling: it happens by itself an hour after
     * the store was opened, and then every week.
     */
    public ScrubStatus scrub() {
        throwIfClosed();
        state.scrubber().await(state.scrubber().begin());
        return scrubStatus();
    }

    /** What is known of damage to the files, and where the scrub stands. */
    public ScrubStatus scrubStatus() {
        Scrubber.Progress progress = state.scrubber().progress();
        Damages damages = state.damages();
        return new ScrubStatus(
                progress.running(),
                progress.passes(),
                progress.files(),
                progress.bytes(),
                damages.found(),
                damages.repaired(),
                damages.places().stream()
                        .map(place -> new ScrubStatus.Damage(place.file(), place.offset(), place.reason()))
                        .toList());
    }

    /** Has a listener told of what is measured, until the store is closed. */
    public void addListener(StoreListener listener) {
        counters.addListener(listener);
    }

    /**
     * Flushes what is in memory to a table, so that the next opening has little to replay. Needs no calling: flushes happen by
     * themselves.
     */
    public void flush() {
        throwIfClosed();
        try {
            commits().exclusively(state::checkpoint);
        } catch (IOException e) {
            throw writeFailure(e);
        }
    }

    /**
     * Flushes what is in memory and waits until no tables are left that should be merged. Needs no calling: tables are merged in the
     * background.
     */
    public void compact() {
        flush();
        try {
            state.awaitMerged();
        } catch (IOException e) {
            throw failure("the tables stay as they were", e);
        }
    }

    /**
     * Makes a copy of the store in another directory, which can be opened as a store of its own: a backup. It holds everything that is
     * visible when this is called, and later writes to either never reach the other. On the same file system the files are shared
     * (hard links), so that it takes little time and space; elsewhere they are copied. Reads and writes go on meanwhile.
     *
     * <p>The copy is a new incarnation: its revisions go on from here, but do not compare with those that this store makes from now on.
     *
     * @param target a directory that is empty or does not exist; it is there when the copy is whole and durable, and not before
     * @return the last revision in the copy
     * @throws StoreException with kind {@code UNUSABLE_DIRECTORY} or {@code LOCKED} if the directory cannot be used, {@code DISK_FULL} if
     *     there is no space for it, or {@code CORRUPTION} or {@code IO}; then no copy is left, as far as it can be removed
     */
    public long checkpoint(Path target) {
        flush();
        Path absolute = target.toAbsolutePath().normalize();
        try {
            return state.copyTo(absolute);
        } catch (FileSystem.LockedException e) {
            throw new StoreException(Kind.LOCKED, "a copy is being made in " + absolute + " already", e);
        } catch (UnusableDirectoryException e) {
            throw new StoreException(Kind.UNUSABLE_DIRECTORY, Trouble.describe(e), e);
        } catch (IOException e) {
            if (Trouble.isDiskFull(e)) {
                throw new StoreException(
                        Kind.DISK_FULL, "there is no space for a copy in " + absolute + ": " + Trouble.describe(e), e);
            }
            throw failure("no copy was made in " + absolute, e);
        }
    }

    /**
     * Waits for the writes that have been taken, notes that the log is complete, and closes the files. Cursors and snapshots that are
     * open cannot be used any more. Closing twice does nothing.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            if (commits != null) {
                commits.close();
            }
            if (state.failure() == null) {
                state.closeInOrder();
            }
        } catch (IOException e) {
            throw writeFailure(e);
        } finally {
            closeFiles();
        }
    }

    private void closeFiles() {
        try {
            state.close();
        } catch (IOException e) {
            throw readFailure(e);
        }
    }

    private void throwIfClosed() {
        if (closed.get()) {
            throw new StoreException(Kind.CLOSED, "the store in " + directory + " has been closed");
        }
    }

    private static StoreException logFailed(IOException cause) {
        return new StoreException(
                Kind.LOG_FAILED,
                "the disk failed while the log was written, so that nothing can be written until the store is opened again: "
                        + Trouble.describe(cause) + ". Check the disk, then restart",
                cause);
    }

    private static StoreException blocked(IOException cause) {
        return new StoreException(
                Kind.BLOCKED,
                "tables cannot be written, so that nothing more can be taken: " + Trouble.describe(cause)
                        + ". Writing resumes by itself when that is mended",
                cause);
    }

    private static StoreException diskFull(@Nullable IOException cause) {
        return new StoreException(
                Kind.DISK_FULL,
                "the disk is full: nothing was written. Reads and deletes go on; free some space, and writing resumes by itself",
                cause);
    }

    private static StoreException writeFailure(IOException e) {
        if (e instanceof OutcomeUnknownException) {
            return new StoreException(Kind.OUTCOME_UNKNOWN, Trouble.describe(e), e);
        }
        if (e instanceof LogFailedException) {
            return logFailed(e);
        }
        return Trouble.isDiskFull(e) ? diskFull(e) : failure("nothing was written", e);
    }

    private StoreException readFailure(IOException e) {
        if (e instanceof CorruptionException damage) {
            state.damages().met(damage);
        }
        return failure("the read failed", e);
    }

    private static StoreException failure(String what, IOException e) {
        Kind kind = switch (e) {
            case CorruptionException ignored -> Kind.CORRUPTION;
            case UnsupportedVersionException ignored -> Kind.UNSUPPORTED_VERSION;
            case SnapshotExpiredException ignored -> Kind.SNAPSHOT_EXPIRED;
            default -> Kind.IO;
        };
        return new StoreException(kind, what + ": " + Trouble.describe(e), e);
    }
}
