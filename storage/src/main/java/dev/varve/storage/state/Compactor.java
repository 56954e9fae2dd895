package dev.varve.storage.state;

import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.compaction.Compaction;
import dev.varve.storage.compaction.CompactionPicker;
import dev.varve.storage.compaction.Merged;
import dev.varve.storage.compaction.TableMerger;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.io.OwnedThread;
import dev.varve.storage.io.Ticker;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Merges tables in the background as long as something is due, several at once. A compaction that fails leaves everything as it was and is
 * tried again after a pause, which grows, or when somebody asks. Tables in which it met damage are left alone from then on, and others are
 * merged around them: nothing is dropped unread. While nobody writes, level 0 is merged before it is due. When nothing else is due, tables
 * are written anew to have space back, as many at a time as there are threads. Owns its threads.
 */
final class Compactor implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(Compactor.class);

    /** Two, so that level 0 need not wait for a merge below it; they also share two processors with those who read and write. */
    private static final int THREADS = 2;

    private static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(16);

    /** Who waits for tables looks so often whether that is still wanted. */
    private static final long CLAIM_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Ticker ticker;
    private final Manifest manifest;
    private final VersionSet versions;
    private final VersionEditor editor;
    private final TableMerger merger;
    private final Collector collector;
    private final CompactionPicker picker;
    private final MergeBuilder merges;
    private final MergePacer pacer;
    private final StateListener listener;
    private final Damages damages;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** Signalled when a thread finds nothing to do, or ends or fails to do something. */
    private final Condition looked = lock.newCondition();

    private final List<OwnedThread> threads = new ArrayList<>();
    private volatile boolean closed;

    /** Ids of the tables that are being merged; guarded by lock. */
    private final Set<Long> busy = new HashSet<>();

    /** Ids of the tables in which a merge met damage; guarded by lock. */
    private final Set<Long> damaged = new HashSet<>();

    /** How many tables are being written anew to have space back; guarded by lock. */
    private int collecting;

    /** The first damage that was met; null if there was none. Written under the lock. */
    private volatile @Nullable CorruptionException damage;

    /** Why the last compaction failed, other than by damage; null if it did not. Written under the lock. */
    private volatile @Nullable IOException failure;

    /** How long the last pause after a failure was; 0 if the last compaction succeeded. Guarded by lock. */
    private long pauseNanos;

    /** True while nothing is begun after a failure; guarded by lock. */
    private boolean paused;

    /** How many wait until nothing is left to be merged; guarded by lock. */
    private int asked;

    /** Guarded by lock. */
    private final Idleness idleness;

    /** @param tableBytes the most that a flush usually writes */
    Compactor(
            Ticker ticker,
            Manifest manifest,
            VersionSet versions,
            VersionEditor editor,
            TableMerger merger,
            Collector collector,
            Readers readers,
            long tableBytes,
            MergePacer pacer,
            StateListener listener,
            Damages damages) {
        this.ticker = ticker;
        this.manifest = manifest;
        this.versions = versions;
        this.editor = editor;
        this.merger = merger;
        this.collector = collector;
        this.picker = new CompactionPicker(tableBytes);
        this.merges = new MergeBuilder(readers, picker, collector::victims);
        this.pacer = pacer;
        this.listener = listener;
        this.damages = damages;
        this.idleness = new Idleness(ticker, readers.visibleRevision());
        for (int i = 1; i <= THREADS; i++) {
            threads.add(OwnedThread.patient("varve-compactor-" + i, this::run));
        }
        threads.forEach(OwnedThread::start);
    }

    /** As {@link Flusher.FlushListener#flushed}. */
    void flushed(@Nullable TableInfo table, double overwriting) {
        if (table != null) {
            collector.flushed(table, overwriting);
        }
        collector.look(versions.current().tables());
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Merges what is due, damaged tables too, and what is merged when the store is idle, and waits until there is nothing left. A pause after a failure
     * ends.
     */
    void awaitMerged() throws IOException {
        lock.lock();
        try {
            asked++;
            damaged.clear();
            damage = null;
            failure = null;
            paused = false;
            pauseNanos = 0;
            changed.signalAll();
            while (!busy.isEmpty() || due() != null) {
                throwIfFailed();
                looked.awaitUninterruptibly();
            }
            throwIfFailed();
        } finally {
            asked--;
            lock.unlock();
        }
    }

    private void throwIfFailed() throws IOException {
        CorruptionException bad = damage;
        if (bad != null) {
            throw new CorruptionException(bad.file(), bad.offset(), bad.reason());
        }
        IOException cause = failure != null ? failure : manifest.failure();
        if (cause != null) {
            throw new IOException("tables could not be merged: " + cause.getMessage(), cause);
        }
        if (closed) {
            throw new IOException("the store is closed");
        }
    }

    /**
     * How far merging is behind: see {@link CompactionPicker#debt}. If it fails, or has met damage, there is no debt, since waiting would
     * not help.
     */
    double debt() {
        return failure != null || damage != null
                ? 0
                : CompactionPicker.debt(versions.current().tables().young());
    }

    /** How far collection is behind; none if it fails, or has met damage, as above. */
    double spaceDebt() {
        return failure != null || damage != null ? 0 : collector.debt();
    }

    /**
     * Takes tables for something else than a merge, as soon as no merge has one of them; to be {@linkplain #giveBack given back}.
     *
     * @param choice chooses them
     * @param cancelled looked at while a merge has one of them
     */
    List<TableInfo> claim(Function<Levels, List<TableInfo>> choice, BooleanSupplier cancelled) throws IOException {
        lock.lock();
        try {
            while (!closed && !cancelled.getAsBoolean()) {
                List<TableInfo> chosen = choice.apply(versions.current().tables());
                if (chosen.stream().noneMatch(table -> busy.contains(table.id()))) {
                    chosen.forEach(table -> busy.add(table.id()));
                    return chosen;
                }
                changed.awaitNanos(CLAIM_LOOK_NANOS);
            }
            throw new IOException("the store is closed");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a merge was awaited", e);
        } finally {
            lock.unlock();
        }
    }

    /** Lets merges have tables again that were claimed, or what became of them. */
    void giveBack(List<TableInfo> claimed) {
        lock.lock();
        try {
            claimed.forEach(table -> busy.remove(table.id()));
            Set<Long> there = new HashSet<>();
            versions.current()
                    .tables()
                    .all()
                    .forEach(table -> there.add(table.info().id()));
            damaged.retainAll(there);
            damage = damaged.isEmpty() ? null : damage;
            changed.signalAll();
            looked.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** How many tables are left alone because they are damaged. */
    int damagedTables() {
        lock.lock();
        try {
            return damaged.size();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        for (Compaction next = next(); next != null; next = next()) {
            try {
                compact(next);
                succeeded();
            } catch (CorruptionException e) {
                damaged(next, e);
            } catch (IOException e) {
                failed(e);
            } catch (RuntimeException e) {
                logger.error("a compaction broke an invariant", e);
                failed(new IOException(e));
            } finally {
                ended(next);
            }
            pause();
        }
    }

    /** Waits for something to do, and takes its tables; null if the store is closed. */
    private @Nullable Compaction next() {
        lock.lock();
        try {
            while (!closed) {
                Compaction next = paused ? null : due();
                if (next != null) {
                    next.inputs().forEach(table -> busy.add(table.id()));
                    collecting += next.isRewriting() ? 1 : 0;
                    return next;
                }
                looked.signalAll();
                changed.awaitNanos(hasIdleMerge() || collector.isScarce() ? Idleness.NANOS : Long.MAX_VALUE);
            }
            return null;
        } catch (InterruptedException e) {
            closed = true;
            return null;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Compaction due() {
        if (manifest.failure() != null) {
            return null;
        }
        Levels levels = versions.current().tables();
        List<List<TableInfo>> tables = levels.infos();
        boolean scarce = collector.isScarce();
        Compaction due = scarce ? collection(levels) : null;
        if (due == null) {
            due = picker.pick(tables, held());
        }
        if (due == null && (idleness.isThere() || asked > 0)) {
            due = picker.pickWhenIdle(tables, held());
        }
        return due == null && !scarce ? collection(levels) : due;
    }

    /**
     * The next step of collection. While another one is under way there is none if space is scarce, since each holds the old and the new, or if a
     * merge is due that waits for its tables: it would never have all of them.
     */
    private @Nullable Compaction collection(Levels levels) {
        boolean alone = collector.isScarce() || picker.isDue(levels.infos());
        return collecting == 0 || (collecting < THREADS && !alone)
                ? collector.next(levels, held(), collecting > 0)
                : null;
    }

    /** True if there will be something to do once nobody has written for a while. */
    private boolean hasIdleMerge() {
        return !paused
                && manifest.failure() == null
                && picker.pickWhenIdle(versions.current().tables().infos(), held()) != null;
    }

    private Set<Long> held() {
        Set<Long> held = new HashSet<>(busy);
        held.addAll(damaged);
        return held;
    }

    private void succeeded() {
        lock.lock();
        try {
            if (failure != null) {
                logger.info("tables are merged again");
            }
            failure = null;
            pauseNanos = 0;
        } finally {
            lock.unlock();
        }
    }

    /** Leaves the damaged table alone from now on; if it cannot be told which one it is, all that were to go down a level. */
    private void damaged(Compaction compaction, CorruptionException e) {
        Set<Long> bad = compaction
                .inputs()
                .map(TableInfo::id)
                .filter(id -> e.file().equals(new FileName(FileKind.TABLE, id).toString()))
                .collect(Collectors.toSet());
        if (bad.isEmpty()) {
            compaction.upper().forEach(table -> bad.add(table.id()));
        }
        logger.warn("{} is left as it is, and tables are merged around it", e.file());
        damages.met(e);
        lock.lock();
        try {
            damaged.addAll(bad);
            damage = damage == null ? e : damage;
        } finally {
            lock.unlock();
        }
    }

    private void failed(IOException e) {
        lock.lock();
        try {
            if (closed || paused) {
                return;
            }
            if (failure == null) {
                logger.warn("cannot merge tables, will go on trying: {}", e.getMessage());
            }
            failure = e;
            collector.failed(e);
            paused = true;
            looked.signalAll();
            pauseNanos = Math.clamp(2 * pauseNanos, FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS);
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the pause after a failure is over, or somebody asks for merges; its tables are free meanwhile. */
    private void pause() {
        lock.lock();
        try {
            for (long left = pauseNanos; paused && left > 0 && !closed; ) {
                left = changed.awaitNanos(left);
            }
            if (paused) {
                paused = false;
                changed.signalAll();
            }
        } catch (InterruptedException e) {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    private void ended(Compaction compaction) {
        lock.lock();
        try {
            compaction.inputs().forEach(table -> busy.remove(table.id()));
            collecting -= compaction.isRewriting() ? 1 : 0;
            changed.signalAll();
            looked.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void compact(Compaction due) throws IOException {
        if (due.isMove()) {
            editor.moved(due);
            return;
        }
        // Nobody else removes the tables, so that the version of now has them even if it is not the one that was looked
        // at.
        try (VersionSet.Pin pin = versions.pin()) {
            merge(due, pin.tables());
        }
    }

    private void merge(Compaction due, Levels tables) throws IOException {
        long begin = ticker.nanos();
        int shortages = collector.shortages();
        Merged result = merger.write(merges.build(due, tables, new Steps(due)));
        editor.merged(due.inputs().map(TableInfo::id).collect(Collectors.toSet()), due.target(), result);
        if (due.isRewriting()) {
            collector.rewritten(due.upper().getFirst(), due.level(), tables, result);
        }
        collector.merged(due, result, shortages);
        collector.look(versions.current().tables());
        listener.compacted(
                ticker.nanos() - begin,
                due.inputBytes(),
                result.tables().stream().mapToLong(TableInfo::sizeBytes).sum(),
                result.movedBytes());
    }

    /** Asked with each key whether the merge is given up; lets it wait now and then. */
    private final class Steps implements BooleanSupplier {

        private static final int KEYS = 1024;

        private final long bytes;
        private int keys;

        Steps(Compaction merge) {
            long entries = merge.inputs().mapToLong(TableInfo::entries).sum();
            Set<Long> victims = collector.victims();
            long moved =
                    merge.inputs().mapToLong(table -> table.bytesIn(victims)).sum();
            this.bytes = (merge.inputBytes() + moved) * KEYS / Math.max(1, entries);
        }

        @Override
        public boolean getAsBoolean() {
            if (++keys % KEYS == 0) {
                double urgency = picker.urgency(versions.current().tables().infos());
                pacer.pace(bytes, Math.max(urgency, collector.debt()));
            }
            return closed;
        }
    }

    /** Gives up what is being merged and ends the threads. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
            looked.signalAll();
        } finally {
            lock.unlock();
        }
        threads.forEach(OwnedThread::join);
    }
}
