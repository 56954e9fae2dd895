package dev.varve.replication.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreException.Kind;
import dev.varve.storage.io.Ticker;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Reads that wait until this node's store has a certain revision. Thread-safe. */
final class RevisionWaits {

    private static final long SWEEP_MILLIS = 20;

    private final LongSupplier revision;
    private final Ticker ticker;
    private final ReadRounds.Delay delay;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final NavigableMap<Long, List<Wait>> waiting = new TreeMap<>();

    /** True while a look at the deadlines is due. */
    @GuardedBy("lock")
    private boolean sweepDue;

    private record Wait(long deadlineNanos, Consumer<@Nullable StoreException> callback) {}

    /** @param revision of the last visible write */
    RevisionWaits(LongSupplier revision, Ticker ticker, ReadRounds.Delay delay) {
        this.revision = revision;
        this.ticker = ticker;
        this.delay = delay;
    }

    /** Waits for a revision; the callback is told null, or after the deadline that it was in vain. */
    void await(long wanted, long deadlineNanos, Consumer<@Nullable StoreException> callback) {
        boolean sweeps;
        lock.lock();
        try {
            waiting.computeIfAbsent(wanted, each -> new ArrayList<>(1)).add(new Wait(deadlineNanos, callback));
            sweeps = !sweepDue;
            sweepDue = true;
        } finally {
            lock.unlock();
        }
        if (sweeps) {
            delay.run(this::sweep, SWEEP_MILLIS);
        }
        advanced(); // It may have come between the caller's look and now.
    }

    /** Fails what waits; to be followed by nothing else. */
    void close() {
        List<Wait> left = new ArrayList<>();
        lock.lock();
        try {
            waiting.values().forEach(left::addAll);
            waiting.clear();
        } finally {
            lock.unlock();
        }
        left.forEach(wait -> wait.callback().accept(new StoreException(Kind.CLOSED, "the node is stopping")));
    }

    /** Writes have become visible. */
    void advanced() {
        List<Wait> reached = new ArrayList<>();
        lock.lock();
        try {
            if (waiting.isEmpty()) {
                return;
            }
            NavigableMap<Long, List<Wait>> there = waiting.headMap(revision.getAsLong(), true);
            there.values().forEach(reached::addAll);
            there.clear();
        } finally {
            lock.unlock();
        }
        reached.forEach(wait -> wait.callback().accept(null));
    }

    private void sweep() {
        long now = ticker.nanos();
        List<Wait> late = new ArrayList<>();
        boolean more;
        lock.lock();
        try {
            for (Iterator<List<Wait>> each = waiting.values().iterator(); each.hasNext(); ) {
                List<Wait> waits = each.next();
                waits.removeIf(wait -> now - wait.deadlineNanos() >= 0 && late.add(wait));
                if (waits.isEmpty()) {
                    each.remove();
                }
            }
            more = !waiting.isEmpty();
            sweepDue = more;
        } finally {
            lock.unlock();
        }
        if (more) {
            delay.run(this::sweep, SWEEP_MILLIS);
        }
        if (!late.isEmpty()) {
            StoreException failure = new StoreException(
                    Kind.NO_LEADER,
                    "the node has not had the revision before the deadline, but only " + revision.getAsLong());
            late.forEach(wait -> wait.callback().accept(failure));
        }
    }
}
