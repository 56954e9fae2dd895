package dev.varve.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.varve.storage.StoreException;
import dev.varve.storage.format.BlockBuilder;
import dev.varve.storage.format.BlockCursor;
import dev.varve.storage.format.Checksum;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.format.UnsupportedVersionException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Coverage-guided fuzzing of the readers. A build only runs the inputs that are kept beside the tests; with
 * {@code JAZZER_FUZZ=1} in the environment one target is fuzzed.
 */
class FormatFuzzTargets {

    private static final FileName NAME = new FileName(FileKind.LOG, 7);

    @FuzzTest
    void frames(byte[] bytes) {
        FrameCursor cursor = FrameCursor.plain(ByteBuffer.wrap(bytes));
        try {
            int read = 0;
            while (cursor.next()) {
                read += cursor.length();
                require(cursor.key().length + cursor.value().length <= bytes.length);
            }
            require(read == bytes.length);
        } catch (CorruptionException | UnsupportedVersionException e) {
            require(e.getMessage() != null);
        }
    }

    @FuzzTest
    void fileHeader(byte[] bytes) {
        try {
            FileHeader header = FileHeader.decode(ByteBuffer.wrap(bytes), NAME);
            require(header.fileId() == NAME.id());
        } catch (CorruptionException | UnsupportedVersionException e) {
            require(e.getMessage() != null);
        }
    }

    @FuzzTest
    void recordHeader(byte[] bytes) {
        byte[] padded = Arrays.copyOf(bytes, Math.max(bytes.length, RecordHeader.BYTES));
        try {
            RecordHeader header = RecordHeader.read(ByteBuffer.wrap(padded).order(ByteOrder.LITTLE_ENDIAN), 0, 7, 64);
            require(header == null || header.length() >= RecordHeader.BYTES);
        } catch (UnsupportedVersionException e) {
            require(e.getMessage() != null);
        }
    }

    /** Any bytes as a compressed block whose checksum is right: no more is allocated than they can stand for. */
    @FuzzTest
    void compressedBlock(byte[] bytes) {
        FileName table = new FileName(FileKind.TABLE, 7);
        ByteBuffer block = ByteBuffer.allocate(bytes.length + BlockBuilder.TRAILER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(bytes)
                .put((byte) 1);
        block.putInt(Checksum.of(block, 0, block.position()) ^ Checksum.salt(7, 64))
                .flip();
        try {
            BlockCursor cursor = new BlockCursor(BlockBuilder.open(block, table, 64), table, 64);
            int entries = 0;
            for (boolean found = cursor.first(); found; found = cursor.next()) {
                require(++entries <= 255 * bytes.length);
            }
        } catch (CorruptionException | UnsupportedVersionException e) {
            require(e.getMessage() != null);
        }
    }

    @FuzzTest
    void fileName(byte[] bytes) {
        String name = new String(bytes, ISO_8859_1);
        FileName.parse(name).ifPresent(parsed -> require(parsed.toString().equals(name)));
    }

    private static void require(boolean condition) {
        if (!condition) {
            throw new StoreException(StoreException.Kind.CORRUPTION, "the reader broke its promise");
        }
    }
}
