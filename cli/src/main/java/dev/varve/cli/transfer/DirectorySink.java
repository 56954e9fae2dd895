package dev.varve.cli.transfer;

import dev.varve.cli.Failure;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** A file for each entry. Nothing is ever written outside the directory: neither by a key's parts, nor through a link. */
final class DirectorySink implements Sink {

    private final Path root;
    private final boolean overwrite;
    private @Nullable Path lastParent;

    DirectorySink(Path directory, boolean overwrite) throws IOException {
        Files.createDirectories(directory);
        this.root = directory.toRealPath();
        this.overwrite = overwrite;
    }

    @Override
    public @Nullable String refusal(byte[] key) {
        return PathKeys.refusal(key);
    }

    @Override
    public void write(byte[] key, byte[] value) throws IOException {
        Path file = PathKeys.file(root, key);
        Path parent = file.getParent();
        if (parent != null && !parent.equals(lastParent)) {
            makeDirectories(parent);
            lastParent = parent;
        }
        if (overwrite && Files.isSymbolicLink(file)) {
            throw new Failure("The file " + file + " is a link, which is not followed. Remove it.");
        }
        try {
            if (overwrite) {
                Files.write(file, value);
            } else {
                Files.write(file, value, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            }
        } catch (FileAlreadyExistsException e) {
            throw new Failure("The file " + file + " is there already. --overwrite replaces it.", e);
        } catch (IOException e) {
            if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
                throw conflict(file, e);
            }
            throw e;
        }
    }

    private void makeDirectories(Path directory) throws IOException {
        if (directory.equals(root)) {
            return;
        }
        if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            // Seen from the root down, so that no part of the path is a link that leads elsewhere.
            if (!directory.toRealPath().startsWith(root)) {
                throw new Failure("The directory " + directory + " leads out of " + root + " by a link. Remove it.");
            }
            return;
        }
        Path parent = directory.getParent();
        if (parent != null) {
            makeDirectories(parent);
        }
        try {
            Files.createDirectory(directory);
        } catch (FileAlreadyExistsException e) {
            throw conflict(directory, e);
        }
    }

    private static Failure conflict(Path path, IOException cause) {
        return new Failure(
                "The path " + path + " would have to be a file and a directory, since one key begins with another and a"
                        + " slash. Export such keys with --format ndjson.",
                cause);
    }

    @Override
    public boolean keepsParts() {
        return true;
    }

    @Override
    public void finish() {}

    @Override
    public void close() {}
}
