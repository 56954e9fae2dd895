package dev.varve.cli.transfer;

import dev.varve.cli.Failure;
import dev.varve.storage.io.Ticker;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Which items of a source the server has acknowledged: a file that an interrupted import leaves for the next run.
 *
 * <p>Lines of text, each with a CRC32C of what stands before it: the first names the source and its state, the others are
 * ranges of ordinals. Reading ends at the first line that is not whole, and what follows it is cut off; so a torn or
 * damaged journal only means that some entries are sent again. It is therefore not forced to the disk either.
 *
 * <pre>
 * varve import journal 1: zip of 15224 entries, 54321 bytes, 1700000000000 #1a2b3c4d
 * 0-511 #5e6f7081
 * 513-600 #92a3b4c5
 * </pre>
 *
 * <p>Thread-safe.
 */
final class Journal implements AutoCloseable {

    private static final String MAGIC = "varve import journal 1: ";
    private static final int PENDING_MAX = 512;
    private static final long FLUSH_NANOS = 200_000_000;

    private final Path file;
    private final FileChannel channel;
    private final Ordinals acknowledged = new Ordinals();
    private final Ordinals pending = new Ordinals();
    private final Ticker ticker;
    private long flushedAt;

    private Journal(Path file, FileChannel channel, Ticker ticker) {
        this.file = file;
        this.channel = channel;
        this.ticker = ticker;
        this.flushedAt = ticker.nanos();
    }

    /**
     * Opens the journal, or makes one.
     *
     * @param fingerprint names the source and its state
     * @param restart true to forget what an earlier run left
     * @param ticker tells when the file is due
     * @throws Failure if another process uses it, or it belongs to another source or state
     */
    static Journal open(Path file, String fingerprint, boolean restart, Ticker ticker) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            if (!lock(channel)) {
                throw new Failure("Another import uses the journal " + file + " now. Wait for it, or name another file"
                        + " with --resume.");
            }
            Journal journal = new Journal(file, channel, ticker);
            journal.checkIsJournal();
            if (restart) {
                channel.truncate(0);
            }
            journal.read(fingerprint);
            return journal;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static boolean lock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private void read(String fingerprint) throws IOException {
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        int end = 0;
        boolean first = true;
        while (true) {
            int newline = text.indexOf('\n', end);
            String line = newline < 0 ? null : content(text.substring(end, newline));
            if (line == null) {
                break;
            }
            if (first) {
                checkHeader(line, fingerprint);
                first = false;
            } else {
                int dash = line.indexOf('-');
                acknowledged.add(Long.parseLong(line, 0, dash, 10), Long.parseLong(line, dash + 1, line.length(), 10));
            }
            end = newline + 1;
        }
        channel.truncate(end);
        channel.position(end);
        if (first) {
            write(seal(MAGIC + fingerprint));
        }
    }

    /** Refuses a file of somebody else, which must not be cut. One that was torn may end within the first line. */
    private void checkIsJournal() throws IOException {
        byte[] magic = MAGIC.getBytes(StandardCharsets.ISO_8859_1);
        byte[] begin;
        try (InputStream in = Files.newInputStream(file)) {
            begin = in.readNBytes(magic.length);
        }
        if (!Arrays.equals(begin, Arrays.copyOf(magic, begin.length))) {
            throw new Failure("The file " + file + " is no journal of an import; name another with --resume.");
        }
    }

    private void checkHeader(String line, String fingerprint) {
        if (!line.equals(MAGIC + fingerprint)) {
            throw new Failure(
                    "The source, or its prefix, has changed since the import that left the journal " + file + " (then: "
                            + line.substring(MAGIC.length()) + "; now: " + fingerprint
                            + "). --restart imports all of it again.");
        }
    }

    /** What a whole line says, null for any other. */
    private static @Nullable String content(String line) {
        int mark = line.lastIndexOf(" #");
        return mark >= 0 && seal(line.substring(0, mark)).equals(line + '\n') ? line.substring(0, mark) : null;
    }

    private static String seal(String content) {
        CRC32C crc = new CRC32C();
        crc.update(content.getBytes(StandardCharsets.ISO_8859_1));
        return content + " #" + Long.toHexString(crc.getValue()) + '\n';
    }

    /** Whether an earlier run, or this one, had the item acknowledged. */
    synchronized boolean contains(long ordinal) {
        return acknowledged.contains(ordinal);
    }

    /** How many items are acknowledged. */
    synchronized long count() {
        return acknowledged.count();
    }

    /** Notes that the server has acknowledged the item; soon on file. */
    synchronized void acknowledge(long ordinal) throws IOException {
        acknowledged.add(ordinal, ordinal);
        pending.add(ordinal, ordinal);
        if (pending.count() >= PENDING_MAX || ticker.nanos() - flushedAt >= FLUSH_NANOS) {
            flush();
        }
    }

    private void flush() throws IOException {
        StringBuilder lines = new StringBuilder();
        pending.forEachRange((first, last) -> lines.append(seal(first + "-" + last)));
        pending.clear();
        flushedAt = ticker.nanos();
        write(lines.toString());
    }

    private void write(String lines) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(lines.getBytes(StandardCharsets.ISO_8859_1));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** The import is complete: nothing is left to resume. */
    synchronized void delete() throws IOException {
        pending.clear();
        Files.deleteIfExists(file);
    }

    Path file() {
        return file;
    }

    @Override
    public synchronized void close() throws IOException {
        if (channel.isOpen()) {
            if (pending.count() > 0) {
                flush();
            }
            channel.close();
        }
    }
}
