package dev.varve.testkit;

import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * A file system in memory on which everything can go wrong, and on which what was not synced can be lost.
 *
 * <p>Every call is counted, may be watched ({@link #watch}), meets the {@link FaultPlan}, and then changes the
 * {@link SimulatedDisk}, all under the disk's monitor: between two calls the disk is in a definite state, which a watcher
 * may copy. {@link #killed} and {@link #afterPowerCut} give the file system that the next start finds.
 *
 * <p>Thread-safe.
 */
public final class SimulatedFileSystem implements FileSystem {

    /** What {@link #usableBytes} says of a disk without bounds. */
    public static final long UNBOUNDED = 1L << 40;

    private final SimulatedDisk disk;
    private final FaultPlan faults = new FaultPlan();
    private final Map<CallKind, Long> counts = new EnumMap<>(CallKind.class);
    private final List<OpenFile> handles = new ArrayList<>();
    private final Set<Path> locked = new TreeSet<>();
    private Consumer<IoCall> watcher = call -> {};
    private long capacityBytes = UNBOUNDED;
    private boolean residentReads = true;
    private boolean linksAllowed = true;

    /** An empty disk. */
    public SimulatedFileSystem() {
        this(new SimulatedDisk());
    }

    /** Mounts a disk. */
    public SimulatedFileSystem(SimulatedDisk disk) {
        this.disk = disk;
    }

    /** The disk below. */
    public SimulatedDisk disk() {
        return disk;
    }

    /** What goes wrong. */
    public FaultPlan faults() {
        return faults;
    }

    /** Stops this machine as kill -9 does a process, and gives the file system that the next process finds. */
    public SimulatedFileSystem killed() {
        synchronized (disk) {
            faults.crash();
            return new SimulatedFileSystem(disk.copy());
        }
    }

    /** Stops this machine by cutting its power, and gives the file system that the next start finds. */
    public SimulatedFileSystem afterPowerCut(RandomGenerator random, CrashMode mode) {
        synchronized (disk) {
            faults.crash();
            return new SimulatedFileSystem(disk.afterPowerCut(random, mode));
        }
    }

    /**
     * Calls back before each call, which waits meanwhile, as do those of other threads. What the callback throws, the call
     * throws.
     */
    public void watch(Consumer<IoCall> callback) {
        synchronized (disk) {
            watcher = callback;
        }
    }

    /** Bounds the bytes that files may take together; less than they take now means that nothing may grow. */
    public void setCapacityBytes(long bytes) {
        synchronized (disk) {
            capacityBytes = bytes;
        }
    }

    /** Whether {@link StoreFile#readResident} finds everything in memory (the default) or nothing. */
    public void setResidentReads(boolean resident) {
        synchronized (disk) {
            residentReads = resident;
        }
    }

    /** How many calls of these kinds there were. */
    public long calls(Set<CallKind> kinds) {
        synchronized (disk) {
            return kinds.stream()
                    .mapToLong(kind -> counts.getOrDefault(kind, 0L))
                    .sum();
        }
    }

    /** The names of the files, and locks, that were opened and not yet closed. */
    public List<String> openFiles() {
        synchronized (disk) {
            Stream<Path> paths = Stream.concat(handles.stream().map(file -> file.path), locked.stream());
            return paths.map(path -> String.valueOf(path.getFileName())).toList();
        }
    }

    /** Whether files can have a second name (the default), as they cannot on another file system. */
    public void setLinksAllowed(boolean allowed) {
        synchronized (disk) {
            linksAllowed = allowed;
        }
    }

    @Override
    public StoreFile create(Path file) throws IOException {
        Path path = absolute(file);
        return call(IoCall.of(CallKind.CREATE, path), () -> new OpenFile(path, disk.create(path), true));
    }

    @Override
    public StoreFile open(Path file) throws IOException {
        Path path = absolute(file);
        return call(IoCall.of(CallKind.OPEN, path), () -> new OpenFile(path, disk.find(path), true));
    }

    @Override
    public StoreFile openForRead(Path file) throws IOException {
        Path path = absolute(file);
        return call(IoCall.of(CallKind.OPEN_FOR_READ, path), () -> new OpenFile(path, disk.find(path), false));
    }

    @Override
    public boolean exists(Path file) throws IOException {
        Path path = absolute(file);
        return call(IoCall.of(CallKind.EXISTS, path), () -> disk.exists(path));
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        Path path = absolute(directory);
        return call(IoCall.of(CallKind.LIST, path), () -> disk.list(path));
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        Path path = absolute(directory);
        run(IoCall.of(CallKind.CREATE_DIRECTORIES, path), () -> disk.createDirectories(path));
    }

    @Override
    public void delete(Path file) throws IOException {
        Path path = absolute(file);
        run(IoCall.of(CallKind.DELETE, path), () -> disk.delete(path));
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Path source = absolute(from);
        Path target = absolute(to);
        run(IoCall.of(CallKind.RENAME, source, target), () -> {
            disk.rename(source, target);
            handles.stream()
                    .filter(file -> file.path.startsWith(source))
                    .forEach(file -> file.path = SimulatedDisk.moved(file.path, source, target));
        });
    }

    @Override
    public boolean link(Path file, Path name) throws IOException {
        Path source = absolute(file);
        Path second = absolute(name);
        return call(IoCall.of(CallKind.LINK, source, second), () -> {
            if (linksAllowed) {
                disk.link(source, second);
            }
            return linksAllowed;
        });
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        Path path = absolute(directory);
        run(IoCall.of(CallKind.SYNC_DIRECTORY, path), () -> disk.syncDirectory(path));
    }

    @Override
    public long usableBytes(Path directory) throws IOException {
        Path path = absolute(directory);
        return call(
                IoCall.of(CallKind.USABLE_BYTES, path),
                () -> capacityBytes == UNBOUNDED ? UNBOUNDED : Math.max(0, capacityBytes - disk.usedBytes()));
    }

    @Override
    public AutoCloseable lock(Path file) throws IOException {
        Path path = absolute(file);
        return call(IoCall.of(CallKind.LOCK, path), () -> {
            if (!disk.exists(path)) {
                disk.create(path);
            }
            if (!locked.add(path)) {
                throw new LockedException("the lock on " + path + " is held");
            }
            return () -> run(IoCall.of(CallKind.UNLOCK, path), () -> locked.remove(path));
        });
    }

    private static Path absolute(Path path) {
        return path.toAbsolutePath().normalize();
    }

    /** The effect of a call. */
    @FunctionalInterface
    private interface Effect<T> {
        T run() throws IOException;
    }

    /** The effect of a call without a result. */
    @FunctionalInterface
    private interface Action {
        void run() throws IOException;
    }

    private void run(IoCall call, Action action) throws IOException {
        synchronized (disk) {
            if (begin(call, 0, share -> {})) {
                action.run();
            }
        }
    }

    private <T> T call(IoCall call, Effect<T> effect) throws IOException {
        synchronized (disk) {
            begin(call, 0, share -> {});
            return effect.run();
        }
    }

    /** What a call does of its work before it fails. */
    @FunctionalInterface
    private interface Part {
        void run(int bytes) throws IOException;
    }

    /** Counts and shows the call, and lets it meet its fault; false if the call shall do nothing and succeed. */
    private boolean begin(IoCall call, int bytes, Part part) throws IOException {
        watcher.accept(call);
        counts.merge(call.kind(), 1L, Long::sum);
        return switch (faults.meets(call)) {
            case null -> true;
            case FaultPlan.Fault.Lie() -> false;
            case FaultPlan.Fault.Fail(IOException error, double share) -> {
                part.run((int) (bytes * share));
                throw error;
            }
            case FaultPlan.Fault.Crash(double share) -> {
                part.run((int) (bytes * share));
                faults.crash();
                throw new SimulatedCrash("the machine stops: " + call);
            }
        };
    }

    private void requireSpace(SectorFile file, long size) throws IOException {
        if (size > file.size() && capacityBytes != UNBOUNDED && room(file) < size) {
            throw FaultPlan.noSpace();
        }
    }

    /** How long the file can become. */
    private long room(SectorFile file) {
        return capacityBytes == UNBOUNDED
                ? Long.MAX_VALUE
                : Math.max(file.size(), file.size() + capacityBytes - disk.usedBytes());
    }

    private final class OpenFile implements StoreFile {

        private final SectorFile file;
        private final boolean writable;
        private Path path;
        private boolean closed;

        OpenFile(Path path, SectorFile file, boolean writable) {
            this.path = path;
            this.file = file;
            this.writable = writable;
            handles.add(this);
        }

        private void requireOpen() throws IOException {
            if (closed) {
                throw new ClosedChannelException();
            }
        }

        private void requireWritable() throws IOException {
            requireOpen();
            if (!writable) {
                throw new IOException(path + " is open for reading only");
            }
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return call(IoCall.of(CallKind.READ, path, position, target.remaining()), () -> {
                requireOpen();
                return file.read(target, position);
            });
        }

        @Override
        public boolean readResident(ByteBuffer target, long position) throws IOException {
            return call(IoCall.of(CallKind.READ_RESIDENT, path, position, target.remaining()), () -> {
                requireOpen();
                if (!residentReads || file.size() - position < target.remaining()) {
                    return false;
                }
                file.read(target, position);
                return true;
            });
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            synchronized (disk) {
                requireWritable();
                IoCall call = IoCall.of(CallKind.WRITE, path, position, source.remaining());
                if (begin(call, source.remaining(), bytes -> writePart(source, bytes, position))) {
                    long room = Math.max(0, room(file) - position);
                    if (room < source.remaining()) {
                        writePart(source, (int) room, position);
                        throw FaultPlan.noSpace();
                    }
                    file.write(source, position);
                }
            }
        }

        private void writePart(ByteBuffer source, int bytes, long position) {
            file.write(source.slice(source.position(), bytes), position);
            source.position(source.position() + bytes);
        }

        @Override
        public void sync() throws IOException {
            synchronized (disk) {
                requireOpen();
                try {
                    if (begin(IoCall.of(CallKind.SYNC, path), 0, part -> {})) {
                        file.sync();
                    }
                } catch (IOException e) {
                    file.failSync();
                    throw e;
                }
            }
        }

        @Override
        public long size() throws IOException {
            return call(IoCall.of(CallKind.SIZE, path), () -> {
                requireOpen();
                return file.size();
            });
        }

        @Override
        public void truncate(long size) throws IOException {
            run(IoCall.of(CallKind.TRUNCATE, path, size, -1), () -> {
                requireWritable();
                file.truncate(size);
            });
        }

        @Override
        public void preallocate(long size) throws IOException {
            run(IoCall.of(CallKind.PREALLOCATE, path, size, -1), () -> {
                requireWritable();
                try {
                    requireSpace(file, size);
                } catch (IOException e) {
                    file.grow(Math.min(size, room(file)));
                    throw e;
                }
                file.grow(size);
            });
        }

        /** Closes the file even where the plan makes the call fail, as close(2) does. */
        @Override
        public void close() throws IOException {
            synchronized (disk) {
                if (!closed) {
                    closed = true;
                    handles.remove(this);
                    begin(IoCall.of(CallKind.CLOSE, path), 0, part -> {});
                }
            }
        }
    }
}
