package dev.varve.storage.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How much memory this process may use: that of the machine, or of the control groups that it is in, whichever is least. Asked of Linux's
 * files, since the JVM tells it only by JMX, whose loading takes longer than opening a store.
 */
final class MachineMemory {

    private MachineMemory() {}

    /** Bytes; those of the largest heap where the system does not tell. */
    static long bytes() {
        return bytes(Path.of("/"));
    }

    /** @param root where the system's files are */
    static long bytes(Path root) {
        long bytes = total(lines(root.resolve("proc/meminfo")));
        Path groups = root.resolve("sys/fs/cgroup");
        for (String line : lines(root.resolve("proc/self/cgroup"))) {
            String[] parts = line.split(":", 3);
            if (parts.length == 3 && parts[1].equals("memory")) {
                bytes = Math.min(bytes, limit(groups.resolve("memory"), parts[2], "memory.limit_in_bytes"));
            } else if (parts.length == 3 && parts[1].isEmpty()) {
                bytes = Math.min(bytes, limit(groups, parts[2], "memory.max"));
            }
        }
        return bytes;
    }

    private static long total(List<String> meminfo) {
        for (String line : meminfo) {
            if (line.startsWith("MemTotal:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        return Runtime.getRuntime().maxMemory();
    }

    /** The least limit of a group and those above it. */
    private static long limit(Path root, String group, String file) {
        long least = Long.MAX_VALUE;
        Path at = root.resolve(group.substring(1)).normalize();
        while (at != null && at.startsWith(root)) {
            for (String line : lines(at.resolve(file))) {
                if (line.matches("\\d{1,18}")) {
                    least = Math.min(least, Long.parseLong(line));
                }
            }
            at = at.getParent();
        }
        return least;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            return List.of(); // Another system, or a group that this process does not see.
        }
    }
}
