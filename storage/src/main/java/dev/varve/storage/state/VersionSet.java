package dev.varve.storage.state;

import dev.varve.storage.index.Memtable;
import dev.varve.storage.index.TableReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

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

    private volatile Version current;

    private record Superseded(Version version, Runnable disposal) {}

    VersionSet(int memtableBytes, List<TableReader> tables) {
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
        Version old;
        synchronized (this) {
            old = current;
            List<Version.Frozen> frozen = new ArrayList<>();
            frozen.add(new Version.Frozen(old.active(), through));
            frozen.addAll(old.frozen());
            superseded.add(new Superseded(old, () -> {}));
            current = new Version(newMemtable(Math.max(memtableBytes, entryBytes)), frozen, old.tables());
        }
        release(old);
    }

    /** Replaces the oldest frozen memtable by what was written of it: a table, or none if there was nothing in it. */
    void flushed(Version.Frozen flushed, List<TableReader> table, Runnable disposal) {
        Version old;
        synchronized (this) {
            old = current;
            List<Version.Frozen> frozen = new ArrayList<>(old.frozen());
            frozen.remove(flushed);
            List<TableReader> tables = new ArrayList<>(table);
            tables.addAll(old.tables());
            superseded.add(new Superseded(old, () -> {
                recycle(flushed.memtable());
                disposal.run();
            }));
            current = new Version(old.active(), frozen, tables);
        }
        release(old);
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
        return new Memtable(memory != null ? memory : Arena.ofAuto().allocate(bytes, 8));
    }

    private synchronized void recycle(Memtable memtable) {
        if (memories.size() < MEMORIES_KEPT && memtable.memory().byteSize() == memtableBytes) {
            memories.add(memtable.memory());
        }
    }
}
