package dev.varve.storage.state;

import dev.varve.storage.checkpoint.Checkpoint;
import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.checkpoint.ManifestState;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.index.BlockCache;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.index.TableReader;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.CompleteSegment;
import dev.varve.storage.log.LogCopy;
import dev.varve.storage.log.SegmentSet;
import dev.varve.storage.log.VoteFile;
import dev.varve.storage.state.ShippedCheckpoint.ShippedFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A checkpoint of another member that is being fetched into a directory of its own beside the store's files, and then takes the store's
 * place.
 *
 * <p>A file is written in a directory for partial ones, and gets its name beside the others once it is whole, verified by its format's
 * checksums, and on the device. So what is there is never fetched again, whenever and from whomever the checkpoint is fetched; with a
 * partial file it is gone on. Nothing of the store is touched before {@link #install}, which changes it by publishing one
 * manifest: whenever the machine stops, the directory holds either the store of before or the new one.
 *
 * <p>For one thread at a time.
 */
public final class IncomingCheckpoint implements Closeable {

    private static final Logger logger = LoggerFactory.getLogger(IncomingCheckpoint.class);

    /** So much is written before it is forced: the disk is busy with each for a moment only. */
    private static final int SYNC_BYTES = 4 << 20;

    private static final int CACHE_BYTES = 1 << 20;
    private static final String PARTIAL = "partial";

    private final FileSystem files;
    private final Path data;
    private final Path directory;
    private final Path partial;
    private final ShippedCheckpoint contents;
    private @Nullable StoreFile open;
    private @Nullable ShippedFile openFile;
    private long end;
    private long syncedEnd;

    /**
     * Begins to fetch, or goes on where an earlier attempt has ended: what it has left and this one does not need is removed.
     *
     * @param data the store's directory
     */
    public IncomingCheckpoint(FileSystem files, Path data, ShippedCheckpoint contents) throws IOException {
        this.files = files;
        this.data = data;
        this.directory = data.resolve(FileName.INCOMING);
        this.partial = directory.resolve(PARTIAL);
        this.contents = contents;
        files.createDirectories(partial);
        Set<String> wanted = new HashSet<>();
        contents.files().forEach(file -> wanted.add(file.name().toString()));
        for (Path path : List.of(directory, partial)) {
            for (String name : files.list(path)) {
                if (!wanted.contains(name) && !name.equals(PARTIAL)) {
                    files.delete(path.resolve(name));
                }
            }
        }
    }

    /** True if a fetch has left something in a store's directory. */
    public static boolean isIn(FileSystem files, Path data) throws IOException {
        return files.exists(data.resolve(FileName.INCOMING));
    }

    /** Removes what a fetch has left. */
    public static void remove(FileSystem files, Path data) throws IOException {
        Path directory = data.resolve(FileName.INCOMING);
        for (Path path : List.of(directory.resolve(PARTIAL), directory)) {
            if (files.exists(path)) {
                for (String name : files.list(path)) {
                    files.delete(path.resolve(name));
                }
                files.delete(path);
            }
        }
    }

    private Path path(ShippedFile file) {
        return directory.resolve(file.name().toString());
    }

    private Path partialPath(ShippedFile file) {
        return partial.resolve(file.name().toString());
    }

    /** What is fetched. */
    public ShippedCheckpoint contents() {
        return contents;
    }

    /** True if a file need not be fetched: it is here, or the store has it, not damaged, of its own. */
    public boolean has(ShippedFile file) throws IOException {
        return files.exists(path(file)) || takeOwn(file);
    }

    private boolean takeOwn(ShippedFile file) throws IOException {
        Path own = data.resolve(file.name().toString());
        if (!files.exists(own)) {
            return false;
        }
        try {
            verify(file, data);
        } catch (CorruptionException e) {
            logger.warn("{} is fetched although the store has it: {}", file.name(), e.getMessage());
            return false;
        }
        link(own, path(file));
        files.syncDirectory(directory);
        return true;
    }

    /** Begins to write a file, or goes on; returns how many bytes of it are here. */
    public long begin(ShippedFile file) throws IOException {
        if (!file.equals(openFile)) {
            close();
            Path path = partialPath(file);
            StoreFile opened = files.exists(path) ? files.open(path) : files.create(path);
            open = opened;
            openFile = file;
            if (opened.size() > file.sizeBytes()) {
                opened.truncate(0);
            }
            end = opened.size();
            syncedEnd = end;
        }
        return end;
    }

    /**
     * Writes a piece, which is what remains in a buffer, behind what is there of a file.
     *
     * @throws IllegalArgumentException if it does not follow, or does not fit
     */
    public void write(ShippedFile file, long offset, ByteBuffer piece) throws IOException {
        int length = piece.remaining();
        if (begin(file) != offset || length > file.sizeBytes() - offset) {
            throw new IllegalArgumentException(length + " bytes at " + offset + " are no piece of " + file.name()
                    + ", of which " + end + " bytes are here");
        }
        StoreFile target = openTarget();
        target.write(piece, offset);
        end += length;
        if (end - syncedEnd >= SYNC_BYTES) {
            target.sync();
            syncedEnd = end;
        }
    }

    private StoreFile openTarget() {
        StoreFile target = open;
        if (target == null) {
            throw new IllegalStateException("no file is open");
        }
        return target;
    }

    /**
     * All of a file is here: verifies it and gives it its name, durably.
     *
     * @throws CorruptionException if it is damaged; then it is removed, and may be fetched once more
     */
    public void complete(ShippedFile file) throws IOException {
        begin(file);
        openTarget().sync();
        close();
        try {
            verify(file, partial);
        } catch (CorruptionException e) {
            files.delete(partialPath(file));
            throw e;
        }
        link(partialPath(file), path(file));
        files.syncDirectory(directory);
        files.delete(partialPath(file));
    }

    private void link(Path file, Path name) throws IOException {
        if (!files.link(file, name)) {
            throw new IOException("the file system of " + data + " has no hard links");
        }
    }

    private void verify(ShippedFile file, Path where) throws IOException {
        ManifestState state = contents.state();
        FileName name = file.name();
        if (name.kind() != FileKind.TABLE) {
            CompleteSegment.verify(files, where, state.storeId(), name);
            return;
        }
        TableInfo info = state.tables().stream()
                .filter(table -> table.id() == name.id())
                .findFirst()
                .orElseThrow(() -> new CorruptionException(name.toString(), 0, "the checkpoint has no such table"));
        BlockCache cache = new BlockCache(CACHE_BYTES, Long.MAX_VALUE);
        try (TableReader table = new TableReader(files, where, state.storeId(), info, new SegmentSet(), cache)) {
            table.verify();
        }
    }

    /** Closes the file that is being written; what is fetched stays, to be gone on with. */
    @Override
    public void close() throws IOException {
        StoreFile last = open;
        open = null;
        openFile = null;
        if (last != null) {
            last.close();
        }
    }

    /**
     * Puts the checkpoint, all of whose files are here, in the place of the store, which is closed. Incarnation, name and vote stay.
     *
     * @throws FileSystem.LockedException if the store is open
     * @throws IOException if that failed: then the directory holds the store of before, or the new one if the failure came last
     */
    public void install() throws IOException {
        close();
        AutoCloseable lock = files.lock(data.resolve(FileName.LOCK));
        try {
            FileName current = Manifest.find(files.list(data))
                    .orElseThrow(() -> new UnusableDirectoryException("there is no store in " + data));
            ManifestState next;
            try (Manifest manifest = Manifest.open(files, data, current)) {
                ManifestState before = manifest.state();
                requireSameGroup(before);
                raiseTerm(before);
                long logSegment = manifest.nextFileId();
                next = before.replacedBy(contents.state(), logSegment);
                LogCopy.writeEmpty(files, data, next.storeId(), logSegment);
            }
            for (ShippedFile file : contents.files()) {
                name(file);
            }
            files.syncDirectory(data);
            Manifest.replace(files, data, next);
            StoreDirectory.removeLog(files, data, Set.copyOf(next.segments()));
        } finally {
            StoreDirectory.unlock(lock);
        }
        remove(files, data);
    }

    private void requireSameGroup(ManifestState before) throws UnusableDirectoryException {
        long sent = contents.state().identity().incarnation();
        long own = before.identity().incarnation();
        if (sent != own) {
            throw new UnusableDirectoryException(
                    "a checkpoint of incarnation " + sent + " cannot take the place of a store of incarnation " + own);
        }
    }

    /** The term of a member is never below that of its last entry. A new term has no vote. */
    private void raiseTerm(ManifestState before) throws IOException {
        Checkpoint checkpoint = contents.state().madeCheckpoint();
        try (VoteFile vote = VoteFile.open(files, data, before.voteStoreId())) {
            if (vote.term() < checkpoint.appliedTerm()) {
                vote.save(checkpoint.appliedTerm(), null);
            }
        }
    }

    /** Gives a file its name among those of the store; what is there under that name already is the same file, or damaged. */
    private void name(ShippedFile file) throws IOException {
        Path name = data.resolve(file.name().toString());
        if (!files.exists(name)) {
            link(path(file), name);
            return;
        }
        Path temporary = data.resolve(file.name() + FileName.TEMPORARY_SUFFIX);
        if (files.exists(temporary)) {
            files.delete(temporary);
        }
        link(path(file), temporary);
        files.rename(temporary, name);
    }
}
