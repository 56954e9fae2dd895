package dev.varve.bench.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockDeviceTest {

    private static final List<String> LINES = List.of(
            "   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
            " 254       0 vda 15676 4873 1207498 7385 494591 34224 39571016 132433 0 30684 150675 4618 71 51427536 3896 197353 6960");

    @Test
    void theSectorsThatWereWrittenAreCounted() {
        assertThat(BlockDevice.bytesWritten(LINES, "254", "0")).hasValue(39_571_016L * 512);
    }

    @Test
    void aDeviceThatIsNotListedHasNoCounter() {
        assertThat(BlockDevice.bytesWritten(LINES, "254", "1")).isEmpty();
    }

    @Test
    void whatIsAllocatedCountsAndHolesDoNot(@TempDir Path directory) throws IOException {
        long empty = BlockDevice.allocatedBytes(directory);
        Files.write(directory.resolve("full"), new byte[1 << 20]);
        try (var file = new java.io.RandomAccessFile(directory.resolve("hole").toFile(), "rw")) {
            file.setLength(64 << 20);
        }
        assertThat(BlockDevice.allocatedBytes(directory) - empty).isBetween(1L << 20, 2L << 20);
    }
}
