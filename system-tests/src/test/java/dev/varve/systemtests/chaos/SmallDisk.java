package dev.varve.systemtests.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system in memory for the directory of one node, which can be made as small as what is on it. Takes root. */
final class SmallDisk implements AutoCloseable {

    private static final String LARGE = "size=4g";
    private static final long MIB = 1 << 20;

    private final Tools tools;
    private final Path place;
    private final boolean mounted;

    /** Mounts it, if that may be done here. */
    SmallDisk(Tools tools, Path place) throws IOException, InterruptedException {
        this.tools = tools;
        this.place = Files.createDirectories(place);
        this.mounted = tools.run("mount", "-t", "tmpfs", "-o", LARGE, "varve-chaos", place.toString());
    }

    boolean mounted() {
        return mounted;
    }

    /** Leaves so little space. */
    void shrink(int mebibytesLeft) throws IOException, InterruptedException {
        long used = Files.getFileStore(place).getTotalSpace()
                - Files.getFileStore(place).getUsableSpace();
        resize("size=" + (used / MIB + 1 + mebibytesLeft) + "m");
    }

    void enlarge() throws IOException, InterruptedException {
        resize(LARGE);
    }

    private void resize(String size) throws IOException, InterruptedException {
        if (!tools.run("mount", "-o", "remount," + size, place.toString())) {
            throw new IOException("the file system cannot be resized");
        }
    }

    @Override
    public void close() throws IOException {
        try {
            if (mounted && !tools.run("umount", "-l", place.toString())) {
                throw new IOException("the file system cannot be unmounted");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
