package dev.varve.replication.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.storage.StoreException;
import dev.varve.storage.io.Ticker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets many reads share a round of ReadIndex. A read must not join a round that began before it: those that come while
 * {@value #ROUNDS_IN_FLIGHT} rounds are on their way take the next one, all together. A round that fails, because the leader changes,
 * is repeated until the deadlines of its reads.
 *
 * <p>Thread-safe.
 */
final class ReadRounds {

    static final int ROUNDS_IN_FLIGHT = 2;
    private static final long RETRY_MILLIS = 20;

    private final Round round;
    private final Ticker ticker;
    private final Delay delay;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private List<Read> waiting = new ArrayList<>();

    /** The reads of the rounds that are on their way. */
    @GuardedBy("lock")
    private final List<Asked> asked = new ArrayList<>();

    @GuardedBy("lock")
    private int inFlight;

    @GuardedBy("lock")
    private boolean closed;

    /** Asks the leader; told null, or why that was in vain. */
    @FunctionalInterface
    interface Round {
        void ask(Consumer<@Nullable String> answer);
    }

    /** Runs a task after some milliseconds. */
    @FunctionalInterface
    interface Delay {
        void run(Runnable task, long millis);
    }

    private record Read(long deadlineNanos, Consumer<@Nullable StoreException> callback) {}

    /** The reads of one round; not a record, since two of them are never equal. */
    private static final class Asked {
        private final List<Read> reads;

        Asked(List<Read> reads) {
            this.reads = reads;
        }
    }

    ReadRounds(Round round, Ticker ticker, Delay delay) {
        this.round = round;
        this.ticker = ticker;
        this.delay = delay;
    }

    /** Waits for a round that begins now or later; see {@link ServedStore#awaitCurrent}. */
    void await(long deadlineNanos, Consumer<@Nullable StoreException> callback) {
        boolean refused;
        lock.lock();
        try {
            refused = closed;
            if (!refused) {
                waiting.add(new Read(deadlineNanos, callback));
            }
        } finally {
            lock.unlock();
        }
        if (refused) {
            callback.accept(stopping());
        } else {
            begin();
        }
    }

    private static StoreException stopping() {
        return new StoreException(StoreException.Kind.CLOSED, "the node is stopping");
    }

    /** Fails what waits; nothing is taken any more. */
    void close() {
        List<Read> left = new ArrayList<>();
        lock.lock();
        try {
            closed = true;
            left.addAll(waiting);
            asked.forEach(each -> left.addAll(each.reads));
            waiting.clear();
            asked.clear();
        } finally {
            lock.unlock();
        }
        left.forEach(read -> read.callback().accept(stopping()));
    }

    /** True if the reads of a round are still to be told. */
    private boolean take(Asked answered) {
        lock.lock();
        try {
            return asked.remove(answered);
        } finally {
            lock.unlock();
        }
    }

    private void begin() {
        Asked next;
        lock.lock();
        try {
            if (inFlight == ROUNDS_IN_FLIGHT || waiting.isEmpty()) {
                return;
            }
            inFlight++;
            next = new Asked(waiting);
            asked.add(next);
            waiting = new ArrayList<>();
        } finally {
            lock.unlock();
        }
        round.ask(trouble -> {
            if (!take(next)) {
                return; // This was closed meanwhile.
            }
            if (trouble == null) {
                next.reads.forEach(read -> read.callback().accept(null));
                ended();
            } else {
                failed(next.reads, trouble);
            }
        });
    }

    private void ended() {
        lock.lock();
        try {
            inFlight--;
        } finally {
            lock.unlock();
        }
        begin();
    }

    private void failed(List<Read> reads, String trouble) {
        long now = ticker.nanos();
        List<Read> late = new ArrayList<>();
        lock.lock();
        try {
            for (Read read : reads) {
                if (closed || now - read.deadlineNanos() >= 0) {
                    late.add(read);
                } else {
                    waiting.add(read);
                }
            }
        } finally {
            lock.unlock();
        }
        if (!late.isEmpty()) {
            StoreException failure = new StoreException(
                    StoreException.Kind.NO_LEADER, "no leader confirmed the read before its deadline: " + trouble);
            late.forEach(read -> read.callback().accept(failure));
        }
        delay.run(this::ended, RETRY_MILLIS);
    }
}
