package dev.varve.cli.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cli.ExitCode;
import dev.varve.cli.Shell;
import dev.varve.storage.Durability;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Store;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.format.Checksum;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyTest {

    private static final StoreOptions SMALL = StoreOptions.defaults()
            .withMaxValueBytes(64 << 10)
            .withMaxBatchBytes(128 << 10)
            .withSegmentBytes(256 << 10)
            .withMemtableBytes(64 << 10)
            .withCheckpoint(128 << 10, 1000);

    @TempDir
    private Path temporary;

    private Path data;
    private final Shell shell = new Shell();
    private final SplittableRandom random = new SplittableRandom(11);

    @BeforeEach
    void name() {
        data = temporary.resolve("data");
    }

    /** Fills more than the first segment with values that stay, so that it is not collected, while some behind it are. */
    private void fillSegment(Store store) {
        for (int i = 0; i < 300; i++) {
            byte[] value = new byte[1000];
            random.nextBytes(value);
            store.put(("stays" + i).getBytes(UTF_8), value, Durability.ACCEPTED);
        }
    }

    private void fill(Store store, int count) {
        for (int i = 0; i < count; i++) {
            byte[] value = new byte[random.nextInt(i % 3 == 0 ? 100 : 1500)];
            random.nextBytes(value);
            byte[] key = ("key" + random.nextInt(1000)).getBytes(UTF_8);
            if (i % 100 == 50) {
                store.deleteRange(KeyRange.prefix(key), Durability.ACCEPTED);
            } else if (i % 10 == 9) {
                store.delete(key, Durability.ACCEPTED);
            } else {
                store.put(key, value, Durability.ACCEPTED);
            }
        }
    }

    /** A store whose manifest says where the log ends, which proves that its tail had been durable. */
    private void makeStore(int count) throws IOException {
        try (Store store = Store.open(data, SMALL)) {
            fillSegment(store);
            fill(store, count - 50);
            store.compact();
            fill(store, 50);
            store.flush();
        }
        assertThat(isClosedInOrder()).isTrue();
    }

    private boolean isClosedInOrder() throws IOException {
        try (StoreFiles store = StoreFiles.open(data)) {
            return store.scanManifest().state().closed() != null;
        }
    }

    private List<Path> files(String suffix) throws IOException {
        try (Stream<Path> files = Files.list(data)) {
            return files.filter(file -> file.toString().endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }

    private static String nameOf(Path file) {
        return Objects.requireNonNull(file.getFileName()).toString();
    }

    /** A store whose values have in part been moved to value segments, compressed or not. */
    private void makeCollectedStore() {
        try (Store store = Store.open(data, SMALL)) {
            for (int i = 0; i < 4000; i++) {
                byte[] value = new byte[1000];
                random.nextBytes(value);
                Arrays.fill(value, i % 2 == 0 ? 500 : 1000, 1000, (byte) 7);
                store.put(("key" + random.nextInt(1000)).getBytes(UTF_8), value, Durability.ACCEPTED);
            }
            store.compact();
            assertThat(store.stats().valueSegments()).isPositive();
        }
    }

    @Test
    void aFlippedBitOfTheLastEditIsDamageAndIsPutRightWhenTheStoreIsOpened() throws IOException {
        makeStore(200);
        Path manifest = files(".manifest").getFirst();
        byte[] bytes = Files.readAllBytes(manifest);
        bytes[bytes.length - 1] ^= 8;
        Files.write(manifest, bytes);
        assertThat(shell.run("verify", data.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(shell.out()).contains(nameOf(manifest), "has flipped; it will be put right");
        assertThat(shell.run("inspect", data.toString())).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).contains("has a flipped bit");
        assertThat(isClosedInOrder()).isTrue();
        try (Store store = Store.open(data, SMALL)) {
            assertThat(store.get("stays7".getBytes(UTF_8))).hasSize(1000);
        }
        assertThat(shell.run("verify", data.toString())).as(shell.out()).isEqualTo(ExitCode.OK);
    }

    @Test
    void valueSegmentsAreVerifiedAndShown() throws IOException {
        makeCollectedStore();
        assertThat(shell.run("verify", data.toString())).as(shell.out()).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).containsPattern("values +[1-9][0-9]* segments, [1-9][0-9,]* values");
        Path values = files(".values").getFirst();
        assertThat(shell.run("inspect", data.toString())).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).contains("values    " + nameOf(values));
        StringBuilder shown = new StringBuilder();
        for (Path file : files(".values")) {
            assertThat(shell.run("inspect", file.toString())).isEqualTo(ExitCode.OK);
            assertThat(shell.out()).containsPattern("64  'key[0-9]+', 1000 bytes");
            shown.append(shell.out());
        }
        assertThat(shown).contains(", compressed to ");
        assertThat(shell.run("inspect", files(".table").getFirst().toString())).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).contains("1000 bytes at segment ");
    }

    @Test
    void damageInAValueSegmentIsNamed() throws IOException {
        makeCollectedStore();
        Path values = files(".values").getFirst();
        byte[] bytes = Files.readAllBytes(values);
        bytes[200] ^= 1;
        Files.write(values, bytes);
        assertThat(shell.run("verify", data.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(shell.out()).contains("DAMAGED  " + nameOf(values) + " at offset 64");
        assertThat(shell.run("inspect", values.toString())).isEqualTo(ExitCode.FAILED);
        Files.delete(values);
        assertThat(shell.run("verify", data.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(shell.out()).contains("DAMAGED  " + nameOf(values) + " at offset 0: the file is missing");
    }

    @Test
    void aStoreThatWasClosedIsWhole() throws IOException {
        makeStore(2000);
        assertThat(shell.run("verify", data.toString())).as(shell.out()).isEqualTo(ExitCode.OK);
        assertThat(shell.out())
                .containsPattern("log +[0-9]+ segments, [0-9,]+ records, [1-9][0-9,]* writes")
                .contains("Everything is whole.")
                .doesNotContain("note");
        Matcher pointers = Pattern.compile("of which ([0-9,]+) point").matcher(shell.out());
        assertThat(pointers.find()).isTrue();
        assertThat(Integer.parseInt(pointers.group(1).replace(",", ""))).isGreaterThan(300);
    }

    @Test
    void aStoreIsWholeAsAKilledProcessLeavesIt() throws IOException {
        Path copy = Files.createDirectory(temporary.resolve("copy"));
        try (Store store = Store.open(data, SMALL)) {
            fill(store, 700);
            store.compact(); // So that no file goes while it is copied.
            assertThat(shell.run("verify", data.toString())).isEqualTo(ExitCode.FAILED);
            assertThat(shell.err()).contains("has the store").contains("Stop it");
            try (Stream<Path> files = Files.list(data)) {
                for (Path file : files.toList()) {
                    Files.copy(file, copy.resolve(nameOf(file)));
                }
            }
        }
        assertThat(shell.run("verify", copy.toString())).as(shell.out()).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).containsPattern(" [1-9][0-9]+ writes");
    }

    @Test
    void everyFlippedBitIsFoundInItsFile() throws IOException {
        makeStore(700);
        for (Path file : files("")) {
            String name = nameOf(file);
            if (name.equals(FileName.LOCK)) {
                continue;
            }
            byte[] whole = Files.readAllBytes(file);
            int used = usedBytes(file, whole);
            for (int i = 0; i < 6; i++) {
                int at = i == 0 ? 0 : random.nextInt(used);
                byte[] damaged = whole.clone();
                damaged[at] ^= (byte) (1 << random.nextInt(8));
                Files.write(file, damaged);
                assertThat(shell.run("verify", data.toString(), "-o", "raw"))
                        .as("%s, byte %d of %d: %s", name, at, used, shell.out())
                        .isEqualTo(ExitCode.FAILED);
                assertThat(shell.out()).contains(name);
            }
            Files.write(file, whole);
        }
        assertThat(shell.run("verify", data.toString())).isEqualTo(ExitCode.OK);
    }

    /** How much of a file says something: a segment ends in zeroes, and a vote has a gap behind its header. */
    private int usedBytes(Path file, byte[] bytes) {
        if (file.toString().endsWith(".manifest")) {
            // A damaged last edit cannot be told from one that was never synced: it is noted, and is no damage.
            return bytes.length - 64;
        }
        if (file.toString().endsWith(".table")) {
            return bytes.length;
        }
        int used = 64;
        if (file.toString().endsWith(".log")) {
            for (int i = 64; i < bytes.length; i++) {
                used = bytes[i] == 0 ? used : i + 1;
            }
        }
        return used;
    }

    @Test
    void allDamagedPlacesAreNamedAndNotOnlyTheFirst() throws IOException {
        makeStore(2000);
        for (Path table : files(".table")) {
            byte[] bytes = Files.readAllBytes(table);
            bytes[70] ^= 1;
            Files.write(table, bytes);
        }
        assertThat(shell.run("verify", data.toString(), "-o", "raw")).isEqualTo(ExitCode.FAILED);
        assertThat(shell.out().lines().count())
                .isEqualTo(files(".table").size())
                .isGreaterThan(1);
        assertThat(shell.run("verify", data.toString(), "-o", "json")).isEqualTo(ExitCode.FAILED);
        assertThat(shell.out()).startsWith("{\"whole\":false,").contains("\"offset\":64,");
    }

    @Test
    void missingAndCutFilesAreNamed() throws IOException {
        makeStore(2000);
        for (String suffix : List.of(".table", ".log")) {
            Path file = files(suffix).getFirst();
            byte[] whole = Files.readAllBytes(file);
            Files.delete(file);
            assertThat(shell.run("verify", data.toString())).isEqualTo(ExitCode.FAILED);
            assertThat(shell.out()).contains(nameOf(file) + " at offset 0: the file is missing");
            Files.write(file, Arrays.copyOf(whole, whole.length / 2));
            assertThat(shell.run("verify", data.toString())).isEqualTo(ExitCode.FAILED);
            assertThat(shell.out()).contains("DAMAGED  " + nameOf(file));
            Files.write(file, whole);
        }
    }

    @Test
    void aSegmentOfTheLogThatHasLostItsRecordsIsNamed() throws IOException {
        Path copy = Files.createDirectory(temporary.resolve("copy"));
        // No table points into the log: it is all there is.
        StoreOptions unflushed = SMALL.withMemtableBytes(8 << 20).withCheckpoint(8 << 20, 100_000);
        try (Store store = Store.open(data, unflushed)) {
            fill(store, 2000);
            try (Stream<Path> files = Files.list(data)) {
                for (Path file : files.toList()) {
                    Files.copy(file, copy.resolve(nameOf(file)));
                }
            }
        }
        data = copy;
        assertThat(shell.run("verify", data.toString())).as(shell.out()).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).contains("of which 0 point");
        List<Path> segments = files(".log");
        assertThat(segments).hasSizeGreaterThan(4);
        assertThat(shell.run("inspect", segments.get(0).toString(), "--limit", "100000"))
                .isEqualTo(ExitCode.OK);
        assertThat(shell.out()).contains("sealed; the log goes on in " + nameOf(segments.get(1)));

        for (Path segment : segments.subList(0, 2)) { // The one in which the log begins, and another one.
            byte[] whole = Files.readAllBytes(segment);
            byte[] header = Arrays.copyOf(whole, FileHeader.BYTES);
            Files.write(segment, Arrays.copyOf(header, SMALL.segmentBytes()));

            assertThat(shell.run("verify", data.toString(), "-o", "raw"))
                    .as(nameOf(segment))
                    .isEqualTo(ExitCode.FAILED);
            assertThat(shell.out()).contains(nameOf(segment)).contains("a later segment is in use");
            Files.write(segment, whole);
        }
    }

    @Test
    void aPointerToAnotherValueIsFoundAlthoughAllChecksumsMatch() throws IOException {
        makeStore(1500);
        Path segment = files(".log").getFirst();
        FileName name = FileName.parse(nameOf(segment)).orElseThrow();
        byte[] bytes = Files.readAllBytes(segment);
        int changed = 0;
        try (StoreFile file = DiskFileSystem.instance().openForRead(segment)) {
            SegmentScan scan = new SegmentScan(file, name);
            while (scan.next()) {
                FrameCursor frame = scan.frames();
                while (scan.header().type() == RecordType.WRITES && frame.next()) {
                    int at = scan.recordOffset() + RecordHeader.BYTES + frame.offset();
                    if (frame.valueLength() > 300) {
                        bytes[at + frame.length() - 1] ^= 1;
                        int checksum = Checksum.of(bytes, at + 4, frame.length() - 4) ^ Checksum.salt(name.id(), at);
                        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(at, checksum);
                        changed++;
                    }
                }
            }
        }
        Files.write(segment, bytes);
        assertThat(changed).isGreaterThan(10);
        assertThat(shell.run("verify", data.toString(), "-o", "raw")).isEqualTo(ExitCode.FAILED);
        assertThat(shell.out())
                .contains("here stands another value than the one of")
                .contains(nameOf(segment));
        assertThat(shell.out().lines().count()).isLessThanOrEqualTo(changed);
    }

    @Test
    void filesThatTheManifestDoesNotKnowAreNoted() throws IOException {
        makeStore(100);
        Files.writeString(data.resolve("notes.txt"), "mine");
        assertThat(shell.run("verify", data.toString())).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).contains("note     notes.txt");
    }

    @Test
    void whatIsNoStoreIsRefused() throws IOException {
        assertThat(shell.run("verify", data.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(shell.err()).contains("There is no directory");
        Files.createDirectory(data);
        assertThat(shell.run("verify", data.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(shell.err()).contains("There is no store in");
        assertThat(shell.run("inspect", data.resolve("x").toString())).isEqualTo(ExitCode.FAILED);
        Files.writeString(data.resolve("x"), "");
        assertThat(shell.run("inspect", data.resolve("x").toString())).isEqualTo(ExitCode.FAILED);
        assertThat(shell.err()).contains("is not that of a store's file");
    }

    @Test
    void inspectShowsEachKindOfFile() throws IOException {
        makeStore(2000);
        assertThat(shell.run("inspect", data.toString())).isEqualTo(ExitCode.OK);
        assertThat(shell.out())
                .contains("closed    in order")
                .contains("segment   ")
                .contains("entries (");
        String segment = files(".log").getFirst().toString();
        assertThat(shell.run("inspect", segment, "--limit", "3")).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).contains("WRITES").contains("+ put    'stays").contains(" bytes");
        assertThat(shell.run("inspect", segment, "--limit", "100000")).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).containsPattern("sealed; the log goes on in [0-9a-f]{16}\\.log");
        StringBuilder shown = new StringBuilder();
        for (Path table : files(".table")) {
            assertThat(shell.run("inspect", table.toString())).isEqualTo(ExitCode.OK);
            shown.append(shell.out());
        }
        assertThat(shown)
                .contains("filter.bloom")
                .contains("'key1")
                .contains("removed")
                .contains("inline");
        assertThat(shell.run("inspect", files(".manifest").getFirst().toString()))
                .isEqualTo(ExitCode.OK);
        assertThat(shell.out()).contains("hold the log up to entry");
    }

    private static void flip(Path file, int at) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[at] ^= 4;
        Files.write(file, bytes);
    }

    @Test
    void inspectShowsWhatIsWholeOfADamagedTableAndNamesTheDamage() throws IOException {
        makeStore(700);
        Path table = Collections.max(
                files(".table"), Comparator.comparingLong(file -> file.toFile().length()));
        assertThat(shell.run("inspect", table.toString(), "--limit", "100000")).isEqualTo(ExitCode.OK);
        int entries = shell.out().split("\n").length;
        flip(table, 100);
        assertThat(shell.run("inspect", table.toString(), "--limit", "100000")).isEqualTo(ExitCode.FAILED);
        assertThat(shell.out()).containsPattern("DAMAGED +" + nameOf(table) + " at offset [0-9]+: .+");
        assertThat(shell.out().split("\n")).hasSizeBetween(5, entries);
    }

    @Test
    void inspectTellsADamagedSegmentFromAnUnsyncedTail() throws IOException {
        makeStore(700);
        Path segment = files(".log").getFirst();
        assertThat(shell.run("inspect", segment.toString(), "--limit", "100000"))
                .isEqualTo(ExitCode.OK);
        byte[] whole = Files.readAllBytes(segment);
        flip(segment, 64 + 20);
        assertThat(shell.run("inspect", segment.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(shell.out())
                .containsPattern("DAMAGED +" + nameOf(segment) + " at offset 64: .+ had been durable up to offset");
        Files.write(segment, whole);
        // A record that nothing proves to have been durable: here alone it may be an unsynced tail.
        Path last = files(".log").getLast();
        byte[] bytes = Files.readAllBytes(last);
        Arrays.fill(bytes, 64, bytes.length, (byte) 0);
        bytes[70] = 1;
        Files.write(last, bytes);
        assertThat(shell.run("inspect", last.toString())).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).contains("no record at offset 64: there is no valid record header");
    }
}
