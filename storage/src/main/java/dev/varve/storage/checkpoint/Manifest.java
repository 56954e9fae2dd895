package dev.varve.storage.checkpoint;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.format.UnsupportedVersionException;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.io.Trouble;
import java.io.Closeable;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file of edits.
 *
 * <pre>
 * manifest := header {@linkplain ManifestRecord record}*
 * </pre>
 *
 * <p>Records are numbered from 1 on without a gap; each is synced before the next is written. So a bad record with a valid one
 * behind it is damage, and one with none behind it is the torn end of an edit that never counted; but a record of up to 64 KiB of
 * which a single bit is wrong was whole once, and the checksum says which bit it is: it counts as it was. A manifest is published by
 * writing a temporary file, syncing it, renaming it and syncing the directory; of several the one with the highest count is
 * current. It is written anew when it has grown to 4 MiB.
 *
 * <p>Thread-safe.
 */
public final class Manifest implements Closeable {

    private static final Logger log = LoggerFactory.getLogger(Manifest.class);
    private static final long REWRITE_BYTES = 4 << 20;

    private final FileSystem files;
    private final Path directory;

    /** The current file; it and what follows, but for the failure, are guarded by this. */
    private FileName name;

    private StoreFile file;

    /** Invariant: what the edits in the file add up to. */
    private ManifestState state;

    /** Behind the last record. */
    private long end;

    /** Number of the last record. */
    private long number;

    /** Count of the next id; above that of every file of this node that an edit has named or that is there. */
    private int nextFileCount;

    private boolean closed;

    private volatile @Nullable IOException failure;

    private Manifest(FileSystem files, Path directory, FileName name, StoreFile file, ManifestState state) {
        this.files = files;
        this.directory = directory;
        this.name = name;
        this.file = file;
        this.state = state;
        this.nextFileCount = state.nextFileCount();
    }

    /** Founds a store: publishes its first manifest. */
    public static Manifest create(FileSystem files, Path directory, StoreId storeId, ManifestEdit.Identity identity)
            throws IOException {
        return create(
                files,
                directory,
                ManifestState.founded(storeId, identity).after(List.of(new ManifestEdit.FileCount(2))));
    }

    /** Publishes the first manifest in a directory. Its identity's origin must be new. */
    public static Manifest create(FileSystem files, Path directory, ManifestState state) throws IOException {
        FileName name =
                new FileName(FileKind.MANIFEST, FileName.id(state.identity().origin(), 1));
        Written written = write(files, directory, name, state);
        Manifest manifest = new Manifest(files, directory, name, written.file, state);
        manifest.end = written.end;
        manifest.number = 1;
        return manifest;
    }

    /**
     * Publishes a manifest in the place of the current one, which is left to be removed when the store is opened: from then on the store
     * is another one, or, if this fails, perhaps still the former.
     *
     * @param state what the store is from now on; all counts of manifests in the directory are below its next file count
     */
    public static void replace(FileSystem files, Path directory, ManifestState state) throws IOException {
        FileName name =
                new FileName(FileKind.MANIFEST, FileName.id(state.identity().origin(), state.nextFileCount()));
        ManifestState counted = state.after(List.of(new ManifestEdit.FileCount(state.nextFileCount() + 1)));
        write(files, directory, name, counted).file.close();
    }

    /**
     * Founds a store in a directory whose former one is given up, however damaged its manifest is: from then on the store is the new one, or, if
     * this fails, perhaps still the former.
     *
     * @param identity its origin must be new
     */
    public static void foundAnew(FileSystem files, Path directory, StoreId storeId, ManifestEdit.Identity identity)
            throws IOException {
        int count = find(files.list(directory))
                .map(former -> FileName.count(former.id()))
                .orElse(0);
        replace(
                files,
                directory,
                ManifestState.founded(storeId, identity).after(List.of(new ManifestEdit.FileCount(count + 1))));
    }

    /** A manifest that was published. */
    private record Written(StoreFile file, long end) {}

    private static Written write(FileSystem files, Path directory, FileName name, ManifestState state)
            throws IOException {
        Path temporary = directory.resolve(name + FileName.TEMPORARY_SUFFIX);
        StoreFile file = files.create(temporary);
        try {
            file.write(new FileHeader(FileKind.MANIFEST, state.storeId(), name.id()).encode(), 0);
            ByteBuffer record = ManifestRecord.encode(name, FileHeader.BYTES, 1, ManifestCodec.encode(state.edits()));
            long end = (long) FileHeader.BYTES + record.remaining();
            file.write(record, FileHeader.BYTES);
            file.sync();
            files.rename(temporary, directory.resolve(name.toString()));
            files.syncDirectory(directory);
            return new Written(file, end);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /**
     * The current manifest of a directory.
     *
     * @return its name, or nothing if there is none
     */
    public static Optional<FileName> find(List<String> names) {
        return names.stream()
                .map(FileName::parse)
                .flatMap(Optional::stream)
                .filter(name -> name.kind() == FileKind.MANIFEST)
                .max((a, b) -> Integer.compareUnsigned(FileName.count(a.id()), FileName.count(b.id())));
    }

    /**
     * Opens the current manifest.
     *
     * @throws CorruptionException if edits that had been synced are damaged
     */
    public static Manifest open(FileSystem files, Path directory, FileName name) throws IOException {
        StoreFile file = files.open(directory.resolve(name.toString()));
        try {
            Scan scan = scan(file, name);
            Manifest manifest = new Manifest(files, directory, name, file, scan.state);
            manifest.end = scan.end;
            manifest.number = scan.number;
            manifest.skipFilesThatAreThere();
            if (scan.torn) {
                checkNothingIsGone(scan, files, directory, name);
                log.warn("{}: cut an edit at offset {} that had never been synced", name, scan.end);
            }
            if (scan.flipped >= 0) {
                log.warn("{}: put right a bit that had flipped in the edit at offset {}", name, scan.flipped);
            }
            if (scan.torn || scan.flipped >= 0) {
                manifest.rewrite();
            } else if (scan.state.closed() == null) {
                writeAgain(file, (int) scan.end);
            }
            return manifest;
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /**
     * A file is removed only after the edit that drops it has been synced. So if one is missing, then what stands behind the valid edits is
     * no unsynced tail, but damage to an edit that had counted.
     */
    private static void checkNothingIsGone(Scan scan, FileSystem files, Path directory, FileName name)
            throws IOException {
        Stream<FileName> segments = scan.state.segments().stream().map(id -> new FileName(FileKind.LOG, id));
        Stream<FileName> tables = scan.state.tables().stream().map(table -> new FileName(FileKind.TABLE, table.id()));
        Stream<FileName> values = scan.state.values().stream().map(info -> new FileName(FileKind.VALUES, info.id()));
        for (FileName file :
                Stream.of(segments, values, tables).flatMap(names -> names).toList()) {
            if (!files.exists(directory.resolve(file.toString()))) {
                throw new CorruptionException(
                        name.toString(),
                        scan.end,
                        "the edit that dropped " + file
                                + " is damaged. Nothing was cut. Restore this file from a backup"
                                + " or another replica");
            }
        }
    }

    /**
     * Writes the file's bytes once more and syncs them: after a sync that failed, an earlier process may have left bytes that are read
     * back from memory, count as clean, and are on no device.
     */
    private static void writeAgain(StoreFile file, int end) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(end);
        file.read(bytes, 0);
        file.write(bytes.flip(), 0);
        file.sync();
    }

    /**
     * What a manifest file says.
     *
     * @param state the sum of its edits
     * @param end offset behind the last valid record
     * @param number number of the last valid record
     * @param torn true if something stands behind it
     * @param flipped offset of the last record in which a bit had flipped, -1 if there is none; the state is what it would be without that
     */
    public record Scan(ManifestState state, long end, long number, boolean torn, long flipped) {}

    /** Reads and checks a manifest file. */
    public static Scan scan(StoreFile file, FileName name) throws IOException {
        long size = file.size();
        if (size > Integer.MAX_VALUE - 16) {
            throw new CorruptionException(name.toString(), size, "no manifest is that large");
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
        file.read(bytes, 0);
        bytes.flip();
        StoreId storeId = FileHeader.decode(bytes, name).storeId();
        ManifestState.Sum sum = null;
        int at = FileHeader.BYTES;
        long number = 0;
        long flipped = -1;
        while (true) {
            boolean right = ManifestRecord.isValid(bytes, name, at);
            if ((!right && !ManifestRecord.putRight(bytes, name, at))
                    || ManifestRecord.number(bytes, at) != number + 1) {
                break;
            }
            flipped = right ? flipped : at;
            ByteBuffer edits = ManifestRecord.edits(bytes, at);
            sum = add(sum, storeId, edits, name, at);
            at += ManifestRecord.HEADER_BYTES + edits.limit();
            number++;
        }
        boolean torn = at < size;
        for (int later = at; torn && later + ManifestRecord.HEADER_BYTES <= size; later++) {
            if (ManifestRecord.isValid(bytes, name, later)) {
                throw new CorruptionException(
                        name.toString(), at, "an edit is damaged, although a later one shows that it had been synced");
            }
        }
        if (sum == null) {
            throw new CorruptionException(name.toString(), at, "it does not begin with a valid edit");
        }
        return new Scan(sum.state(), at, number, torn, flipped);
    }

    /** Adds edits that are to make up a state, or go on with one. */
    static ManifestState.Sum add(
            ManifestState.@Nullable Sum before, StoreId storeId, ByteBuffer edits, FileName name, int at)
            throws CorruptionException, UnsupportedVersionException {
        try {
            ManifestState.Sum sum = before;
            for (ManifestEdit edit : ManifestCodec.decode(edits, name)) {
                if (sum != null) {
                    sum.add(edit);
                } else if (edit instanceof ManifestEdit.Identity identity) {
                    sum = new ManifestState.Sum(ManifestState.founded(storeId, identity));
                } else {
                    throw new CorruptionException(name.toString(), at, "the first edit is not the identity");
                }
            }
            if (sum == null) {
                throw new CorruptionException(name.toString(), at, "the first record has no edits");
            }
            return sum;
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            throw new CorruptionException(name.toString(), at, "an edit is not well formed: " + e.getMessage());
        }
    }

    /** What makes up the store now. */
    public synchronized ManifestState state() {
        return state;
    }

    /** The name of the file. */
    public synchronized FileName name() {
        return name;
    }

    /** Draws the id of a new file: one that this process has not drawn, no edit has named, and no file had when it was opened. */
    public synchronized long nextFileId() {
        return FileName.id(state.identity().origin(), nextFileCount++);
    }

    private void skipFilesThatAreThere() throws IOException {
        for (String file : files.list(directory)) {
            FileName.parse(file)
                    .filter(there ->
                            FileName.origin(there.id()) == state.identity().origin())
                    .ifPresent(there -> nextFileCount = Math.max(nextFileCount, FileName.count(there.id()) + 1));
        }
    }

    /**
     * Makes edits, together or not at all; they are durable on return.
     *
     * @throws Trouble.DiskFullException if there is no space; nothing has changed and it may be tried again
     * @throws IOException if it is unknown whether they are durable; then the manifest has failed until it is opened again
     */
    public synchronized void append(List<ManifestEdit> edits) throws IOException {
        if (failure != null) {
            throw new IOException("the manifest failed earlier: " + failure.getMessage(), failure);
        }
        if (closed) {
            throw new IOException("the manifest is closed");
        }
        ManifestState after = state.after(edits);
        ByteBuffer record = ManifestRecord.encode(name, end, number + 1, ManifestCodec.encode(edits));
        int length = record.remaining();
        try {
            file.write(record, end);
        } catch (IOException e) {
            throw undo(e);
        }
        try {
            file.sync();
        } catch (IOException e) {
            throw fail(e);
        }
        end += length;
        number++;
        state = after;
        if (end > REWRITE_BYTES) {
            rewriteIfPossible();
        }
    }

    /** Takes back a write that found no space; any other failure is final. */
    private IOException undo(IOException cause) {
        if (Trouble.isDiskFull(cause)) {
            try {
                file.truncate(end);
                return cause;
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
        }
        return fail(cause);
    }

    /** Takes no more edits: nobody knows what is durable. */
    private IOException fail(IOException cause) {
        failure = cause;
        log.error(
                "the manifest has failed: nothing is written until the store is opened again: {}",
                Trouble.describe(cause));
        return cause;
    }

    private void rewriteIfPossible() {
        try {
            rewrite();
        } catch (IOException e) {
            log.warn("cannot write the manifest anew, will go on with {}: {}", name, e.getMessage());
        }
    }

    private void rewrite() throws IOException {
        FileName newName = new FileName(FileKind.MANIFEST, nextFileId());
        List<ManifestEdit> last = new ArrayList<>(List.of(new ManifestEdit.FileCount(nextFileCount)));
        if (state.closed() != null) {
            last.add(state.closed());
        }
        ManifestState newState = state.after(last);
        Written written;
        try {
            written = write(files, directory, newName, newState);
        } catch (IOException e) {
            if (files.exists(directory.resolve(newName.toString()))) {
                fail(e); // Renamed, but nobody knows whether durably: from here on the two might differ.
            }
            throw e;
        }
        FileName old = name;
        file.close();
        name = newName;
        file = written.file;
        end = written.end;
        number = 1;
        state = newState;
        files.delete(directory.resolve(old.toString()));
    }

    /**
     * Reads the file again. If it is not what was written, it is written anew from memory.
     *
     * @throws CorruptionException if it was damaged, whether or not it could be written anew: then {@link #name} is another one
     */
    public synchronized void verify() throws IOException {
        try {
            Scan scan = scan(file, name);
            if (scan.number != number || scan.end != end) {
                throw new CorruptionException(
                        name.toString(), scan.end, "it ends with edit " + scan.number + " of " + number);
            }
            if (scan.flipped >= 0) {
                throw new CorruptionException(name.toString(), scan.flipped, "a bit of an edit has flipped");
            }
        } catch (CorruptionException e) {
            if (failure == null && !closed) {
                rewriteIfPossible();
            }
            throw e;
        }
    }

    /** Why no edit can be made any more, or null. */
    public @Nullable IOException failure() {
        return failure;
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        file.close();
    }
}
