package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.Durability;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.WriteBatch;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.ValueSegmentFooter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Damage to the files of a store at rest: whatever is damaged, the store never gives a wrong value and never loses anything
 * silently. It refuses to open and says why, or it opens and answers rightly or with a named error.
 */
class DamageTest {

    /** How many bits are flipped, one at a time; of an open store a fifth of that. */
    private static final int FLIPS = Integer.getInteger("varve.flips", 500);

    /** Writes since the last one before which the log was forced: nothing proves that they had been durable. */
    private static final int UNPROVEN = 2;

    /** How the store ended before it was damaged. */
    enum Ending {
        CLOSED,
        KILLED
    }

    private record Fixture(SimulatedDisk disk, ModelStore model, List<Path> paths, long unproven) {

        Path path(RandomGenerator random) {
            return paths.get(random.nextInt(paths.size()));
        }
    }

    /** How many flips there were in files of each kind, and what followed. */
    private static final class Tally {

        private final Map<String, int[]> byKind = new TreeMap<>();

        void add(Path path, DamagedStore outcome, int keys) {
            String name = String.valueOf(path.getFileName());
            int[] counts = byKind.computeIfAbsent(name.substring(name.indexOf('.') + 1), kind -> new int[4]);
            counts[0]++;
            counts[1] += outcome.revision() < 0 ? 1 : 0;
            counts[2] += outcome.failedKeys() > 0 ? 1 : 0;
            counts[3] = Math.max(counts[3], outcome.failedKeys());
            assertThat(outcome.failedKeys()).as("the rest is readable").isLessThan(keys);
        }

        void print(Ending ending) {
            byKind.forEach((kind, counts) -> System.out.printf(
                    "%s, %s: %,d bits flipped, %,d stores refused, %,d with keys that cannot be read, at most %d keys%n",
                    ending, kind, counts[0], counts[1], counts[2], counts[3]));
        }
    }

    private static Fixture fixture(Ending ending) {
        SimulatedEnvironment machine = SimulatedEnvironment.create(1);
        Scenario scenario = new Scenario(machine);
        scenario.run();
        CheckedStore.checkClosedInOrder(machine);
        SimulatedDisk disk = ending == Ending.CLOSED ? machine.files().disk() : scenario.beforeClose();
        List<Path> paths =
                disk.paths().stream().filter(path -> disk.sizeBytes(path) > 0).toList();
        assertThat(paths.toString()).contains(".log", ".values", ".table", ".manifest");
        return new Fixture(disk, scenario.model(), paths, ending == Ending.CLOSED ? 0 : UNPROVEN);
    }

    @ParameterizedTest
    @EnumSource
    void aFlippedBitIsNeverServed(Ending ending) {
        Fixture fixture = fixture(ending);
        int keys = fixture.model().range(KeyRange.all(), Order.ASCENDING).size();
        Tally tally = new Tally();
        Map<Path, Integer> inSegment = new TreeMap<>();
        Seeds.forEach(DamageTest.class, "aFlippedBitIsNeverServed", FLIPS, seed -> {
            RandomGenerator random = Seeds.random(seed);
            SimulatedDisk disk = fixture.disk().copy();
            Path path = fixture.path(random);
            long bit = bit(disk.bytes(path), random);
            disk.flipBit(path, bit);
            DamagedStore outcome = DamagedStore.look(disk, fixture.model());
            outcome.check(
                    "bit " + bit % 8 + " of byte " + bit / 8 + " of " + path, fixture.model(), fixture.unproven());
            outcome.mustName(path);
            if (path.toString().endsWith(".values")) {
                assertThat(outcome.revision()).as("opens").isPositive();
                long offset = bit / 8;
                boolean inFrame =
                        offset >= FileHeader.BYTES && offset < disk.sizeBytes(path) - ValueSegmentFooter.BYTES;
                int most = inFrame ? 1 : inSegment.computeIfAbsent(path, segment -> keysIn(fixture, segment));
                assertThat(outcome.failedKeys()).as("keys of " + path).isLessThanOrEqualTo(most);
            }
            tally.add(path, outcome, keys);
        });
        tally.print(ending);
    }

    /** How many keys have their values in a value segment: so many cannot be read without it. */
    private static int keysIn(Fixture fixture, Path segment) {
        SimulatedDisk disk = fixture.disk().copy();
        disk.remove(segment);
        return DamagedStore.look(disk, fixture.model()).failedKeys();
    }

    /** Reads, merges and collection go on over the damage, and must not make it look whole, nor drop what they cannot read. */
    @Test
    void aFlippedBitUnderAnOpenStoreIsNeverServed() {
        Fixture fixture = fixture(Ending.CLOSED);
        Seeds.forEach(DamageTest.class, "aFlippedBitUnderAnOpenStoreIsNeverServed", FLIPS / 5, seed -> {
            RandomGenerator random = Seeds.random(seed);
            SimulatedDisk disk = fixture.disk().copy();
            ModelStore model = fixture.model().copy();
            SimulatedEnvironment machine = SimulatedEnvironment.on(new SimulatedFileSystem(disk), seed);
            String what;
            try (Store store = Store.open(CheckedStore.DIRECTORY, Scenario.OPTIONS, machine.environment())) {
                what = flipSomewhere(disk, random);
                for (WriteBatch batch : Scenario.overwrites(random)) {
                    assertThat(store.write(batch, Durability.LEADER)).isEqualTo(model.write(batch));
                }
                try {
                    store.compact();
                } catch (StoreException e) {
                    DamagedStore.assertNamed(e);
                }
                DamagedStore.read(store, model, new ArrayList<>()).check(what, model, 0);
            }
            DamagedStore.look(disk, model).check(what, model, 0);
        });
    }

    /** Flips a bit of a file that is there now: files come and go. */
    private static String flipSomewhere(SimulatedDisk disk, RandomGenerator random) throws IOException {
        synchronized (disk) {
            List<Path> paths = disk.paths().stream()
                    .filter(path -> disk.sizeBytes(path) > 0)
                    .toList();
            Path path = paths.get(random.nextInt(paths.size()));
            long bit = bit(disk.bytes(path), random);
            disk.flipBit(path, bit);
            return "bit " + bit % 8 + " of byte " + bit / 8 + " of " + path;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDamagedFileIsNeverServed(Ending ending) {
        Fixture fixture = fixture(ending);
        Seeds.forEach(DamageTest.class, "aDamagedFileIsNeverServed", 300, seed -> {
            RandomGenerator random = Seeds.random(seed);
            SimulatedDisk disk = fixture.disk().copy();
            Path path = fixture.path(random);
            byte[] before = disk.bytes(path);
            byte[] damaged = new Mutator(random).mutate(before);
            disk.replace(path, damaged);
            String what = path + " with " + used(before) + " of " + before.length + " bytes in use, damaged from "
                    + Arrays.mismatch(before, damaged) + " on, now with " + used(damaged) + " of " + damaged.length;
            DamagedStore.look(disk, fixture.model()).check(what, fixture.model(), Long.MAX_VALUE);
        });
    }

    @ParameterizedTest
    @EnumSource
    void aMissingFileIsNoticed(Ending ending) {
        Fixture fixture = fixture(ending);
        for (Path path : fixture.paths()) {
            SimulatedDisk disk = fixture.disk().copy();
            disk.remove(path);
            DamagedStore.look(disk, fixture.model()).check("missing " + path, fixture.model(), 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void swappedBlocksAreNeverServed(Ending ending) {
        Fixture fixture = fixture(ending);
        Seeds.forEach(DamageTest.class, "swappedBlocksAreNeverServed", 300, seed -> {
            RandomGenerator random = Seeds.random(seed);
            SimulatedDisk disk = fixture.disk().copy();
            int blockBytes = random.nextBoolean() ? 512 : 4096;
            Path a = fixture.path(random);
            Path b = fixture.path(random);
            byte[] first = disk.bytes(a);
            byte[] second = a.equals(b) ? first : disk.bytes(b);
            int from = block(first, blockBytes, random);
            int to = block(second, blockBytes, random);
            int length = Math.min(blockBytes, Math.min(first.length - from, second.length - to));
            byte[] kept = Arrays.copyOfRange(first, from, from + length);
            System.arraycopy(second, to, first, from, length);
            System.arraycopy(kept, 0, second, to, length);
            disk.replace(a, first);
            disk.replace(b, second);
            String what = length + " bytes at " + from + " of " + a + " and at " + to + " of " + b;
            DamagedStore.look(disk, fixture.model()).check(what, fixture.model(), fixture.unproven());
        });
    }

    private static int block(byte[] bytes, int blockBytes, RandomGenerator random) {
        return random.nextInt(Math.ceilDiv(Math.max(1, used(bytes)), blockBytes)) * blockBytes;
    }

    @ParameterizedTest
    @EnumSource
    void aTruncatedFileIsNoticed(Ending ending) {
        Fixture fixture = fixture(ending);
        Seeds.forEach(DamageTest.class, "aTruncatedFileIsNoticed", 200, seed -> {
            RandomGenerator random = Seeds.random(seed);
            SimulatedDisk disk = fixture.disk().copy();
            Path path = fixture.path(random);
            byte[] bytes = disk.bytes(path);
            int length = random.nextInt(4) == 0 ? 0 : random.nextInt(used(bytes));
            disk.replace(path, Arrays.copyOf(bytes, length));
            DamagedStore outcome = DamagedStore.look(disk, fixture.model());
            outcome.check(path + " cut at " + length, fixture.model(), fixture.unproven());
            if (!path.toString()
                    .endsWith(".manifest")) { // A shorter manifest is an older one: what it misses is named.
                outcome.mustName(path);
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void swappedFilesAreNoticed(Ending ending) throws IOException {
        Fixture fixture = fixture(ending);
        List<Path> paths = fixture.paths();
        for (int i = 1; i < paths.size(); i++) {
            SimulatedDisk disk = fixture.disk().copy();
            byte[] kept = disk.bytes(paths.get(i));
            disk.replace(paths.get(i), disk.bytes(paths.get(i - 1)));
            disk.replace(paths.get(i - 1), kept);
            DamagedStore.look(disk, fixture.model())
                    .check("swapped " + paths.get(i - 1) + " and " + paths.get(i), fixture.model(), 0);
        }
    }

    @Test
    void whatIsNotDamagedStaysReadable() throws IOException {
        Fixture fixture = fixture(Ending.CLOSED);
        int failed = 0;
        int tables = 0;
        for (Path path : fixture.paths()) {
            if (path.toString().endsWith(".table")) {
                SimulatedDisk disk = fixture.disk().copy();
                disk.flipBit(path, 8 * 100);
                DamagedStore outcome = DamagedStore.look(disk, fixture.model());
                assertThat(outcome.revision()).isEqualTo(fixture.model().revision());
                failed += outcome.failedKeys();
                tables++;
            }
        }
        int keys = fixture.model().range(KeyRange.all(), Order.ASCENDING).size();
        assertThat(failed).as("keys of the damaged blocks alone").isBetween(1, tables * keys - 1);
    }

    /** Mostly among the bytes that are in use. */
    private static long bit(byte[] bytes, RandomGenerator random) {
        return random.nextLong(8L * (random.nextInt(10) == 0 ? bytes.length : Math.max(1, used(bytes))));
    }

    private static int used(byte[] bytes) {
        int used = bytes.length;
        while (used > 0 && bytes[used - 1] == 0) {
            used--;
        }
        return used;
    }
}
