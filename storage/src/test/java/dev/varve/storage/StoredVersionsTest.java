package dev.varve.storage;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.format.FileName;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A small store of each version of the formats, as it was closed and as a process that was killed left it: every later version reads
 * them. Beside each stands what is in it. A store that is there is never written again; a new version adds its own with
 * {@code -Dstores.write=VERSION}.
 */
class StoredVersionsTest {

    private static final Path RESOURCES = Path.of("src/test/resources/stores");
    private static final StoreOptions OPTIONS = StoreOptions.defaults()
            .withSegmentBytes(256 << 10)
            .withMemtableBytes(64 << 10)
            .withCheckpoint(1 << 20, 10_000);

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"1-closed", "1-killed"})
    void aStoreOfEveryVersionIsReadAndWritten(String name) throws IOException {
        unpack(name);
        String expected = Files.readString(RESOURCES.resolve(name + ".txt"));
        long revision;
        try (Store store = Store.open(directory, OPTIONS)) {
            assertThat(contents(store, Order.ASCENDING)).isEqualTo(expected);
            assertThat(contents(store, Order.DESCENDING).lines().toList().reversed())
                    .isEqualTo(expected.lines().toList());
            for (String line : expected.lines().toList()) {
                byte[] key = HexFormat.of().parseHex(line.substring(0, line.indexOf(' ')));
                assertThat(text(Objects.requireNonNull(store.getEntry(key)))).isEqualTo(line);
            }
            revision = store.put(key(0), new byte[1000]);
            store.flush();
        }
        try (Store store = Store.open(directory, OPTIONS)) {
            assertThat(store.revision()).isEqualTo(revision);
            assertThat(store.get(key(0))).isEqualTo(new byte[1000]);
            store.put(key(1), new byte[1]);
        }
    }

    private void unpack(String name) throws IOException {
        URL resource = Objects.requireNonNull(getClass().getResource("/stores/" + name + ".zip"));
        try (InputStream stream = resource.openStream();
                ZipInputStream zip = new ZipInputStream(stream)) {
            for (ZipEntry file = zip.getNextEntry(); file != null; file = zip.getNextEntry()) {
                Files.copy(
                        zip,
                        directory.resolve(
                                FileName.parse(file.getName()).orElseThrow().toString()));
            }
        }
    }

    private static String contents(Store store, Order order) {
        StringBuilder text = new StringBuilder();
        try (Cursor cursor = store.range(KeyRange.all(), order)) {
            while (cursor.next()) {
                text.append(text(new Entry(cursor.key(), cursor.value(), cursor.revision())))
                        .append('\n');
            }
        }
        return text.toString();
    }

    /** Key, revision, length and checksum. */
    private static String text(Entry entry) {
        CRC32C checksum = new CRC32C();
        checksum.update(entry.value());
        return "%s @%d %d %08x"
                .formatted(
                        HexFormat.of().formatHex(entry.key()),
                        entry.revision(),
                        entry.value().length,
                        checksum.getValue());
    }

    // -------------------------------------------------------------------------------------- writing a new version

    @Test
    @EnabledIfSystemProperty(named = "stores.write", matches = "[0-9]+")
    void writeAStoreOfThisVersion() throws IOException {
        String version = System.getProperty("stores.write");
        Files.createDirectories(RESOURCES);
        try (Store store = Store.open(directory, OPTIONS)) {
            fill(store);
            pack(version + "-killed", contents(store, Order.ASCENDING));
        }
        pack(version + "-closed", Files.readString(RESOURCES.resolve(version + "-killed.txt")));
    }

    /** Tables with values in them and in the log, several segments, deletes and old versions; and writes that no table has. */
    private static void fill(Store store) {
        for (int round = 0; round < 3; round++) {
            for (int i = round; i < 60; i += round + 1) {
                store.put(key(i), value(i, i * 11 + round), Durability.ACCEPTED);
            }
            for (int i = round; i < 60; i += 7) {
                store.delete(key(i), Durability.ACCEPTED);
            }
            store.write(
                    new WriteBatch().put(key(100 + round), value(round, 0)).delete(key(50 + round)),
                    Durability.MAJORITY);
            store.put(key(200 + round), value(round, 120_000));
            if (round < 2) {
                store.flush();
            }
        }
    }

    private static byte[] key(int i) {
        byte[] key = "key%03d".formatted(i).getBytes(US_ASCII);
        key[2] = (byte) (0x70 + i % 32); // Some bytes are above 0x7f.
        return key;
    }

    private static byte[] value(int seed, int length) {
        byte[] value = new byte[length];
        Arrays.fill(value, (byte) seed);
        return value;
    }

    private void pack(String name, String contents) throws IOException {
        Files.writeString(RESOURCES.resolve(name + ".txt"), contents);
        List<Path> files = new ArrayList<>();
        try (var all = Files.list(directory)) {
            all.filter(file -> FileName.parse(file.getFileName().toString()).isPresent())
                    .sorted()
                    .forEach(files::add);
        }
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(RESOURCES.resolve(name + ".zip")))) {
            for (Path file : files) {
                zip.putNextEntry(new ZipEntry(file.getFileName().toString()));
                Files.copy(file, zip);
                zip.closeEntry();
            }
        }
    }
}
