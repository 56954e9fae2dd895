package dev.varve.replication.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.replication.ReplicaNode;
import dev.varve.replication.cluster.CheckpointMessages.Offer;
import dev.varve.replication.cluster.CheckpointMessages.PieceRequest;
import dev.varve.replication.transport.CallHandler;
import dev.varve.replication.transport.RaftTransport;
import dev.varve.storage.StoreException;
import dev.varve.storage.io.Ticker;
import dev.varve.storage.io.Trouble;
import dev.varve.storage.state.OutgoingCheckpoint;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the last checkpoint to members that need entries which the log no longer has. One checkpoint is offered at a time, to all who ask; its
 * files are kept until those have fetched it, or have not asked for anything for a while. Meanwhile the log is kept, too, so that they can
 * go on from there. All who fetch share one rate.
 *
 * <p>Any node does for another that asks, whether it leads or not: a checkpoint holds committed entries only. A leader that needs the
 * member's voice to commit its first entry could not bring it up to date otherwise.
 *
 * <p>Thread-safe.
 */
final class CheckpointSender implements AutoCloseable {

    /** The most that is sent of a file at once: answers to other calls wait behind it. */
    static final int PIECE_BYTES = 256 << 10;

    private static final Logger logger = LoggerFactory.getLogger(CheckpointSender.class);
    private static final long LEASE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long SWEEP_MILLIS = 2000;

    private final ReplicaNode replica;
    private final RaftTransport transport;
    private final Executor blocking;
    private final Ticker ticker;
    private final RandomGenerator random;
    private final ByteRate rate;
    private final AtomicLong sentBytes = new AtomicLong();

    /** What is offered now, and to whom. */
    @GuardedBy("this")
    private @Nullable Held held;

    private volatile boolean closed;

    private static final class Held {
        private final long id;
        private final OutgoingCheckpoint files;
        private final Set<String> nodes = new HashSet<>();
        private volatile long usedNanos;

        Held(long id, OutgoingCheckpoint files) {
            this.id = id;
            this.files = files;
        }
    }

    /**
     * @param blocking runs what waits for the disk
     * @param rate at which all who fetch are sent together
     */
    CheckpointSender(
            ReplicaNode replica,
            RaftTransport transport,
            Executor blocking,
            Ticker ticker,
            RandomGenerator random,
            ByteRate rate) {
        this.replica = replica;
        this.transport = transport;
        this.blocking = blocking;
        this.ticker = ticker;
        this.random = random;
        this.rate = rate;
        transport.handle(Messages.CHECKPOINT, this::asked);
        transport.handle(Messages.PIECE, this::askedForPiece);
        transport.handle(Messages.FETCHED, this::fetched);
    }

    /** Begins to look for offers of which nothing is fetched any more. */
    void start() {
        if (!closed) {
            onBlocking(this::dropUnused);
            transport.schedule(this::start, SWEEP_MILLIS);
        }
    }

    /** Bytes of files that were sent. */
    long sentBytes() {
        return sentBytes.get();
    }

    private boolean onBlocking(Runnable task) {
        try {
            blocking.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            logger.debug("there is no thread for a checkpoint now", e);
            return false;
        }
    }

    private void asked(String from, byte[] body, CallHandler.Reply reply) {
        long lastIndex = new BodyReader(body).i64();
        if (!onBlocking(() -> reply.answer(offer(from, lastIndex)))) {
            reply.answer(CheckpointMessages.refusal("the node is busy"));
        }
    }

    private synchronized byte[] offer(String from, long lastIndex) {
        if (closed) {
            return CheckpointMessages.refusal("the node is stopping");
        }
        Held now = held;
        try {
            if (now == null || now.files.contents().index() <= lastIndex) {
                drop();
                now = hold();
            }
        } catch (IOException e) {
            drop();
            logger.warn("no checkpoint can be sent to '{}': {}", from, Trouble.describe(e));
            return CheckpointMessages.refusal("no checkpoint can be sent: " + Trouble.describe(e));
        }
        if (now.files.contents().index() <= lastIndex) {
            return CheckpointMessages.refusal("the last checkpoint, at entry "
                    + now.files.contents().index() + ", holds nothing that is not there");
        }
        now.nodes.add(from);
        now.usedNanos = ticker.nanos();
        return CheckpointMessages.encode(new Offer(now.id, now.files.contents()));
    }

    @GuardedBy("this")
    private Held hold() throws IOException {
        replica.holdLog(true);
        OutgoingCheckpoint files = replica.state().sendCheckpoint();
        Held now = new Held(random.nextLong(), files);
        held = now;
        logger.info(
                "the checkpoint at entry {} is offered: {} files with {} bytes",
                files.contents().index(),
                files.contents().files().size(),
                files.contents().sizeBytes());
        return now;
    }

    private void askedForPiece(String from, byte[] body, CallHandler.Reply reply) {
        PieceRequest request = PieceRequest.decode(body);
        if (request.length() < 0 || request.length() > PIECE_BYTES || request.offset() < 0) {
            throw new IllegalArgumentException("no piece has " + request.length() + " bytes at " + request.offset());
        }
        Runnable send = () -> {
            if (!onBlocking(() -> reply.answer(piece(request)))) {
                reply.answer(CheckpointMessages.refusal("the node is busy"));
            }
        };
        long delayNanos = rate.reserve(request.length());
        if (delayNanos <= 0) {
            send.run();
        } else {
            transport.schedule(send, Math.ceilDiv(delayNanos, TimeUnit.MILLISECONDS.toNanos(1)));
        }
    }

    private byte[] piece(PieceRequest request) {
        Held now = find(request.offer());
        if (now == null) {
            return CheckpointMessages.refusal("the checkpoint is not offered any more");
        }
        try {
            byte[] bytes = now.files.read(request.file(), request.offset(), request.length());
            now.usedNanos = ticker.nanos();
            sentBytes.addAndGet(bytes.length);
            return CheckpointMessages.piece(bytes);
        } catch (IOException e) {
            return CheckpointMessages.refusal(request.file() + " cannot be read: " + Trouble.describe(e));
        }
    }

    private synchronized @Nullable Held find(long offer) {
        Held now = held;
        return now != null && now.id == offer ? now : null;
    }

    /** A node has all that it wants of an offer. */
    private void fetched(String from, byte[] body, CallHandler.Reply reply) {
        long offer = new BodyReader(body).i64();
        onBlocking(() -> finish(from, offer));
        reply.answer(new byte[0]);
    }

    private synchronized void finish(String from, long offer) {
        Held now = find(offer);
        if (now != null && now.nodes.remove(from) && now.nodes.isEmpty()) {
            drop();
        }
    }

    private synchronized void dropUnused() {
        Held now = held;
        if (now != null && ticker.nanos() - now.usedNanos >= LEASE_NANOS) {
            logger.info("the checkpoint that was offered to {} is not fetched any more", now.nodes);
            drop();
        }
    }

    @GuardedBy("this")
    private void drop() {
        Held now = held;
        held = null;
        replica.holdLog(false);
        if (now != null) {
            try {
                now.files.close();
            } catch (IOException | StoreException e) {
                logger.warn("files of a checkpoint that was sent are left: {}", e.getMessage());
            }
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        drop();
    }
}
