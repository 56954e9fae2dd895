package dev.varve.bench.harness;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** The block device below a directory. What it counts is what really went to the disk, by whomever. */
public final class BlockDevice {

    private static final int SECTORS_WRITTEN = 9;
    private static final int SECTOR_BYTES = 512;
    private static final Path COUNTERS = Path.of("/proc/diskstats");

    private final String major;
    private final String minor;

    public BlockDevice(Path directory) throws IOException {
        long number = ((Number) Files.getAttribute(directory, "unix:dev")).longValue();
        // As glibc packs them: major 12 bits from 8, minor 8 bits from 0 and the others from 20.
        this.major = Long.toString(number >>> 8 & 0xfff);
        this.minor = Long.toString((number & 0xff) | (number >>> 12 & 0xfff00));
    }

    /** Bytes written since the machine was started; empty where the directory is on no block device. */
    public OptionalLong bytesWritten() throws IOException {
        return bytesWritten(Files.readAllLines(COUNTERS), major, minor);
    }

    /** Reads the lines of /proc/diskstats (Documentation/admin-guide/iostats.rst of Linux). */
    static OptionalLong bytesWritten(List<String> lines, String major, String minor) {
        for (String line : lines) {
            String[] fields = line.strip().split(" +", -1);
            if (fields.length > SECTORS_WRITTEN && fields[0].equals(major) && fields[1].equals(minor)) {
                return OptionalLong.of(Long.parseLong(fields[SECTORS_WRITTEN]) * SECTOR_BYTES);
            }
        }
        return OptionalLong.empty();
    }

    /** Bytes that the files below a directory occupy, as the file system has allocated them. */
    public static long allocatedBytes(Path directory) throws IOException {
        Process process = new ProcessBuilder("du", "--summarize", "--block-size=1", directory.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        // A file that goes while they are counted is no failure, only said on standard error.
        String line = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return Long.parseLong(line.substring(0, line.indexOf('\t')));
    }
}
