package dev.varve.storage.io;

import java.io.IOException;
import java.nio.ByteBuffer;
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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of this machine: by {@link LinuxFile} where that can be, which no interrupt of a thread disturbs, and else by
 * {@link ChannelFile}. Thread-safe.
 */
public final class DiskFileSystem implements FileSystem {

    private static final DiskFileSystem INSTANCE = new DiskFileSystem(LinuxCalls.instance());
    private static final int ZEROES_BYTES = 1 << 20;

    /** What the system says where a link cannot be: EXDEV, EPERM and EOPNOTSUPP of link(2), EMLINK where a file has too many. */
    private static final List<String> LINKS_REFUSED =
            List.of("cross-device link", "Operation not permitted", "not supported", "Too many links");

    private final @Nullable LinuxCalls calls;

    /** @param calls how files are used, or null for channels */
    private DiskFileSystem(@Nullable LinuxCalls calls) {
        this.calls = calls;
    }

    /** The one instance. */
    public static DiskFileSystem instance() {
        return INSTANCE;
    }

    /** The same files as on a system that has nothing but channels; for tests. */
    public static DiskFileSystem byChannels() {
        return new DiskFileSystem(null);
    }

    @Override
    public StoreFile create(Path file) throws IOException {
        return calls == null
                ? channel(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)
                : LinuxFile.open(calls, file, LinuxCalls.O_RDWR | LinuxCalls.O_CREAT | LinuxCalls.O_EXCL);
    }

    @Override
    public StoreFile open(Path file) throws IOException {
        return calls == null
                ? channel(file, StandardOpenOption.READ, StandardOpenOption.WRITE)
                : LinuxFile.open(calls, file, LinuxCalls.O_RDWR);
    }

    @Override
    public StoreFile openForRead(Path file) throws IOException {
        return calls == null
                ? channel(file, StandardOpenOption.READ)
                : LinuxFile.open(calls, file, LinuxCalls.O_RDONLY);
    }

    private static StoreFile channel(Path file, OpenOption... options) throws IOException {
        return new ChannelFile(FileChannel.open(file, options));
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
        if (calls == null) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
            return;
        }
        LinuxCalls.Descriptor descriptor = calls.open(directory, LinuxCalls.O_RDONLY);
        try {
            calls.force(descriptor);
        } finally {
            calls.close(descriptor);
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

    /** Writes zeroes from the end of a file up to a size. */
    static void fillWithZeroes(StoreFile file, long size) throws IOException {
        ByteBuffer zeroes = ByteBuffer.allocateDirect(ZEROES_BYTES);
        for (long at = file.size(); at < size; at += ZEROES_BYTES) {
            file.write(zeroes.clear().limit((int) Math.min(ZEROES_BYTES, size - at)), at);
        }
    }
}
