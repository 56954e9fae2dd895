package dev.varve.cli.transfer;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.cli.Failure;
import dev.varve.cli.Progress;
import dev.varve.client.Keys;
import dev.varve.client.RefusedException;
import dev.varve.client.VarveClient;
import dev.varve.client.VarveException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sends the items of a source, several at once. Two items with the same key are never in flight together, so that the last
 * one in the source wins, also over interruptions.
 *
 * <p>One thread calls {@link #run}; each item in flight has a virtual thread. They share what the lock guards.
 */
final class Importer {

    /** Values in flight, in bytes; a larger one goes alone. */
    private static final long IN_FLIGHT_BYTES_MAX = 64L << 20;

    /** So many of the entries that the journal has are looked up, to notice that this is another store. */
    private static final int SAMPLES = 16;

    private static final int REFUSALS_SHOWN_MAX = 20;

    private final VarveClient client;
    private final Journal journal;
    private final Outage outage;
    private final Progress progress;
    private final int parallel;
    private final boolean keepGoing;

    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong sentBytes = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();

    private final ReentrantLock lock = new ReentrantLock();
    /** Something left the flight, or failed. */
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final Set<ByteBuffer> keysInFlight = new HashSet<>();

    @GuardedBy("lock")
    private long bytesInFlight;

    /** The first failure: nothing new is sent any more. Written under the lock. */
    private volatile @Nullable Throwable failure;

    /**
     * What was done.
     *
     * @param sent entries that the server acknowledged now
     * @param sentBytes bytes of their values
     * @param skipped entries that it had acknowledged in an earlier run
     * @param refused entries that it refused, if that does not end the import
     */
    record Result(long sent, long sentBytes, long skipped, long refused) {}

    Importer(VarveClient client, Journal journal, Outage outage, Progress progress, int parallel, boolean keepGoing) {
        this.client = client;
        this.journal = journal;
        this.outage = outage;
        this.progress = progress;
        this.parallel = parallel;
        this.keepGoing = keepGoing;
    }

    /**
     * Sends everything that the journal does not hold yet, and returns when it is acknowledged.
     *
     * @throws Failure if the source is no good, or the server is not the one of the journal
     * @throws VarveException if the server refuses an entry, or stays away for too long
     */
    Result run(Source source) throws IOException {
        long skipped = 0;
        long sampleEvery = Math.max(1, journal.count() / SAMPLES);
        try {
            for (Item item = source.next(); item != null && !failed(); item = source.next()) {
                if (!journal.contains(item.ordinal())) {
                    start(item);
                    continue;
                }
                if (skipped++ % sampleEvery == 0) {
                    checkPresence(item);
                }
                progress.step(item.bytes());
            }
        } catch (IOException | RuntimeException e) {
            fail(e);
        }
        awaitIdle();
        rethrowFailure();
        return new Result(sent.get(), sentBytes.get(), skipped, refused.get());
    }

    private void checkPresence(Item item) throws IOException {
        byte[] key = item.key();
        while (true) {
            try {
                byte[] value = client.get(key);
                outage.answered();
                if (value != null) {
                    return;
                }
                break;
            } catch (VarveException e) {
                outage.pauseOrThrow(e);
            }
        }
        throw new Failure("The journal " + journal.file() + " says that " + Keys.show(key)
                + " was imported, but the server has no such key. Is it another store, or was the key removed?"
                + " --restart imports everything again.");
    }

    private void start(Item item) throws IOException {
        ByteBuffer key = ByteBuffer.wrap(item.key());
        lock.lock();
        try {
            while (keysInFlight.size() >= parallel
                    || (bytesInFlight > 0 && bytesInFlight + item.bytes() > IN_FLIGHT_BYTES_MAX)
                    || keysInFlight.contains(key)) {
                changed.awaitUninterruptibly();
                if (failure != null) {
                    return;
                }
            }
            keysInFlight.add(key);
            bytesInFlight += item.bytes();
        } finally {
            lock.unlock();
        }
        Thread.ofVirtual().start(() -> {
            try {
                send(item);
            } catch (Throwable e) { // An Error too, as of a file larger than the heap: the item was not sent.
                fail(e);
            } finally {
                finish(key, item.bytes());
            }
        });
    }

    private void send(Item item) throws IOException {
        byte[] key = item.key();
        byte[] value = item.value();
        while (!failed()) {
            try {
                client.put(key, value);
                outage.answered();
                journal.acknowledge(item.ordinal());
                progress.step(item.bytes());
                sent.incrementAndGet();
                sentBytes.addAndGet(value.length);
                return;
            } catch (RefusedException e) {
                if (e.status() >= 500) {
                    outage.pauseOrThrow(e);
                } else {
                    refuse(key, e);
                    return;
                }
            } catch (VarveException e) {
                outage.pauseOrThrow(e);
            }
        }
    }

    private void refuse(byte[] key, RefusedException refusal) {
        String message = "The server refused " + Keys.show(key) + ": " + refusal.getMessage();
        if (!keepGoing) {
            throw new Failure(message + " (--keep-going imports the others.)", refusal);
        }
        if (refused.incrementAndGet() <= REFUSALS_SHOWN_MAX) {
            progress.say(message);
        }
    }

    private void finish(ByteBuffer key, long bytes) {
        lock.lock();
        try {
            keysInFlight.remove(key);
            bytesInFlight -= bytes;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void fail(Throwable e) {
        lock.lock();
        try {
            if (failure == null) {
                failure = e;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private boolean failed() {
        return failure != null;
    }

    private void awaitIdle() {
        lock.lock();
        try {
            while (!keysInFlight.isEmpty()) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private void rethrowFailure() throws IOException {
        switch (failure) {
            case null -> {}
            case IOException io -> throw io;
            case RuntimeException runtime -> throw runtime;
            case Error error -> throw error;
            default -> throw new IllegalStateException(failure);
        }
    }
}
