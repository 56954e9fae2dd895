package dev.varve.testkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What a simulated device holds, and what of it would survive a power cut. A {@link SimulatedFileSystem} works on it; a
 * crash gives another disk, on which the next file system is mounted.
 *
 * <p>Names and contents become durable separately: {@code sync} of a file does not make its name durable, and
 * {@code syncDirectory} does not make contents durable. Directories are durable as soon as they are created, but not under a new name.
 * A file may have several names.
 *
 * <p>Thread-safe by its own monitor, which the file system holds during each call: copies are taken between two calls.
 */
public final class SimulatedDisk {

    private final Map<Path, SectorFile> files = new TreeMap<>();
    private final Map<Path, SectorFile> durableFiles = new TreeMap<>();
    private final Set<Path> directories = new TreeSet<>();
    private final List<NameChange> unsynced = new ArrayList<>();
    private final List<Move> unsyncedMoves = new ArrayList<>();

    /** A directory that has a new name, which is not synced. */
    private record Move(Path from, Path to) {}

    /** A change of a directory that was not synced: a name that goes, a name that comes, or both at once. */
    private record NameChange(
            Path directory,
            @Nullable Path removed,
            @Nullable Path added,
            @Nullable SectorFile file) {

        NameChange moved(Path from, Path to) {
            return new NameChange(
                    SimulatedDisk.moved(directory, from, to),
                    removed == null ? null : SimulatedDisk.moved(removed, from, to),
                    added == null ? null : SimulatedDisk.moved(added, from, to),
                    file);
        }

        void apply(Map<Path, SectorFile> names) {
            if (removed != null) {
                names.remove(removed);
            }
            if (added != null && file != null) {
                names.put(added, file);
            }
        }
    }

    /** The paths of all files, sorted. */
    public synchronized List<Path> paths() {
        return List.copyOf(files.keySet());
    }

    /** The size of a file as written, 0 if there is none. */
    public synchronized long sizeBytes(Path path) {
        SectorFile file = files.get(path);
        return file == null ? 0 : file.size();
    }

    /** The bytes of a file as written. */
    public synchronized byte[] bytes(Path path) throws IOException {
        SectorFile file = find(path);
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(file.size()));
        file.read(bytes, 0);
        return bytes.array();
    }

    /** Flips one bit of a file, on the device and in memory. */
    public synchronized void flipBit(Path path, long bit) throws IOException {
        SectorFile file = find(path);
        if (bit < 0 || bit >= 8 * file.size()) {
            throw new IllegalArgumentException(path + " has no bit " + bit + ": it has " + file.size() + " bytes");
        }
        file.flip(bit);
    }

    /** Replaces the contents of a file, or makes it, on the device and in memory. */
    public synchronized void replace(Path path, byte[] bytes) {
        SectorFile file = new SectorFile();
        file.write(ByteBuffer.wrap(bytes), 0);
        file.sync();
        files.put(path, file);
        durableFiles.put(path, file);
    }

    /** Takes a file away, on the device and in memory. */
    public synchronized void remove(Path path) {
        files.remove(path);
        durableFiles.remove(path);
        unsynced.removeIf(change -> path.equals(change.added()));
    }

    /** True if a power cut now would change nothing. */
    public synchronized boolean isClean() {
        return unsynced.isEmpty()
                && unsyncedMoves.isEmpty()
                && files.values().stream().allMatch(SectorFile::isClean);
    }

    /** The same disk once more, with the same unsynced changes: what a killed process leaves to the next one. */
    public synchronized SimulatedDisk copy() {
        IdentityHashMap<SectorFile, SectorFile> copies = new IdentityHashMap<>();
        SimulatedDisk copy = new SimulatedDisk();
        files.forEach((path, file) -> copy.files.put(path, copies.computeIfAbsent(file, SectorFile::copy)));
        durableFiles.forEach(
                (path, file) -> copy.durableFiles.put(path, copies.computeIfAbsent(file, SectorFile::copy)));
        copy.directories.addAll(directories);
        copy.unsyncedMoves.addAll(unsyncedMoves);
        for (NameChange change : unsynced) {
            SectorFile file = change.file();
            copy.unsynced.add(new NameChange(
                    change.directory(),
                    change.removed(),
                    change.added(),
                    file == null ? null : copies.computeIfAbsent(file, SectorFile::copy)));
        }
        return copy;
    }

    /** What a power cut at this moment leaves. This disk stays as it is. */
    public synchronized SimulatedDisk afterPowerCut(RandomGenerator random, CrashMode mode) {
        Map<Path, SectorFile> names = new TreeMap<>(durableFiles);
        for (NameChange change : unsynced) {
            if (random.nextDouble() < mode.names()) {
                change.apply(names);
            }
        }
        SimulatedDisk after = new SimulatedDisk();
        after.directories.addAll(directories);
        IdentityHashMap<SectorFile, SectorFile> survivors = new IdentityHashMap<>();
        names.forEach((path, file) ->
                after.files.put(path, survivors.computeIfAbsent(file, lost -> lost.afterPowerCut(random, mode))));
        for (Move move : unsyncedMoves.reversed()) {
            if (random.nextDouble() >= mode.names()) {
                move(after.files, move.to, move.from);
                after.moveDirectories(move.to, move.from);
            }
        }
        after.durableFiles.putAll(after.files);
        return after;
    }

    SectorFile create(Path path) throws IOException {
        if (exists(path)) {
            throw new FileAlreadyExistsException(path.toString());
        }
        SectorFile file = new SectorFile();
        change(new NameChange(parent(path), null, path, file));
        return file;
    }

    SectorFile find(Path path) throws IOException {
        SectorFile file = files.get(path);
        if (file == null) {
            throw new NoSuchFileException(path.toString());
        }
        return file;
    }

    boolean exists(Path path) {
        return files.containsKey(path) || directories.contains(path);
    }

    List<String> list(Path directory) throws IOException {
        requireDirectory(directory);
        TreeSet<String> names = new TreeSet<>();
        for (Set<Path> paths : List.of(files.keySet(), directories)) {
            for (Path path : paths) {
                if (directory.equals(path.getParent())) {
                    names.add(String.valueOf(path.getFileName()));
                }
            }
        }
        return List.copyOf(names);
    }

    void createDirectories(Path directory) throws IOException {
        for (Path path = directory; path != null; path = path.getParent()) {
            if (files.containsKey(path)) {
                throw new FileAlreadyExistsException(path.toString());
            }
            directories.add(path);
        }
    }

    void delete(Path path) throws IOException {
        if (directories.contains(path)) {
            requireEmpty(path);
            directories.remove(path);
            return;
        }
        find(path);
        change(new NameChange(parent(path), path, null, null));
    }

    /** Gives a file a second name. */
    void link(Path path, Path name) throws IOException {
        SectorFile file = find(path);
        if (exists(name)) {
            throw new FileAlreadyExistsException(name.toString());
        }
        change(new NameChange(parent(name), null, name, file));
    }

    void rename(Path from, Path to) throws IOException {
        if (directories.contains(from)) {
            renameDirectory(from, to);
            return;
        }
        SectorFile file = find(from);
        if (!parent(from).equals(parent(to))) {
            throw new IOException("a rename from one directory to another is not simulated: " + from + " to " + to);
        }
        change(new NameChange(parent(from), from, to, file));
    }

    private void renameDirectory(Path from, Path to) throws IOException {
        if (!parent(from).equals(parent(to))) {
            throw new IOException("a rename from one directory to another is not simulated: " + from + " to " + to);
        }
        if (files.containsKey(to)) {
            throw new FileAlreadyExistsException(to.toString());
        }
        if (directories.contains(to)) {
            requireEmpty(to);
        }
        move(files, from, to);
        move(durableFiles, from, to);
        unsynced.replaceAll(change -> change.moved(from, to));
        moveDirectories(from, to);
        unsyncedMoves.add(new Move(from, to));
    }

    private void requireEmpty(Path directory) throws IOException {
        if (!list(directory).isEmpty()) {
            throw new DirectoryNotEmptyException(directory.toString());
        }
    }

    private void moveDirectories(Path from, Path to) {
        List<Path> moving =
                directories.stream().filter(path -> path.startsWith(from)).toList();
        moving.forEach(directories::remove);
        moving.forEach(path -> directories.add(moved(path, from, to)));
    }

    private static void move(Map<Path, SectorFile> names, Path from, Path to) {
        List<Path> moving =
                names.keySet().stream().filter(path -> path.startsWith(from)).toList();
        for (Path path : moving) {
            SectorFile file = names.remove(path);
            if (file != null) {
                names.put(moved(path, from, to), file);
            }
        }
    }

    /** The path under the new name of a directory, if it lies in that. */
    static Path moved(Path path, Path from, Path to) {
        return path.startsWith(from) ? to.resolve(from.relativize(path)).normalize() : path;
    }

    void syncDirectory(Path directory) throws IOException {
        requireDirectory(directory);
        unsyncedMoves.removeIf(move -> directory.equals(move.to.getParent()));
        unsynced.removeIf(change -> {
            if (!change.directory().equals(directory)) {
                return false;
            }
            change.apply(durableFiles);
            return true;
        });
    }

    /** Bytes that the named files take. */
    long usedBytes() {
        Set<SectorFile> counted = Collections.newSetFromMap(new IdentityHashMap<>());
        return files.values().stream()
                .filter(counted::add)
                .mapToLong(SectorFile::size)
                .sum();
    }

    private void change(NameChange change) {
        change.apply(files);
        unsynced.add(change);
    }

    private Path parent(Path path) throws IOException {
        Path parent = path.getParent();
        if (parent == null) {
            throw new IOException("not an absolute path: " + path);
        }
        requireDirectory(parent);
        return parent;
    }

    private void requireDirectory(Path directory) throws IOException {
        if (!directories.contains(directory)) {
            throw new NoSuchFileException(directory.toString());
        }
    }
}
