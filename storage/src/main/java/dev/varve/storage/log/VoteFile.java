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

/**
 * What a Raft node must not forget: its term, and for whom it voted in it.
 *
 * <p>Two slots of 512 bytes behind the header's page, written in turn, so that a torn write leaves the other one:
 *
 * <pre>
 *   0  u32  CRC32C of bytes 4 to 511, salted with file id and slot offset
 *   4  u32  length of the name
 *   8  u64  sequence: the slot with the higher one counts
 *  16  u64  term
 *  24       name of the candidate, UTF-8, at most 480 bytes; the rest is zero
 * </pre>
 *
 * <p>If no slot is valid the file is damaged and the node must not vote. One slot that is invalid is the torn write of a vote
 * that was not given, or damage: the caller is told by {@link #degraded}. Thread-safe.
 */
public final class VoteFile implements Closeable {

    /** The id under which every node keeps its vote. */
    public static final long ID = 0;

    private static final int SLOT_BYTES = 512;
    private static final int FIRST_SLOT = 4096;
    private static final int NAME = 24;
    private static final int NAME_BYTES = SLOT_BYTES - NAME - 8;

    private final FileName name = new FileName(FileKind.VOTE, ID);
    private final StoreFile file;
    private long sequence;
    private long term;
    private @Nullable String votedFor;
    private boolean degraded;
    private boolean failed;

    private VoteFile(StoreFile file) {
        this.file = file;
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
        VoteFile vote = new VoteFile(files.create(temporary));
        try {
            vote.file.preallocate(FIRST_SLOT + 2 * SLOT_BYTES);
            vote.file.write(new FileHeader(FileKind.VOTE, storeId, ID).encode(), 0);
            vote.save(term, votedFor);
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
     * Opens the file.
     *
     * @throws CorruptionException if no slot is valid
     * @throws java.nio.file.NoSuchFileException if there is none
     */
    public static VoteFile open(FileSystem files, Path directory, StoreId storeId) throws IOException {
        FileName name = new FileName(FileKind.VOTE, ID);
        VoteFile vote = new VoteFile(files.open(directory.resolve(name.toString())));
        try {
            ByteBuffer header = ByteBuffer.allocate(FileHeader.BYTES);
            vote.file.read(header, 0);
            FileHeader.check(header.flip(), name, storeId);
            int valid = (vote.read(FIRST_SLOT) ? 1 : 0) + (vote.read(FIRST_SLOT + SLOT_BYTES) ? 1 : 0);
            if (valid == 0) {
                throw new CorruptionException(
                        name.toString(),
                        FIRST_SLOT,
                        "neither copy of the vote is valid; this node must not vote until it has joined anew");
            }
            vote.degraded = valid == 1;
            return vote;
        } catch (IOException | RuntimeException e) {
            vote.close();
            throw e;
        }
    }

    private boolean read(int offset) throws IOException {
        ByteBuffer slot = ByteBuffer.allocate(SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        if (file.read(slot, offset) < SLOT_BYTES || slot.getInt(0) != checksum(slot, offset)) {
            return false;
        }
        int length = slot.getInt(4);
        if (length < -1 || length > NAME_BYTES) {
            return false;
        }
        if (slot.getLong(8) > sequence) {
            sequence = slot.getLong(8);
            term = slot.getLong(16);
            votedFor = length < 0 ? null : new String(slot.array(), NAME, length, StandardCharsets.UTF_8);
        }
        return true;
    }

    private static int checksum(ByteBuffer slot, int offset) {
        return Checksum.of(slot, 4, SLOT_BYTES - 4) ^ Checksum.salt(ID, offset);
    }

    /** The node's term. */
    public synchronized long term() {
        return term;
    }

    /** For whom the node voted in its term, or null. */
    public synchronized @Nullable String votedFor() {
        return votedFor;
    }

    /** True if only one of the two copies was valid when the file was opened. */
    public synchronized boolean degraded() {
        return degraded;
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
        byte[] bytes = candidate == null ? new byte[0] : candidate.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > NAME_BYTES) {
            throw new IllegalArgumentException(
                    "the candidate's name has " + bytes.length + " bytes, at most " + NAME_BYTES + " are kept");
        }
        long next = sequence + 1;
        int offset = FIRST_SLOT + (int) (next % 2) * SLOT_BYTES;
        ByteBuffer slot = ByteBuffer.allocate(SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        slot.putInt(4, candidate == null ? -1 : bytes.length).putLong(8, next).putLong(16, newTerm);
        slot.put(NAME, bytes);
        slot.putInt(0, checksum(slot, offset));
        failed = true;
        file.write(slot, offset);
        file.sync();
        failed = false;
        sequence = next;
        term = newTerm;
        votedFor = candidate;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
