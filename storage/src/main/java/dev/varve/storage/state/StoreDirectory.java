package dev.varve.storage.state;

import dev.varve.storage.checkpoint.Checkpoint;
import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.checkpoint.ManifestEdit;
import dev.varve.storage.checkpoint.ManifestState;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.io.Environment;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.log.Log;
import dev.varve.storage.log.LogConfig;
import dev.varve.storage.log.LogListener;
import dev.varve.storage.log.LogState;
import dev.varve.storage.log.Segment;
import dev.varve.storage.log.SegmentRegistry;
import dev.varve.storage.log.SegmentSet;
import dev.varve.storage.log.ValueSegmentInfo;
import dev.varve.storage.log.VoteFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a store: locks the directory, founds a store in an empty one, opens manifest and log, and removes what earlier
 * processes left behind. Used by one thread while the store is opened.
 */
final class StoreDirectory implements Closeable {

    private static final Logger logger = LoggerFactory.getLogger(StoreDirectory.class);

    /** The Raft group of a store that has only one. */
    private static final int GROUP = 0;

    private final Environment environment;
    private final Path path;
    private final AutoCloseable lock;
    private final Manifest manifest;
    private final List<String> names;

    private StoreDirectory(Environment environment, Path path, AutoCloseable lock, @Nullable Founder founder)
            throws IOException {
        this.environment = environment;
        this.path = path;
        this.lock = lock;
        removeTemporaries();
        this.names = files().list(path);
        Optional<FileName> current = Manifest.find(names);
        this.manifest = current.isPresent() ? Manifest.open(files(), path, current.get()) : found(founder);
    }

    /**
     * Locks and opens a directory, creating it if needed.
     *
     * @param founder says as what the store is founded, if there is none; null to found it as a Raft group of one node
     * @throws FileSystem.LockedException if somebody else has it open
     */
    static StoreDirectory open(Environment environment, Path path, @Nullable Founder founder) throws IOException {
        environment.files().createDirectories(path);
        AutoCloseable lock = environment.files().lock(path.resolve(FileName.LOCK));
        try {
            return new StoreDirectory(environment, path, lock, founder);
        } catch (IOException | RuntimeException e) {
            unlock(lock);
            throw e;
        }
    }

    private FileSystem files() {
        return environment.files();
    }

    private void removeTemporaries() throws IOException {
        for (String name : files().list(path)) {
            if (name.endsWith(FileName.TEMPORARY_SUFFIX)
                    && FileName.parse(name.substring(0, name.length() - FileName.TEMPORARY_SUFFIX.length()))
                            .isPresent()) {
                files().delete(path.resolve(name));
            }
        }
    }

    private List<FileName> parsedNames() {
        return names.stream().map(FileName::parse).flatMap(Optional::stream).toList();
    }

    private Manifest found(@Nullable Founder founder) throws IOException {
        for (FileName name : parsedNames()) {
            // The vote is made first, so it may be what a founding that did not come to its end has left.
            if (name.kind() != FileKind.VOTE) {
                throw new CorruptionException(
                        name.toString(), 0, "it belongs to a store whose manifest is missing from the directory");
            }
        }
        for (String name : names) {
            if (!name.equals(FileName.LOCK)
                    && !name.equals("lost+found")
                    && !name.startsWith(".")
                    && FileName.parse(name).isEmpty()) {
                throw new UnusableDirectoryException("the directory " + path + " holds no store, but " + name
                        + "; give an empty directory, or one that does not exist yet");
            }
        }
        var random = environment.random();
        StoreId storeId = StoreId.random(random);
        String node = String.format("n%08x", random.nextInt());
        long incarnation = random.nextLong() >>> 1;
        int origin = random.nextInt();
        String vote = new FileName(FileKind.VOTE, VoteFile.ID).toString();
        Founding founding = founder == null ? null : founder.decide();
        if (names.contains(vote)) {
            files().delete(path.resolve(vote));
        }
        if (founding == null) {
            VoteFile.create(files(), path, storeId, 1, node).close();
        } else {
            node = founding.memberId(origin);
            incarnation = founding.incarnation() == 0 ? incarnation : founding.incarnation();
            VoteFile.create(files(), path, storeId, 0, founding.votesForItself() ? node : null)
                    .close();
        }
        long now = Math.multiplyExact(environment.wallClock().millis(), 1000L);
        return Manifest.create(files(), path, storeId, new ManifestEdit.Identity(incarnation, origin, now, node));
    }

    /**
     * Founds the store of a new member in a directory whose store is given up, however damaged it is. The former member's vote goes first: it cannot vote any
     * more, whatever happens.
     *
     * @throws FileSystem.LockedException if somebody has it open
     * @throws IOException if that failed: then the directory may hold a store that cannot be opened, and this is to be called again
     */
    static void renew(Environment environment, Path path, Founder founder) throws IOException {
        FileSystem files = environment.files();
        AutoCloseable lock = files.lock(path.resolve(FileName.LOCK));
        try {
            Founding founding = founder.decide();
            StoreId storeId = StoreId.random(environment.random());
            int origin = environment.random().nextInt();
            Path vote = path.resolve(new FileName(FileKind.VOTE, VoteFile.ID).toString());
            if (files.exists(vote)) {
                files.delete(vote);
                files.syncDirectory(path);
            }
            VoteFile.create(files, path, storeId, 0, null).close();
            long now = Math.multiplyExact(environment.wallClock().millis(), 1000L);
            Manifest.foundAnew(
                    files,
                    path,
                    storeId,
                    new ManifestEdit.Identity(founding.incarnation(), origin, now, founding.memberId(origin)));
            removeLog(files, path, Set.of());
        } finally {
            unlock(lock);
        }
    }

    /**
     * Removes the segments of the log of a store that has been replaced: they would be opened with the new one, and taken for damaged, before
     * they are removed with the other files.
     *
     * @param kept ids of those of the new store
     */
    static void removeLog(FileSystem files, Path path, Set<Long> kept) throws IOException {
        for (String file : files.list(path)) {
            FileName name = FileName.parse(file).orElse(null);
            if (name != null && name.kind() == FileKind.LOG && !kept.contains(name.id())) {
                files.delete(path.resolve(file));
            }
        }
    }

    Environment environment() {
        return environment;
    }

    Path path() {
        return path;
    }

    Manifest manifest() {
        return manifest;
    }

    /** Opens the log and replays it; a new one gets its first checkpoint. */
    Log openLog(
            SegmentSet segments, StateOptions options, StateMachine.Mode mode, Log.Replay replay, LogListener listener)
            throws IOException {
        ManifestState state = manifest.state();
        LogConfig config = new LogConfig(
                files(),
                environment.ticker(),
                path,
                state.storeId(),
                GROUP,
                options.segmentBytes(),
                new Registry(),
                listener);
        Log log = Log.open(config, segments, start(state, mode), replay);
        try {
            if (state.checkpoint() == null) {
                manifest.append(List.of(new ManifestEdit.Checkpointed(new Checkpoint(
                        0,
                        0,
                        0,
                        state.identity().createdMicros(),
                        log.activeSegment().id(),
                        FileHeader.BYTES,
                        new byte[0],
                        0))));
            }
            return log;
        } catch (IOException | RuntimeException e) {
            log.close();
            throw e;
        }
    }

    private Log.Start start(ManifestState state, StateMachine.Mode mode) {
        Checkpoint checkpoint = state.checkpoint();
        List<Long> ids = segmentIds(state);
        if (checkpoint == null) {
            return new Log.Start(
                    ids, 0, 0, new LogState(0, 0, 1, state.identity().createdMicros()), 0, 0);
        }
        ManifestEdit.Closed closed = state.closed();
        long durableSegment = closed == null ? checkpoint.segmentId() : closed.segmentId();
        int durableOffset = closed == null ? checkpoint.offset() : closed.offset();
        ManifestEdit.LogBegins begins = state.logBegins();
        if (mode == StateMachine.Mode.REPLICA && begins != null) {
            LogState before = new LogState(begins.index() - 1, 0, begins.revision(), checkpoint.timeMicros());
            return new Log.Start(ids, begins.segmentId(), begins.offset(), before, durableSegment, durableOffset);
        }
        LogState before = new LogState(
                checkpoint.appliedIndex(),
                checkpoint.appliedTerm(),
                checkpoint.revision() + 1,
                checkpoint.timeMicros());
        return new Log.Start(ids, checkpoint.segmentId(), checkpoint.offset(), before, durableSegment, durableOffset);
    }

    /** All segments that the manifest or the directory has, in the order of their creation. */
    private List<Long> segmentIds(ManifestState state) {
        Set<Long> ids = new LinkedHashSet<>(state.segments());
        parsedNames().stream()
                .filter(name -> name.kind() == FileKind.LOG)
                .map(FileName::id)
                .sorted(Long::compareUnsigned)
                .forEach(ids::add);
        return List.copyOf(ids);
    }

    /**
     * Brings manifest and directory into agreement after the log has been read: segments that it never reached and files that the
     * manifest does not name are removed.
     */
    void removeLeftovers(Log log) throws IOException {
        ManifestState state = manifest.state();
        Set<Long> known = new HashSet<>(state.segments());
        List<ManifestEdit> edits = new ArrayList<>();
        List<Segment> unneeded = new ArrayList<>(log.unused());
        for (Segment segment : log.segments().ofLog()) {
            if (!known.contains(segment.id()) && !unneeded.contains(segment)) {
                if (log.visited(segment)) {
                    edits.add(new ManifestEdit.SegmentCreated(segment.id()));
                } else {
                    unneeded.add(segment);
                }
            }
        }
        unneeded.stream()
                .filter(segment -> known.contains(segment.id()))
                .forEach(segment -> edits.add(new ManifestEdit.SegmentRemoved(segment.id())));
        if (!edits.isEmpty()) {
            manifest.append(edits);
        }
        for (Segment segment : unneeded) {
            log.forget(segment);
            segment.close();
            remove(segment.name());
        }
        if (names.contains(FileName.OUTGOING)) {
            OutgoingCheckpoint.remove(files(), path);
        }
        Set<Long> tables = new HashSet<>();
        state.tables().stream().map(TableInfo::id).forEach(tables::add);
        Set<Long> values = new HashSet<>();
        state.values().stream().map(ValueSegmentInfo::id).forEach(values::add);
        for (FileName name : parsedNames()) {
            if ((name.kind() == FileKind.TABLE && !tables.contains(name.id()))
                    || (name.kind() == FileKind.VALUES && !values.contains(name.id()))
                    || (name.kind() == FileKind.MANIFEST && !name.equals(manifest.name()))) {
                remove(name);
            }
        }
    }

    private void remove(FileName name) throws IOException {
        Path file = path.resolve(name.toString());
        if (files().exists(file)) {
            logger.info("removing {}, which an earlier process left behind", name);
            files().delete(file);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            manifest.close();
        } finally {
            unlock(lock);
        }
    }

    static void unlock(AutoCloseable lock) throws IOException {
        try {
            lock.close();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    /** Writes segments down in the manifest. */
    private final class Registry implements SegmentRegistry {
        @Override
        public long nextFileId() {
            return manifest.nextFileId();
        }

        @Override
        public void segmentCreated(long id) throws IOException {
            manifest.append(List.of(new ManifestEdit.SegmentCreated(id)));
        }
    }
}
