package dev.varve.replication.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.replication.ReplicaNode;
import dev.varve.replication.cluster.CheckpointMessages.Offer;
import dev.varve.replication.cluster.CheckpointMessages.PieceRequest;
import dev.varve.replication.cluster.CheckpointMessages.RefusedException;
import dev.varve.replication.transport.CallCallback;
import dev.varve.replication.transport.RaftTransport;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.io.Environment;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.OwnedThread;
import dev.varve.storage.io.Trouble;
import dev.varve.storage.state.IncomingCheckpoint;
import dev.varve.storage.state.ShippedCheckpoint;
import dev.varve.storage.state.ShippedCheckpoint.ShippedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the leader's checkpoint when this member needs entries that the leader no longer has. It goes on after lost connections, with what
 * is there already, and after a restart; with another leader if the one that offered it is gone.
 *
 * <p>Thread-safe. Owns one thread while it fetches.
 */
final class CheckpointFetcher implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(CheckpointFetcher.class);
    private static final long CALL_MILLIS = 10_000;
    private static final long PAUSE_MILLIS = 200;
    private static final long TROUBLE_PAUSE_MILLIS = 5000;
    private static final long SAY_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** A file that comes damaged so often is damaged where it comes from. */
    private static final int TRIES = 3;

    private final ReplicaNode replica;
    private final RaftTransport transport;
    private final Environment environment;
    private final Path data;
    private final int reserveBytes;
    private final Consumer<IncomingCheckpoint> onFetched;
    private final AtomicLong fetchedBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private @Nullable OwnedThread thread;

    @GuardedBy("lock")
    private boolean closed;

    /** The call that is waited for. */
    @GuardedBy("lock")
    private @Nullable CompletableFuture<byte[]> call;

    /** Whether an earlier life may have left something that is not needed. */
    private volatile boolean leftovers = true;

    private volatile @Nullable Progress progress;

    /** How far it is, of what is offered; both 0 before anything is. */
    record Progress(long bytes, long totalBytes) {

        @Override
        public String toString() {
            return totalBytes == 0
                    ? "is to be brought up to date by a checkpoint of the leader"
                    : String.format(
                            Locale.ROOT,
                            "is being brought up to date by a checkpoint of the leader: %,d of %,d MiB",
                            bytes >> 20,
                            totalBytes >> 20);
        }
    }

    /**
     * @param data the directory of the store
     * @param reserveBytes of the disk, left for the log
     * @param fetchedBytes counts what comes over the network
     * @param onFetched told on the thread that fetches, at its end, of a checkpoint all of whose files are here
     */
    CheckpointFetcher(
            ReplicaNode replica,
            RaftTransport transport,
            Environment environment,
            Path data,
            int reserveBytes,
            AtomicLong fetchedBytes,
            Consumer<IncomingCheckpoint> onFetched) {
        this.replica = replica;
        this.transport = transport;
        this.environment = environment;
        this.data = data;
        this.reserveBytes = reserveBytes;
        this.fetchedBytes = fetchedBytes;
        this.onFetched = onFetched;
    }

    /** The leader no longer has the entries that this member needs: begins to fetch, if it does not yet. Never blocks. */
    void behind() {
        lock.lock();
        try {
            if (thread == null && !closed) {
                progress = new Progress(0, 0);
                OwnedThread fetching = OwnedThread.patient(
                        "varve-fetch-" + transport.identity().node(), this::run);
                thread = fetching;
                fetching.start();
            }
        } finally {
            lock.unlock();
        }
    }

    /** How far it is; null if nothing is being fetched. */
    @Nullable
    Progress progress() {
        return progress;
    }

    /** True once after the start, if an earlier life may have left something: to be followed by {@link #removeLeftovers}. */
    boolean mayHaveLeftovers() {
        return leftovers && progress == null;
    }

    /** Entries arrive by the log: what an earlier life has fetched is not needed. May block. */
    void removeLeftovers() {
        lock.lock();
        try {
            if (leftovers && thread == null) {
                leftovers = false;
                if (IncomingCheckpoint.isIn(environment.files(), data)) {
                    logger.info("a checkpoint that was being fetched is not needed any more");
                    IncomingCheckpoint.remove(environment.files(), data);
                }
            }
        } catch (IOException e) {
            logger.warn("files of a checkpoint that is not needed any more are left: {}", Trouble.describe(e));
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        long lastIndex = replica.state().log().lastIndex();
        String refused = "";
        while (!isClosed()) {
            if (replica.state().log().lastIndex() > lastIndex) {
                giveUp();
                return;
            }
            String from = replica.leader();
            try {
                if (from != null && fetch(from, lastIndex)) {
                    return;
                }
                pause(PAUSE_MILLIS);
            } catch (RefusedException | CallException e) {
                String words = String.valueOf(e.getMessage());
                if (!words.equals(refused)) {
                    refused = words;
                    logger.info("the checkpoint is not fetched from '{}' now: {}", from, words);
                }
                pause(PAUSE_MILLIS);
            } catch (IOException | IllegalArgumentException e) {
                logger.warn("the checkpoint of '{}' cannot be fetched, and is tried again: {}", from, e.toString());
                pause(TROUBLE_PAUSE_MILLIS);
            }
        }
    }

    private void giveUp() {
        logger.info("entries arrive by the log again: no checkpoint is needed");
        lock.lock();
        try {
            progress = null;
            thread = null;
            leftovers = true;
        } finally {
            lock.unlock();
        }
        removeLeftovers();
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private void pause(long millis) {
        lock.lock();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(millis);
            while (left > 0 && !closed) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    /** Fetches what one node offers; true if all of it is here. */
    private boolean fetch(String from, long lastIndex) throws RefusedException, CallException, IOException {
        Offer offer = CheckpointMessages.decodeOffer(
                call(from, Messages.CHECKPOINT, new BodyWriter(8).i64(lastIndex).bytes()));
        ShippedCheckpoint checkpoint = offer.checkpoint();
        FileSystem files = environment.files();
        try (IncomingCheckpoint incoming = new IncomingCheckpoint(files, data, checkpoint)) {
            Meter meter = new Meter(from, checkpoint);
            for (ShippedFile file : checkpoint.files()) {
                meter.present(incoming.has(file) ? file.sizeBytes() : incoming.begin(file));
            }
            requireSpace(meter.missing());
            meter.say("begins");
            for (ShippedFile file : checkpoint.files()) {
                fetch(from, offer.id(), file, incoming, meter);
            }
            meter.say("is whole");
            tellFetched(from, offer.id());
            onFetched.accept(incoming);
            return true;
        }
    }

    private void requireSpace(long missing) throws IOException {
        long usable = environment.files().usableBytes(data);
        if (usable < missing + reserveBytes) {
            throw new Trouble.DiskFullException("of " + usable + " bytes that are free, the " + missing
                    + " that are missing would leave less than the " + reserveBytes + " that the log needs");
        }
    }

    private void fetch(String from, long offer, ShippedFile file, IncomingCheckpoint incoming, Meter meter)
            throws RefusedException, CallException, IOException {
        for (int attempt = 1; !incoming.has(file); attempt++) {
            long at = incoming.begin(file);
            while (at < file.sizeBytes()) {
                int length = (int) Math.min(CheckpointSender.PIECE_BYTES, file.sizeBytes() - at);
                PieceRequest request = new PieceRequest(offer, file.name(), at, length);
                ByteBuffer piece = CheckpointMessages.decodePiece(call(from, Messages.PIECE, request.encode()));
                if (piece.remaining() != length) {
                    throw new IOException("'" + from + "' sent " + piece.remaining() + " bytes of " + file.name()
                            + " at " + at + ", not " + length);
                }
                incoming.write(file, at, piece);
                fetchedBytes.addAndGet(length);
                at += length;
                meter.fetched(length);
            }
            try {
                incoming.complete(file);
            } catch (CorruptionException e) {
                logger.warn("{} came damaged from '{}': {}", file.name(), from, e.getMessage());
                meter.fetched(-file.sizeBytes());
                if (attempt == TRIES) {
                    throw e;
                }
            }
        }
    }

    private void tellFetched(String from, long offer) {
        transport.call(from, Messages.FETCHED, new BodyWriter(8).i64(offer).bytes(), CALL_MILLIS, new CallCallback() {
            @Override
            public void answered(byte[] body) {}

            @Override
            public void failed(boolean unsent, String why) {
                logger.debug("'{}' keeps its checkpoint for a while: {}", from, why);
            }
        });
    }

    /** A call was not answered. */
    private static final class CallException extends Exception {

        private static final long serialVersionUID = 1L;

        CallException(String words) {
            super(words);
        }
    }

    private byte[] call(String to, int number, byte[] body) throws CallException {
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        lock.lock();
        try {
            if (closed) {
                throw new CallException("the node is stopping");
            }
            call = answer;
        } finally {
            lock.unlock();
        }
        transport.call(to, number, body, CALL_MILLIS, new CallCallback() {
            @Override
            public void answered(byte[] bytes) {
                answer.complete(bytes);
            }

            @Override
            public void failed(boolean unsent, String why) {
                answer.completeExceptionally(new CallException(why));
            }
        });
        try {
            return answer.get();
        } catch (ExecutionException e) {
            throw new CallException(
                    String.valueOf(e.getCause() == null ? e : e.getCause().getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CallException("interrupted");
        }
    }

    /** Counts, and says now and then how far it is. For the thread that fetches. */
    private final class Meter {

        private final String from;
        private final ShippedCheckpoint checkpoint;
        private final long total;
        private long bytes;
        private long said;

        Meter(String from, ShippedCheckpoint checkpoint) {
            this.from = from;
            this.checkpoint = checkpoint;
            this.total = checkpoint.sizeBytes();
        }

        void present(long more) {
            bytes += more;
        }

        long missing() {
            return total - bytes;
        }

        void fetched(long more) {
            bytes += more;
            progress = new Progress(bytes, total);
            if (environment.ticker().nanos() - said >= SAY_NANOS) {
                say("goes on");
            }
        }

        void say(String what) {
            said = environment.ticker().nanos();
            progress = new Progress(bytes, total);
            logger.info(
                    "fetching the checkpoint of '{}' at entry {} {}: {} of {} bytes in {} files are here",
                    from,
                    checkpoint.index(),
                    what,
                    bytes,
                    total,
                    checkpoint.files().size());
        }
    }

    /** Ends fetching; what is here stays. */
    @Override
    public void close() {
        OwnedThread fetching;
        lock.lock();
        try {
            closed = true;
            fetching = thread;
            if (call != null) {
                call.completeExceptionally(new CallException("the node is stopping"));
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (fetching != null) {
            fetching.join();
        }
    }
}
