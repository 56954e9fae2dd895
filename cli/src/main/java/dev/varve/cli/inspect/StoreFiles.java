package dev.varve.cli.inspect;

import dev.varve.cli.Failure;
import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The files of a store that nobody has open. Holds the store's lock until it is closed. */
final class StoreFiles implements AutoCloseable {

    private final Path directory;
    private final FileSystem files = DiskFileSystem.instance();
    private final List<String> names;
    private final FileName manifest;
    private final @Nullable AutoCloseable lock;

    private StoreFiles(Path directory, List<String> names, FileName manifest, @Nullable AutoCloseable lock) {
        this.directory = directory;
        this.names = names;
        this.manifest = manifest;
        this.lock = lock;
    }

    /**
     * Opens a directory.
     *
     * @throws Failure if there is no store in it, or somebody has it open
     */
    static StoreFiles open(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new Failure("There is no directory " + directory + ".");
        }
        FileSystem files = DiskFileSystem.instance();
        List<String> names = files.list(directory);
        FileName manifest = Manifest.find(names)
                .orElseThrow(() -> new Failure("There is no store in " + directory + ": no manifest is there."));
        return new StoreFiles(directory, names, manifest, lock(directory, files));
    }

    /** Takes the lock of the store, where there is one: a copy may have none, and may be on a device that is read-only. */
    private static @Nullable AutoCloseable lock(Path directory, FileSystem files) throws IOException {
        Path path = directory.resolve(FileName.LOCK);
        if (!Files.isWritable(path)) {
            return null;
        }
        try {
            return files.lock(path);
        } catch (FileSystem.LockedException e) {
            throw new Failure(
                    "A server has the store in " + directory
                            + " open. Stop it first, or look at a copy of the directory.",
                    e);
        }
    }

    /** The names in the directory. */
    List<String> names() {
        return names;
    }

    /** The current manifest. */
    FileName manifestName() {
        return manifest;
    }

    /**
     * Reads the manifest.
     *
     * @throws dev.varve.storage.format.CorruptionException if it is damaged
     */
    Manifest.Scan scanManifest() throws IOException {
        try (StoreFile file = open(manifest)) {
            return Manifest.scan(file, manifest);
        }
    }

    /** Opens a file for reading. */
    StoreFile open(FileName name) throws IOException {
        return files.openForRead(path(name));
    }

    /** Opens a file that must be there, and checks its header. */
    StoreFile open(FileName name, @Nullable StoreId storeId) throws IOException {
        return open(directory, name, storeId);
    }

    /**
     * Opens a file of a directory and checks its header.
     *
     * @param storeId the store it must belong to; null for any
     * @throws dev.varve.storage.format.CorruptionException if it is missing, or its header is wrong
     */
    static StoreFile open(Path directory, FileName name, @Nullable StoreId storeId) throws IOException {
        StoreFile file;
        try {
            file = DiskFileSystem.instance().openForRead(directory.resolve(name.toString()));
        } catch (NoSuchFileException e) {
            throw new dev.varve.storage.format.CorruptionException(name.toString(), 0, "the file is missing");
        }
        try {
            FileHeader header = header(file, name);
            if (storeId != null && !header.storeId().equals(storeId)) {
                throw new dev.varve.storage.format.CorruptionException(
                        name.toString(), 16, "it belongs to store " + header.storeId() + ", not to " + storeId);
            }
            return file;
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** The header of a file. */
    static FileHeader header(StoreFile file, FileName name) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(FileHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        file.read(bytes, 0);
        return FileHeader.decode(bytes.flip(), name);
    }

    Path path(FileName name) {
        return directory.resolve(name.toString());
    }

    Path directory() {
        return directory;
    }

    FileSystem files() {
        return files;
    }

    /** The size of a file; 0 if it is missing. */
    long size(FileName name) throws IOException {
        Path path = path(name);
        return Files.exists(path) ? Files.size(path) : 0;
    }

    /** Names of files of this kind in the directory, whether the manifest knows them or not. */
    List<FileName> found(FileKind kind) {
        return names.stream()
                .flatMap(name -> FileName.parse(name).stream())
                .filter(name -> name.kind() == kind)
                .toList();
    }

    @Override
    public void close() throws IOException {
        if (lock != null) {
            try {
                lock.close();
            } catch (IOException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException("The lock of " + directory + " could not be released", e);
            }
        }
    }
}
