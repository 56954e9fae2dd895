package dev.varve.storage.state;

import dev.varve.storage.checkpoint.ManifestState;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.LogCopy;
import dev.varve.storage.state.ShippedCheckpoint.ShippedFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of a checkpoint, held under second names in a directory of their own until all of them have been sent: the store merges and
 * collects meanwhile, and removes the first names. Whatever is left of it is removed when the store is opened. Thread-safe.
 */
public final class OutgoingCheckpoint implements Closeable {

    private final FileSystem files;
    private final Path data;
    private final Path directory;
    private final ShippedCheckpoint contents;

    /** The file that was read last, which is the one that is read next, mostly; it and what follows are guarded by this. */
    private @Nullable StoreFile open;

    private @Nullable FileName openName;
    private boolean closed;

    private OutgoingCheckpoint(FileSystem files, Path data, ShippedCheckpoint contents) {
        this.files = files;
        this.data = data;
        this.directory = data.resolve(FileName.OUTGOING);
        this.contents = contents;
    }

    /**
     * Gives the files their second names.
     *
     * @param data the store's directory
     * @param state what is sent; its files are complete, and stay until this returns
     */
    static OutgoingCheckpoint link(FileSystem files, Path data, ManifestState state) throws IOException {
        remove(files, data);
        Path directory = data.resolve(FileName.OUTGOING);
        files.createDirectories(directory);
        List<ShippedFile> shipped = new ArrayList<>();
        try {
            for (FileName name : names(state)) {
                Path copy = directory.resolve(name.toString());
                if (!files.link(data.resolve(name.toString()), copy)) {
                    copy(files, data, name, copy);
                }
                try (StoreFile file = files.openForRead(copy)) {
                    shipped.add(new ShippedFile(name, file.size()));
                }
            }
        } catch (IOException | RuntimeException e) {
            try {
                remove(files, data);
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
        return new OutgoingCheckpoint(files, data, new ShippedCheckpoint(state, shipped));
    }

    private static List<FileName> names(ManifestState state) {
        Stream<FileName> segments = state.segments().stream().map(id -> new FileName(FileKind.LOG, id));
        Stream<FileName> values = state.values().stream().map(info -> new FileName(FileKind.VALUES, info.id()));
        Stream<FileName> tables = state.tables().stream().map(table -> new FileName(FileKind.TABLE, table.id()));
        return Stream.of(segments, values, tables).flatMap(names -> names).toList();
    }

    private static void copy(FileSystem files, Path data, FileName name, Path copy) throws IOException {
        try (StoreFile from = files.openForRead(data.resolve(name.toString()));
                StoreFile to = files.create(copy)) {
            LogCopy.copy(from, to, from.size(), name);
        }
    }

    /** Removes what is left of one. */
    static void remove(FileSystem files, Path data) throws IOException {
        Path directory = data.resolve(FileName.OUTGOING);
        if (files.exists(directory)) {
            for (String name : files.list(directory)) {
                files.delete(directory.resolve(name));
            }
            files.delete(directory);
        }
    }

    /** What is sent. */
    public ShippedCheckpoint contents() {
        return contents;
    }

    /**
     * Reads a piece of a file, from where it begins or to where the file ends.
     *
     * @return the bytes; fewer than asked for at the end of the file
     * @throws NoSuchFileException if the checkpoint has no such file, or is closed
     */
    public synchronized byte[] read(FileName name, long offset, int length) throws IOException {
        StoreFile file = open(name);
        int bytes = (int) Math.max(0, Math.min(length, file.size() - offset));
        ByteBuffer piece = ByteBuffer.allocate(bytes);
        if (file.read(piece, offset) < bytes) {
            throw new IOException(name + " ends before its end");
        }
        return piece.array();
    }

    private StoreFile open(FileName name) throws IOException {
        if (closed || contents.files().stream().noneMatch(file -> file.name().equals(name))) {
            throw new NoSuchFileException(name + " is not being sent");
        }
        StoreFile last = open;
        if (last != null && name.equals(openName)) {
            return last;
        }
        closeFile();
        StoreFile next = files.openForRead(directory.resolve(name.toString()));
        open = next;
        openName = name;
        return next;
    }

    private void closeFile() throws IOException {
        StoreFile last = open;
        open = null;
        openName = null;
        if (last != null) {
            last.close();
        }
    }

    /** Removes the second names, and with them what the store has dropped meanwhile. */
    @Override
    public synchronized void close() throws IOException {
        if (!closed) {
            closed = true;
            closeFile();
            remove(files, data);
        }
    }
}
