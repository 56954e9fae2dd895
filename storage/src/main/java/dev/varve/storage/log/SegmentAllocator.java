package dev.varve.storage.log;

import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.OwnedThread;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.io.Trouble;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one spare segment ready, with blocks of its own, so that rolling the log costs no wait and appending to a segment
 * never lacks space. A full disk is met here, before anything is half written: then no spare is ready until there is space
 * again, which is tried once a second.
 *
 * <p>Thread-safe. Owns one thread.
 */
final class SegmentAllocator implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(SegmentAllocator.class);
    private static final long RETRY_SECONDS = 1;

    /** A spare is made only if this part of a segment is left for tables and value segments, which give space back. */
    private static final int RESERVE_DIVISOR = 2;

    private final FileSystem files;
    private final Path directory;
    private final StoreId storeId;
    private final int segmentBytes;
    private final SegmentRegistry registry;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final OwnedThread thread;

    /** Written under the lock. */
    private volatile @Nullable Fresh spare;

    /** Guarded by lock. */
    private int wantedBytes;

    /** Guarded by lock. */
    private boolean closed;

    /** A file that is ready but not yet written down; owned by the thread that creates. */
    private @Nullable Fresh unregistered;

    /** True as long as a spare of usual size is to be made from the space of one that there was before; owned by the thread that creates. */
    private boolean replaces;

    /** Why the last attempt failed; null if it did not. */
    private volatile @Nullable IOException failure;

    /** A segment's file that has a header and space, and that the manifest knows. */
    record Fresh(long id, StoreFile file, int capacity) {}

    SegmentAllocator(FileSystem files, Path directory, StoreId storeId, int segmentBytes, SegmentRegistry registry) {
        this.files = files;
        this.directory = directory;
        this.storeId = storeId;
        this.segmentBytes = segmentBytes;
        this.wantedBytes = segmentBytes;
        this.registry = registry;
        this.thread = new OwnedThread("varve-allocator", this::run);
    }

    /**
     * Begins to keep a spare.
     *
     * @param replaces true if an earlier process had a spare, which is being removed: the first one takes its space without regard to what
     *     else is free, since what that process logged may have counted on it
     */
    void start(boolean replaces) {
        this.replaces = replaces;
        thread.start();
    }

    /**
     * Hands out the spare and has the next one made; waits while one is being made.
     *
     * @param bytes what the segment must be able to hold
     * @throws Trouble.DiskFullException if there is no space for one now
     */
    Fresh take(int bytes) throws IOException {
        lock.lock();
        try {
            Fresh taken = await(bytes);
            spare = null;
            wantedBytes = segmentBytes;
            changed.signalAll();
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Makes sure that the next {@link #take} of no more than a usual segment will not fail; waits while a spare is being made.
     *
     * @throws Trouble.DiskFullException if there is no space for one now
     */
    void requireSpare() throws IOException {
        lock.lock();
        try {
            if (spare == null) {
                await(segmentBytes);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the spare can hold so many bytes, and returns it; the lock is held. */
    private Fresh await(int bytes) throws IOException {
        while (true) {
            if (closed) {
                throw new IOException("the log is closed");
            }
            Fresh ready = spare;
            if (ready != null && ready.capacity() >= bytes) {
                return ready;
            }
            wantedBytes = Math.max(segmentBytes, bytes);
            IOException reason = failure;
            if (reason != null) {
                throw reason; // What is tried next is what was asked for last: a large record must not block small
                // ones.
            }
            changed.signalAll();
            changed.awaitUninterruptibly();
        }
    }

    /** True if there is no spare, and the disk had no room for one when it was tried last. */
    boolean diskFull() {
        return spare == null && Trouble.isDiskFull(failure);
    }

    private void run() {
        while (true) {
            int bytes;
            lock.lock();
            try {
                while (!closed && isSpareLargeEnough()) {
                    failure = null; // Of a record that was larger than the spare.
                    changed.awaitUninterruptibly();
                }
                if (closed) {
                    return;
                }
                bytes = wantedBytes;
            } finally {
                lock.unlock();
            }
            make(bytes);
        }
    }

    private boolean isSpareLargeEnough() {
        return spare != null && spare.capacity() >= wantedBytes;
    }

    private void make(int bytes) {
        @Nullable Fresh made = null;
        @Nullable IOException trouble = null;
        try {
            if (!replaces || bytes > segmentBytes) {
                requireReserve(bytes);
            }
            made = create(bytes);
            replaces = false;
        } catch (IOException e) {
            trouble = e;
        } catch (RuntimeException | Error e) { // Else writers would wait for ever for a thread that is gone.
            log.error("making a log segment failed in an unforeseen way", e);
            trouble = new IOException(e);
        }
        lock.lock();
        try {
            if (trouble == null) {
                if (failure != null) {
                    log.info("the next log segment is allocated again");
                }
                replaceSpare(made);
            } else {
                if (failure == null) {
                    log.warn("cannot allocate the next log segment, will go on trying: {}", trouble.getMessage());
                }
                wantedBytes = segmentBytes; // A large record must not keep small ones from what there is space for.
            }
            failure = trouble;
            changed.signalAll();
            long pause = trouble == null ? 0 : TimeUnit.SECONDS.toNanos(RETRY_SECONDS);
            while (pause > 0 && !closed) {
                pause = changed.awaitNanos(pause);
            }
        } catch (InterruptedException e) {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    /** A spare that is too small is kept until there is a larger one: what is in the log may count on it. */
    private void replaceSpare(@Nullable Fresh made) {
        Fresh tooSmall = spare;
        spare = made;
        if (tooSmall != null) {
            closeQuietly(tooSmall.file()); // It stays an empty segment in the manifest, removed at the next opening.
        }
    }

    private void requireReserve(int bytes) throws IOException {
        long reserve = segmentBytes / RESERVE_DIVISOR;
        long usable = files.usableBytes(directory);
        if (usable < bytes + reserve) {
            throw new Trouble.DiskFullException("of " + usable + " bytes that are free, a segment of " + bytes
                    + " would leave less than the " + reserve + " that flushing and collecting may need");
        }
    }

    /**
     * Creates a segment: header, space, all synced, and written down in the manifest. A file that could not be written down
     * is kept for the next attempt rather than removed, since the manifest may have it all the same.
     */
    Fresh create(int bytes) throws IOException {
        Fresh ready = unregistered;
        if (ready == null || ready.capacity() < bytes) {
            ready = prepare(bytes);
            unregistered = ready;
        }
        registry.segmentCreated(ready.id());
        unregistered = null;
        return ready;
    }

    /** True if a file is ready that could not be written down. Asked by the thread that creates. */
    boolean isPrepared() {
        return unregistered != null;
    }

    private Fresh prepare(int bytes) throws IOException {
        long id = registry.nextFileId();
        Path path = directory.resolve(new FileName(FileKind.LOG, id).toString());
        StoreFile file = files.create(path);
        try {
            file.preallocate(bytes);
            file.write(new FileHeader(FileKind.LOG, storeId, id, bytes).encode(), 0);
            file.sync();
            files.syncDirectory(directory);
            return new Fresh(id, file, bytes);
        } catch (IOException e) {
            closeQuietly(file);
            deleteQuietly(path);
            throw e;
        }
    }

    private void deleteQuietly(Path path) {
        try {
            files.delete(path);
        } catch (IOException e) {
            log.warn("cannot remove {}, which is not in use: {}", path, e.getMessage());
        }
    }

    private static void closeQuietly(StoreFile file) {
        try {
            file.close();
        } catch (IOException e) {
            log.warn("cannot close a log segment that is not in use: {}", e.getMessage());
        }
    }

    /** Closes what was created, without having been started. */
    void abandon() {
        Fresh fresh = unregistered;
        if (fresh != null) {
            closeQuietly(fresh.file());
        }
    }

    /** Makes no more segments: when this returns, its thread has ended. */
    void stop() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        thread.join();
    }

    @Override
    public void close() throws IOException {
        stop();
        for (Fresh fresh : new Fresh[] {spare, unregistered}) {
            if (fresh != null) {
                fresh.file().close();
            }
        }
    }
}
