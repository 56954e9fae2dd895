package dev.varve.replication.sequencer;

import dev.varve.storage.Durability;
import dev.varve.storage.Entry;
import dev.varve.storage.Lookup;
import dev.varve.storage.Mutation;
import dev.varve.storage.PreparedWrite;
import dev.varve.storage.StoreException;
import dev.varve.storage.WriteBatch;
import dev.varve.storage.WriteCallback;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A log and the state above it in which nothing happens by itself: a test applies, reports and fails writes step by step.
 * Keeps the promises of {@link Proposer} and nothing beyond them.
 */
final class FakeLog implements StateReader, Proposer {

    private record Accepted(WriteBatch batch, @Nullable RequestNote note, WriteCallback callback) {}

    private record Applied(WriteCallback callback, long revision) {}

    /** Runs before a call made under the lock of the sequencer returns. */
    Runnable underLock = () -> {};
    /** Runs while a write is encoded. */
    Runnable whilePreparing = () -> {};
    /** Thrown when a write is encoded. */
    @Nullable
    StoreException neverTaken;
    /** Runs when a read of the disk has found its answer and not returned it yet. */
    Runnable whileReading = () -> {};
    /** Refuses the next write within its call. */
    @Nullable
    StoreException refuseNext;
    /** Thrown by reads of the disk. */
    @Nullable
    StoreException readFailure;

    /** How often the sequencer has asked for a value. */
    int valueReads;

    private final ArrayDeque<Accepted> accepted = new ArrayDeque<>();
    private final ArrayDeque<Applied> applied = new ArrayDeque<>();
    private final ArrayDeque<WriteCallback> failing = new ArrayDeque<>();
    private @Nullable StoreException failure;
    private boolean dead;
    /** Within a callback: the next one is called after it has returned. */
    private boolean reporting;

    private final TreeMap<byte[], Entry> state = new TreeMap<>(Arrays::compareUnsigned);
    private final TreeMap<byte[], Boolean> cold = new TreeMap<>(Arrays::compareUnsigned);
    private final TreeMap<byte[], Entry> notes = new TreeMap<>(Arrays::compareUnsigned);

    /** Whether reading what is remembered of requests takes the disk. */
    boolean coldNotes;

    /** The time of the log. */
    long timeMicros;

    private final IdentityHashMap<WriteBatch, Long> revisions = new IdentityHashMap<>();
    private long revision;

    @Override
    public PreparedWrite prepare(
            WriteBatch batch, @Nullable RequestNote note, Durability durability, WriteCallback callback) {
        whilePreparing.run();
        if (neverTaken != null) {
            throw neverTaken;
        }
        return () -> submit(batch, note, callback);
    }

    private void submit(WriteBatch batch, @Nullable RequestNote note, WriteCallback callback) {
        StoreException refusal = refuseNext != null ? refuseNext : failure;
        refuseNext = null;
        if (refusal != null) {
            callback.completed(-1, refusal);
        } else {
            accepted.add(new Accepted(batch, note, callback));
            underLock.run();
        }
    }

    @Override
    public OptionalLong lookupRevision(byte[] key) {
        return isCold(key) ? OptionalLong.empty() : OptionalLong.of(revision(state.get(key)));
    }

    @Override
    public Lookup lookup(byte[] key) {
        valueReads++;
        if (isCold(key)) {
            return Lookup.COLD;
        }
        Entry entry = state.get(key);
        return entry == null ? Lookup.ABSENT : Lookup.found(entry);
    }

    @Override
    public Lookup lookupNote(byte[] key) {
        Entry entry = notes.get(key);
        return coldNotes ? Lookup.COLD : entry == null ? Lookup.ABSENT : Lookup.found(entry);
    }

    @Override
    public @Nullable Entry note(byte[] key) {
        return notes.get(key);
    }

    @Override
    public long countNotes(byte[] from, byte[] to) {
        return notes.subMap(from, to).size();
    }

    @Override
    public long timeMicros() {
        return timeMicros;
    }

    private boolean isCold(byte[] key) {
        underLock.run();
        Boolean staysCold = cold.get(key);
        if (staysCold != null && !staysCold) {
            cold.remove(key);
        }
        return staysCold != null;
    }

    @Override
    public long revision(byte[] key) {
        return revision(read(key));
    }

    private static long revision(@Nullable Entry entry) {
        return entry == null ? 0 : entry.revision();
    }

    @Override
    public @Nullable Entry entry(byte[] key) {
        valueReads++;
        return read(key);
    }

    private @Nullable Entry read(byte[] key) {
        if (readFailure != null) {
            throw readFailure;
        }
        Entry entry = state.get(key);
        whileReading.run();
        return entry;
    }

    /** Makes the next accepted write visible. */
    boolean apply() {
        Accepted next = accepted.poll();
        if (next == null) {
            return false;
        }
        revision++;
        for (Mutation mutation : next.batch.mutations()) {
            switch (mutation) {
                case Mutation.Put put -> state.put(put.key(), new Entry(put.key(), put.value(), revision));
                case Mutation.Delete delete -> state.remove(delete.key());
                case Mutation.DeleteRange delete -> state.keySet().removeIf(delete.range()::contains);
            }
        }
        RequestNote note = next.note;
        if (note != null) {
            if (note.forgets() >= 0) {
                notes.headMap(RequestNote.bound(note.forgets(), 0), false).clear();
            }
            notes.put(note.key(), new Entry(note.key(), note.value(), revision));
        }
        revisions.put(next.batch, revision);
        applied.add(new Applied(next.callback, revision));
        return true;
    }

    /** Reports the next visible write. */
    boolean report() {
        Applied next = reporting ? null : applied.poll();
        if (next == null) {
            return false;
        }
        reporting = true;
        next.callback.completed(next.revision, null);
        reporting = false;
        return true;
    }

    /** Applies and reports everything. */
    void commitAll() {
        boolean more = true;
        while (more) {
            more = apply() || report();
        }
    }

    /** Fails everything that is not applied. Nothing is accepted until all of it has been reported, or ever after if dead. */
    void fail(StoreException reason, boolean forEver) {
        if (failure != null) {
            return;
        }
        failure = reason;
        dead = forEver;
        accepted.forEach(write -> failing.add(write.callback));
        accepted.clear();
        resumeIfReported();
    }

    /** Reports the next failure, after every commit before it. */
    boolean reportFailure() {
        WriteCallback next = applied.isEmpty() && !reporting ? failing.peek() : null;
        if (next == null || failure == null) {
            return false;
        }
        reporting = true;
        next.completed(-1, failure);
        reporting = false;
        failing.remove();
        resumeIfReported();
        return true;
    }

    /** Reports all failures. */
    void reportFailures() {
        boolean more = true;
        while (more) {
            more = reportFailure();
        }
    }

    private void resumeIfReported() {
        if (failing.isEmpty() && !dead) {
            failure = null;
        }
    }

    /** The next look-up of a key finds it cold, those behind it do not: somebody else has read it meanwhile. */
    void setColdOnce(byte[] key) {
        cold.put(key, false);
    }

    /** Says whether reading a key takes the disk. */
    void setCold(byte[] key, boolean isCold) {
        if (isCold) {
            cold.put(key, true);
        } else {
            cold.remove(key);
        }
    }

    /** A write without the sequencer, before it begins. */
    long preload(byte[] key, byte[] value) {
        revision++;
        state.put(key, new Entry(key, value, revision));
        return revision;
    }

    /** The revision under which a batch was applied, or null. */
    @Nullable
    Long revisionOf(WriteBatch batch) {
        return revisions.get(batch);
    }

    /** The entry of a key as of now, for the test itself. */
    @Nullable
    Entry applied(byte[] key) {
        return state.get(key);
    }

    long revision() {
        return revision;
    }

    int pending() {
        return accepted.size();
    }
}
