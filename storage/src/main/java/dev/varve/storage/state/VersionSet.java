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
 * The current {@link Version}, and those before it that are still in use. What a change drops (a flushed memtable's memory, files)
 * is disposed of when no version that knew it is in use any more.
 *
 * <p>Thread-safe; acquiring takes no lock.
 */
final class VersionSet {

    private static final int MEMORIES_KEPT = 2;

    private final int memtableBytes;

    /** Superseded versions that may be in use, oldest first, each with what to do when it is not; guarded by this. */
    private final Deque<Superseded> superseded = new ArrayDeque<>();

    /** Memory for the next memtables; guarded by this. */
    private final Deque<MemorySegment> memories = new ArrayDeque<>();

    /** Walks over the current version, to go on or to be used anew: a few only, so that idle cursors hold nothing for long. */
    private final Spares<RangeWalk> walks = new Spares<>(() -> RangeWalk.NONE);

    private volatile Version current;

    private record Superseded(Version version, Runnable disposal) {}

    VersionSet(int memtableBytes, Levels tables) {
        this.memtableBytes = memtableBytes;
        this.current = new Version(newMemtable(memtableBytes), List.of(), tables);
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

    /** Makes the active memtable a frozen one and begins a new one that can take an entry of so many bytes. */
    void freeze(Applied through, int entryBytes) {
        change(
                old -> {
                    List<Version.Frozen> frozen = new ArrayList<>();
                    frozen.add(new Version.Frozen(old.active(), through));
                    frozen.addAll(old.frozen());
                    return new Version(newMemtable(Math.max(memtableBytes, entryBytes)), frozen, old.tables());
                },
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
                () -> {
                    recycle(flushed.memtable());
                    disposal.run();
                });
    }

    /** Replaces tables by others. */
    void replaced(UnaryOperator<Levels> change, Runnable disposal) {
        change(old -> new Version(old.active(), old.frozen(), change.apply(old.tables())), disposal);
    }

    private void change(UnaryOperator<Version> change, Runnable disposal) {
        Version old;
        synchronized (this) {
            old = current;
            superseded.add(new Superseded(old, disposal));
            current = change.apply(old);
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
                due.add(superseded.removeFirst().disposal);
            }
        }
        due.forEach(Runnable::run);
    }

    private synchronized Memtable newMemtable(int bytes) {
        MemorySegment memory = bytes > memtableBytes ? null : memories.poll();
        return new Memtable(memory != null ? memory : LazyMemory.allocate(bytes));
    }

    private synchronized void recycle(Memtable memtable) {
        if (memories.size() < MEMORIES_KEPT && memtable.memory().byteSize() == memtableBytes) {
            memories.add(memtable.memory());
        }
    }
}
