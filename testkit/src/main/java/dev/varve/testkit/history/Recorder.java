package dev.varve.testkit.history;

import dev.varve.storage.io.Ticker;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Takes the times of calls, and watches the revisions that the answers name: a write has a higher one than everything that had ended before
 * it began, and a read at least that. So a stale read is noticed even where it finds the right value. Thread-safe.
 */
public final class Recorder {

    private final Ticker ticker;
    private final long originNanos;
    private final AtomicLong highestEnded = new AtomicLong();
    private final ConcurrentLinkedQueue<String> reversals = new ConcurrentLinkedQueue<>();

    public Recorder(Ticker ticker) {
        this.ticker = ticker;
        this.originNanos = ticker.nanos();
    }

    /** A call that goes on. Of one client. */
    public final class Begun {

        private final int client;
        private final Operation operation;
        private final long beginNanos;
        private final long floor;

        Begun(int client, Operation operation) {
            this.client = client;
            this.operation = operation;
            this.floor = highestEnded.get();
            this.beginNanos = nanos();
        }

        /**
         * The call as it was.
         *
         * @param revision what the answer names, 0 if nothing
         */
        public Call end(Outcome outcome, long revision) {
            Call call = new Call(client, operation, outcome, beginNanos, nanos(), revision);
            if (revision > 0) {
                if (operation.kind().reads() ? revision < floor : revision <= floor) {
                    reversals.add(call + ", although revision " + floor + " had been seen before it began");
                }
                highestEnded.accumulateAndGet(revision, Math::max);
            }
            return call;
        }
    }

    /** To be called before anything is sent. */
    public Begun begin(int client, Operation operation) {
        return new Begun(client, operation);
    }

    /** Nanoseconds since this was made. */
    public long nanos() {
        return ticker.nanos() - originNanos;
    }

    /** The calls whose revision was too low for their time. */
    public Iterable<String> reversals() {
        return reversals;
    }
}
