package dev.varve.replication.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.replication.ProposalException;
import dev.varve.replication.ReplicaNode;
import dev.varve.replication.sequencer.Proposer;
import dev.varve.replication.sequencer.RequestNote;
import dev.varve.storage.Durability;
import dev.varve.storage.PreparedWrite;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreException.Kind;
import dev.varve.storage.WriteBatch;
import dev.varve.storage.WriteCallback;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.io.Ticker;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The log in one term of this node's leadership.
 *
 * <p>Many client writes share an entry: while one is on its way, writes gather, and what has gathered leaves as one entry when that is
 * committed, or when there is so much of it that up to {@value #ENTRIES_IN_FLIGHT} entries on their way at once are worth what each of them
 * costs. So a lone write leaves at once, and the busier the node, the larger the entries, without any thread or timer in between.
 *
 * <p>JRaft reports failures from several threads and in no order, and {@link Proposer} promises an order. So entries are kept in the
 * order of the log until they are told, and told from the first one on. After the first failure nothing is accepted any more: a
 * new term has a new proposer.
 *
 * <p>Thread-safe.
 */
final class RaftProposer implements Proposer {

    /** One on the disks, one on the network, and two for the threads in between. */
    static final int ENTRIES_IN_FLIGHT = 4;

    /**
     * Beside others on their way an entry leaves only if it has so many writes, or bytes, for each of them: three nodes spend as much on
     * an entry as on some writes.
     */
    static final int WRITES_BESIDE_OTHERS = 32;

    private static final int BYTES_BESIDE_OTHERS = 32 << 10;

    /** An entry is not made larger than this by further writes. */
    private static final int ENTRY_BYTES_MAX = 512 << 10;

    private static final int ENTRY_WRITES_MAX = 4096;

    private final Function<WriteBatch, FrameEncoder> encoder;
    private final Log log;
    private final Ticker ticker;
    private final Watch watch;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Deque<Write> gathered = new ArrayDeque<>();

    @GuardedBy("lock")
    private long gatheredBytes;

    /** Entries that have not been told, in the order of the log. */
    @GuardedBy("lock")
    private final Deque<Entry> entries = new ArrayDeque<>();

    /** How many of them have not ended. */
    @GuardedBy("lock")
    private int inFlight;

    /** Why nothing is accepted any more, or null. */
    @GuardedBy("lock")
    private @Nullable StoreException closed;

    /** True while a thread tells. */
    @GuardedBy("lock")
    private boolean telling;

    /** Where entries go; see {@link ReplicaNode#propose}, which is bound to the term. */
    @FunctionalInterface
    interface Log {
        void propose(List<ByteBuffer> writes, ReplicaNode.EntryCallback callback);
    }

    /** Sees how long entries take. Must not block. */
    interface Watch {

        /** An entry leaves. */
        void proposed();

        /** One that has left was applied, or has failed, after so long. */
        void ended(long nanos);
    }

    private record Write(ByteBuffer frames, WriteCallback callback) {}

    /** @param encoder checks a write and encodes it: {@link dev.varve.storage.Store#encode} */
    RaftProposer(Function<WriteBatch, FrameEncoder> encoder, Log log, Ticker ticker, Watch watch) {
        this.encoder = encoder;
        this.log = log;
        this.ticker = ticker;
        this.watch = watch;
    }

    @Override
    public PreparedWrite prepare(
            WriteBatch batch, @Nullable RequestNote note, Durability durability, WriteCallback callback) {
        FrameEncoder frames = batch.isEmpty() ? new FrameEncoder(0) : encoder.apply(batch);
        if (note != null) {
            note.addTo(frames);
        }
        Write write = new Write(frames.payload(), callback);
        return () -> submit(write);
    }

    private void submit(Write write) {
        StoreException refusal;
        lock.lock();
        try {
            refusal = closed;
            if (refusal == null) {
                gathered.add(write);
                gatheredBytes += write.frames().limit();
                propose();
            }
        } finally {
            lock.unlock();
        }
        if (refusal != null) {
            write.callback().completed(-1, refusal);
        }
    }

    /** Sends what has gathered, if there is room. Under the lock, so that entries leave in the order of the writes. */
    @GuardedBy("lock")
    private void propose() {
        while (isWorthAnEntry()) {
            Entry entry = new Entry();
            long bytes = 0;
            do {
                Write next = gathered.remove();
                bytes += next.frames().limit();
                entry.writes.add(next);
            } while (!gathered.isEmpty()
                    && entry.writes.size() < ENTRY_WRITES_MAX
                    && bytes + gathered.peek().frames().limit() <= ENTRY_BYTES_MAX);
            gatheredBytes -= bytes;
            entries.add(entry);
            inFlight++;
            watch.proposed();
            log.propose(entry.writes.stream().map(Write::frames).toList(), entry);
        }
    }

    @GuardedBy("lock")
    private boolean isWorthAnEntry() {
        return !gathered.isEmpty()
                && inFlight < ENTRIES_IN_FLIGHT
                && (gathered.size() >= inFlight * WRITES_BESIDE_OTHERS
                        || gatheredBytes >= (long) inFlight * BYTES_BESIDE_OTHERS);
    }

    /** Writes that share an entry. How it ended is guarded by the lock until it is told. */
    private final class Entry implements ReplicaNode.EntryCallback {

        private final List<Write> writes = new ArrayList<>();
        private final long begin = ticker.nanos();
        private boolean ended;
        private long firstRevision;
        private @Nullable StoreException failure;

        @Override
        public void applied(long revision) {
            end(this, revision, null);
        }

        @Override
        public void failed(ProposalException cause) {
            end(this, 0, failure(cause));
        }

        void tell() {
            for (int i = 0; i < writes.size(); i++) {
                writes.get(i).callback().completed(failure == null ? firstRevision + i : -1, failure);
            }
        }
    }

    private static StoreException failure(ProposalException cause) {
        return switch (cause.outcome()) {
            case UNKNOWN ->
                new StoreException(
                        Kind.OUTCOME_UNKNOWN,
                        "the leader changed while the write was on its way: " + cause.getMessage(),
                        cause);
            case NOT_LEADER, OVERLOADED ->
                new StoreException(Kind.NO_LEADER, "the write was not taken: " + cause.getMessage(), cause);
        };
    }

    private void end(Entry entry, long firstRevision, @Nullable StoreException failure) {
        watch.ended(ticker.nanos() - entry.begin);
        lock.lock();
        try {
            entry.ended = true;
            entry.firstRevision = firstRevision;
            entry.failure = failure;
            inFlight--;
            if (failure != null && closed == null) {
                closed = new StoreException(Kind.NO_LEADER, "this node leads no longer; nothing was written", failure);
            }
            if (closed == null) {
                propose();
            } else {
                giveUpGathered(closed);
            }
            if (telling) {
                return;
            }
            telling = true;
        } finally {
            lock.unlock();
        }
        tell();
    }

    /** What has gathered was never given to Raft: it fails behind the entries that were. */
    @GuardedBy("lock")
    private void giveUpGathered(StoreException reason) {
        if (!gathered.isEmpty()) {
            Entry never = new Entry();
            never.writes.addAll(gathered);
            never.ended = true;
            never.failure = reason;
            gathered.clear();
            entries.add(never);
        }
    }

    /** Tells the entries that have ended, from the first one on. */
    private void tell() {
        while (true) {
            Entry next;
            lock.lock();
            try {
                next = entries.peek();
                if (next == null || !next.ended) {
                    telling = false;
                    return;
                }
                entries.remove();
            } finally {
                lock.unlock();
            }
            next.tell();
        }
    }
}
