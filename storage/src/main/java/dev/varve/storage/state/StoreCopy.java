package dev.varve.storage.state;

import dev.varve.storage.checkpoint.Checkpoint;
import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.checkpoint.ManifestEdit;
import dev.varve.storage.checkpoint.ManifestState;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.io.Environment;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.LogCopy;
import dev.varve.storage.log.LogState;
import dev.varve.storage.log.Segment;
import dev.varve.storage.log.SegmentSet;
import dev.varve.storage.log.ValueSegmentInfo;
import dev.varve.storage.log.VoteFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a store of its own out of what a manifest says at one moment. Tables, value segments and the segments before the checkpoint never change, so
 * they get a second name in the new directory, or are copied if that is on another file system; the segment in which the
 * checkpoint lies is copied up to there. The manifest is new: a new incarnation, since from here on the two go different ways.
 *
 * <p>The directory is filled under a temporary name and renamed when it is whole and on the device. What was left of an attempt
 * whose process ended is removed by the next one.
 */
final class StoreCopy {

    private static final Logger logger = LoggerFactory.getLogger(StoreCopy.class);

    private final Environment environment;
    private final FileSystem files;
    private final Path source;
    private final SegmentSet segments;
    private final ManifestState state;
    private final Checkpoint checkpoint;

    /**
     * @param source the directory of the store
     * @param segments its log
     * @param state what is copied; its files must stay until that is done
     */
    StoreCopy(Environment environment, Path source, SegmentSet segments, ManifestState state) {
        this.environment = environment;
        this.files = environment.files();
        this.source = source;
        this.segments = segments;
        this.state = state;
        Checkpoint made = state.checkpoint();
        if (made == null) {
            throw new IllegalArgumentException("a store that is open has a checkpoint");
        }
        this.checkpoint = made;
    }

    /**
     * Makes the copy.
     *
     * @param target a directory that is empty or does not exist
     * @throws UnusableDirectoryException if it is something else
     */
    void write(Path target) throws IOException {
        Path parent = target.getParent();
        Path name = target.getFileName();
        if (parent == null || name == null) {
            throw new UnusableDirectoryException(target + " cannot be made a directory of a store");
        }
        if (files.exists(target) && !files.list(target).isEmpty()) {
            throw new UnusableDirectoryException(
                    "the directory " + target + " is not empty; give an empty one, or one that does not exist yet");
        }
        Path temporary = parent.resolve(name + FileName.TEMPORARY_SUFFIX);
        requireOurs(temporary);
        files.createDirectories(temporary);
        AutoCloseable lock = lock(temporary);
        try {
            removeLeftovers(temporary);
            fill(temporary);
            files.rename(temporary, target);
        } catch (IOException | RuntimeException e) {
            abandon(temporary);
            throw e;
        } finally {
            StoreDirectory.unlock(lock);
        }
        files.syncDirectory(parent);
    }

    private AutoCloseable lock(Path temporary) throws IOException {
        try {
            return files.lock(temporary.resolve(FileName.LOCK));
        } catch (FileSystem.LockedException e) {
            throw e; // Another copy is being made there.
        } catch (IOException e) {
            abandon(temporary);
            throw e;
        }
    }

    private void fill(Path directory) throws IOException {
        int origin = environment.random().nextInt();
        long successor = FileName.id(origin, 2);
        for (TableInfo table : state.tables()) {
            link(new FileName(FileKind.TABLE, table.id()), directory);
        }
        for (ValueSegmentInfo values : state.values()) {
            link(new FileName(FileKind.VALUES, values.id()), directory);
        }
        List<Long> ids = new ArrayList<>();
        Segment last = segments.find(checkpoint.segmentId());
        for (long id : state.segments()) {
            Segment segment = segments.find(id);
            if (last != null && segment != null && segment.number() < last.number()) {
                link(segment.name(), directory);
                ids.add(id);
            }
        }
        if (last == null) {
            throw new CorruptionException(
                    new FileName(FileKind.LOG, checkpoint.segmentId()).toString(), 0, "the file is missing");
        }
        LogState end = new LogState(
                checkpoint.appliedIndex(),
                checkpoint.appliedTerm(),
                checkpoint.revision() + 1,
                checkpoint.timeMicros());
        LogCopy.writeEnd(files, directory, state.storeId(), last, checkpoint.offset(), end, successor);
        ids.add(last.id());
        ids.add(successor);
        String node = state.identity().nodeId();
        VoteFile.create(files, directory, state.storeId(), Math.max(1, checkpoint.appliedTerm()), node)
                .close();
        files.syncDirectory(directory);
        Manifest.create(files, directory, copied(origin, ids, successor)).close();
    }

    private ManifestState copied(int origin, List<Long> segmentIds, long last) {
        ManifestEdit.Identity identity = new ManifestEdit.Identity(
                environment.random().nextLong() >>> 1,
                origin,
                Math.multiplyExact(environment.wallClock().millis(), 1000L),
                state.identity().nodeId());
        Checkpoint moved = new Checkpoint(
                checkpoint.appliedIndex(),
                checkpoint.appliedTerm(),
                checkpoint.revision(),
                checkpoint.timeMicros(),
                last,
                FileHeader.BYTES,
                checkpoint.configuration(),
                checkpoint.configurationIndex());
        return state.copied(identity, segmentIds, moved, new ManifestEdit.Closed(last, FileHeader.BYTES));
    }

    private void link(FileName name, Path directory) throws IOException {
        Path file = source.resolve(name.toString());
        Path copy = directory.resolve(name.toString());
        if (files.link(file, copy)) {
            return;
        }
        try (StoreFile from = files.openForRead(file);
                StoreFile to = files.create(copy)) {
            LogCopy.copy(from, to, from.size(), name);
            to.sync();
        }
    }

    /** Nothing is touched that cannot be what an earlier attempt has left. */
    private void requireOurs(Path temporary) throws IOException {
        List<String> names = files.exists(temporary) ? files.list(temporary) : List.of();
        for (String name : names) {
            if (!name.equals(FileName.LOCK) && !isOurs(name)) {
                throw new UnusableDirectoryException("the directory " + temporary + " is in the way: it holds " + name
                        + ", which is no file of a store; remove it");
            }
        }
    }

    private void removeLeftovers(Path temporary) throws IOException {
        for (String name : files.list(temporary)) {
            if (!name.equals(FileName.LOCK)) {
                files.delete(temporary.resolve(name));
            }
        }
    }

    private static boolean isOurs(String name) {
        String stem = name.endsWith(FileName.TEMPORARY_SUFFIX)
                ? name.substring(0, name.length() - FileName.TEMPORARY_SUFFIX.length())
                : name;
        return FileName.parse(stem).isPresent();
    }

    /** Removes what was made, as far as that is possible. */
    private void abandon(Path temporary) {
        try {
            for (String name : files.list(temporary)) {
                files.delete(temporary.resolve(name));
            }
            files.delete(temporary);
        } catch (IOException e) {
            logger.warn("cannot remove {}, which is not needed any more: {}", temporary, e.getMessage());
        }
    }
}
