package dev.varve.storage.io;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineMemoryTest {

    private static final long MIB = 1L << 20;

    @TempDir
    Path root;

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(requireNonNull(path.getParent()));
        Files.writeString(path, text + "\n");
    }

    private void machineOf100Mebibytes() throws IOException {
        write("proc/meminfo", "MemTotal:         102400 kB\nMemFree:           10000 kB");
    }

    @Test
    void withoutGroupsItIsThatOfTheMachine() throws IOException {
        machineOf100Mebibytes();
        assertThat(MachineMemory.bytes(root)).isEqualTo(100 * MIB);
    }

    @Test
    void theLeastLimitOfTheGroupAndThoseAboveItCounts() throws IOException {
        machineOf100Mebibytes();
        write("proc/self/cgroup", "0::/a/b");
        write("sys/fs/cgroup/a/memory.max", "" + 30 * MIB);
        write("sys/fs/cgroup/a/b/memory.max", "max");
        assertThat(MachineMemory.bytes(root)).isEqualTo(30 * MIB);
        write("sys/fs/cgroup/a/b/memory.max", "" + 20 * MIB);
        assertThat(MachineMemory.bytes(root)).isEqualTo(20 * MIB);
    }

    @Test
    void groupsOfTheFirstVersionAreKnownToo() throws IOException {
        machineOf100Mebibytes();
        write("proc/self/cgroup", "5:cpu:/x\n4:memory:/a\n0::/");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
        write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "" + 40 * MIB);
        assertThat(MachineMemory.bytes(root)).isEqualTo(40 * MIB);
    }

    @Test
    void whereTheSystemDoesNotTellTheLargestHeapCounts() {
        assertThat(MachineMemory.bytes(root)).isEqualTo(Runtime.getRuntime().maxMemory());
    }
}
