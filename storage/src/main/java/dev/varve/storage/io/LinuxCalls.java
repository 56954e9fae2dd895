package dev.varve.storage.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * System calls on files, made directly. Java's channels do not offer all of them (fallocate(2), madvise(2), and preadv2(2) with
 * {@code RWF_NOWAIT}, which reads from the page cache or not at all), and close themselves when a thread that uses them is interrupted:
 * these calls know nothing of interrupts. They keep the processor's thread that a virtual thread runs on.
 *
 * <p>Made where the JVM allows native access to this module: always, with a warning unless it was started with
 * {@code --enable-native-access}, and not if it was started with {@code --illegal-native-access=deny}. There, and on other systems,
 * {@link #instance} is null, and {@link DiskFileSystem} uses channels.
 *
 * <p>A call that a signal broke off is made again, except those that force: whatever the reason, a force that did not succeed is not
 * tried again. Thread-safe.
 */
final class LinuxCalls {

    static final int O_RDONLY = 0;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0x40;
    static final int O_EXCL = 0x80;

    private static final int O_CLOEXEC = 0x80000;

    /** Readable and writable by all whom the process's mask lets: what Java's channels ask for. */
    private static final int MODE = 0666;

    private static final int RWF_NOWAIT = 8;
    private static final int RWF_DONTCACHE = 0x80;
    private static final int SEEK_END = 2;
    private static final int SEEK_DATA = 3;
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_FIXED = 0x10;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final long MAP_FAILED = -1;
    private static final int MADV_RANDOM = 1;
    private static final int MADV_DONTNEED = 4;
    private static final int POSIX_FADV_RANDOM = 1;
    private static final int POSIX_FADV_WILLNEED = 3;
    private static final int PRIO_PROCESS = 0;
    /** With {@link #PRIO_PROCESS}: Linux keeps priorities by thread. */
    private static final int CALLING_THREAD = 0;

    private static final int ENOENT = 2;
    private static final int EINTR = 4;
    private static final int ENXIO = 6;
    private static final int EACCES = 13;
    private static final int EEXIST = 17;
    private static final int ENOSPC = 28;
    private static final int EOPNOTSUPP = 95;
    private static final int EDQUOT = 122;

    /** How names of files become bytes in this process. */
    private static final Charset NAMES =
            Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"), StandardCharsets.UTF_8);

    private static final @Nullable LinuxCalls INSTANCE = load();

    private final Spares<Scratch> spares = new Spares<>(Scratch::new);

    private LinuxCalls() {}

    /** An open file of the system: its number, which is another file's once it has been closed, and its path, for messages. */
    record Descriptor(int number, Path file) {}

    private static @Nullable LinuxCalls load() {
        if (!System.getProperty("os.name").equals("Linux")
                || !System.getProperty("os.arch").matches("amd64|aarch64")) {
            return null;
        }
        try {
            LinuxFunctions.link();
            return new LinuxCalls();
        } catch (RuntimeException | LinkageError e) {
            return null; // Forbidden, or another C library: the store works without these calls.
        }
    }

    /** The calls, or null where they cannot be made. */
    static @Nullable LinuxCalls instance() {
        return INSTANCE;
    }

    /**
     * Opens a file or directory.
     *
     * @param flags of open(2)
     */
    Descriptor open(Path file, int flags) throws IOException {
        byte[] name = file.toString().getBytes(NAMES);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocate(name.length + 1L);
            MemorySegment.copy(name, 0, path, ValueLayout.JAVA_BYTE, 0, name.length);
            return call(s -> {
                int number;
                do {
                    number = (int) LinuxFunctions.OPEN.invokeExact(s.state, path, flags | O_CLOEXEC, MODE);
                } while (number < 0 && s.errno() == EINTR);
                if (number < 0) {
                    throw refusal(file.toString(), s.errno());
                }
                return new Descriptor(number, file);
            });
        }
    }

    private static IOException refusal(String file, int errno) {
        return switch (errno) {
            case ENOENT -> new NoSuchFileException(file);
            case EEXIST -> new FileAlreadyExistsException(file);
            case EACCES -> new AccessDeniedException(file);
            case ENOSPC, EDQUOT -> new Trouble.DiskFullException(file + ": open: " + LinuxFunctions.text(errno));
            default -> new FileSystemException(file, null, LinuxFunctions.text(errno));
        };
    }

    /** Closes a descriptor, which is gone even if the call fails. */
    void close(Descriptor file) throws IOException {
        call(s -> {
            int result = (int) LinuxFunctions.CLOSE.invokeExact(s.state, file.number);
            return s.require(result == 0 || s.errno() == EINTR, file, "close");
        });
    }

    /**
     * Reads until the target is full or the file ends; the number of bytes.
     *
     * @param keep false if the page cache need not keep what it does not have yet
     */
    int read(Descriptor file, ByteBuffer target, long position, boolean keep) throws IOException {
        int begin = target.position();
        return call(s -> {
            while (target.hasRemaining()) {
                MemorySegment piece = s.pieceFor(target);
                long at = position + target.position() - begin;
                long read = readPiece(s, file, piece, at, keep ? 0 : RWF_DONTCACHE);
                if (read == 0) {
                    break;
                }
                if (read > 0) {
                    s.arrived(target, (int) read);
                } else {
                    s.require(s.errno() == EINTR, file, "read");
                }
            }
            return target.position() - begin;
        });
    }

    /**
     * Fills {@code target} from the page cache; false, with the target's position unchanged, if not all of it is there. The system may then
     * begin to read it.
     *
     * @param keep false if the page cache need not keep what is read so
     */
    boolean readResident(Descriptor file, ByteBuffer target, long position, boolean keep) throws IOException {
        int begin = target.position();
        return call(s -> {
            while (target.hasRemaining()) {
                MemorySegment piece = s.pieceFor(target);
                long at = position + target.position() - begin;
                long read = readPiece(s, file, piece, at, RWF_NOWAIT | (keep ? 0 : RWF_DONTCACHE));
                if (read < piece.byteSize()) {
                    target.position(begin);
                    return false;
                }
                s.arrived(target, (int) read);
            }
            return true;
        });
    }

    /** One call; Linux before 6.14, and some file systems, know nothing of {@link #RWF_DONTCACHE}. */
    private static long readPiece(Scratch s, Descriptor file, MemorySegment piece, long position, int flags)
            throws Throwable {
        if (flags == 0) {
            return (long) LinuxFunctions.PREAD.invokeExact(s.state, file.number, piece, piece.byteSize(), position);
        }
        s.iovec.set(ValueLayout.ADDRESS, 0, piece);
        s.iovec.set(ValueLayout.JAVA_LONG, 8, piece.byteSize());
        long read = (long) LinuxFunctions.PREADV2.invokeExact(s.state, file.number, s.iovec, 1, position, flags);
        boolean refused = read < 0 && (flags & RWF_DONTCACHE) != 0 && s.errno() == EOPNOTSUPP;
        return refused ? readPiece(s, file, piece, position, flags & ~RWF_DONTCACHE) : read;
    }

    /** Writes all that remains. */
    void write(Descriptor file, ByteBuffer source, long position) throws IOException {
        int begin = source.position();
        call(s -> {
            while (source.hasRemaining()) {
                MemorySegment piece = s.pieceOf(source);
                long written = (long) LinuxFunctions.PWRITE.invokeExact(
                        s.state, file.number, piece, piece.byteSize(), position + source.position() - begin);
                if (written == 0) {
                    throw new IOException(file.file + ": write: the system took nothing");
                }
                if (written > 0) {
                    source.position(source.position() + (int) written);
                } else {
                    s.require(s.errno() == EINTR, file, "write");
                }
            }
            return true;
        });
    }

    /** Forces what was written, and the size. */
    void forceData(Descriptor file) throws IOException {
        call(s -> s.require((int) LinuxFunctions.FDATASYNC.invokeExact(s.state, file.number) == 0, file, "fdatasync"));
    }

    /** Forces everything, as a directory needs it. */
    void force(Descriptor file) throws IOException {
        call(s -> s.require((int) LinuxFunctions.FSYNC.invokeExact(s.state, file.number) == 0, file, "fsync"));
    }

    /** The size in bytes. */
    long size(Descriptor file) throws IOException {
        return call(s -> {
            long size = (long) LinuxFunctions.LSEEK.invokeExact(s.state, file.number, 0L, SEEK_END);
            s.require(size >= 0, file, "lseek");
            return size;
        });
    }

    /** The first place at or behind one where a file has data, as far as the system knows: all else is zero. {@link Long#MAX_VALUE} if there is none. */
    long nextData(Descriptor file, long position) throws IOException {
        return call(s -> {
            long found = (long) LinuxFunctions.LSEEK.invokeExact(s.state, file.number, position, SEEK_DATA);
            if (found >= 0) {
                return found;
            }
            return s.errno() == ENXIO ? Long.MAX_VALUE : position; // Not all file systems know.
        });
    }

    /** Gives a file this size. */
    void truncate(Descriptor file, long size) throws IOException {
        call(s -> {
            while ((int) LinuxFunctions.FTRUNCATE.invokeExact(s.state, file.number, size) < 0) {
                s.require(s.errno() == EINTR, file, "truncate");
            }
            return true;
        });
    }

    /**
     * Gives a file blocks of its own up to {@code size}.
     *
     * @return false if the file system cannot do that
     */
    boolean allocate(Descriptor file, long size) throws IOException {
        return call(s -> {
            while ((int) LinuxFunctions.FALLOCATE.invokeExact(s.state, file.number, 0, 0L, size) < 0) {
                if (s.errno() == EOPNOTSUPP) {
                    return false;
                }
                s.require(s.errno() == EINTR, file, "fallocate");
            }
            return true;
        });
    }

    /**
     * Maps bytes of a file.
     *
     * @param from where they begin: a multiple of the system's page
     * @param size more than 0
     * @param arena unmaps them when it is closed
     * @return null if the system refuses
     */
    @Nullable
    MemorySegment map(Descriptor file, boolean writable, long from, long size, Arena arena) throws IOException {
        int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
        MemorySegment address = call(s -> (MemorySegment) LinuxFunctions.MMAP.invokeExact(
                s.state, MemorySegment.NULL, size, protection, MAP_SHARED, file.number, from));
        return address.address() == MAP_FAILED ? null : LinuxFunctions.mapping(address, size, arena);
    }

    /**
     * Maps other bytes of the file where some are mapped, to be read and written, in place of those.
     *
     * @param mapping what {@link #map} returned
     * @param from where in the file they begin: a multiple of the system's page
     * @return false if the system refuses; then nothing may be mapped there any more
     */
    boolean remap(Descriptor file, MemorySegment mapping, long from) throws IOException {
        MemorySegment address = call(s -> (MemorySegment) LinuxFunctions.MMAP.invokeExact(
                s.state,
                mapping,
                mapping.byteSize(),
                PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_FIXED,
                file.number,
                from));
        return address.address() != MAP_FAILED;
    }

    /**
     * Maps memory that is no file's: it is zero, and the system provides each page when it is first used.
     *
     * @param size more than 0
     * @param arena unmaps it when it is closed
     * @return null if the system refuses
     */
    @Nullable
    MemorySegment mapMemory(long size, Arena arena) {
        try {
            MemorySegment address = call(s -> (MemorySegment) LinuxFunctions.MMAP.invokeExact(
                    s.state, MemorySegment.NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L));
            return address.address() == MAP_FAILED ? null : LinuxFunctions.mapping(address, size, arena);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Gives the pages of memory back to the system. It reads as zero from then on, and may be used again.
     *
     * @param memory what {@link #mapMemory} returned; the system refuses what does not begin with a page, of which nothing changes
     */
    void discard(MemorySegment memory) {
        try {
            call(s -> (int) LinuxFunctions.MADVISE.invokeExact(s.state, memory, memory.byteSize(), MADV_DONTNEED));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Tells the system that pages of a mapping will be read here and there, so that it reads no others with them; it may refuse. */
    void adviseRandom(MemorySegment mapping) throws IOException {
        call(s -> (int) LinuxFunctions.MADVISE.invokeExact(s.state, mapping, mapping.byteSize(), MADV_RANDOM));
    }

    /** Tells the system that a file will be read here and there, so that it reads what it is asked for and no more; it may refuse. */
    void adviseRandom(Descriptor file) throws IOException {
        call(s -> (int) LinuxFunctions.FADVISE.invokeExact(file.number, 0L, 0L, POSIX_FADV_RANDOM));
    }

    /** Has the system read bytes into memory, without waiting for them; it may refuse. */
    void adviseWillNeed(Descriptor file, long from, long size) throws IOException {
        call(s -> (int) LinuxFunctions.FADVISE.invokeExact(file.number, from, size, POSIX_FADV_WILLNEED));
    }

    /** Has the calling thread give way to others: a nice value from 0 to 19. Where that is refused nothing changes. */
    void setNiceness(int niceness) {
        try {
            call(s -> (int) LinuxFunctions.SETPRIORITY.invokeExact(s.state, PRIO_PROCESS, CALLING_THREAD, niceness));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Something that calls the system. */
    @FunctionalInterface
    private interface Call<T> {
        T make(Scratch s) throws Throwable; // As method handles are declared; only IOException comes.
    }

    private <T> T call(Call<T> call) throws IOException {
        Scratch s = spares.take();
        try {
            return call.make(s);
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        } finally {
            spares.giveBack(s);
        }
    }

    /** Native memory that a call needs: for errno, and for bytes on their way to or from the heap. Freed by the collector. */
    private static final class Scratch {

        private static final int SMALLEST_BYTES = 16 << 10;

        /** More goes in pieces. */
        private static final int LARGEST_BYTES = 256 << 10;

        private static final VarHandle ERRNO =
                LinuxFunctions.STATE_LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("errno"));

        private final MemorySegment state = Arena.ofAuto().allocate(LinuxFunctions.STATE_LAYOUT);
        private final MemorySegment iovec = Arena.ofAuto().allocate(16, 8);
        private MemorySegment bytes = MemorySegment.NULL;

        int errno() {
            return (int) ERRNO.get(state, 0L);
        }

        /** Throws what errno says unless all is well; returns true. */
        boolean require(boolean well, Descriptor file, String what) throws IOException {
            if (well) {
                return true;
            }
            String message = file.file + ": " + what + ": " + LinuxFunctions.text(errno());
            throw errno() == ENOSPC || errno() == EDQUOT
                    ? new Trouble.DiskFullException(message)
                    : new IOException(message);
        }

        /** Where the next bytes of a buffer may be read to: its own memory if it is not on the heap. */
        MemorySegment pieceFor(ByteBuffer target) {
            return target.isDirect() ? MemorySegment.ofBuffer(target) : room(target.remaining());
        }

        /** So many bytes were read into the piece. */
        void arrived(ByteBuffer target, int read) {
            if (!target.isDirect()) {
                MemorySegment.copy(bytes, 0, MemorySegment.ofBuffer(target), 0, read);
            }
            target.position(target.position() + read);
        }

        /** The next bytes of a buffer, from where they can be written. */
        MemorySegment pieceOf(ByteBuffer source) {
            MemorySegment all = MemorySegment.ofBuffer(source);
            if (source.isDirect()) {
                return all;
            }
            MemorySegment piece = room(source.remaining());
            return piece.copyFrom(all.asSlice(0, piece.byteSize()));
        }

        private MemorySegment room(int wanted) {
            int size = Math.min(wanted, LARGEST_BYTES);
            if (bytes.byteSize() < size) {
                bytes = Arena.ofAuto().allocate(Math.max(SMALLEST_BYTES, Integer.highestOneBit(2 * size - 1)), 8);
            }
            return bytes.asSlice(0, size);
        }
    }
}
