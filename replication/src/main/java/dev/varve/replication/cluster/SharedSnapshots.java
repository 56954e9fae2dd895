package dev.varve.replication.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.replication.transport.CallHandler;
import dev.varve.replication.transport.RaftTransport;
import dev.varve.storage.Store;
import dev.varve.storage.io.Ticker;
import dev.varve.storage.state.RangeDigest;
import dev.varve.storage.state.RangeItem;
import dev.varve.storage.state.RangeReader;
import dev.varve.storage.state.StateMachine;
import java.io.IOException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets other nodes read this node's store as of one revision: what it holds in a range, and the digest of that. A revision stays readable until
 * the other node lets go of it, or has not asked for half a minute. Thread-safe.
 */
final class SharedSnapshots {

    private static final Logger logger = LoggerFactory.getLogger(SharedSnapshots.class);

    /** Stands for whatever revision is visible. */
    static final long NOW = -1;

    private static final int SNAPSHOTS_MAX = 16;
    private static final long LEASE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long SWEEP_MILLIS = 5_000;

    /** An answer with rows ends behind the one with which it exceeds this. */
    private static final int ROWS_BYTES = 512 << 10;

    private final StateMachine state;
    private final RevisionWaits revisions;
    private final RaftTransport transport;
    private final Executor blocking;
    private final Ticker ticker;

    @GuardedBy("this")
    private final Map<Long, Shared> open = new HashMap<>();

    @GuardedBy("this")
    private long last;

    private volatile boolean closed;

    /** A revision that another node reads. */
    private static final class Shared {
        private final long revision;
        private long usedNanos;
        private int users;

        Shared(long revision, long nowNanos) {
            this.revision = revision;
            this.usedNanos = nowNanos;
        }
    }

    /** Reads as of a revision. */
    private interface Reading {
        byte[] read(long revision) throws IOException;
    }

    /** @param blocking runs what may wait for the disk */
    SharedSnapshots(Store store, RevisionWaits revisions, RaftTransport transport, Executor blocking, Ticker ticker) {
        this.state = store.state();
        this.revisions = revisions;
        this.transport = transport;
        this.blocking = blocking;
        this.ticker = ticker;
        transport.handle(Messages.SNAPSHOT, (from, body, reply) -> open(new BodyReader(body), reply));
        transport.handle(Messages.ROWS, (from, body, reply) -> {
            BodyReader in = new BodyReader(body);
            long id = in.i64();
            byte[] start = in.shortBytes();
            byte[] end = in.shortBytes();
            read(id, reply, revision -> rows(start, end, revision));
        });
        transport.handle(Messages.DIGEST, (from, body, reply) -> {
            BodyReader in = new BodyReader(body);
            long id = in.i64();
            byte[] start = in.shortBytes();
            byte[] end = in.shortBytes();
            read(id, reply, revision -> digest(start, end, revision));
        });
        transport.handle(Messages.RELEASE, (from, body, reply) -> {
            release(new BodyReader(body).i64());
            reply.answer(new BodyWriter(1).u8(1).bytes());
        });
    }

    /** Begins to forget what nobody asks for any more. */
    void start() {
        if (!closed) {
            sweep();
            transport.schedule(this::start, SWEEP_MILLIS);
        }
    }

    private void open(BodyReader in, CallHandler.Reply reply) {
        long wanted = in.i64();
        long timeoutNanos = TimeUnit.MILLISECONDS.toNanos(in.i32());
        long revision;
        long id;
        synchronized (this) {
            if (closed || open.size() >= SNAPSHOTS_MAX) {
                refuse(reply, "too many revisions are being read by other nodes");
                return;
            }
            if (wanted == NOW) {
                revision = state.openSnapshot();
            } else if (state.openSnapshotAt(wanted)) {
                revision = wanted;
            } else {
                refuse(reply, "revision " + wanted + " has passed");
                return;
            }
            id = ++last;
            open.put(id, new Shared(revision, ticker.nanos()));
        }
        revisions.await(revision, ticker.nanos() + timeoutNanos, trouble -> {
            if (trouble == null) {
                reply.answer(new BodyWriter(17).u8(1).i64(id).i64(revision).bytes());
            } else {
                release(id);
                refuse(reply, String.valueOf(trouble.getMessage()));
            }
        });
    }

    /** Says why not, and what is visible now. */
    private void refuse(CallHandler.Reply reply, String why) {
        reply.answer(
                new BodyWriter(128).u8(0).text(why).i64(state.visibleRevision()).bytes());
    }

    private void read(long id, CallHandler.Reply reply, Reading reading) {
        try {
            blocking.execute(() -> using(
                    id,
                    shared -> {
                        try {
                            reply.answer(reading.read(shared.revision));
                        } catch (IOException | RuntimeException e) {
                            logger.debug("what another node asks for cannot be read", e);
                            refuse(reply, String.valueOf(e.getMessage()));
                        }
                    },
                    () -> refuse(reply, "the revision is not kept any more")));
        } catch (RejectedExecutionException e) {
            refuse(reply, "the node is closing");
        }
    }

    private void using(long id, Consumer<Shared> use, Runnable gone) {
        Shared shared;
        synchronized (this) {
            shared = closed ? null : open.get(id);
            if (shared != null) {
                shared.users++;
            }
        }
        if (shared == null) {
            gone.run();
            return;
        }
        try {
            use.accept(shared);
        } finally {
            synchronized (this) {
                shared.users--;
                shared.usedNanos = ticker.nanos();
            }
        }
    }

    private byte[] rows(byte[] start, byte[] end, long revision) throws IOException {
        BodyWriter out = new BodyWriter(4096).u8(1);
        int bytes = 0;
        try (RangeReader range = state.range(start, end, true, revision)) {
            for (RangeItem item = range.next(); item != null; item = range.next()) {
                byte[] key = item.indexKey();
                out.u8(1)
                        .shortBytes(key)
                        .i64(item.revision())
                        .i32(item.entry().checksum())
                        .longBytes(item.value());
                bytes += key.length + item.value().length;
                if (bytes >= ROWS_BYTES) {
                    break;
                }
            }
        }
        return out.u8(0).bytes();
    }

    private byte[] digest(byte[] start, byte[] end, long revision) throws IOException {
        try (RangeReader range = state.index(start, end, revision)) {
            RangeDigest digest = RangeDigest.of(range, Integer.MAX_VALUE);
            return new BodyWriter(17)
                    .u8(1)
                    .i64(digest.entries())
                    .i64(digest.sum())
                    .bytes();
        }
    }

    private void release(long id) {
        Shared shared;
        synchronized (this) {
            shared = open.remove(id);
        }
        if (shared != null) {
            state.releaseSnapshot(shared.revision);
        }
    }

    private synchronized void sweep() {
        long now = ticker.nanos();
        for (Iterator<Shared> each = open.values().iterator(); each.hasNext(); ) {
            Shared shared = each.next();
            if (shared.users == 0 && now - shared.usedNanos > LEASE_NANOS) {
                state.releaseSnapshot(shared.revision);
                each.remove();
            }
        }
    }

    /** Answers nobody any more. */
    synchronized void close() {
        closed = true;
    }
}
