package dev.varve.storage.state;

import dev.varve.storage.index.Memtable;
import dev.varve.storage.index.TableReader;
import dev.varve.storage.io.LazyMemory;
import dev.varve.storage.io.Spares;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The current {@link Version}, and those before it that are still in use. What a change drops is disposed of when nobody who knew it uses
 * it any more: a flushed memtable's memory when no version is in use that had it, files when they are not {@linkplain #pin pinned} either.
 * Versions are in use for the time of one read. What takes longer, a merge above all, pins the files, so that it keeps no memtables.
 *
 * <p>Thread-safe; acquiring a version takes no lock.
 */
final class VersionSet {

    private static final int MEMORIES_KEPT = 2;

    private final int memtableBytes;

    /** Superseded versions that may be in use, oldest first; guarded by this. */
    private final Deque<Superseded> superseded = new ArrayDeque<>();

    /** What versions that are not in use any more left to be disposed of, in the same order, and may be pinned; guarded by this. */
    private final Deque<Dropped> dropped = new ArrayDeque<>();

    /** In the order in which they were made; guarded by this. */
    private final List<Pin> pins = new ArrayList<>();

    /** How many versions came before the current one; guarded by this. */
    private long number;

    /** Memory for the next memtables; guarded by this. */
    private final Deque<MemorySegment> memories = new ArrayDeque<>();

    /** Walks over the current version, to go on or to be used anew: a few only, so that idle cursors hold nothing for long. */
    private final Spares<RangeWalk> walks = new Spares<>(() -> RangeWalk.NONE);

    private volatile Version current;

    /**
     * A version that is not the current one any more.
     *
     * @param flushed the memtable that the next one does not have; null if it has them all
     * @param files those that the next one does not have
     */
    private record Superseded(Version version, @Nullable Memtable flushed, Dropped files) {}

    /**
     * Files that the current version does not have any more.
     *
     * @param number how many versions came before the last one that had them
     * @param disposal what to do with them
     */
    private record Dropped(long number, Runnable disposal) {}

    /** Keeps the files of what was the current version until it is closed, but not its memtables. */
    final class Pin implements AutoCloseable {

        private final long number;
        private final Levels tables;

        private Pin(long number, Levels tables) {
            this.number = number;
            this.tables = tables;
        }

        Levels tables() {
            return tables;
        }

        @Override
        public void close() {
            unpin(this);
        }
    }

    VersionSet(int memtableBytes, Levels tables) {
        this.memtableBytes = memtableBytes;
        this.current = new Version(newMemtable(memtableBytes, tables.usualPrefix()), List.of(), tables);
    }

    /** The current version, without counting: for the thread that changes it. */
    Version current() {
        return current;
    }

    /** Counts a use of the current version; {@link #release} it. */
    Version acquire() {
        while (true) {
            Version version = current;
            if (version.tryAcquire()) {
                return version;
            }
        }
    }

    void release(Version version) {
        if (version.release()) {
            dispose();
        }
    }

    /** Keeps the files of the current version. */
    synchronized Pin pin() {
        Pin pin = new Pin(number, current.tables());
        pins.add(pin);
        return pin;
    }

    private void unpin(Pin pin) {
        synchronized (this) {
            pins.remove(pin);
        }
        dispose();
    }

    /** Makes the active memtable a frozen one and begins a new one that can take an entry of so many bytes. */
    void freeze(Applied through, int entryBytes) {
        change(
                old -> {
                    List<Version.Frozen> frozen = new ArrayList<>();
                    frozen.add(new Version.Frozen(old.active(), through));
                    frozen.addAll(old.frozen());
                    Memtable next = newMemtable(
                            Math.max(memtableBytes, entryBytes), old.active().usualPrefix());
                    return new Version(next, frozen, old.tables());
                },
                null,
                () -> {});
    }

    /** Replaces the oldest frozen memtable by what was written of it: a table, or none if there was nothing in it. */
    void flushed(Version.Frozen flushed, @Nullable TableReader table, Runnable disposal) {
        change(
                old -> {
                    List<Version.Frozen> frozen = new ArrayList<>(old.frozen());
                    frozen.remove(flushed);
                    Levels tables = table == null ? old.tables() : old.tables().withNewest(table);
                    return new Version(old.active(), frozen, tables);
                },
                flushed.memtable(),
                disposal);
    }

    /** Replaces tables by others. */
    void replaced(UnaryOperator<Levels> change, Runnable disposal) {
        change(old -> new Version(old.active(), old.frozen(), change.apply(old.tables())), null, disposal);
    }

    private void change(UnaryOperator<Version> change, @Nullable Memtable flushed, Runnable disposal) {
        Version old;
        synchronized (this) {
            old = current;
            current = change.apply(old);
            superseded.add(new Superseded(old, flushed, new Dropped(number++, disposal)));
        }
        walks.clear();
        release(old);
    }

    /** A walk over a version, which is held, that was parked and is the caller's now; {@link RangeWalk#NONE} if there is none. */
    RangeWalk resume(Version version) {
        RangeWalk walk = walks.take();
        return version.equals(walk.version()) ? walk : RangeWalk.NONE;
    }

    /** Keeps a walk for a while. */
    void park(RangeWalk walk) {
        if (current.equals(walk.version())) {
            walks.giveBack(walk);
        }
    }

    private void dispose() {
        List<Runnable> due = new ArrayList<>();
        synchronized (this) {
            while (!superseded.isEmpty() && superseded.getFirst().version.unused()) {
                Superseded version = superseded.removeFirst();
                if (version.flushed != null && !recycle(version.flushed.memory())) {
                    due.add(() -> LazyMemory.discard(version.flushed.memory()));
                }
                dropped.add(version.files);
            }
            long pinned = pins.isEmpty() ? Long.MAX_VALUE : pins.getFirst().number;
            while (!dropped.isEmpty() && dropped.getFirst().number < pinned) {
                due.add(dropped.removeFirst().disposal);
            }
        }
        due.forEach(Runnable::run);
    }

    private synchronized Memtable newMemtable(int bytes, byte[] usualPrefix) {
        MemorySegment memory = bytes > memtableBytes ? null : memories.poll();
        return new Memtable(memory != null ? memory : LazyMemory.allocate(bytes), usualPrefix);
    }

    /** Keeps memory for a later memtable; false if enough is kept. */
    private synchronized boolean recycle(MemorySegment memory) {
        boolean kept = memories.size() < MEMORIES_KEPT && memory.byteSize() == memtableBytes;
        if (kept) {
            memories.add(memory);
        }
        return kept;
    }
}
