package dev.varve.bench.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a process holds of the memory. */
public final class ProcessMemory {

    private static final int KIB = 1 << 10;

    private ProcessMemory() {}

    /**
     * Bytes that only this process can have in memory: heap, off-heap and stacks, without the pages of files, which the system takes
     * back when it needs them. 0 if there is no such process any more.
     *
     * @param process its id, or {@code self}
     */
    public static long anonymousBytes(String process) {
        try {
            return anonymousBytes(Files.readAllLines(Path.of("/proc", process, "status")));
        } catch (IOException gone) {
            return 0;
        }
    }

    /** Reads /proc/PID/status, proc(5). */
    static long anonymousBytes(List<String> lines) {
        return lines.stream()
                .filter(line -> line.startsWith("RssAnon:") || line.startsWith("RssShmem:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * KIB)
                .sum();
    }
}
