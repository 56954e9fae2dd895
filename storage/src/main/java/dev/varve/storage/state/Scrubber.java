package dev.varve.storage.state;

import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.checkpoint.ManifestState;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.index.TableReader;
import dev.varve.storage.io.OwnedThread;
import dev.varve.storage.io.Ticker;
import dev.varve.storage.log.Segment;
import dev.varve.storage.log.SegmentSet;
import dev.varve.storage.log.SegmentVerifier;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads all files of the store once in a while and verifies every checksum, so that damage is found before the last good copy is gone. A
 * pass begins an hour after the store was opened, a week after the last one, and when somebody asks. It reads at most
 * {@value #BYTES_PER_SECOND} bytes a second, and gives way as a merge does that has time. Owns its thread; thread-safe.
 *
 * <p>Files are read through the operating system, so that what it has in memory is verified as it stands there.
 */
public final class Scrubber implements Closeable {

    private static final Logger logger = LoggerFactory.getLogger(Scrubber.class);

    static final long BYTES_PER_SECOND = 32 << 20;

    /** Less than that is read without a pause. */
    private static final long STEP_BYTES = 1 << 20;

    private static final long FIRST_NANOS = TimeUnit.HOURS.toNanos(1);
    private static final long PERIOD_NANOS = TimeUnit.DAYS.toNanos(7);

    private final Ticker ticker;
    private final Manifest manifest;
    private final VersionSet versions;
    private final SegmentSet segments;
    private final Function<TableInfo, TableReader> readers;
    private final MergePacer pacer;
    private final TimeLine time;
    private final Damages damages;
    private final SegmentVerifier verifier;
    private final OwnedThread thread = OwnedThread.patient("varve-scrub", this::run);
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile boolean closed;

    /** What was read since the last pause; used by the thread alone. */
    private long unpaced;

    /** When the next pass is due; guarded by lock, like what follows. */
    private long dueNanos;

    private boolean running;
    private long passes;
    private long files;
    private long bytes;

    private final List<Part> others = new CopyOnWriteArrayList<>();

    /** Verifies a part of the store. */
    @FunctionalInterface
    public interface Step {
        /**
         * Reads and verifies it.
         *
         * @throws CorruptionException if it is damaged
         */
        void verify() throws IOException;
    }

    private record Part(FileName name, Step step) {}

    /** Ends a pass when the store is closed. */
    private static final class Closing extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /**
     * Where the scrub stands.
     *
     * @param running true while a pass is under way
     * @param passes how many have ended since the store was opened
     * @param files how many files the present pass has read, or the last one
     * @param bytes the same in bytes
     */
    public record Progress(boolean running, long passes, long files, long bytes) {}

    /** @param readers makes a reader of a table that shares nothing with those that serve */
    Scrubber(
            Ticker ticker,
            Manifest manifest,
            VersionSet versions,
            SegmentSet segments,
            Function<TableInfo, TableReader> readers,
            MergePacer pacer,
            Damages damages) {
        this.ticker = ticker;
        this.manifest = manifest;
        this.versions = versions;
        this.segments = segments;
        this.readers = readers;
        this.pacer = pacer;
        this.time = new TimeLine(ticker);
        this.damages = damages;
        this.verifier = new SegmentVerifier(manifest.state().storeId(), this::passed);
        this.dueNanos = ticker.nanos() + FIRST_NANOS;
        thread.start();
    }

    /**
     * Has a file verified in each pass that somebody else owns.
     *
     * @param step writes what it finds damaged again if it can
     */
    public void add(FileName name, Step step) {
        others.add(new Part(name, step));
    }

    /** Has a pass begin now, or when the present one ends; returns the number that it will have at its end, see {@link Progress#passes}. */
    public long begin() {
        lock.lock();
        try {
            dueNanos = ticker.nanos();
            changed.signalAll();
            return passes + (running ? 2 : 1);
        } finally {
            lock.unlock();
        }
    }

    /** Waits until so many passes have ended, or the store is closed. */
    public void await(long number) {
        lock.lock();
        try {
            while (passes < number && !closed) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    public Progress progress() {
        lock.lock();
        try {
            return new Progress(running || dueNanos <= ticker.nanos(), passes, files, bytes);
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (awaitDue()) {
            try {
                pass();
            } catch (Closing e) {
                return;
            } catch (RuntimeException e) {
                logger.error("the scrub broke an invariant", e);
            }
            ended();
        }
    }

    private boolean awaitDue() {
        lock.lock();
        try {
            while (!closed && ticker.nanos() < dueNanos) {
                changed.awaitNanos(dueNanos - ticker.nanos());
            }
            running = true;
            dueNanos = ticker.nanos() + PERIOD_NANOS;
            files = 0;
            bytes = 0;
            return !closed;
        } catch (InterruptedException e) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void ended() {
        lock.lock();
        try {
            running = false;
            passes++;
            logger.info(
                    "scrubbed {} files with {} bytes: {} places are damaged",
                    files,
                    bytes,
                    damages.places().size());
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void pass() {
        ManifestState state = manifest.state();
        verifyManifest();
        for (Part part : others) {
            if (!verify(part.name(), part.step()) && isSound(part.step())) {
                damages.repaired(part.name().toString());
            }
        }
        for (TableInfo table : state.tables()) {
            verify(new FileName(FileKind.TABLE, table.id()), () -> verifyTable(table.id()));
        }
        for (Segment segment : segments.all()) {
            verify(segment.name(), () -> verifySegment(segment.id()));
        }
    }

    /** What is in memory is the truth: a damaged manifest has been written anew. */
    private void verifyManifest() {
        FileName name = manifest.name();
        verify(name, manifest::verify);
        if (!manifest.name().equals(name)) {
            damages.repaired(name.toString());
        }
    }

    /** Returns whether it is sound. */
    private boolean verify(FileName name, Step step) {
        passed(0);
        boolean sound = false;
        try {
            step.verify();
            sound = true;
        } catch (CorruptionException e) {
            damages.met(e);
        } catch (IOException e) {
            damages.met(new CorruptionException(name.toString(), 0, "it cannot be read: " + e.getMessage()));
        }
        lock.lock();
        try {
            files++;
        } finally {
            lock.unlock();
        }
        return sound;
    }

    private static boolean isSound(Step step) {
        try {
            step.verify();
            return true;
        } catch (IOException e) {
            return false; // It has been met as damage already.
        }
    }

    private void verifyTable(long id) throws IOException {
        try (VersionSet.Pin pin = versions.pin()) {
            for (TableReader serving : pin.tables().all()) {
                if (serving.info().id() == id) {
                    try (TableReader table = readers.apply(serving.info())) {
                        table.verify(this::passed);
                    }
                }
            }
        }
    }

    private void verifySegment(long id) throws IOException {
        try (VersionSet.Pin _ = versions.pin()) {
            Segment segment = segments.find(id);
            if (segment != null && isKnown(segment)) {
                verifier.verify(segment);
            }
        }
    }

    /** A segment that the manifest does not have is being written, or about to be removed. */
    private boolean isKnown(Segment segment) {
        ManifestState state = manifest.state();
        return segment.isLog()
                ? state.segments().contains(segment.id())
                : state.values().stream().anyMatch(info -> info.id() == segment.id());
    }

    private void passed(long read) {
        if (closed) {
            throw new Closing();
        }
        lock.lock();
        try {
            bytes += read;
        } finally {
            lock.unlock();
        }
        unpaced += read;
        if (unpaced >= STEP_BYTES) {
            long nanos = Math.max(time.take(unpaced, BYTES_PER_SECOND), pacer.delayNanos(unpaced, 0));
            unpaced = 0;
            if (nanos > 0) {
                LockSupport.parkNanos(this, nanos);
            }
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        thread.unpark();
        thread.join();
    }
}
