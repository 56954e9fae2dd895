package dev.varve.bench.engines;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A control group of Linux (cgroups v1, memory controller) below our own, whose processes together have so much memory, the pages
 * of files included. Closing removes it; its processes must have ended.
 */
final class MemoryLimit implements AutoCloseable {

    private static final Path ROOT = Path.of("/sys/fs/cgroup/memory");
    private static final String CONTROLLER = ":memory:";
    private static final int REMOVE_ATTEMPTS = 50;

    private final Path group;

    private MemoryLimit(Path group) {
        this.group = group;
    }

    /** Why no such group can be made here, or null if it can. */
    static @Nullable String obstacle() {
        try {
            of(1L << 30).close();
            return null;
        } catch (IOException e) {
            return "no memory control group (cgroups v1) can be made here, which takes root: " + e.getMessage();
        }
    }

    /** Makes the group. */
    static MemoryLimit of(long bytes) throws IOException {
        String own = own(Files.readAllLines(Path.of("/proc/self/cgroup")));
        Path group = ROOT.resolve(own.substring(1))
                .resolve("varve-bench-" + ProcessHandle.current().pid());
        Files.createDirectories(group);
        Files.writeString(group.resolve("memory.limit_in_bytes"), Long.toString(bytes));
        return new MemoryLimit(group);
    }

    /** The group of this process, from the lines of /proc/self/cgroup. */
    static String own(List<String> lines) throws IOException {
        for (String line : lines) {
            int at = line.indexOf(CONTROLLER);
            if (at >= 0) {
                return line.substring(at + CONTROLLER.length());
            }
        }
        throw new IOException("/proc/self/cgroup names no memory controller");
    }

    /** A command that runs another one in the group. */
    List<String> inside(List<String> command) {
        List<String> inside =
                new ArrayList<>(List.of("sh", "-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\"", group.toString()));
        // The allocator of glibc would otherwise keep an arena for each thread, of the little that there is.
        inside.addAll(List.of("env", "MALLOC_ARENA_MAX=2"));
        inside.addAll(command);
        return inside;
    }

    /** The kernel may take a moment to let the last process go. */
    @Override
    public void close() throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                Files.deleteIfExists(group);
                return;
            } catch (IOException e) {
                if (attempt == REMOVE_ATTEMPTS) {
                    throw e;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
            }
        }
    }
}
