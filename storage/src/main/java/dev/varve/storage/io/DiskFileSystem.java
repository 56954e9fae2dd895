package dev.varve.storage.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The files of this machine. Thread-safe. */
public final class DiskFileSystem implements FileSystem {

    private static final DiskFileSystem INSTANCE = new DiskFileSystem();

    /** What the system says where a link cannot be: EXDEV, EPERM and EOPNOTSUPP of link(2), EMLINK where a file has too many. */
    private static final List<String> LINKS_REFUSED =
            List.of("cross-device link", "Operation not permitted", "not supported", "Too many links");

    private DiskFileSystem() {}

    /** The one instance. */
    public static DiskFileSystem instance() {
        return INSTANCE;
    }

    @Override
    public StoreFile create(Path file) throws IOException {
        return open(file, true, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    @Override
    public StoreFile open(Path file) throws IOException {
        return open(file, true, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    @Override
    public StoreFile openForRead(Path file) throws IOException {
        return open(file, false, StandardOpenOption.READ);
    }

    private static StoreFile open(Path file, boolean writable, OpenOption... options) throws IOException {
        FileChannel channel = FileChannel.open(file, options);
        try {
            return new DiskFile(channel, SecondDescriptor.open(file, writable));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public boolean exists(Path path) {
        return Files.exists(path);
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        Path absolute = directory.toAbsolutePath();
        if (Files.isDirectory(absolute)) {
            return;
        }
        Path parent = absolute.getParent();
        if (parent != null) {
            createDirectories(parent);
        }
        Files.createDirectory(absolute);
        if (parent != null) {
            syncDirectory(parent);
        }
    }

    @Override
    public void delete(Path file) throws IOException {
        Files.delete(file);
    }

    @Override
    public boolean link(Path file, Path name) throws IOException {
        try {
            Files.createLink(name, file);
            return true;
        } catch (UnsupportedOperationException e) {
            return false;
        } catch (FileAlreadyExistsException | NoSuchFileException e) {
            throw e;
        } catch (FileSystemException e) {
            if (LINKS_REFUSED.stream().anyMatch(String.valueOf(e.getReason())::contains)) {
                return false;
            }
            throw e;
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public long usableBytes(Path directory) throws IOException {
        FileStore store = Files.getFileStore(directory);
        return store.getUsableSpace();
    }

    @Override
    public AutoCloseable lock(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            @Nullable FileLock lock = channel.tryLock();
            if (lock == null) {
                throw new LockedException("another process holds the lock on " + file);
            }
            return channel;
        } catch (OverlappingFileLockException e) {
            channel.close();
            throw new LockedException("this process already holds the lock on " + file);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * A second descriptor of a file, for the calls that channels do not offer. It is closed when it is not in use any more, since its
     * number may then be given to another file.
     */
    private static final class SecondDescriptor {

        private static final int CLOSED = 1 << 30;

        private final LinuxCalls calls;
        private final int descriptor;

        /** How many calls use it, plus {@link #CLOSED} once it is to be closed. */
        private final AtomicInteger uses = new AtomicInteger();

        private SecondDescriptor(LinuxCalls calls, int descriptor) {
            this.calls = calls;
            this.descriptor = descriptor;
        }

        static @Nullable SecondDescriptor open(Path file, boolean writable) throws IOException {
            LinuxCalls calls = LinuxCalls.instance();
            return calls == null ? null : new SecondDescriptor(calls, calls.open(file, writable));
        }

        boolean readResident(ByteBuffer target, long position) throws IOException {
            begin();
            try {
                return calls.readResident(descriptor, target, position);
            } finally {
                end();
            }
        }

        boolean allocate(long size) throws IOException {
            begin();
            try {
                return calls.fallocate(descriptor, size);
            } finally {
                end();
            }
        }

        private void begin() throws IOException {
            if (uses.incrementAndGet() > CLOSED) {
                uses.decrementAndGet();
                throw new ClosedChannelException();
            }
        }

        private void end() throws IOException {
            if (uses.decrementAndGet() == CLOSED) {
                calls.close(descriptor);
            }
        }

        void close() throws IOException {
            int before = uses.getAndUpdate(n -> n >= CLOSED ? n : n + CLOSED);
            if (before == 0) {
                calls.close(descriptor);
            }
        }
    }

    /** A file by its channel, and by a second descriptor where there is one. */
    private static final class DiskFile implements StoreFile {

        private static final int ZEROES_BYTES = 1 << 20;

        private final FileChannel channel;
        private final @Nullable SecondDescriptor second;

        /** What was preallocated by this process, until the file is cut or closed. */
        private final AtomicReference<@Nullable FileMapping> mapping = new AtomicReference<>();

        private final ReadMapping readMapping;

        DiskFile(FileChannel channel, @Nullable SecondDescriptor second) {
            this.channel = channel;
            this.second = second;
            this.readMapping = new ReadMapping(channel);
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            int begin = target.position();
            while (target.hasRemaining()) {
                if (channel.read(target, position + target.position() - begin) < 0) {
                    break;
                }
            }
            return target.position() - begin;
        }

        @Override
        public boolean readResident(ByteBuffer target, long position) throws IOException {
            return second != null && !Thread.currentThread().isVirtual() && second.readResident(target, position);
        }

        @Override
        public boolean readMapped(byte[] target, int from, int length, long position) throws IOException {
            return readMapping.read(target, from, length, position);
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            int begin = source.position();
            while (source.hasRemaining()) {
                channel.write(source, position + source.position() - begin);
            }
        }

        @Override
        public void writeLazily(ByteBuffer source, long position) throws IOException {
            FileMapping mapped = mapping.get();
            if (mapped == null || !mapped.write(source, position)) {
                write(source, position);
            }
        }

        private void endLazyWrites() {
            FileMapping mapped = mapping.getAndSet(null);
            if (mapped != null) {
                mapped.close();
            }
        }

        @Override
        public void sync() throws IOException {
            channel.force(false);
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void truncate(long size) throws IOException {
            endLazyWrites(); // A page beyond the end must not be touched.
            readMapping.cut(size);
            channel.truncate(size);
        }

        @Override
        public void preallocate(long size) throws IOException {
            if (second != null && second.allocate(size)) {
                mapping.compareAndSet(null, new FileMapping(channel, size));
                return;
            }
            ByteBuffer zeroes = ByteBuffer.allocateDirect(ZEROES_BYTES);
            for (long at = channel.size(); at < size; at += ZEROES_BYTES) {
                write(zeroes.clear().limit((int) Math.min(ZEROES_BYTES, size - at)), at);
            }
        }

        @Override
        public void close() throws IOException {
            endLazyWrites();
            readMapping.close();
            try {
                if (second != null) {
                    second.close();
                }
            } finally {
                channel.close();
            }
        }
    }
}
