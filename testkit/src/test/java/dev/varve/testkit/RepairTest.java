package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.Durability;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.ScrubStatus;
import dev.varve.storage.Store;
import dev.varve.storage.WriteBatch;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.state.RangeDigest;
import dev.varve.storage.state.RangeItem;
import dev.varve.storage.state.RangeReader;
import dev.varve.storage.state.RepairSource;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * What is damaged in the files of an open store is replaced by what another replica holds: nothing is wrong while that goes on, wherever it
 * is cut off, and nothing is damaged afterwards.
 */
class RepairTest {

    private static final int FLIPS = Integer.getInteger("varve.flips", 500) / 5;

    private record Fixture(SimulatedDisk disk, ModelStore model) {}

    private static Fixture fixture() {
        SimulatedEnvironment machine = SimulatedEnvironment.create(1);
        Scenario scenario = new Scenario(machine);
        scenario.run();
        return new Fixture(machine.files().disk(), scenario.model());
    }

    private static SimulatedEnvironment machine(SimulatedDisk disk, long seed) {
        return SimulatedEnvironment.on(new SimulatedFileSystem(disk), seed);
    }

    private static Store open(SimulatedEnvironment machine) {
        return Store.open(CheckedStore.DIRECTORY, Scenario.OPTIONS, machine.environment());
    }

    /** Writes the same to both; their files go different ways, since only one of them merges at times of its own. */
    private static void writeOn(Store store, Store replica, ModelStore model, RandomGenerator random) {
        OperationGenerator generator = new OperationGenerator(random, 150, 9_000);
        int merged = random.nextInt(5);
        for (int i = merged + random.nextInt(25); i >= 0; i--) {
            WriteBatch batch = generator.batch();
            assertThat(store.write(batch, Durability.LEADER)).isEqualTo(model.write(batch));
            replica.write(batch, Durability.LEADER);
            if (random.nextInt(6) == 0) {
                store.flush();
            }
            if (random.nextInt(10) == 0) {
                replica.compact();
            }
            if (i == merged) {
                store.compact(); // Tables of level 0 are added behind, too few to be merged: files come and go no more.
            }
        }
        store.flush();
    }

    private static String flip(SimulatedDisk disk, RandomGenerator random) throws IOException {
        while (true) {
            List<Path> paths = disk.paths().stream()
                    .filter(path -> path.toString().endsWith(".table")
                            || path.toString().endsWith(".values")
                            || path.toString().endsWith(".log"))
                    .toList();
            Path path = paths.get(random.nextInt(paths.size()));
            try {
                if (disk.sizeBytes(path) > 0) {
                    long bit = Flips.usedBit(disk.bytes(path), random);
                    disk.flipBit(path, bit);
                    return "bit " + bit % 8 + " of byte " + bit / 8 + " of " + path;
                }
            } catch (NoSuchFileException e) {
                // Collection has removed it meanwhile: another one will do.
            }
        }
    }

    private static void readsAll(String what, Store store, ModelStore model) {
        for (Order order : Order.values()) {
            assertThat(CheckedStore.texts(CheckedStore.contents(store, order)))
                    .as(what)
                    .isEqualTo(CheckedStore.texts(model.range(KeyRange.all(), order)));
        }
        model.range(KeyRange.all(), Order.ASCENDING)
                .forEach(entry -> assertThat(store.get(entry.key())).as(what).isEqualTo(entry.value()));
    }

    @Test
    void whatIsDamagedIsReplaced() {
        Fixture fixture = fixture();
        int[] counts = new int[2];
        AtomicInteger given = new AtomicInteger();
        Seeds.forEach(RepairTest.class, "whatIsDamagedIsReplaced", FLIPS, seed -> {
            RandomGenerator random = Seeds.random(seed);
            SimulatedDisk disk = fixture.disk().copy();
            SimulatedEnvironment machine = machine(disk, seed);
            ModelStore model = fixture.model().copy();
            try (Store replica = open(machine(fixture.disk().copy(), seed + 1))) {
                try (Store store = open(machine)) {
                    writeOn(store, replica, model, random);
                    String what = flip(disk, random) + (random.nextInt(3) == 0 ? ", " + flip(disk, random) : "");
                    store.scrub();
                    int found = store.scrubStatus().damages().size();
                    int repaired = store.state().repairer().repair(least -> new ReplicaOfTest(replica, given));
                    readsAll(what, store, model);
                    writeOn(store, replica, model, random);
                    store.compact();
                    readsAll(what, store, model);
                    ScrubStatus after = store.scrub();
                    assertThat(after.damages())
                            .as(what)
                            .allSatisfy(damage -> assertThat(damage.file()).endsWith(".log"));
                    counts[0] += found > 0 ? 1 : 0;
                    counts[1] += repaired;
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
            CheckedStore.checkLeftOvers(machine);
        });
        System.out.printf(
                "%,d of %,d damaged, %,d files repaired with %,d entries of another replica%n",
                counts[0], FLIPS, counts[1], given.get());
        assertThat(counts[1]).isPositive();
        assertThat(given).hasPositiveValue();
    }

    /** All tables are damaged where it hurts most: the footer, without which nothing in a table can be found. */
    @Test
    void tablesOfWhichNothingCanBeReadAreReplaced() throws IOException {
        Fixture fixture = fixture();
        SimulatedDisk disk = fixture.disk().copy();
        SimulatedEnvironment machine = machine(disk, 1);
        try (Store replica = open(machine(fixture.disk().copy(), 2));
                CheckedStore checked = CheckedStore.open(machine, Scenario.OPTIONS)) {
            breakFooters(disk);
            Store store = checked.store();
            assertThat(store.scrub().damages()).hasSizeGreaterThan(1);
            store.state().repairer().repair(least -> new ReplicaOfTest(replica));
            readsAll("all footers", store, fixture.model());
            ScrubStatus after = store.scrub();
            assertThat(after.damages()).isEmpty();
            assertThat(after.repaired()).isEqualTo(after.found());
        }
    }

    private static void breakFooters(SimulatedDisk disk) throws IOException {
        for (Path path : disk.paths()) {
            if (path.toString().endsWith(".table")) {
                disk.flipBit(path, 8 * (disk.sizeBytes(path) - 20));
            }
        }
    }

    @Test
    void whereverARepairIsCutOffNothingIsLostAndItCanBeDoneAgain() throws IOException {
        Fixture fixture = fixture();
        SimulatedDisk disk = fixture.disk().copy();
        SimulatedEnvironment machine = machine(disk, 1);
        List<SimulatedDisk> images = new ArrayList<>();
        try (Store replica = open(machine(fixture.disk().copy(), 2));
                Store store = open(machine)) {
            for (Path path : disk.paths()) {
                if (path.toString().endsWith(".table") || path.toString().endsWith(".values")) {
                    disk.flipBit(path, 8L * (FileHeader.BYTES + 40));
                }
            }
            assertThat(store.scrub().damages()).hasSizeGreaterThan(2);
            machine.files().watch(call -> {
                if (CallKind.CHANGES.contains(call.kind())) {
                    images.add(machine.files().disk().copy());
                }
            });
            store.state().repairer().repair(least -> new ReplicaOfTest(replica));
            machine.files().watch(call -> {});
            assertThat(store.scrub().damages()).isEmpty();
        }
        assertThat(images).hasSizeGreaterThan(10);
        CrashMode[] modes = CrashMode.values();
        for (int i = 0; i < images.size(); i++) {
            SimulatedDisk killed = images.get(i).copy();
            SimulatedDisk cut = images.get(i).afterPowerCut(Seeds.random(i), modes[i % modes.length]);
            for (SimulatedDisk left : List.of(killed, cut)) {
                CrashAtEveryCallTest.attempt("cut off before call " + i, () -> goesOn(left, fixture));
            }
        }
    }

    private static void goesOn(SimulatedDisk disk, Fixture fixture) {
        SimulatedEnvironment machine = machine(disk, 3);
        try (Store replica = open(machine(fixture.disk().copy(), 2));
                CheckedStore checked = CheckedStore.open(machine, Scenario.OPTIONS)) {
            Store store = checked.store();
            DamagedStore.read(store, fixture.model(), new ArrayList<>()).check("read", fixture.model(), 0);
            store.scrub();
            store.state().repairer().repair(least -> new ReplicaOfTest(replica));
            readsAll("again", store, fixture.model());
            assertThat(store.scrub().damages()).isEmpty();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aValueThatIsNotTheOneThatWasLoggedIsNotTaken() throws IOException {
        Fixture fixture = fixture();
        SimulatedDisk disk = fixture.disk().copy();
        SimulatedEnvironment machine = machine(disk, 1);
        try (Store replica = open(machine(fixture.disk().copy(), 2));
                Store store = open(machine)) {
            breakFooters(disk);
            store.scrub();
            List<Path> before = disk.paths();
            RepairSource liar = new Liar(replica);
            assertThatThrownBy(() -> store.state().repairer().repair(least -> liar))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("not the one that was logged");
            assertThat(disk.paths()).as("nothing is left of the attempt").isEqualTo(before);
            store.state().repairer().repair(least -> new ReplicaOfTest(replica));
            readsAll("from another one", store, fixture.model());
        }
        CheckedStore.checkLeftOvers(machine);
    }

    /** Gives wrong bytes under the right names. */
    private static final class Liar implements RepairSource {

        private final ReplicaOfTest honest;

        Liar(Store store) {
            this.honest = new ReplicaOfTest(store);
        }

        @Override
        public long revision() {
            return honest.revision();
        }

        @Override
        public List<Row> rows(byte[] start, byte[] end) throws IOException {
            List<Row> rows = new ArrayList<>();
            for (Row row : honest.rows(start, end)) {
                byte[] value = Arrays.copyOf(row.value(), row.value().length + 1);
                rows.add(new Row(row.indexKey(), row.revision(), row.checksum(), value));
            }
            return rows;
        }

        @Override
        public void close() {
            honest.close();
        }
    }

    /** As long as somebody reads as of an earlier revision than the replica's, nothing is replaced: what he should see may not be there. */
    @Test
    void whoReadsWhatIsOlderIsWaitedFor() throws IOException {
        Fixture fixture = fixture();
        SimulatedDisk disk = fixture.disk().copy();
        SimulatedEnvironment machine = machine(disk, 1);
        try (Store replica = open(machine(fixture.disk().copy(), 2));
                Store store = open(machine)) {
            ModelStore model = fixture.model().copy();
            long old = store.state().openSnapshot();
            WriteBatch batch = new WriteBatch().put(new byte[] {'k', 0}, new byte[300]);
            model.write(batch);
            store.write(batch, Durability.LEADER);
            replica.write(batch, Durability.LEADER);
            breakFooters(disk);
            store.scrub();
            assertThatThrownBy(() -> store.state().repairer().repair(least -> new ReplicaOfTest(replica)))
                    .hasMessageContaining("still being read");
            store.state().releaseSnapshot(old);
            store.state().repairer().repair(least -> new ReplicaOfTest(replica));
            readsAll("when nobody does", store, model);
        }
    }

    /** A revision can be registered before it comes, and then stays readable. */
    @Test
    void aRevisionThatIsYetToComeCanBeRegistered() throws IOException {
        SimulatedEnvironment machine = SimulatedEnvironment.create(7);
        try (Store store = open(machine)) {
            byte[] key = {1};
            store.put(key, new byte[] {1});
            long coming = store.revision() + 2;
            assertThat(store.state().openSnapshotAt(coming)).isTrue();
            assertThat(store.state().openSnapshotAt(store.revision() - 1)).isFalse();
            for (byte i = 2; i < 9; i++) {
                store.put(key, new byte[] {i});
                store.flush();
            }
            store.compact();
            try (var range = store.state().range(null, null, true, coming)) {
                RangeItem item = Objects.requireNonNull(range.next());
                assertThat(item.value()).containsExactly(3);
                assertThat(range.next()).isNull();
            }
            store.state().releaseSnapshot(coming);
            assertThat(store.stats().openSnapshots()).isZero();
        }
    }

    /** The same contents have the same digest, whatever files they stand in; anything else has another one. */
    @Test
    void theDigestTellsContentsApart() throws IOException {
        Fixture fixture = fixture();
        try (Store store = open(machine(fixture.disk().copy(), 1));
                Store other = open(machine(fixture.disk().copy(), 2))) {
            writeOn(store, other, fixture.model().copy(), Seeds.random(5));
            other.compact();
            RangeDigest whole = digest(store, Integer.MAX_VALUE);
            assertThat(digest(other, Integer.MAX_VALUE)).isEqualTo(whole);
            RangeDigest part = digest(store, 20);
            assertThat(part.entries()).isEqualTo(20);
            assertThat(part.lastKey()).isNotNull();
            assertThat(digest(other, 20).sum()).isEqualTo(part.sum()).isNotEqualTo(whole.sum());
            byte[] key = {'k', 0};
            byte[] value = Objects.requireNonNull(store.get(key));
            other.put(key, value); // The same value under another revision.
            store.put(new byte[] {'k', 1}, new byte[] {1});
            assertThat(digest(other, Integer.MAX_VALUE).sum())
                    .isNotEqualTo(digest(store, Integer.MAX_VALUE).sum());
        }
    }

    private static RangeDigest digest(Store store, int limit) throws IOException {
        long revision = store.state().openSnapshot();
        try (RangeReader range = store.state().index(null, null, revision)) {
            return RangeDigest.of(range, limit);
        } finally {
            store.state().releaseSnapshot(revision);
        }
    }
}
