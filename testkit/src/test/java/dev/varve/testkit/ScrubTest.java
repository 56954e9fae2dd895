package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.ScrubStatus;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Whatever bit is flipped in a file of an open store, the scrub finds it, unless nothing is stored there. */
class ScrubTest {

    private static final int FLIPS = Integer.getInteger("varve.flips", 500) / 5;

    private record Fixture(SimulatedDisk disk, ModelStore model) {}

    private static Fixture fixture() {
        SimulatedEnvironment machine = SimulatedEnvironment.create(1);
        Scenario scenario = new Scenario(machine);
        scenario.run();
        return new Fixture(machine.files().disk(), scenario.model());
    }

    @Test
    void aStoreThatIsWholeHasNothingToFind() {
        SimulatedEnvironment machine =
                SimulatedEnvironment.on(new SimulatedFileSystem(fixture().disk().copy()), 1);
        try (Store store = Store.open(CheckedStore.DIRECTORY, Scenario.OPTIONS, machine.environment())) {
            ScrubStatus status = store.scrub();
            assertThat(status.damages()).isEmpty();
            assertThat(status.running()).isFalse();
            assertThat(status.passes()).isEqualTo(1);
            assertThat(status.files()).isGreaterThan(5);
            assertThat(status.bytes()).isGreaterThan(store.stats().tableBytes());
        }
        CheckedStore.checkLeftOvers(machine);
    }

    @Test
    void aFlippedBitIsFound() {
        Fixture fixture = fixture();
        int[] found = new int[2];
        Seeds.forEach(ScrubTest.class, "aFlippedBitIsFound", FLIPS, seed -> {
            RandomGenerator random = Seeds.random(seed);
            SimulatedDisk disk = fixture.disk().copy();
            SimulatedEnvironment machine = SimulatedEnvironment.on(new SimulatedFileSystem(disk), seed);
            try (Store store = Store.open(CheckedStore.DIRECTORY, Scenario.OPTIONS, machine.environment())) {
                store.scrub(); // What was read when the store was opened, and before, must not hide what happens now.
                List<Path> paths = disk.paths().stream()
                        .filter(path -> belongs(store, path))
                        .toList();
                Path path = paths.get(random.nextInt(paths.size()));
                long bit = Flips.usedBit(disk.bytes(path), random);
                disk.flipBit(path, bit);
                ScrubStatus status = store.scrub();
                String what = "bit " + bit % 8 + " of byte " + bit / 8 + " of " + path;
                String name = String.valueOf(path.getFileName());
                if (name.endsWith(".manifest")) {
                    assertThat(status.repaired()).as(what).isEqualTo(1);
                    assertThat(status.damages()).as(what).isEmpty();
                } else {
                    assertThat(status.damages())
                            .as(what)
                            .isNotEmpty()
                            .allSatisfy(damage -> assertThat(damage.file()).isEqualTo(name));
                }
                assertThat(status.found()).as(what).isPositive();
                found[name.endsWith(".manifest") ? 1 : 0]++;
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        System.out.printf(
                "%,d flipped bits found, and %,d in a manifest, which was written anew%n", found[0], found[1]);
        assertThat(found[0]).isPositive();
    }

    /** A segment that was allocated ahead holds nothing; the vote is nobody's while the store is alone. */
    private static boolean belongs(Store store, Path path) {
        FileName name = FileName.parse(String.valueOf(path.getFileName())).orElse(new FileName(FileKind.VOTE, 0));
        return switch (name.kind()) {
            case MANIFEST, TABLE, VALUES -> true;
            case LOG -> store.state().log().segments().find(name.id()) != null;
            case VOTE -> false;
        };
    }

    @Test
    void aReadAndAMergeTellWhatTheyMeet() throws IOException {
        Fixture fixture = fixture();
        SimulatedDisk disk = fixture.disk().copy();
        SimulatedEnvironment machine = SimulatedEnvironment.on(new SimulatedFileSystem(disk), 1);
        for (Path path : disk.paths()) {
            if (path.toString().endsWith(".table")) {
                disk.flipBit(path, 8L * (FileHeader.BYTES + 20));
            }
        }
        try (Store store = Store.open(CheckedStore.DIRECTORY, Scenario.OPTIONS, machine.environment())) {
            assertThat(store.scrubStatus().damages()).isEmpty();
            List<String> errors = new ArrayList<>();
            fixture.model().range(KeyRange.all(), Order.ASCENDING).forEach(entry -> {
                try {
                    store.get(entry.key());
                } catch (StoreException e) {
                    errors.add(String.valueOf(e.getMessage()));
                }
            });
            assertThat(errors).isNotEmpty();
            ScrubStatus status = store.scrubStatus();
            assertThat(status.damages())
                    .isNotEmpty()
                    .allSatisfy(damage -> assertThat(damage.file()).endsWith(".table"));
            assertThat(status.found())
                    .as("each place once")
                    .isEqualTo(status.damages().size());
        }
    }

    /** What was damaged in a manifest is right in the one that takes its place. */
    @Test
    void aManifestThatIsDamagedIsWrittenAnew() throws IOException {
        Fixture fixture = fixture();
        SimulatedDisk disk = fixture.disk().copy();
        SimulatedEnvironment machine = SimulatedEnvironment.on(new SimulatedFileSystem(disk), 1);
        try (CheckedStore checked = CheckedStore.open(machine, Scenario.OPTIONS)) {
            Path manifest = disk.paths().stream()
                    .filter(path -> path.toString().endsWith(".manifest"))
                    .findFirst()
                    .orElseThrow();
            disk.flipBit(manifest, 8L * (FileHeader.BYTES + 30));
            assertThat(checked.store().scrub().found()).isEqualTo(1);
            assertThat(disk.paths()).doesNotContain(manifest);
        }
    }
}
