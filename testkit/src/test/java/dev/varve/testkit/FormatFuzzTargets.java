package dev.varve.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.varve.storage.StoreException;
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
