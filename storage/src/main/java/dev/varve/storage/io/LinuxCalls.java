package dev.varve.storage.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The system calls that Java does not offer: fallocate(2), madvise(2), and preadv2(2) with {@code RWF_NOWAIT}, which reads from the
 * page cache or not at all. Used where the JVM allows native access to this module (the launcher does); elsewhere
 * {@link #instance} is null and {@link DiskFileSystem} does without.
 *
 * <p>Thread-safe. File descriptors are plain ints, opened and closed here, beside those of {@code FileChannel}.
 */
final class LinuxCalls {

    private static final int O_RDONLY = 0;
    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x80000;
    private static final int RWF_NOWAIT = 8;
    private static final int MADV_RANDOM = 1;
    private static final int ENOSPC = 28;
    private static final int EOPNOTSUPP = 95;
    private static final int EDQUOT = 122;
    private static final int PRIO_PROCESS = 0;
    /** With {@link #PRIO_PROCESS}: Linux keeps priorities by thread. */
    private static final int CALLING_THREAD = 0;

    private static final int SCRATCH_BYTES = 64 << 10;
    private static final StructErrno ERRNO = new StructErrno();
    private static final @Nullable LinuxCalls INSTANCE = load();

    private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

    private LinuxCalls() {}

    /** In static fields, so that the compiler knows them: a call is then as cheap as one of C, else it takes microseconds. */
    private static final class Handles {
        private static final Linker LINKER = Linker.nativeLinker();
        private static final Linker.Option STATE = Linker.Option.captureCallState("errno");
        static final MethodHandle OPEN = handle(
                "open",
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                STATE,
                Linker.Option.firstVariadicArg(2));
        static final MethodHandle CLOSE =
                handle("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT), STATE);
        static final MethodHandle FALLOCATE = handle(
                "fallocate",
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG),
                STATE);
        static final MethodHandle PREADV2 = handle(
                "preadv2",
                FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT),
                STATE);
        static final MethodHandle MADVISE = handle(
                "madvise",
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT),
                STATE);
        static final MethodHandle SETPRIORITY = handle(
                "setpriority",
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
                STATE);

        private Handles() {}

        @SuppressWarnings("restricted") // The one place that calls native code.
        private static MethodHandle handle(String name, FunctionDescriptor descriptor, Linker.Option... options) {
            return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, options);
        }

        /** Links them all. */
        static void link() {}
    }

    private static @Nullable LinuxCalls load() {
        if (!System.getProperty("os.name").equals("Linux")
                || !System.getProperty("os.arch").matches("amd64|aarch64")
                || !LinuxCalls.class.getModule().isNativeAccessEnabled()) {
            return null;
        }
        try {
            Handles.link();
            return new LinuxCalls();
        } catch (RuntimeException | LinkageError e) {
            return null; // Another C library: the store works without these calls.
        }
    }

    /** The calls, or null where they cannot be made. */
    static @Nullable LinuxCalls instance() {
        return INSTANCE;
    }

    /** Opens a second descriptor of a file. */
    int open(Path file, boolean writable) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = ERRNO.allocate(arena);
            int flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC;
            int fd = (int) Handles.OPEN.invokeExact(state, arena.allocateFrom(file.toString()), flags);
            if (fd < 0) {
                throw new IOException(file + ": open failed with errno " + ERRNO.get(state));
            }
            return fd;
        } catch (Throwable e) {
            throw sneaky(e);
        }
    }

    /** Closes a descriptor. */
    void close(int fd) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int result = (int) Handles.CLOSE.invokeExact(ERRNO.allocate(arena), fd);
            if (result < 0) {
                throw new IOException("close failed");
            }
        } catch (Throwable e) {
            throw sneaky(e);
        }
    }

    /** Has the calling thread give way to others: a nice value from 0 to 19. Where that is refused nothing changes. */
    void setNiceness(int niceness) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = ERRNO.allocate(arena);
            int ignored = (int) Handles.SETPRIORITY.invokeExact(state, PRIO_PROCESS, CALLING_THREAD, niceness);
        } catch (Throwable e) {
            throw new IllegalStateException(e); // The call itself throws nothing.
        }
    }

    /**
     * Gives a file blocks of its own up to {@code size}.
     *
     * @return false if the file system cannot do that
     */
    boolean fallocate(int fd, long size) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = ERRNO.allocate(arena);
            int result = (int) Handles.FALLOCATE.invokeExact(state, fd, 0, 0L, size);
            if (result == 0) {
                return true;
            }
            int errno = ERRNO.get(state);
            if (errno == EOPNOTSUPP) {
                return false;
            }
            if (errno == ENOSPC || errno == EDQUOT) {
                throw new Trouble.DiskFullException("No space left on device for " + size + " bytes");
            }
            throw new IOException("fallocate failed with errno " + errno);
        } catch (Throwable e) {
            throw sneaky(e);
        }
    }

    /** Tells the system that pages of a mapping will be read here and there, so that it reads no others with them. */
    void adviseRandom(MemorySegment mapping) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int result =
                    (int) Handles.MADVISE.invokeExact(ERRNO.allocate(arena), mapping, mapping.byteSize(), MADV_RANDOM);
            if (result < 0) {
                throw new IOException("madvise failed");
            }
        } catch (Throwable e) {
            throw sneaky(e);
        }
    }

    /** Fills {@code target} from the page cache; false, with the target's position unchanged, if not all of it is there. */
    boolean readResident(int fd, ByteBuffer target, long position) throws IOException {
        Scratch s = scratch.get();
        int begin = target.position();
        try {
            while (target.hasRemaining()) {
                int chunk = Math.min(SCRATCH_BYTES, target.remaining());
                s.iovec.set(ValueLayout.JAVA_LONG, 8, chunk);
                long read = (long) Handles.PREADV2.invokeExact(
                        s.errno, fd, s.iovec, 1, position + target.position() - begin, RWF_NOWAIT);
                if (read < chunk) {
                    target.position(begin);
                    return false;
                }
                target.put(s.view.clear().limit(chunk));
            }
            return true;
        } catch (Throwable e) {
            throw sneaky(e);
        }
    }

    private static IOException sneaky(Throwable e) {
        return switch (e) {
            case IOException io -> io;
            case Error error -> throw error;
            default -> new IOException(e);
        };
    }

    /** Where a call leaves errno. */
    private static final class StructErrno {
        private final MemoryLayout layout = Linker.Option.captureStateLayout();
        private final VarHandle errno = layout.varHandle(MemoryLayout.PathElement.groupElement("errno"));

        MemorySegment allocate(Arena arena) {
            return arena.allocate(layout);
        }

        int get(MemorySegment state) {
            return (int) errno.get(state, 0L);
        }
    }

    /** Native memory that a thread reads into; freed by the collector with its thread. */
    private static final class Scratch {
        private final Arena arena = Arena.ofAuto();
        private final MemorySegment bytes = arena.allocate(SCRATCH_BYTES, 8);
        private final ByteBuffer view = bytes.asByteBuffer();
        private final MemorySegment iovec = arena.allocate(16, 8);
        private final MemorySegment errno = ERRNO.allocate(arena);

        Scratch() {
            iovec.set(ValueLayout.ADDRESS, 0, bytes);
        }
    }
}
