package dev.varve.storage.log;

import dev.varve.storage.format.Checksum;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.io.StoreFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a Raft node must not forget: its term, and for whom it voted in it.
 *
 * <p>Two copies of 512 bytes behind the header's page, each written and synced before the next:
 *
 * <pre>
 *   0  u32  CRC32C of bytes 4 to 511, salted with file id and the copy's offset
 *   4  u32  length of the name; 0xffffffff for nobody
 *   8  u64  sequence: the copy with the higher one counts
 *  16  u64  term
 *  24       name of the candidate, UTF-8, at most 480 bytes; the rest is zero
 * </pre>
 *
 * <p>A vote is given only when both copies hold it. So whatever befalls one of them, a write that was torn or damage later, the
 * other one holds every vote that was given; opening writes the lost copy again. If neither is valid the node must not vote.
 * Thread-safe.
 */
public final class VoteFile implements Closeable {

    /** The id under which every node keeps its vote. */
    public static final long ID = 0;

    private static final Logger logger = LoggerFactory.getLogger(VoteFile.class);
    private static final int COPY_BYTES = 512;
    private static final int FIRST_COPY = 4096;
    private static final int SECOND_COPY = FIRST_COPY + COPY_BYTES;
    private static final int NAME = 24;
    private static final int NAME_BYTES = COPY_BYTES - NAME - 8;

    private final FileName name = new FileName(FileKind.VOTE, ID);
    private final StoreFile file;
    private final StoreId storeId;
    private Copy last = new Copy(0, 0, null);
    private boolean failed;
    private boolean closed;

    /**
     * What the file says.
     *
     * @param term the node's term
     * @param votedFor for whom it voted in that, or null
     * @param validCopies how many of the two copies are valid, 1 or 2
     */
    public record Content(long term, @Nullable String votedFor, int validCopies) {}

    private record Copy(long sequence, long term, @Nullable String votedFor) {

        /** The bytes that stand for it at an offset. */
        ByteBuffer encode(int offset) {
            byte[] bytes = votedFor == null ? new byte[0] : votedFor.getBytes(StandardCharsets.UTF_8);
            ByteBuffer copy = ByteBuffer.allocate(COPY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            copy.putInt(4, votedFor == null ? -1 : bytes.length)
                    .putLong(8, sequence)
                    .putLong(16, term)
                    .put(NAME, bytes);
            return copy.putInt(0, checksum(copy, offset));
        }

        /** The copy at an offset, or null if it is not valid. */
        static @Nullable Copy read(StoreFile file, int offset) throws IOException {
            ByteBuffer copy = ByteBuffer.allocate(COPY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            if (file.read(copy, offset) < COPY_BYTES || copy.getInt(0) != checksum(copy, offset)) {
                return null;
            }
            int length = copy.getInt(4);
            if (length < -1 || length > NAME_BYTES) {
                return null;
            }
            String votedFor = length < 0 ? null : new String(copy.array(), NAME, length, StandardCharsets.UTF_8);
            return new Copy(copy.getLong(8), copy.getLong(16), votedFor);
        }

        private static int checksum(ByteBuffer copy, int offset) {
            return Checksum.of(copy, 4, COPY_BYTES - 4) ^ Checksum.salt(ID, offset);
        }

        /** The one that counts of two, of which one may be missing. */
        static Copy newer(@Nullable Copy first, @Nullable Copy second) throws CorruptionException {
            if (first != null) {
                return second == null || first.sequence >= second.sequence ? first : second;
            }
            if (second == null) {
                throw new CorruptionException(
                        new FileName(FileKind.VOTE, ID).toString(),
                        FIRST_COPY,
                        "neither copy of the vote is valid; this node must not vote until it has joined anew");
            }
            return second;
        }
    }

    private VoteFile(StoreFile file, StoreId storeId) {
        this.file = file;
        this.storeId = storeId;
    }

    /**
     * Creates the file, with term and vote, durably.
     *
     * @throws java.nio.file.FileAlreadyExistsException if there is one
     */
    public static VoteFile create(
            FileSystem files, Path directory, StoreId storeId, long term, @Nullable String votedFor)
            throws IOException {
        Path path = directory.resolve(new FileName(FileKind.VOTE, ID).toString());
        Path temporary = directory.resolve(new FileName(FileKind.VOTE, ID) + FileName.TEMPORARY_SUFFIX);
        if (files.exists(path)) {
            throw new java.nio.file.FileAlreadyExistsException(path.toString());
        }
        if (files.exists(temporary)) {
            files.delete(temporary);
        }
        VoteFile vote = new VoteFile(files.create(temporary), storeId);
        try {
            vote.file.preallocate(SECOND_COPY + COPY_BYTES);
            vote.writeHeader();
            vote.save(term, votedFor);
            files.rename(temporary, path);
            files.syncDirectory(directory);
            return vote;
        } catch (IOException | RuntimeException e) {
            vote.close();
            throw e;
        }
    }

    /**
     * Opens the file, and mends a copy that is damaged or older than the other.
     *
     * @throws CorruptionException if no copy is valid
     * @throws java.nio.file.NoSuchFileException if there is no file
     */
    public static VoteFile open(FileSystem files, Path directory, StoreId storeId) throws IOException {
        FileName name = new FileName(FileKind.VOTE, ID);
        VoteFile vote = new VoteFile(files.open(directory.resolve(name.toString())), storeId);
        try {
            vote.checkHeader();
            Copy first = Copy.read(vote.file, FIRST_COPY);
            Copy second = Copy.read(vote.file, SECOND_COPY);
            vote.last = Copy.newer(first, second);
            vote.mend(first, FIRST_COPY);
            vote.mend(second, SECOND_COPY);
            return vote;
        } catch (IOException | RuntimeException e) {
            vote.close();
            throw e;
        }
    }

    /** Writes a copy that does not say what is kept again; returns whether there was need to. */
    private boolean mend(@Nullable Copy copy, int offset) throws IOException {
        if (last.equals(copy)) {
            return false;
        }
        logger.warn(
                "{}: the copy at offset {} is {}, and is written again",
                name,
                offset,
                copy == null ? "damaged" : "older");
        write(last, offset);
        return true;
    }

    private void writeHeader() throws IOException {
        file.write(new FileHeader(FileKind.VOTE, storeId, ID).encode(), 0);
    }

    private void checkHeader() throws IOException {
        ByteBuffer header = ByteBuffer.allocate(FileHeader.BYTES);
        file.read(header, 0);
        FileHeader.check(header.flip(), name, storeId);
    }

    /**
     * Reads the file without changing it; its header has been checked.
     *
     * @throws CorruptionException if no copy is valid
     */
    public static Content read(StoreFile file) throws IOException {
        Copy first = Copy.read(file, FIRST_COPY);
        Copy second = Copy.read(file, SECOND_COPY);
        Copy newer = Copy.newer(first, second);
        return new Content(newer.term, newer.votedFor, first == null || second == null ? 1 : 2);
    }

    /** The node's term. */
    public synchronized long term() {
        return last.term;
    }

    /** For whom the node voted in its term, or null. */
    public synchronized @Nullable String votedFor() {
        return last.votedFor;
    }

    /**
     * Keeps term and vote; durable on return.
     *
     * @param candidate at most 480 bytes of UTF-8, or null for nobody
     * @throws IOException if that failed; then nothing can be kept any more until the file is opened again
     */
    public synchronized void save(long newTerm, @Nullable String candidate) throws IOException {
        if (failed) {
            throw new IOException(name + ": an earlier write failed, so the node must not vote until it is restarted");
        }
        int length = candidate == null ? 0 : candidate.getBytes(StandardCharsets.UTF_8).length;
        if (length > NAME_BYTES) {
            throw new IllegalArgumentException(
                    "the candidate's name has " + length + " bytes, at most " + NAME_BYTES + " are kept");
        }
        Copy next = new Copy(last.sequence + 1, newTerm, candidate);
        failed = true;
        write(next, FIRST_COPY);
        write(next, SECOND_COPY);
        failed = false;
        last = next;
    }

    /**
     * Reads the file. While it is open what is in memory is the truth: whatever is damaged in the file is written again, durably.
     *
     * @throws CorruptionException if something was damaged
     * @throws IOException if the file could not be read or written; after a failed write nothing can be kept any more until it is opened again
     */
    public synchronized void verify() throws IOException {
        if (failed || closed) {
            return;
        }
        CorruptionException damage = null;
        try {
            checkHeader();
        } catch (CorruptionException e) {
            damage = e;
        }
        Copy first = Copy.read(file, FIRST_COPY);
        Copy second = Copy.read(file, SECOND_COPY);
        failed = true;
        if (damage != null) {
            writeHeader();
            file.sync();
        }
        boolean mendedFirst = mend(first, FIRST_COPY);
        boolean mendedSecond = mend(second, SECOND_COPY);
        failed = false;
        if (damage == null && (mendedFirst || mendedSecond)) {
            damage = new CorruptionException(
                    name.toString(), mendedFirst ? FIRST_COPY : SECOND_COPY, "a copy of the vote was not valid");
        }
        if (damage != null) {
            throw damage;
        }
    }

    /** The file's name. */
    public FileName name() {
        return name;
    }

    private void write(Copy copy, int offset) throws IOException {
        file.write(copy.encode(offset), offset);
        file.sync();
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        file.close();
    }
}
