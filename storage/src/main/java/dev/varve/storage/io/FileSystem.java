package dev.varve.storage.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What the store asks of a file system. Thread-safe. */
public interface FileSystem {

    /**
     * Creates a file that must not exist, open for reading and writing.
     *
     * @throws java.nio.file.FileAlreadyExistsException if there is one
     */
    StoreFile create(Path file) throws IOException;

    /**
     * Opens an existing file for reading and writing.
     *
     * @throws java.nio.file.NoSuchFileException if there is none
     */
    StoreFile open(Path file) throws IOException;

    /**
     * Opens an existing file for reading only.
     *
     * @throws java.nio.file.NoSuchFileException if there is none
     */
    StoreFile openForRead(Path file) throws IOException;

    /** True if there is such a file or directory. */
    boolean exists(Path path) throws IOException;

    /** The names (not paths) of what is in a directory, sorted. */
    List<String> list(Path directory) throws IOException;

    /** Creates a directory and those above it, and makes their creation durable; nothing happens if it is there. */
    void createDirectories(Path directory) throws IOException;

    /** Removes a file, or a directory that is empty. Open {@link StoreFile}s of a file stay usable. */
    void delete(Path file) throws IOException;

    /**
     * Gives a file a second name. Both are the same file from then on: what is written under one is read under the other.
     *
     * @return false, with nothing done, if the two directories are on different file systems, or theirs has no such links
     * @throws java.nio.file.FileAlreadyExistsException if the new name is taken
     */
    boolean link(Path file, Path name) throws IOException;

    /** Renames a file or directory within one directory, replacing the target atomically if it exists: a directory only an empty one. */
    void rename(Path from, Path to) throws IOException;

    /** Makes the directory's entries (creations, removals, renamings) durable. */
    void syncDirectory(Path directory) throws IOException;

    /** How many bytes the file system has left for this user; what is used to decide whether waiting writers may try again. */
    long usableBytes(Path directory) throws IOException;

    /**
     * Locks a file, creating it if needed, against other processes and other callers in this one.
     *
     * @return the lock, released by closing it
     * @throws LockedException if somebody holds it
     */
    AutoCloseable lock(Path file) throws IOException;

    /** Somebody else holds the lock. */
    final class LockedException extends IOException {

        private static final long serialVersionUID = 1L;

        public LockedException(String message) {
            super(message);
        }
    }
}
