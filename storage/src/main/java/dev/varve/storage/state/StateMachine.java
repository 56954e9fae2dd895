package dev.varve.storage.state;

import dev.varve.storage.checkpoint.Checkpoint;
import dev.varve.storage.checkpoint.ManifestEdit;
import dev.varve.storage.checkpoint.ManifestState;
import dev.varve.storage.compaction.CompactionPicker;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.RaftConfiguration;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.index.BlockCache;
import dev.varve.storage.index.BloomFilter;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.index.TableReader;
import dev.varve.storage.io.Environment;
import dev.varve.storage.log.Log;
import dev.varve.storage.log.LogEntry;
import dev.varve.storage.log.LogPosition;
import dev.varve.storage.log.Reach;
import dev.varve.storage.log.Segment;
import dev.varve.storage.log.SegmentSet;
import dev.varve.storage.log.ValueSegments;
import dev.varve.storage.log.VoteFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The state of a store on its directory: applies committed entries, flushes, reads.
 *
 * <p>Thread safety: {@link #apply} and {@link #publish} by one thread at a time; everything else by any.
 */
public final class StateMachine implements Closeable {

    /** Filters of tables may take this part of the heap. */
    private static final int FILTERS_DIVISOR = 4;

    private final StoreDirectory directory;
    private final Log log;
    private final BlockCache cache;

    /** Makes the reader of a table that the manifest has. */
    private final Function<TableInfo, TableReader> tables;

    private final VersionSet versions;
    private final SnapshotRegistry snapshots;
    private final Applier applier;
    private final ValueReader values;
    private final ValueFetcher fetcher;
    private final Mode mode;
    private final WritePacer pacer;
    private final MergePacer mergePacer;
    private final Damages damages = new Damages(this::files);

    /** Null until what is in the log has been applied. */
    private volatile @Nullable Background background;

    /** The last revision that readers see. Invariant: everything up to it has been applied. */
    private volatile long visibleRevision;

    /** Whether the log belongs to a Raft group, or to this node alone. */
    public enum Mode {
        /** All that is in the log is committed: it is applied when the store is opened. Its entries are not kept for others. */
        ALONE,
        /** Somebody else says what is committed; entries stay readable until they are truncated. */
        REPLICA
    }

    /**
     * Opens the store in a directory, or founds one.
     *
     * @throws dev.varve.storage.io.FileSystem.LockedException if somebody else has it open
     * @throws dev.varve.storage.format.CorruptionException if a file that is needed for opening is damaged
     * @throws dev.varve.storage.format.UnsupportedVersionException if a newer version wrote it
     */
    public static StateMachine open(Environment environment, Path path, StateOptions options, StateListener listener)
            throws IOException {
        return open(StoreDirectory.open(environment, path, null), options, Mode.ALONE, listener);
    }

    /**
     * Opens the store of a member of a Raft group in a directory, or founds one as the founder says. That of a single node becomes the first
     * member's, if the founder says so.
     *
     * @throws IOException as {@link #open}
     */
    public static StateMachine openMember(
            Environment environment, Path path, StateOptions options, Founder founder, StateListener listener)
            throws IOException {
        StoreDirectory directory = StoreDirectory.open(environment, path, founder);
        if (!isMember(directory)) {
            FirstMember.found(directory, options, founder, listener);
            directory = StoreDirectory.open(environment, path, founder);
        }
        return open(directory, options, Mode.REPLICA, listener);
    }

    /**
     * Founds the store of a new member in a directory whose store is given up, however damaged it is: the member of before never votes
     * again, and its data are lost.
     *
     * @param founder says of which group; nothing has been changed yet when it is asked, and nothing is if it throws
     * @throws IOException as {@link #open}; then this is to be called again
     */
    public static void renewMember(Environment environment, Path path, Founder founder) throws IOException {
        StoreDirectory.renew(environment, path, founder);
    }

    private static boolean isMember(StoreDirectory directory) {
        return directory.manifest().state().identity().nodeId().indexOf(Founding.SEPARATOR) >= 0;
    }

    static StateMachine open(StoreDirectory directory, StateOptions options, Mode mode, StateListener listener)
            throws IOException {
        try {
            if (mode == Mode.ALONE && isMember(directory)) {
                String node = directory.manifest().state().identity().nodeId();
                throw new UnusableDirectoryException(
                        "it is the store of node '" + node.substring(0, node.indexOf(Founding.SEPARATOR))
                                + "' of a cluster, and must not be opened alone: what is committed in it the other nodes say."
                                + " Start the server with --node-id, --raft and --peers");
            }
            return new StateMachine(directory, options, mode, listener);
        } catch (IOException | RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    private StateMachine(StoreDirectory directory, StateOptions options, Mode mode, StateListener listener)
            throws IOException {
        this.directory = directory;
        this.mode = mode;
        ManifestState found = directory.manifest().state();
        Environment environment = directory.environment();
        SegmentSet segments = new SegmentSet();
        this.cache = new BlockCache(options.cacheBytes(), Runtime.getRuntime().maxMemory() / FILTERS_DIVISOR);
        this.tables =
                info -> new TableReader(environment.files(), directory.path(), found.storeId(), info, segments, cache);
        List<TableReader> known = found.tables().stream().map(tables).toList();
        this.versions = new VersionSet(options.memtableBytes(), Levels.of(known, found.levels()));
        this.snapshots = new SnapshotRegistry(environment.ticker(), options.snapshotAgeNanos());
        this.values = new ValueReader(segments);
        this.fetcher = new ValueFetcher(values);
        this.applier = new Applier(options, versions, begin(found.checkpoint()), this::frozen);
        this.mergePacer = new MergePacer(environment.ticker());
        this.pacer = new WritePacer(environment.ticker(), this::flushDebt, this::mergeDebt, this::spaceDebt);
        this.log = directory.openLog(
                segments,
                options,
                mode,
                mode == Mode.ALONE ? this::replay : (header, position, payload) -> {},
                (nanos, writes, bytes) -> forced(listener, nanos, writes, bytes));
        try {
            if (mode == Mode.ALONE && log.lastIndex() == 0) {
                beginAlone(found.identity().nodeId());
            }
            this.visibleRevision = applier.applied().revision();
            ValueSegments valueSegments = new ValueSegments(
                    environment.files(),
                    directory.path(),
                    found.storeId(),
                    directory.manifest()::nextFileId,
                    options.segmentBytes(),
                    segments);
            valueSegments.open(found.values());
            directory.removeLeftovers(log);
            Idleness idleness = new Idleness(environment.ticker(), () -> visibleRevision);
            IdleFlush idleFlush = new IdleFlush(idleness, applier, directory, log, options);
            background = new Background(
                    directory,
                    options,
                    mode,
                    log,
                    versions,
                    tables,
                    values,
                    valueSegments,
                    new Readers(() -> visibleRevision, snapshots),
                    mergePacer,
                    damages,
                    () -> {
                        flushDeletes();
                        idleFlush.look();
                    },
                    listener);
        } catch (IOException | RuntimeException e) {
            log.close();
            throw e;
        }
    }

    private void forced(StateListener listener, long nanos, int writes, long bytes) {
        if (writes > 0) {
            mergePacer.forced(nanos);
        }
        listener.forced(nanos, writes, bytes);
    }

    private double flushDebt() {
        Background running = background;
        return running == null ? 0 : running.flusher().debt(applier);
    }

    private double mergeDebt() {
        Background running = background;
        return running == null ? 0 : running.compactor().debt();
    }

    private double spaceDebt() {
        Background running = background;
        return running == null ? 0 : running.compactor().spaceDebt();
    }

    private Background background() {
        Background running = background;
        if (running == null) {
            throw new IllegalStateException("the store is being opened");
        }
        return running;
    }

    private static Applied begin(@Nullable Checkpoint checkpoint) {
        return checkpoint == null
                ? new Applied(0, 0, 0, 0, 0, new byte[0], 0)
                : new Applied(
                        checkpoint.appliedIndex(),
                        checkpoint.appliedTerm(),
                        checkpoint.revision(),
                        checkpoint.timeMicros(),
                        0,
                        checkpoint.configuration(),
                        checkpoint.configurationIndex());
    }

    private void replay(RecordHeader header, long position, ByteBuffer payload) throws IOException {
        long segmentId = segment(position).id();
        applier.apply(head(header), position, payload, segmentId);
    }

    private Segment segment(long position) {
        return values.segments().get(LogPosition.segmentNumber(position));
    }

    private static EntryHead head(RecordHeader header) {
        return new EntryHead(header.type(), header.index(), header.term(), header.timeMicros(), header.firstRevision());
    }

    /** The first record of a log that is this node's alone: a Raft group of one, so that it can grow later. */
    private void beginAlone(String node) throws IOException {
        long time = log.clock().micros();
        ByteBuffer payload = RaftConfiguration.alone(node).toFrame().payload();
        LogEntry entry = new LogEntry(RecordType.CONFIGURATION, 1, 1, time, 1, payload);
        apply(entry, log.append(List.of(entry))[0]);
    }

    private void frozen() {
        Background running = background;
        if (running != null) {
            running.flusher().frozen();
        }
    }

    // --------------------------------------------------------------------------------------------------- applying

    /**
     * Applies a committed entry, the one behind the last applied. It becomes visible with {@link #publish}. May wait for a flush.
     *
     * @param entry its payload's checksums are plain
     * @param position where it stands in the log
     * @throws IllegalStateException if it is not the next one, or on a replica not on this node's device yet: Raft may commit an entry
     *     through two followers before the leader's own disk has it
     */
    public void apply(LogEntry entry, long position) throws IOException {
        if (mode == Mode.REPLICA && log.durableIndex() < entry.index()) {
            throw new IllegalStateException("entry " + entry.index() + " is applied although only entry "
                    + log.durableIndex() + " is on the device");
        }
        EntryHead head =
                new EntryHead(entry.type(), entry.index(), entry.term(), entry.timeMicros(), entry.firstRevision());
        applier.apply(head, position, entry.payload(), 0);
    }

    /**
     * Waits as long as a write of so many bytes of log should, if flushing or merging is behind: a second at most. To be called by those
     * who write, or by the thread that commits for them, before more comes.
     */
    public void pace(long bytes) {
        pacer.pace(bytes);
    }

    /** Makes everything that has been applied visible. */
    public void publish() {
        visibleRevision = applier.applied().revision();
        flushDeletes();
    }

    /**
     * Has what was applied written to a table if space is lacking, as soon as no other is being written: what deletes give back is known
     * from tables only. Never waits.
     */
    private void flushDeletes() {
        if (lacksSpace() && versions.current().tables().young() < CompactionPicker.YOUNG_TABLES) {
            applier.freezeUnlessOneWaits();
        }
    }

    /** True if nothing but deletes should be written for lack of space. */
    public boolean lacksSpace() {
        return flushNeedsSpace() || log.lacksSpace();
    }

    /** Index of the last entry that has been applied. */
    public long appliedIndex() {
        return applier.applied().index();
    }

    /** Term of that entry. */
    public long appliedTerm() {
        return applier.applied().term();
    }

    /** The last revision that readers see. */
    public long visibleRevision() {
        return visibleRevision;
    }

    /**
     * Flushes everything that has been applied and waits for it. Called by the thread that applies, or with it at rest.
     */
    public void checkpoint() throws IOException {
        applier.freeze();
        background().flusher().awaitFlushed();
    }

    /**
     * Makes a store of its own in another directory: all that the tables hold now. Reads, writes and merges go on meanwhile.
     *
     * @param target an empty directory, or one that does not exist
     * @return the last revision in it
     */
    public long copyTo(Path target) throws IOException {
        try (VersionEditor.Pinned pinned = background().editor().pin()) {
            new StoreCopy(directory.environment(), directory.path(), log.segments(), pinned.state()).write(target);
            Checkpoint checkpoint = pinned.state().checkpoint();
            return checkpoint == null ? 0 : checkpoint.revision();
        }
    }

    /**
     * Keeps the files of the last checkpoint under second names, for another member of the group to fetch, whatever becomes of them here
     * meanwhile. To be closed before another is made.
     */
    public OutgoingCheckpoint sendCheckpoint() throws IOException {
        try (VersionEditor.Pinned pinned = background().editor().pin()) {
            ManifestState sent = pinned.state().shipped();
            log.seal(Set.copyOf(sent.segments()));
            return OutgoingCheckpoint.link(directory.environment().files(), directory.path(), sent);
        }
    }

    /** Waits until no tables are due to be merged. */
    public void awaitMerged() throws IOException {
        background().compactor().awaitMerged();
    }

    /** The last checkpoint. */
    public Checkpoint lastCheckpoint() {
        Checkpoint checkpoint = directory.manifest().state().checkpoint();
        if (checkpoint == null) {
            throw new IllegalStateException("an open store has a checkpoint");
        }
        return checkpoint;
    }

    // ---------------------------------------------------------------------------------------------------- reading

    /**
     * A value that was found.
     *
     * @param value the value
     * @param revision the revision of the write that set it
     */
    public record Found(byte[] value, long revision) {
        /** Stands for "the answer needs the device". */
        public static final Found COLD = new Found(new byte[0], -1);

        /** True for {@link #COLD}. */
        public boolean isCold() {
            return revision < 0;
        }
    }

    /**
     * Reads a key.
     *
     * @param maxRevision newest version to be seen; {@link Long#MAX_VALUE} for what is visible now, else a registered one
     * @param resident true to read only what is in memory
     * @return null if there is no such key; {@link Found#COLD} if {@code resident} is set and the device is needed
     * @throws SnapshotExpiredException if the registered revision is not kept any more
     */
    public @Nullable Found get(int keyspace, byte[] key, long maxRevision, boolean resident) throws IOException {
        byte[] indexKey = IndexKey.of(keyspace, key);
        Version version = versions.acquire();
        try {
            IndexEntry entry = find(version, indexKey, Math.min(maxRevision, visibleRevision), resident);
            if (maxRevision != Long.MAX_VALUE) {
                snapshots.requireKept(maxRevision);
            }
            if (entry == null || entry.isTombstone()) {
                return null;
            }
            byte[] value = entry.isCold() ? null : values.read(key, entry, resident ? Reach.MEMORY : Reach.DEVICE);
            return value == null ? Found.COLD : new Found(value, entry.revision());
        } finally {
            versions.release(version);
        }
    }

    /** Stands for "the answer needs the device" where a revision is asked for. */
    public static final long COLD_REVISION = -1;

    /**
     * The revision of the write that last set a key, as is visible now. The value is not read.
     *
     * @param resident true to read only what is in memory
     * @return 0 if there is no such key; {@link #COLD_REVISION} if {@code resident} is set and the device is needed
     */
    public long revision(int keyspace, byte[] key, boolean resident) throws IOException {
        Version version = versions.acquire();
        try {
            IndexEntry entry = find(version, IndexKey.of(keyspace, key), visibleRevision, resident);
            if (entry == null || entry.isTombstone()) {
                return 0;
            }
            return entry.isCold() ? COLD_REVISION : entry.revision();
        } finally {
            versions.release(version);
        }
    }

    private static @Nullable IndexEntry find(Version version, byte[] indexKey, long maxRevision, boolean resident)
            throws IOException {
        IndexEntry entry = newest(version, indexKey, maxRevision, resident);
        RangeCover ranges = version.ranges();
        if (entry == null || ranges.isEmpty() || entry.isCold()) {
            return entry;
        }
        long tombstone = ranges.covering(indexKey, maxRevision, resident);
        if (tombstone == RangeCover.COLD) {
            return IndexEntry.COLD;
        }
        return tombstone > entry.revision() ? null : entry;
    }

    private static @Nullable IndexEntry newest(Version version, byte[] indexKey, long maxRevision, boolean resident)
            throws IOException {
        long hash = BloomFilter.hash(indexKey, indexKey.length);
        IndexEntry entry = version.active().get(indexKey, hash, maxRevision);
        for (int i = 0; entry == null && i < version.frozen().size(); i++) {
            entry = version.frozen().get(i).memtable().get(indexKey, hash, maxRevision);
        }
        return entry != null ? entry : version.tables().get(indexKey, hash, maxRevision, resident);
    }

    /** Registers the visible revision, which stays readable until {@link #releaseSnapshot}, or until it is older than the options say. */
    public long openSnapshot() {
        return snapshots.register(() -> visibleRevision);
    }

    /** Ends a registration. */
    public void releaseSnapshot(long revision) {
        snapshots.release(revision);
    }

    /**
     * A cursor as of a registered revision, which it registers once more.
     *
     * @param start first index key, or null
     * @param end first index key beyond, or null
     */
    public RangeReader range(byte @Nullable [] start, byte @Nullable [] end, boolean ascending, long revision) {
        return range(fetcher, start, end, ascending, revision);
    }

    /** Like {@link #range}, upwards, but the items have no values, unless they stand in the index. */
    public RangeReader index(byte @Nullable [] start, byte @Nullable [] end, long revision) {
        return range(items -> true, start, end, true, revision);
    }

    private RangeReader range(
            RangeReader.Values fetching,
            byte @Nullable [] start,
            byte @Nullable [] end,
            boolean ascending,
            long revision) {
        snapshots.registerAgain(revision);
        return new RangeReader(versions, fetching, start, end, ascending, revision, snapshots);
    }

    /**
     * Registers a revision that is visible now, or will be, which stays readable until {@link #releaseSnapshot}.
     *
     * @return false if a newer one is visible
     */
    public boolean openSnapshotAt(long revision) {
        return snapshots.registerAhead(revision, () -> visibleRevision);
    }

    // ---------------------------------------------------------------------------------------------------- the rest

    /** The log. */
    public Log log() {
        return log;
    }

    /** What the store is made of. */
    public ManifestState manifestState() {
        return directory.manifest().state();
    }

    /** Why nothing can be written until the store is opened again, or null. */
    public @Nullable IOException failure() {
        IOException cause = log.failure();
        return cause != null ? cause : directory.manifest().failure();
    }

    /** Why nothing should be written until it is mended, which may happen by itself: memtables cannot be flushed. Null if they can. */
    public @Nullable IOException blockage() {
        Background running = background;
        return running == null ? null : running.flusher().blocked();
    }

    /** True if memtables cannot be flushed for lack of space. */
    public boolean flushNeedsSpace() {
        Background running = background;
        return running != null && running.flusher().diskFull();
    }

    /** The damage that is known, in files that are part of the store. */
    public Damages damages() {
        damages.forgetGone();
        return damages;
    }

    private Set<String> files() {
        ManifestState now = manifestState();
        Set<String> names = new HashSet<>();
        names.add(new FileName(FileKind.VOTE, VoteFile.ID).toString());
        names.add(directory.manifest().name().toString());
        now.tables().forEach(table -> names.add(new FileName(FileKind.TABLE, table.id()).toString()));
        now.segments().forEach(id -> names.add(new FileName(FileKind.LOG, id).toString()));
        now.values().forEach(info -> names.add(new FileName(FileKind.VALUES, info.id()).toString()));
        return names;
    }

    /** Replaces what is damaged by what another replica holds. */
    public Repairer repairer() {
        return background().repairer();
    }

    /** Reads all files once in a while. */
    public Scrubber scrubber() {
        return background().scrubber();
    }

    /** Figures about what the store is made of. */
    public StateSizes sizes() {
        return StateSizes.of(versions.current(), background(), pacer, snapshots.size());
    }

    /** Figures about the cache of blocks. */
    public BlockCache.Figures cache() {
        return cache.figures();
    }

    /**
     * Notes in the manifest that the log ends here and is on the device; nothing may be written any more. The threads that write to
     * the manifest are ended first, since the note counts only while it stands last.
     */
    public void closeInOrder() throws IOException {
        stopBackground();
        log.end();
        Segment last = log.activeSegment();
        directory.manifest().append(List.of(new ManifestEdit.Closed(last.id(), last.end())));
    }

    private void stopBackground() {
        Background running = background;
        if (running != null) {
            running.close();
        }
    }

    /** Closes the files without writing anything. */
    @Override
    public void close() throws IOException {
        stopBackground();
        List<Closeable> files = new ArrayList<>(versions.current().tables().all());
        files.add(fetcher);
        files.add(log);
        files.add(directory);
        IOException failure = null;
        for (Closeable file : files) {
            try {
                file.close();
            } catch (IOException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
