package dev.varve.storage.io;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * The functions of the C library that {@link LinuxCalls} calls. They stand in static fields, so that the compiler knows them: a call is then
 * as cheap as one of C, else it takes microseconds.
 *
 * <p>They are looked up as the program itself would find them, so that a library which was preloaded to stand between, as tools do that
 * trace calls or let them fail, stands between here, too.
 */
@SuppressWarnings("restricted") // The one place that names native code.
final class LinuxFunctions {

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option STATE = Linker.Option.captureCallState("errno");

    /** Where a call leaves errno. */
    static final MemoryLayout STATE_LAYOUT = Linker.Option.captureStateLayout();

    private static final MethodHandle DLSYM = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("dlsym"), FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));

    static final MethodHandle OPEN = handle(
            "open64",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
            STATE,
            Linker.Option.firstVariadicArg(2));
    static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT), STATE);
    static final MethodHandle PREAD =
            handle("pread64", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG), STATE);
    static final MethodHandle PREADV2 = handle(
            "preadv64v2", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG, JAVA_INT), STATE);
    static final MethodHandle PWRITE =
            handle("pwrite64", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG), STATE);
    static final MethodHandle FDATASYNC = handle("fdatasync", FunctionDescriptor.of(JAVA_INT, JAVA_INT), STATE);
    static final MethodHandle FSYNC = handle("fsync", FunctionDescriptor.of(JAVA_INT, JAVA_INT), STATE);
    static final MethodHandle LSEEK =
            handle("lseek64", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT), STATE);
    static final MethodHandle FTRUNCATE =
            handle("ftruncate64", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG), STATE);
    static final MethodHandle FALLOCATE =
            handle("fallocate64", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG), STATE);
    static final MethodHandle MMAP = handle(
            "mmap64",
            FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG),
            STATE);
    static final MethodHandle MUNMAP = handle("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
    static final MethodHandle MADVISE =
            handle("madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT), STATE);
    static final MethodHandle FADVISE =
            handle("posix_fadvise64", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    static final MethodHandle SETPRIORITY =
            handle("setpriority", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT), STATE);
    static final MethodHandle STRERROR = handle("strerror", FunctionDescriptor.of(ADDRESS, JAVA_INT));

    private LinuxFunctions() {}

    /** Links them all, or fails. */
    static void link() {}

    private static MethodHandle handle(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        SymbolLookup library = LINKER.defaultLookup();
        String plain = name.replace("64", ""); // Not all C libraries have a second name for large files.
        MemorySegment function = found(name).or(() -> found(plain)).orElseGet(() -> library.findOrThrow(plain));
        return LINKER.downcallHandle(function, descriptor, options);
    }

    private static Optional<MemorySegment> found(String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = (MemorySegment) DLSYM.invokeExact(MemorySegment.NULL, arena.allocateFrom(name));
            return found.equals(MemorySegment.NULL) ? Optional.empty() : Optional.of(found);
        } catch (Throwable e) {
            throw new LinkageError("dlsym", e);
        }
    }

    /** The memory of a mapping, which ends with an arena. */
    static MemorySegment mapping(MemorySegment address, long size, Arena arena) {
        try {
            return address.reinterpret(size, arena, LinuxFunctions::unmap);
        } catch (IllegalStateException e) {
            unmap(address.reinterpret(size)); // The arena has been closed meanwhile.
            throw e;
        }
    }

    private static void unmap(MemorySegment mapping) {
        try {
            int ignored = (int) MUNMAP.invokeExact(mapping, mapping.byteSize());
        } catch (Throwable e) {
            throw new IllegalStateException(e); // The call itself throws nothing.
        }
    }

    /** What the system says about an error. */
    static String text(int errno) {
        try {
            MemorySegment text = (MemorySegment) STRERROR.invokeExact(errno);
            return text.reinterpret(Long.MAX_VALUE).getString(0);
        } catch (Throwable e) {
            throw new IllegalStateException(e); // The call itself throws nothing.
        }
    }
}
