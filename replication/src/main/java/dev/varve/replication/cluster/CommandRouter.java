package dev.varve.replication.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.replication.sequencer.Command;
import dev.varve.replication.sequencer.CommandCallback;
import dev.varve.replication.sequencer.Condition;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreException.Kind;
import dev.varve.storage.io.Ticker;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Brings commands to the leader: to the sequencer of this node, or in one hop to that of another. A command that was certainly not taken,
 * because the leader changes, waits here and is brought to the next one, so that its client does not notice. So does one of which that is
 * not certain, if it has a name, by which the leader knows a repetition; what is forwarded gets one of this node's
 * {@link ForwardingSlots} if its client gave it none. Without a name, or at its deadline, its outcome is told as unknown.
 *
 * <p>Commands that wait are in order of arrival, and later ones queue up behind them.
 *
 * <p>Thread-safe.
 */
final class CommandRouter {

    /** Commands on their way to another node: fewer than a link carries, so that Raft's own calls always find a place. */
    private static final int FORWARDED_MAX = 512;

    private static final long FORWARDED_BYTES_MAX = 16 << 20;
    /** More than are on their way at once, since a command whose outcome is unknown keeps its slot while it waits. */
    private static final int SLOTS = 4 * FORWARDED_MAX;

    private static final int WAITING_MAX = 1 << 16;
    private static final long WAITING_BYTES_MAX = 64 << 20;
    private static final long RETRY_MILLIS = 20;

    /** A command that waits for a leader is given up so long before its deadline, to be told in time. */
    private static final long MARGIN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Ways ways;
    private final Ticker ticker;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final NavigableMap<Long, Routed> waiting = new TreeMap<>();

    @GuardedBy("lock")
    private long arrivals;

    @GuardedBy("lock")
    private final ForwardingSlots slots;

    @GuardedBy("lock")
    private long waitingBytes;

    @GuardedBy("lock")
    private final List<Routed> forwarded = new ArrayList<>();

    @GuardedBy("lock")
    private long forwardedBytes;

    @GuardedBy("lock")
    private boolean retryDue;

    /** True while a thread routes: one at a time, so that the order is kept. */
    @GuardedBy("lock")
    private boolean routing;

    /** Commands that wait, or have waited and are not handed over yet: nobody may overtake them. */
    private final AtomicInteger parked = new AtomicInteger();

    @GuardedBy("lock")
    private boolean closed;

    /** Where commands can go. */
    interface Ways {

        /** The node that leads, or null. */
        @Nullable
        String leader();

        /** True if that is this node, and it decides. */
        boolean leadsHere();

        /** Has the command decided here. */
        void decide(Command command, CommandCallback callback);

        /** Has it decided there. */
        void forward(String leader, byte[] body, long timeoutMillis, Arrival arrival);

        /** Runs a task after a while. */
        void later(Runnable task, long millis);
    }

    /** Told once how a forwarded command ended. */
    interface Arrival {
        void answered(CommandCodec.Answer answer);

        /**
         * There is no answer.
         *
         * @param unsent true if it was certainly not taken
         */
        void lost(boolean unsent, String why);
    }

    /** A command on its way. */
    private final class Routed implements CommandCallback, Arrival {

        private Command command;
        private final long deadlineNanos;
        private final CommandCallback callback;
        private final long sizeBytes;

        /** Where it was forwarded to; null while it waits or is decided here. */
        private @Nullable String target;

        /** Its place in the order of arrival; 0 before it first waited. */
        private long arrival;

        private ForwardingSlots.@Nullable Slot slot;

        /** Why it may have been applied already, or null if it certainly was not. */
        private @Nullable StoreException ambiguity;

        Routed(Command command, long deadlineNanos, CommandCallback callback) {
            this.command = command;
            this.deadlineNanos = deadlineNanos;
            this.callback = callback;
            this.sizeBytes = command.sizeBytes();
        }

        @Override
        public void committed(long revision) {
            freeSlot(this);
            callback.committed(revision);
        }

        @Override
        public void conditionFailed(Condition failed, long currentRevision) {
            freeSlot(this);
            callback.conditionFailed(failed, currentRevision);
        }

        @Override
        public void failed(StoreException failure) {
            if (failure.outcomeUnknown() && command.request() != null) {
                ambiguity = failure;
            }
            if (failure.kind() == Kind.NO_LEADER || ambiguity != null) {
                await(this);
            } else {
                end(failure);
            }
        }

        /** It is given up: for this reason, if it certainly was not applied. */
        void end(StoreException reason) {
            freeSlot(this);
            callback.failed(ambiguity == null ? reason : ambiguity);
        }

        @Override
        public void answered(CommandCodec.Answer answer) {
            if (!arrived(this)) {
                return;
            }
            switch (answer) {
                case CommandCodec.Answer.Committed committed -> committed(committed.revision());
                case CommandCodec.Answer.ConditionFailed failed ->
                    conditionFailed(command.conditions().get(failed.condition()), failed.currentRevision());
                case CommandCodec.Answer.Failed failed -> failed(failed.failure());
            }
        }

        @Override
        public void lost(boolean unsent, String why) {
            if (!arrived(this)) {
                return;
            }
            if (!unsent) {
                ambiguity = new StoreException(
                        Kind.OUTCOME_UNKNOWN, "the write was sent to the leader, which has not answered: " + why);
            }
            await(this);
        }
    }

    /** @param session see {@link ForwardingSlots} */
    CommandRouter(Ways ways, Ticker ticker, long session) {
        this.ways = ways;
        this.ticker = ticker;
        this.slots = new ForwardingSlots(session, SLOTS);
    }

    /** Takes a command; see {@link ServedStore#submit}. */
    void submit(Command command, long deadlineNanos, CommandCallback callback) {
        if (parked.get() == 0 && ways.leadsHere()) {
            ways.decide(command, new Routed(command, deadlineNanos, callback));
            return;
        }
        Routed routed = new Routed(command, deadlineNanos, callback);
        StoreException refusal = null;
        lock.lock();
        try {
            if (closed) {
                refusal = new StoreException(Kind.CLOSED, "the node is stopping");
            } else if (waiting.size() >= WAITING_MAX || waitingBytes + routed.sizeBytes > WAITING_BYTES_MAX) {
                refusal = new StoreException(
                        Kind.OVERLOADED,
                        waiting.size() + " writes with " + waitingBytes + " bytes wait for the leader, the limits are "
                                + WAITING_MAX + " writes and " + WAITING_BYTES_MAX + " bytes; try again later");
            } else {
                enqueue(routed);
            }
        } finally {
            lock.unlock();
        }
        if (refusal != null) {
            callback.failed(refusal);
            return;
        }
        route();
    }

    @GuardedBy("lock")
    private void enqueue(Routed routed) {
        parked.incrementAndGet();
        if (routed.arrival == 0) {
            routed.arrival = ++arrivals;
        }
        waiting.put(routed.arrival, routed);
        waitingBytes += routed.sizeBytes;
    }

    /** The leader is another one, or decides from now on: what waits is brought to it. */
    void leaderChanged() {
        route();
    }

    /** Gives up what was forwarded to others than this node: their answers would come too late, if ever. */
    void giveUpForwardedTo(String leaderBefore) {
        List<Routed> lost = new ArrayList<>();
        lock.lock();
        try {
            forwarded.stream()
                    .filter(routed -> leaderBefore.equals(routed.target))
                    .forEach(lost::add);
        } finally {
            lock.unlock();
        }
        lost.forEach(routed -> routed.lost(false, "node '" + leaderBefore + "' leads no longer"));
    }

    /** Fails what waits; nothing is taken any more. */
    void close() {
        List<Routed> left;
        lock.lock();
        try {
            closed = true;
            left = List.copyOf(waiting.values());
            waiting.clear();
            parked.addAndGet(-left.size());
            waitingBytes = 0;
        } finally {
            lock.unlock();
        }
        StoreException reason = new StoreException(Kind.CLOSED, "the node is stopping");
        left.forEach(routed -> routed.end(reason));
    }

    private void await(Routed routed) {
        boolean stopping;
        lock.lock();
        try {
            stopping = closed;
            if (!stopping) {
                enqueue(routed);
                retryLater();
            }
        } finally {
            lock.unlock();
        }
        if (stopping) {
            routed.end(new StoreException(Kind.CLOSED, "the node is stopping"));
        }
    }

    @GuardedBy("lock")
    private void retryLater() {
        if (!retryDue) {
            retryDue = true;
            ways.later(this::retry, RETRY_MILLIS);
        }
    }

    private void retry() {
        lock.lock();
        try {
            retryDue = false;
        } finally {
            lock.unlock();
        }
        giveUpLate();
        route();
    }

    /** Brings what waits to the leader, as far as there is one and it takes more. */
    private void route() {
        lock.lock();
        try {
            if (routing) {
                return; // Whoever routes looks at what waits once more before it ends.
            }
            routing = true;
        } finally {
            lock.unlock();
        }
        for (Routed next = nextForHere(); next != null; next = nextForHere()) {
            ways.decide(next.command, next);
            parked.decrementAndGet();
        }
    }

    /** Sends what goes elsewhere; returns the next command that is decided here, or null if no more can be done, which ends routing. */
    private @Nullable Routed nextForHere() {
        lock.lock();
        try {
            while (true) {
                String leader = ways.leader();
                boolean here = ways.leadsHere();
                Routed next = waiting.isEmpty() ? null : waiting.firstEntry().getValue();
                if (next == null || (!here && (leader == null || isFull(next) || !hasName(next)))) {
                    if (next != null) {
                        retryLater();
                    }
                    routing = false;
                    return null;
                }
                waiting.remove(next.arrival);
                waitingBytes -= next.sizeBytes;
                if (here) {
                    return next;
                }
                next.target = leader;
                forwarded.add(next);
                forwardedBytes += next.sizeBytes;
                send(leader, next);
                parked.decrementAndGet();
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private boolean isFull(Routed next) {
        return forwarded.size() >= FORWARDED_MAX
                || (!forwarded.isEmpty() && forwardedBytes + next.sizeBytes > FORWARDED_BYTES_MAX);
    }

    /** Sees to it that a command has a name; false if there is none to be had now. */
    @GuardedBy("lock")
    private boolean hasName(Routed next) {
        if (next.command.request() != null) {
            return true;
        }
        ForwardingSlots.Slot slot = slots.take();
        if (slot == null) {
            return false;
        }
        next.slot = slot;
        next.command = next.command.named(slot.id());
        return true;
    }

    private void freeSlot(Routed routed) {
        ForwardingSlots.Slot slot = routed.slot;
        if (slot != null) {
            routed.slot = null;
            lock.lock();
            try {
                slots.free(slot);
            } finally {
                lock.unlock();
            }
        }
    }

    @GuardedBy("lock")
    private void send(@Nullable String leader, Routed next) {
        long leftMillis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(next.deadlineNanos - ticker.nanos()));
        int timeoutMillis = (int) Math.min(leftMillis, Integer.MAX_VALUE);
        byte[] body = CommandCodec.encode(new CommandCodec.Forwarded(timeoutMillis, next.command));
        ways.forward(String.valueOf(leader), body, timeoutMillis, next);
    }

    private void giveUpLate() {
        long now = ticker.nanos();
        List<Routed> late = new ArrayList<>();
        lock.lock();
        try {
            for (Iterator<Routed> each = waiting.values().iterator(); each.hasNext(); ) {
                Routed routed = each.next();
                if (now - (routed.deadlineNanos - MARGIN_NANOS) >= 0) {
                    each.remove();
                    parked.decrementAndGet();
                    waitingBytes -= routed.sizeBytes;
                    late.add(routed);
                }
            }
        } finally {
            lock.unlock();
        }
        StoreException reason =
                new StoreException(Kind.NO_LEADER, "no leader took the write before its deadline; nothing was written");
        late.forEach(routed -> routed.end(reason));
    }

    /** A forwarded command has ended; false if that was known already. */
    private boolean arrived(Routed routed) {
        boolean known;
        boolean more;
        lock.lock();
        try {
            known = forwarded.remove(routed);
            if (known) {
                routed.target = null;
                forwardedBytes -= routed.sizeBytes;
            }
            more = !waiting.isEmpty();
        } finally {
            lock.unlock();
        }
        if (more) {
            route();
        }
        return known;
    }
}
