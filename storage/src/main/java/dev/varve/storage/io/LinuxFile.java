package dev.varve.storage.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A file by its descriptor. Whoever is interrupted while he reads or writes goes on undisturbed, and so does everybody else.
 *
 * <p>The system reads what it is asked for and no more: of values it cannot know what comes next, and what is read from end to end is read
 * in large pieces.
 *
 * <p>The descriptor is closed when no call uses it any more, since its number may then be given to another file.
 */
final class LinuxFile implements StoreFile {

    private static final int CLOSED = 1 << 30;
    /** Less is the head of something that is read next. */
    private static final int HEAD_BYTES = 128;

    /** What stands around a piece that the device has to be asked for: so much takes it hardly longer. */
    private static final int AROUND_BYTES = 64 << 10;

    /** How many bytes more of files that are read frequently would fit, in this process; below 0 nothing is read around a piece. */
    private static final AtomicLong FITTING =
            new AtomicLong((MachineMemory.bytes() - Runtime.getRuntime().maxMemory()) / 2);

    private static final AtomicLong OPENED = new AtomicLong();

    private final LinuxCalls calls;
    private final LinuxCalls.Descriptor descriptor;

    /** How many calls use the descriptor, plus {@link #CLOSED} once it is to be closed. */
    private final AtomicInteger uses = new AtomicInteger();

    /** What was preallocated by this process, until the file is cut or closed. */
    private final AtomicReference<@Nullable FileMapping> writeMapping = new AtomicReference<>();

    private final ReadMapping readMapping;

    /** Tells this file from all others that this process opened. */
    private final long id = OPENED.getAndIncrement();

    private volatile boolean readSeldom;

    private final AtomicLong fitting;

    /** How much of {@link #fitting} it takes: its size if it is read frequently. */
    private final AtomicLong frequentBytes = new AtomicLong();

    private LinuxFile(LinuxCalls calls, LinuxCalls.Descriptor descriptor, AtomicLong mappable, AtomicLong fitting) {
        this.calls = calls;
        this.descriptor = descriptor;
        this.readMapping = new ReadMapping(this, mappable);
        this.fitting = fitting;
    }

    /** @param flags of open(2) */
    static LinuxFile open(LinuxCalls calls, Path file, int flags) throws IOException {
        return open(calls, file, flags, ReadMapping.MAPPABLE, FITTING);
    }

    /**
     * @param mappable how many bytes may be read by mappings
     * @param fitting how many bytes may be in files that are read frequently
     */
    static LinuxFile open(LinuxCalls calls, Path file, int flags, AtomicLong mappable, AtomicLong fitting)
            throws IOException {
        LinuxCalls.Descriptor descriptor = calls.open(file, flags);
        calls.adviseRandom(descriptor);
        return new LinuxFile(calls, descriptor, mappable, fitting);
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        boolean keep = !isScarce(target) || RecentReads.ofProcess().add(id, position);
        int length = target.remaining();
        begin();
        try {
            if (bringsSurroundings(length)) {
                if (calls.readResident(descriptor, target, position, keep)) {
                    return length;
                }
                long from = position - position % AROUND_BYTES;
                calls.adviseWillNeed(descriptor, from, Math.max(AROUND_BYTES, position + length - from));
            }
            return calls.read(descriptor, target, position, keep);
        } finally {
            end();
        }
    }

    @Override
    public boolean readResident(ByteBuffer target, long position) throws IOException {
        boolean keep = !isScarce(target) || RecentReads.ofProcess().contains(id, position);
        begin();
        try {
            return calls.readResident(descriptor, target, position, keep);
        } finally {
            end();
        }
    }

    @Override
    public void expectSeldomReads() {
        readSeldom = true;
    }

    @Override
    public void readAhead(long position, long bytes) throws IOException {
        begin();
        try {
            calls.adviseWillNeed(descriptor, position, bytes);
        } finally {
            end();
        }
    }

    @Override
    public void expectFrequentReads() throws IOException {
        long size = size();
        fitting.addAndGet(frequentBytes.getAndSet(size) - size);
    }

    private boolean bringsSurroundings(int length) {
        return frequentBytes.get() > 0 && length < AROUND_BYTES && fitting.get() >= 0;
    }

    /** True if what is read of this file should not take memory from other things. */
    private boolean isScarce(ByteBuffer target) {
        return readSeldom && target.remaining() > HEAD_BYTES && readMapping.isBeyondMemory();
    }

    @Override
    public boolean readMapped(byte[] target, int from, int length, long position) throws IOException {
        return readMapping.read(target, from, length, position);
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
        begin();
        try {
            calls.write(descriptor, source, position);
        } finally {
            end();
        }
    }

    @Override
    public void writeLazily(ByteBuffer source, long position) throws IOException {
        FileMapping mapping = writeMapping.get();
        int begin = source.position();
        if (mapping == null || !mapping.write(source, position)) {
            write(source, position + source.position() - begin);
        }
    }

    @Override
    public void sync() throws IOException {
        if (Thread.currentThread().isVirtual()) {
            forceByPlatformThread();
        } else {
            force();
        }
    }

    private void force() throws IOException {
        begin();
        try {
            calls.forceData(descriptor);
        } finally {
            end();
        }
    }

    /** A virtual thread would keep its carrier from all others for as long as the device takes. */
    private void forceByPlatformThread() throws IOException {
        FutureTask<Void> task = new FutureTask<>(() -> {
            force();
            return null;
        });
        OwnedThread thread = new OwnedThread("varve-force", task);
        thread.start();
        thread.join();
        if (task.state() == Future.State.FAILED) {
            throw task.exceptionNow() instanceof IOException e ? e : new IOException(task.exceptionNow());
        }
    }

    @Override
    public long size() throws IOException {
        begin();
        try {
            return calls.size(descriptor);
        } finally {
            end();
        }
    }

    @Override
    public long nextData(long position) throws IOException {
        begin();
        try {
            return calls.nextData(descriptor, position);
        } finally {
            end();
        }
    }

    @Override
    public void truncate(long size) throws IOException {
        endLazyWrites(); // A page beyond the end must not be touched.
        readMapping.cut(size);
        begin();
        try {
            if (calls.size(descriptor) > size) {
                calls.truncate(descriptor, size);
            }
        } finally {
            end();
        }
    }

    @Override
    public void preallocate(long size) throws IOException {
        begin();
        try {
            if (calls.allocate(descriptor, size)) {
                writeMapping.compareAndSet(null, new FileMapping(this, size));
                return;
            }
        } finally {
            end();
        }
        DiskFileSystem.fillWithZeroes(this, size);
    }

    /**
     * Maps bytes; those that are only read, here and there.
     *
     * @param from where they begin: a multiple of the system's page
     * @param size more than 0
     * @param arena unmaps them when it is closed
     * @return null if the system refuses
     */
    @Nullable
    MemorySegment map(boolean writable, long from, long size, Arena arena) throws IOException {
        begin();
        try {
            MemorySegment mapped = calls.map(descriptor, writable, from, size, arena);
            if (mapped != null && !writable) {
                calls.adviseRandom(mapped);
            }
            return mapped;
        } finally {
            end();
        }
    }

    /**
     * Maps other bytes of the file in place of those that {@link #map} mapped, writable, whose arena nobody closes meanwhile.
     *
     * @param from where they begin: a multiple of the system's page
     * @return false if the system refuses; then nothing may be mapped there any more
     */
    boolean remap(MemorySegment mapped, long from) throws IOException {
        begin();
        try {
            return calls.remap(descriptor, mapped, from);
        } finally {
            end();
        }
    }

    private void begin() throws IOException {
        if (uses.getAndUpdate(n -> n >= CLOSED ? n : n + 1) >= CLOSED) {
            throw new ClosedChannelException();
        }
    }

    private void end() throws IOException {
        if (uses.decrementAndGet() == CLOSED) {
            calls.close(descriptor);
        }
    }

    private void endLazyWrites() {
        FileMapping mapping = writeMapping.getAndSet(null);
        if (mapping != null) {
            mapping.close();
        }
    }

    @Override
    public void close() throws IOException {
        endLazyWrites();
        readMapping.close();
        fitting.addAndGet(frequentBytes.getAndSet(0));
        if (uses.getAndUpdate(n -> n >= CLOSED ? n : n + CLOSED) == 0) {
            calls.close(descriptor);
        }
    }
}
