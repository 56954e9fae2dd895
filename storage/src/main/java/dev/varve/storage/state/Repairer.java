package dev.varve.storage.state;

import dev.varve.storage.compaction.CompactionPicker;
import dev.varve.storage.compaction.LiveVersions;
import dev.varve.storage.compaction.Merge;
import dev.varve.storage.compaction.Merged;
import dev.varve.storage.compaction.TableMerger;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.GapCursor;
import dev.varve.storage.index.IndexCursor;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.index.KeyStretch;
import dev.varve.storage.index.LevelCursor;
import dev.varve.storage.index.MergingCursor;
import dev.varve.storage.index.RangeTombstones;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.index.TableReader;
import dev.varve.storage.log.Reach;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces what is damaged by what another replica holds. A damaged table, or one that points to values in a damaged segment, is written
 * anew where it is, as a merge writes it: outside of the stretches of keys that cannot be read from itself, and within them from the other
 * replica as of one revision ({@link RowsCursor}), values and all. All values that it has in damaged segments are moved out of them, so that
 * those can go. The new tables take the place of the old ones by one edit of the manifest.
 *
 * <p>A table of level 0 has no place of its own to be written to again, since there newer tables stand above older ones: level 0 as a whole
 * is merged into level 1.
 *
 * <p>What the other replica says holds as of its revision, so that readers of earlier ones must have ended, and that revision must be visible
 * here, before tables are replaced; what fails or must wait is tried again with the next call. Thread-safe; one repair at a time.
 */
public final class Repairer implements Closeable {

    private static final Logger logger = LoggerFactory.getLogger(Repairer.class);

    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final VersionSet versions;
    private final VersionEditor editor;
    private final Compactor compactor;
    private final Collector collector;
    private final TableMerger merger;
    private final Readers readers;
    private final ValueReader values;
    private final Function<TableInfo, TableReader> fresh;
    private final Damages damages;
    private final long tableBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile boolean closed;

    /**
     * @param fresh makes a reader of a table that reads the file anew
     * @param tableBytes at which a table ends and the next one begins
     */
    Repairer(
            VersionSet versions,
            VersionEditor editor,
            Compactor compactor,
            Collector collector,
            TableMerger merger,
            Readers readers,
            ValueReader values,
            Function<TableInfo, TableReader> fresh,
            Damages damages,
            long tableBytes) {
        this.versions = versions;
        this.editor = editor;
        this.compactor = compactor;
        this.collector = collector;
        this.merger = merger;
        this.readers = readers;
        this.values = values;
        this.fresh = fresh;
        this.damages = damages;
        this.tableBytes = tableBytes;
    }

    /**
     * Repairs the damage that is known, as far as tables have or point to it. A damaged segment of the log is repaired when it is gone, which takes
     * that the log begins behind it: before that its values are whole again, but not its records.
     *
     * @return how many files were repaired
     * @throws IOException at the first table of which that fails; nothing has changed of it
     */
    public int repair(RepairSource.Opener replicas) throws IOException {
        lock.lock();
        try {
            int repaired = 0;
            for (String file : damages.files()) {
                FileName name = FileName.parse(file).orElse(null);
                if (name != null && repair(name, replicas)) {
                    damages.repaired(file);
                    logger.info("{} has been repaired from another replica", file);
                    repaired++;
                }
            }
            return repaired;
        } finally {
            lock.unlock();
        }
    }

    private boolean repair(FileName name, RepairSource.Opener replicas) throws IOException {
        return switch (name.kind()) {
            case TABLE -> {
                rewriteAll(table -> table.id() == name.id(), Set.of(), replicas);
                yield true;
            }
            case VALUES, LOG -> {
                rewriteAll(table -> table.segmentBytes().containsKey(name.id()), Set.of(name.id()), replicas);
                collector.repaired(name.id());
                // The log may need its records for more than their values, and memtables may point to them.
                yield editor.release(name.id()) || name.kind() == FileKind.VALUES;
            }
            case MANIFEST, VOTE -> false;
        };
    }

    /** Chooses tables. */
    private interface Choice {
        boolean takes(TableInfo table);
    }

    /**
     * Writes anew the tables of the choice, those of the deepest level first, since a repair looks at what lies below. It looks again after
     * each, since merges go on and make one table of others.
     */
    private void rewriteAll(Choice choice, Set<Long> segments, RepairSource.Opener replicas) throws IOException {
        for (TableInfo next = deepest(choice); next != null; next = deepest(choice)) {
            rewrite(next.id(), segments, replicas);
        }
    }

    private @Nullable TableInfo deepest(Choice choice) {
        return versions.current().tables().infos().reversed().stream()
                .flatMap(List::stream)
                .filter(choice::takes)
                .findFirst()
                .orElse(null);
    }

    private void rewrite(long tableId, Set<Long> segments, RepairSource.Opener replicas) throws IOException {
        List<TableInfo> claimed = compactor.claim(levels -> inputs(levels, tableId), () -> closed);
        if (claimed.isEmpty()) {
            return; // It has been merged meanwhile, which reads all of it.
        }
        try (VersionSet.Pin pin = versions.pin()) {
            rewrite(pin.tables(), claimed, segments, replicas);
        } finally {
            compactor.giveBack(claimed);
        }
        collector.look(versions.current().tables());
    }

    private static List<TableInfo> inputs(Levels levels, long tableId) {
        List<List<TableInfo>> infos = levels.infos();
        for (TableInfo young : infos.getFirst()) {
            if (young.id() == tableId) {
                return CompactionPicker.allYoung(infos).inputs().toList();
            }
        }
        return infos.stream()
                .flatMap(List::stream)
                .filter(table -> table.id() == tableId)
                .toList();
    }

    private void rewrite(Levels levels, List<TableInfo> inputs, Set<Long> segments, RepairSource.Opener replicas)
            throws IOException {
        Set<Long> ids = inputs.stream().map(TableInfo::id).collect(Collectors.toSet());
        int target = target(levels, ids);
        List<KeyStretch> lost = new ArrayList<>();
        for (TableInfo table : inputs) {
            lost.addAll(lost(table, segments));
        }
        List<KeyStretch> stretches = bounded(KeyStretch.union(lost), levels, ids, target);
        long newest = inputs.stream().mapToLong(TableInfo::maxRevision).max().orElse(0);
        try (RepairSource replica = stretches.isEmpty() ? NOBODY : replicas.open(newest)) {
            if (!stretches.isEmpty()) {
                awaitReaders(replica.revision());
            }
            Merged result = merger.write(merge(levels, ids, target, stretches, replica, newest, segments));
            IOException unread =
                    result.unreadable().values().stream().findFirst().orElse(null);
            if (unread != null) { // It could be read a moment ago.
                merger.discard(result);
                throw unread;
            }
            editor.merged(ids, target, result);
        }
        logger.info(
                "{} tables were written anew, with {} stretches of keys from another replica",
                ids.size(),
                stretches.size());
    }

    private static int target(Levels levels, Set<Long> ids) {
        int deepest = 0;
        for (int level = 0; level < levels.levels().size(); level++) {
            for (TableReader table : levels.levels().get(level)) {
                deepest = ids.contains(table.info().id()) ? level : deepest;
            }
        }
        return Math.max(1, deepest);
    }

    private List<KeyStretch> lost(TableInfo info, Set<Long> segments) throws IOException {
        try (TableReader table = fresh.apply(info)) {
            return table.damage((key, entry) -> isWhole(key, entry, segments));
        }
    }

    private boolean isWhole(byte[] indexKey, IndexEntry entry, Set<Long> segments) throws IOException {
        if (entry.kind() != EntryKind.POINTER || segments.isEmpty()) {
            return true;
        }
        try {
            if (segments.contains(values.segment(entry).id())) {
                values.read(IndexKey.key(indexKey, indexKey.length), entry, Reach.DEVICE);
            }
            return true;
        } catch (IOException e) {
            logger.debug("a value is lost", e);
            return false;
        }
    }

    /** The same stretches, ended where the next table of the level begins: a table with range tombstones may say that it goes up to there. */
    private static List<KeyStretch> bounded(List<KeyStretch> stretches, Levels levels, Set<Long> ids, int target) {
        List<byte[]> begins = levels.levels().get(target).stream()
                .filter(table -> !ids.contains(table.info().id()))
                .map(table -> table.info().smallestKey())
                .toList();
        List<KeyStretch> bounded = new ArrayList<>();
        for (KeyStretch stretch : stretches) {
            byte[] end = stretch.end();
            for (byte[] begin : begins) {
                if (Arrays.compareUnsigned(begin, stretch.start()) > 0 && Arrays.compareUnsigned(begin, end) < 0) {
                    end = begin;
                }
            }
            bounded.add(new KeyStretch(stretch.start(), end));
        }
        return bounded;
    }

    /** Waits until a revision is visible and nobody reads an earlier one. */
    private void awaitReaders(long revision) throws IOException {
        long tries = WAIT_NANOS / LOOK_NANOS;
        while (readers.visibleRevision().getAsLong() < revision
                || readers.snapshots().oldest(readers.visibleRevision()) < revision) {
            if (closed || tries-- == 0) {
                throw new IOException(
                        "revision " + revision + " is not visible yet, or earlier ones are still being read");
            }
            LockSupport.parkNanos(this, LOOK_NANOS);
        }
    }

    private Merge merge(
            Levels levels,
            Set<Long> ids,
            int target,
            List<KeyStretch> stretches,
            RepairSource replica,
            long newest,
            Set<Long> segments)
            throws IOException {
        List<IndexCursor> sources = new ArrayList<>();
        List<RangeTombstones> ranges = new ArrayList<>();
        for (TableReader table : levels.all()) {
            if (ids.contains(table.info().id()) && !isLost(table.info(), stretches)) {
                sources.add(new GapCursor(table.sequentialCursor(), table.info().smallestKey(), stretches));
                ranges.add(table.rangeTombstones());
            }
        }
        sources.add(new RowsCursor(replica, stretches, below(levels, target), newest));
        LiveVersions live = readers.live(RangeTombstones.union(ranges), levels.below(target));
        return new Merge(
                new MergingCursor(sources),
                () -> true,
                null,
                null,
                live,
                live.rangeTombstones(),
                ids.size() == 1 ? Long.MAX_VALUE : tableBytes,
                segments,
                () -> closed);
    }

    private static boolean isLost(TableInfo table, List<KeyStretch> stretches) {
        return stretches.stream()
                .anyMatch(stretch -> Arrays.compareUnsigned(stretch.start(), table.smallestKey()) <= 0
                        && Arrays.compareUnsigned(stretch.end(), table.largestKey()) > 0);
    }

    private static @Nullable IndexCursor below(Levels levels, int target) {
        List<IndexCursor> runs = new ArrayList<>();
        for (List<TableReader> tables :
                levels.levels().subList(target + 1, levels.levels().size())) {
            if (!tables.isEmpty()) {
                runs.add(new LevelCursor(tables, TableReader::cursor));
            }
        }
        return runs.isEmpty() ? null : new MergingCursor(runs);
    }

    /** Where nothing is lost nobody is asked. */
    private static final RepairSource NOBODY = new RepairSource() {
        @Override
        public long revision() {
            return 0;
        }

        @Override
        public List<Row> rows(byte[] start, byte[] end) {
            throw new IllegalStateException("nothing is lost");
        }

        @Override
        public void close() {}
    };

    /** Gives up what is being repaired, and waits until nothing is. */
    @Override
    public void close() {
        closed = true;
        lock.lock();
        try {
            logger.debug("no repair is under way any more");
        } finally {
            lock.unlock();
        }
    }
}
