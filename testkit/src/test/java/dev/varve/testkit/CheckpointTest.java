package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.Durability;
import dev.varve.storage.Entry;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreException.Kind;
import dev.varve.storage.WriteBatch;
import dev.varve.storage.io.Environment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Copies of a store that is in use. */
@Timeout(120)
class CheckpointTest {

    private static final Path COPIES = Path.of("/copies");
    private static final Path COPY = COPIES.resolve("copy");

    private static List<String> contents(Store store) {
        return CheckedStore.texts(CheckedStore.contents(store, Order.ASCENDING));
    }

    private static List<String> contents(ModelStore.View view) {
        return CheckedStore.texts(view.range(KeyRange.all(), Order.ASCENDING));
    }

    private static void write(Store store, ModelStore model, OperationGenerator generator, int writes) {
        for (int i = 0; i < writes; i++) {
            WriteBatch batch = generator.batch();
            model.write(batch);
            store.write(batch, i % 3 == 0 ? Durability.LEADER : Durability.ACCEPTED);
        }
    }

    /** Opens a copy as a store of its own, compares it, and goes on in it. */
    private static void check(SimulatedEnvironment machine, Path copy, ModelStore model, long revision) {
        try (Store store = Store.open(copy, Scenario.OPTIONS, machine.environment())) {
            assertThat(store.revision()).isEqualTo(revision);
            assertThat(contents(store)).isEqualTo(contents(model.at(revision)));
            assertThat(store.put(new byte[] {7}, new byte[5_000])).isEqualTo(revision + 1);
            store.compact();
            assertThat(store.get(new byte[] {7})).hasSize(5_000);
        }
        try (Store store = Store.open(copy, Scenario.OPTIONS, machine.environment())) {
            assertThat(store.revision()).isEqualTo(revision + 1);
            assertThat(store.stats().cutBytes()).isZero();
        }
    }

    @Test
    void aCopyIsTheStoreAsItWasAndGoesItsOwnWay() throws Exception {
        Seeds.forEach(CheckpointTest.class, "aCopyIsTheStoreAsItWasAndGoesItsOwnWay", 5, seed -> {
            RandomGenerator random = Seeds.random(seed);
            OperationGenerator generator = new OperationGenerator(random, 150, 20_000);
            SimulatedEnvironment machine = SimulatedEnvironment.create(seed);
            machine.files().setLinksAllowed(seed % 3 != 0);
            ModelStore model = new ModelStore();
            List<Long> revisions = new ArrayList<>();
            try (CheckedStore checked = CheckedStore.open(machine, Scenario.OPTIONS)) {
                for (int i = 0; i < 4; i++) {
                    write(checked.store(), model, generator, random.nextInt(60));
                    revisions.add(checked.store().checkpoint(COPIES.resolve("copy" + i)));
                    assertThat(revisions.getLast()).isEqualTo(model.revision());
                    if (random.nextBoolean()) {
                        check(machine.with(machine.files()), COPIES.resolve("copy" + i), model, revisions.getLast());
                        revisions.set(i, -1L);
                    }
                }
                write(checked.store(), model, generator, 60);
                checked.store().compact();
                assertThat(contents(checked.store())).isEqualTo(contents(model.at(model.revision())));
            }
            for (int i = 0; i < 4; i++) {
                if (revisions.get(i) >= 0) {
                    check(machine.with(machine.files()), COPIES.resolve("copy" + i), model, revisions.get(i));
                }
            }
            CheckedStore.checkLeftOvers(machine);
        });
    }

    @Test
    void aCopyIsANewIncarnationOfTheSameNode() {
        SimulatedEnvironment machine = SimulatedEnvironment.create(1);
        try (CheckedStore checked = CheckedStore.open(machine, Scenario.OPTIONS)) {
            checked.store().put(new byte[] {1}, new byte[1]);
            checked.store().checkpoint(COPY);
            try (Store copy = Store.open(
                    COPY, Scenario.OPTIONS, machine.with(machine.files()).environment())) {
                assertThat(copy.incarnation())
                        .isPositive()
                        .isNotEqualTo(checked.store().incarnation());
                assertThat(copy.nodeId()).isEqualTo(checked.store().nodeId());
            }
        }
    }

    @Test
    void aCopyOfACopyAndOfAnEmptyStoreCanBeOpened() {
        SimulatedEnvironment machine = SimulatedEnvironment.create(2);
        try (CheckedStore checked = CheckedStore.open(machine, Scenario.OPTIONS)) {
            assertThat(checked.store().checkpoint(COPY)).isZero();
        }
        Path second = COPIES.resolve("second");
        SimulatedEnvironment next = machine.with(machine.files());
        try (Store copy = Store.open(COPY, Scenario.OPTIONS, next.environment())) {
            copy.put(new byte[] {1}, new byte[10_000]);
            assertThat(copy.checkpoint(second)).isEqualTo(1);
        }
        try (Store copy =
                Store.open(second, Scenario.OPTIONS, next.with(next.files()).environment())) {
            assertThat(copy.get(new byte[] {1})).hasSize(10_000);
        }
    }

    @Test
    void aDirectoryWithSomethingInItIsRefusedAndAnEmptyOneIsTaken() throws IOException {
        SimulatedEnvironment machine = SimulatedEnvironment.create(3);
        machine.files().createDirectories(COPY);
        machine.files().create(COPY.resolve("letter")).close();
        try (CheckedStore checked = CheckedStore.open(machine, Scenario.OPTIONS)) {
            Store store = checked.store();
            assertThatThrownBy(() -> store.checkpoint(COPY))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNUSABLE_DIRECTORY))
                    .hasMessageContaining("/copies/copy is not empty");
            assertThat(machine.files().list(COPIES)).containsExactly("copy");
            machine.files().delete(COPY.resolve("letter"));
            store.checkpoint(COPY);
            assertThatThrownBy(() -> store.checkpoint(COPY)).hasMessageContaining("is not empty");
        }
    }

    @Test
    void whatAnotherHasUnderTheTemporaryNameIsNotTouched() throws IOException {
        SimulatedEnvironment machine = SimulatedEnvironment.create(4);
        Path temporary = COPIES.resolve("copy.tmp");
        machine.files().createDirectories(temporary);
        machine.files().create(temporary.resolve("letter")).close();
        try (CheckedStore checked = CheckedStore.open(machine, Scenario.OPTIONS)) {
            assertThatThrownBy(() -> checked.store().checkpoint(COPY)).hasMessageContaining("it holds letter");
            assertThat(machine.files().list(temporary)).containsExactly("letter");
            machine.files().delete(temporary.resolve("letter"));
            checked.store().checkpoint(COPY);
            assertThat(machine.files().list(COPIES)).containsExactly("copy");
        }
    }

    @Test
    void withoutSpaceNothingIsLeftOfACopy() throws IOException {
        SimulatedEnvironment machine = SimulatedEnvironment.create(5);
        try (CheckedStore checked = CheckedStore.open(machine, Scenario.OPTIONS)) {
            Store store = checked.store();
            store.put(new byte[] {1}, new byte[100_000]);
            store.flush();
            machine.files().setCapacityBytes(1);
            assertThatThrownBy(() -> store.checkpoint(COPY))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DISK_FULL));
            assertThat(machine.files().list(COPIES)).isEmpty();
            machine.files().setCapacityBytes(SimulatedFileSystem.UNBOUNDED);
            store.checkpoint(COPY);
        }
    }

    /** A life with two copies, of which the second is made after merges and further segments. */
    private static void run(Store store, ModelStore model, List<Long> revisions) {
        OperationGenerator generator = new OperationGenerator(Seeds.random(77), 60, 9_000);
        for (int i = 0; i < 2; i++) {
            write(store, model, generator, 25);
            store.compact();
            write(store, model, generator, 5);
            revisions.add(model.revision());
            store.checkpoint(COPIES.resolve("copy" + i));
            write(store, model, generator, 5);
        }
    }

    private record Image(String call, SimulatedDisk disk) {}

    @Test
    void aCopyIsThereAsAWholeOrNotAtAllWhereverTheMachineStops() {
        SimulatedEnvironment machine = SimulatedEnvironment.create(6);
        ModelStore model = new ModelStore();
        List<Long> revisions = new ArrayList<>();
        List<Image> images = new ArrayList<>();
        try (CheckedStore checked = CheckedStore.open(machine, Scenario.OPTIONS)) {
            machine.files().watch(call -> {
                if (CallKind.CHANGES.contains(call.kind()) && call.path().startsWith(COPIES)) {
                    images.add(new Image(call.toString(), machine.files().disk().copy()));
                }
            });
            run(checked.store(), model, revisions);
            machine.files().watch(call -> {});
        }
        assertThat(images).hasSizeGreaterThan(30);
        CrashMode[] modes = CrashMode.values();
        for (int i = 0; i < images.size(); i++) {
            Image image = images.get(i);
            RandomGenerator random = Seeds.random(i);
            SimulatedDisk disk =
                    i % 3 == 0 ? image.disk().copy() : image.disk().afterPowerCut(random, modes[i % modes.length]);
            CrashAtEveryCallTest.attempt("stopped before " + image.call(), () -> checkImage(disk, model, revisions));
        }
    }

    private static void checkImage(SimulatedDisk disk, ModelStore model, List<Long> revisions) {
        SimulatedEnvironment machine = SimulatedEnvironment.on(new SimulatedFileSystem(disk), 5);
        try {
            List<String> names =
                    machine.files().exists(COPIES) ? machine.files().list(COPIES) : List.of();
            for (String name : names) {
                if (!name.endsWith(".tmp")) {
                    check(machine, COPIES.resolve(name), model, revisions.get(name.charAt(4) - '0'));
                }
            }
            SimulatedEnvironment next = machine.with(machine.files());
            try (Store store = Store.open(CheckedStore.DIRECTORY, Scenario.OPTIONS, next.environment())) {
                assertThat(contents(store)).isEqualTo(contents(model.at(store.revision())));
                Path again = COPIES.resolve("copy2");
                long revision = store.checkpoint(again);
                check(next.with(next.files()), again, model, revision);
                for (String name : List.of("copy0", "copy1")) {
                    if (!next.files().exists(COPIES.resolve(name))) {
                        store.checkpoint(COPIES.resolve(name)); // Over what the one before may have left.
                    }
                }
            }
            assertThat(machine.files().list(COPIES)).containsExactly("copy0", "copy1", "copy2");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whicheverCallFailsThereIsNoCopyOrAWholeOneAndTheStoreIsUnharmed() {
        int calls = callsOfCopies();
        assertThat(calls).isGreaterThan(30);
        for (int call = 1; call <= calls; call++) {
            int nth = call;
            CrashAtEveryCallTest.attempt("at call " + nth, () -> failAt(nth));
        }
    }

    private static int callsOfCopies() {
        SimulatedEnvironment machine = SimulatedEnvironment.create(7);
        int[] calls = new int[1];
        try (CheckedStore checked = CheckedStore.open(machine, Scenario.OPTIONS)) {
            machine.files().watch(call -> {
                if (CallKind.CHANGES.contains(call.kind()) && call.path().startsWith(COPIES)) {
                    calls[0]++;
                }
            });
            run(checked.store(), new ModelStore(), new ArrayList<>());
            machine.files().watch(call -> {});
        }
        return calls[0];
    }

    private static void failAt(int nth) {
        SimulatedEnvironment machine = SimulatedEnvironment.create(nth);
        machine.files()
                .faults()
                .failOnce(
                        call -> CallKind.CHANGES.contains(call.kind())
                                && call.path().startsWith(COPIES),
                        nth,
                        nth % 2 == 0 ? FaultPlan::inputOutputError : FaultPlan::noSpace);
        ModelStore model = new ModelStore();
        List<Long> revisions = new ArrayList<>();
        try (CheckedStore checked = CheckedStore.open(machine, Scenario.OPTIONS)) {
            Store store = checked.store();
            assertThatThrownBy(() -> run(store, model, revisions)).isInstanceOf(StoreException.class);
            machine.files().faults().heal();
            assertThat(contents(store)).isEqualTo(contents(model.at(model.revision())));
            Path second = COPIES.resolve("second");
            check(machine.with(machine.files()), second, model, store.checkpoint(second));
            for (int i = 0; i < revisions.size(); i++) {
                Path copy = COPIES.resolve("copy" + i);
                if (machine.files().exists(copy)) {
                    check(machine.with(machine.files()), copy, model, revisions.get(i));
                }
            }
            assertThat(machine.files().list(COPIES)).noneMatch(name -> name.endsWith(".tmp"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void onARealDiskTheFilesAreShared(@TempDir Path temporary) throws IOException {
        Path directory = temporary.resolve("store");
        Path copy = temporary.resolve("copies/copy");
        try (Store store = Store.open(directory, Scenario.OPTIONS, Environment.system())) {
            for (int i = 0; i < 200; i++) {
                store.put(new byte[] {(byte) i}, new byte[3_000], Durability.ACCEPTED);
            }
            store.checkpoint(copy);
            store.put(new byte[] {1}, new byte[1]);
            List<Entry> before = new ArrayList<>();
            try (Store opened = Store.open(copy, Scenario.OPTIONS, Environment.system())) {
                before.addAll(CheckedStore.contents(opened, Order.ASCENDING));
            }
            assertThat(before).hasSize(200).allMatch(entry -> entry.value().length == 3_000);
        }
        try (Stream<Path> files = Files.list(copy)) {
            assertThat(files.filter(file -> {
                        try {
                            return (int) Files.getAttribute(file, "unix:nlink") == 2;
                        } catch (IOException e) {
                            throw new AssertionError(e);
                        }
                    }))
                    .as("files that the store has, too")
                    .isNotEmpty();
        }
    }
}
