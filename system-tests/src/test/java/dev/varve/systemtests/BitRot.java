package dev.varve.systemtests;

import dev.varve.client.VarveClient;
import dev.varve.client.VarveException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/** Flips bits in the files of a node, behind its back; it may run. */
public final class BitRot {

    /** Where the header says how large a log segment was made. */
    private static final int PREALLOCATED = 40;

    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int VOTE_COPIES = 4096;
    private static final int VOTE_COPIES_END = 5120;

    private BitRot() {}

    /** A byte in which a bit was flipped, and what stands there since. */
    public record Flip(FileKind kind, Path path, long offset, byte damaged) {

        /** True as long as the damaged byte is in a file of the node. */
        public boolean isThere() throws IOException {
            try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
                ByteBuffer one = ByteBuffer.allocate(1);
                return file.read(one, offset) == 1 && one.get(0) == damaged;
            } catch (NoSuchFileException gone) {
                return false;
            }
        }

        @Override
        public String toString() {
            return "byte " + offset + " of " + path.getFileName();
        }
    }

    /**
     * Flips a bit that means something; each kind of file is hit as often as any other, and each file of a kind.
     *
     * @param data the directory of a node
     * @param tail true if the log may also be hit in the segment to which it is appended: what it says there must have been proven durable, by
     *     a later record or by closing the store, or the damage cannot be told from a write that was cut off
     */
    public static Flip flip(Path data, RandomGenerator random, boolean tail) throws IOException {
        while (true) {
            Map<FileKind, List<Path>> byKind = files(data, tail);
            List<FileKind> kinds = List.copyOf(byKind.keySet());
            FileKind kind = kinds.get(random.nextInt(kinds.size()));
            List<Path> paths = byKind.getOrDefault(kind, List.of());
            Path path = paths.get(random.nextInt(paths.size()));
            try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                long offset = offset(kind, used(file), random);
                ByteBuffer one = ByteBuffer.allocate(1);
                file.read(one, offset);
                byte damaged = (byte) (one.get(0) ^ 1 << random.nextInt(8));
                file.write(ByteBuffer.wrap(new byte[] {damaged}), offset);
                return new Flip(kind, path, offset, damaged);
            } catch (NoSuchFileException removed) {
                // The node has merged or collected it meanwhile: another one, then.
            }
        }
    }

    /**
     * Has a node read all its files until nothing of them is damaged.
     *
     * @return false if the damaged byte is still there, or damage is still known, after so long
     */
    public static boolean isHealed(ServerProcess node, Flip flip, Duration patience) throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!scrubbed(node) || flip.isThere()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return true;
    }

    /** True if the node has read all its files, and knows of no damage. */
    private static boolean scrubbed(ServerProcess node) {
        try (VarveClient client = node.client()) {
            client.change("POST", "/v1/admin/scrub");
            String page = client.page("/v1/admin/damage").text();
            while (page.contains("\"running\":true")) {
                LockSupport.parkNanos(POLL_NANOS);
                page = client.page("/v1/admin/damage").text();
            }
            return page.contains("\"damages\":[]");
        } catch (VarveException away) {
            return false;
        }
    }

    private static Map<FileKind, List<Path>> files(Path data, boolean tail) throws IOException {
        Map<FileKind, List<Path>> byKind = new TreeMap<>();
        try (Stream<Path> all = Files.list(data)) {
            for (Path path : all.sorted().toList()) {
                FileKind kind = FileName.parse(String.valueOf(path.getFileName()))
                        .map(FileName::kind)
                        .orElse(null);
                if (kind != null && (kind != FileKind.LOG || isTarget(path, tail))) {
                    byKind.computeIfAbsent(kind, any -> new ArrayList<>()).add(path);
                }
            }
        }
        return byKind;
    }

    /** A sealed segment of the log has no space any more; one that is made ready holds nothing yet. */
    private static boolean isTarget(Path path, boolean tail) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            ByteBuffer header = ByteBuffer.allocate(FileHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            if (file.read(header, 0) < FileHeader.BYTES) {
                return false;
            }
            return file.size() < header.getLong(PREALLOCATED) || (tail && used(file) > FileHeader.BYTES);
        } catch (NoSuchFileException removed) {
            return false;
        }
    }

    /** Up to the last byte that is not zero. */
    private static long used(FileChannel file) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(64 << 10);
        for (long end = file.size(); end > 0; end -= chunk.limit()) {
            chunk.clear().limit((int) Math.min(chunk.capacity(), end));
            int read = file.read(chunk, end - chunk.limit());
            for (int i = read - 1; i >= 0; i--) {
                if (chunk.get(i) != 0) {
                    return end - chunk.limit() + i + 1;
                }
            }
        }
        return 1;
    }

    /** The vote has a page to itself for its header. */
    private static long offset(FileKind kind, long used, RandomGenerator random) {
        if (kind != FileKind.VOTE) {
            return random.nextLong(used);
        }
        return random.nextInt(8) == 0 ? random.nextInt(FileHeader.BYTES) : random.nextInt(VOTE_COPIES, VOTE_COPIES_END);
    }
}
