package dev.varve.testkit;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * The bytes of one simulated file: as written, as synced, and every state that each sector has had in between, since a
 * device may have written back any of them when the power goes.
 *
 * <p>Sectors are immutable arrays, replaced when they are written, so a copy of a file shares them. Changes of the size are
 * ordered, as by the journal of a file system: a crash keeps a beginning of them. A sector that was written after a
 * truncation cannot survive without it.
 *
 * <p>Not thread-safe: guarded by the disk that it is on.
 */
final class SectorFile {

    static final int SECTOR_BYTES = 512;

    private static final byte[] ZEROES = new byte[SECTOR_BYTES];
    private static final byte[][] NONE = {};
    /** Of the sectors that survive, so many have their newest state, the others any. */
    private static final double NEWEST = 0.75;

    private byte[][] written = NONE;
    private byte[][] synced = NONE;
    private long size;
    private long syncedSize;
    private int truncations;
    private List<Size> sizes = new ArrayList<>();
    private Map<Integer, List<Version>> dirty = new HashMap<>();
    /** What a failed sync has marked as clean though it is not on the device. */
    private Map<Integer, List<Version>> lost = new HashMap<>();

    /** A size that the file has had since the last sync, and how many truncations had been made. */
    private record Size(long bytes, int truncations) {}

    /** A state that a sector has had since the last sync; {@code barrier} if a truncation made it. */
    private record Version(byte[] bytes, int truncations, boolean barrier) {}

    long size() {
        return size;
    }

    int read(ByteBuffer target, long position) {
        int begin = target.position();
        while (target.hasRemaining() && position < size) {
            int within = (int) (position % SECTOR_BYTES);
            int length = (int) Math.min(Math.min(SECTOR_BYTES - within, target.remaining()), size - position);
            target.put(written[(int) (position / SECTOR_BYTES)], within, length);
            position += length;
        }
        return target.position() - begin;
    }

    void write(ByteBuffer source, long position) {
        if (source.hasRemaining()) {
            grow(position + source.remaining());
        }
        while (source.hasRemaining()) {
            int within = (int) (position % SECTOR_BYTES);
            int length = Math.min(SECTOR_BYTES - within, source.remaining());
            int index = (int) (position / SECTOR_BYTES);
            byte[] sector = written[index].clone();
            source.get(sector, within, length);
            replace(index, sector, false);
            position += length;
        }
    }

    /** Makes the file at least so long. */
    void grow(long bytes) {
        if (bytes > size) {
            size = bytes;
            sizes.add(new Size(size, truncations));
            written = withRoom(written, sectors(size));
        }
    }

    void truncate(long bytes) {
        if (bytes >= size) {
            return;
        }
        truncations++;
        int end = sectors(size);
        size = bytes;
        sizes.add(new Size(size, truncations));
        int index = (int) (bytes / SECTOR_BYTES);
        if (bytes % SECTOR_BYTES != 0) {
            replace(index, cut(written[index], (int) (bytes % SECTOR_BYTES)), true);
            index++;
        }
        for (; index < end; index++) {
            replace(index, ZEROES, true);
        }
    }

    private void replace(int index, byte[] sector, boolean barrier) {
        written[index] = sector;
        dirty.computeIfAbsent(index, key -> new ArrayList<>(2)).add(new Version(sector, truncations, barrier));
    }

    void sync() {
        synced = withRoom(synced, written.length);
        for (int index : dirty.keySet()) {
            synced[index] = written[index];
            lost.remove(index);
        }
        dirty.clear();
        syncedSize = size;
        sizes.clear();
        truncations = 0;
    }

    /** As Linux does it: the error is told once, and what was dirty counts as clean from then on. */
    void failSync() {
        dirty.forEach((index, versions) ->
                lost.computeIfAbsent(index, key -> new ArrayList<>()).addAll(versions));
        dirty.clear();
    }

    /** True if everything is on the device. */
    boolean isClean() {
        return dirty.isEmpty() && lost.isEmpty() && sizes.isEmpty();
    }

    /** Flips a bit behind the back of the file system: on the device, and in memory. */
    void flip(long bit) {
        int index = Math.toIntExact(bit / 8 / SECTOR_BYTES);
        int within = (int) (bit / 8 % SECTOR_BYTES);
        written[index] = flipped(written[index], within, bit);
        if (index < synced.length) {
            synced[index] = flipped(synced[index], within, bit);
        }
    }

    private static byte[] flipped(byte[] sector, int within, long bit) {
        byte[] flipped = sector.clone();
        flipped[within] ^= (byte) (1 << (bit % 8));
        return flipped;
    }

    SectorFile copy() {
        SectorFile copy = new SectorFile();
        copy.written = written.clone();
        copy.synced = synced.clone();
        copy.size = size;
        copy.syncedSize = syncedSize;
        copy.truncations = truncations;
        copy.sizes = new ArrayList<>(sizes);
        copy.dirty = copy(dirty);
        copy.lost = copy(lost);
        return copy;
    }

    private static Map<Integer, List<Version>> copy(Map<Integer, List<Version>> versions) {
        Map<Integer, List<Version>> copy = new HashMap<>();
        versions.forEach((index, list) -> copy.put(index, new ArrayList<>(list)));
        return copy;
    }

    /** The file as the next start of the machine finds it. */
    SectorFile afterPowerCut(RandomGenerator random, CrashMode mode) {
        Size survivor = survivingSize(random, mode);
        SectorFile after = new SectorFile();
        after.size = survivor.bytes();
        after.written = new byte[sectors(after.size)][];
        for (int index = 0; index < after.written.length; index++) {
            after.written[index] = survivingSector(index, survivor.truncations(), random, mode);
        }
        int within = (int) (after.size % SECTOR_BYTES);
        if (within != 0) {
            int last = after.written.length - 1;
            after.written[last] = cut(after.written[last], within);
        }
        after.synced = after.written.clone();
        after.syncedSize = after.size;
        return after;
    }

    private Size survivingSize(RandomGenerator random, CrashMode mode) {
        Size none = new Size(syncedSize, 0);
        if (sizes.isEmpty() || mode.sizes() == 0) {
            return none;
        }
        if (random.nextDouble() < mode.sizes()) {
            return sizes.getLast();
        }
        int choice = random.nextInt(sizes.size() + 1);
        return choice == 0 ? none : sizes.get(choice - 1);
    }

    private byte[] survivingSector(int index, int truncated, RandomGenerator random, CrashMode mode) {
        List<byte[]> candidates = new ArrayList<>();
        candidates.add(index < synced.length ? synced[index] : ZEROES);
        for (Version version : lost.getOrDefault(index, List.of())) {
            candidates.add(version.bytes());
        }
        for (Version version : dirty.getOrDefault(index, List.of())) {
            if (version.truncations() > truncated) {
                break;
            }
            if (version.barrier()) {
                candidates.clear();
            }
            candidates.add(version.bytes());
        }
        if (candidates.size() == 1 || random.nextDouble() >= mode.sectors()) {
            return candidates.getFirst();
        }
        boolean newest = mode.sectors() == 1 || random.nextDouble() < NEWEST;
        return newest ? candidates.getLast() : candidates.get(1 + random.nextInt(candidates.size() - 1));
    }

    private static int sectors(long bytes) {
        return Math.toIntExact((bytes + SECTOR_BYTES - 1) / SECTOR_BYTES);
    }

    private static byte[] cut(byte[] sector, int length) {
        byte[] cut = new byte[SECTOR_BYTES];
        System.arraycopy(sector, 0, cut, 0, length);
        return cut;
    }

    private static byte[][] withRoom(byte[][] sectors, int count) {
        if (sectors.length >= count) {
            return sectors;
        }
        byte[][] larger = Arrays.copyOf(sectors, Math.max(count, sectors.length + sectors.length / 2));
        Arrays.fill(larger, sectors.length, larger.length, ZEROES);
        return larger;
    }
}
