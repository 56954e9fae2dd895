package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.WriteBatch;
import dev.varve.storage.checkpoint.ManifestState;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.io.Environment;
import dev.varve.storage.io.FileSystem;
import dev.varve.storage.log.VoteFile;
import dev.varve.storage.state.Founding;
import dev.varve.storage.state.IncomingCheckpoint;
import dev.varve.storage.state.OutgoingCheckpoint;
import dev.varve.storage.state.ShippedCheckpoint;
import dev.varve.storage.state.ShippedCheckpoint.ShippedFile;
import dev.varve.storage.state.StateMachine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A checkpoint of one member's store that takes the place of another's. */
@Timeout(180)
class ShippedCheckpointTest {

    private static final Path LEADER = Path.of("/machines/leader");
    private static final Path FOLLOWER = Path.of("/machines/follower");
    private static final int PIECE_BYTES = 5_000;

    private static void write(MemberStore member, ModelStore model, OperationGenerator generator, int writes)
            throws IOException {
        for (int i = 0; i < writes; i++) {
            WriteBatch batch = generator.batch();
            model.write(batch);
            member.write(batch, 3);
        }
    }

    /** Fetches what is missing; returns how many bytes that was. */
    private static long fetch(OutgoingCheckpoint from, IncomingCheckpoint to) throws IOException {
        long bytes = 0;
        for (ShippedFile file : to.contents().files()) {
            if (!to.has(file)) {
                for (long at = to.begin(file); at < file.sizeBytes(); at += PIECE_BYTES) {
                    byte[] piece = from.read(file.name(), at, PIECE_BYTES);
                    to.write(file, at, ByteBuffer.wrap(piece));
                    bytes += piece.length;
                }
                to.complete(file);
            }
        }
        return bytes;
    }

    private static long ship(Environment machine, MemberStore leader, Path follower) throws IOException {
        leader.state().checkpoint();
        try (OutgoingCheckpoint outgoing = leader.state().sendCheckpoint();
                IncomingCheckpoint incoming = new IncomingCheckpoint(machine.files(), follower, outgoing.contents())) {
            long bytes = fetch(outgoing, incoming);
            incoming.install();
            return bytes;
        }
    }

    /** Waits until nothing is there that the manifest does not name, nor a merge is writing. */
    private static void awaitTidy(FileSystem files, MemberStore member) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (true) {
            ManifestState state = member.state().manifestState();
            Set<String> expected = new TreeSet<>(Set.of("0000000000000000.vote", "LOCK"));
            state.segments().forEach(id -> expected.add(new FileName(FileKind.LOG, id).toString()));
            state.values().forEach(info -> expected.add(new FileName(FileKind.VALUES, info.id()).toString()));
            state.tables().forEach(table -> expected.add(new FileName(FileKind.TABLE, table.id()).toString()));
            Set<String> found = new TreeSet<>(files.list(FOLLOWER));
            found.removeIf(name -> name.endsWith(".manifest"));
            if (found.equals(expected)) {
                return;
            }
            assertThat(System.nanoTime() < end)
                    .as("%s is not %s", found, expected)
                    .isTrue();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    /** The store has all of the checkpoint, goes on behind it, and can be opened again. */
    private static void check(Environment machine, ModelStore model, long revision, long index, String nodeId)
            throws IOException {
        WriteBatch next = new WriteBatch().put(new byte[] {7}, new byte[5_000]);
        ModelStore after = model.copy();
        after.truncate(revision);
        try (MemberStore member = MemberStore.open(machine, FOLLOWER)) {
            assertThat(member.contents()).isEqualTo(MemberStore.contents(model, revision));
            assertThat(member.store().revision()).isEqualTo(revision);
            assertThat(member.store().nodeId()).isEqualTo(nodeId);
            assertThat(member.state().log().firstIndex()).isEqualTo(index + 1);
            assertThat(member.state().log().lastIndex()).isEqualTo(index);
            awaitTidy(machine.files(), member);
            member.write(next, 4);
            after.write(next);
            member.state().checkpoint();
            member.state().awaitMerged();
        }
        try (MemberStore member = MemberStore.open(machine, FOLLOWER)) {
            assertThat(member.contents()).isEqualTo(MemberStore.contents(after, revision + 1));
            assertThat(member.state().log().firstIndex()).isEqualTo(index + 1);
            assertThat(member.state().log().lastIndex()).isEqualTo(index + 1);
            try (VoteFile vote = VoteFile.open(
                    machine.files(), FOLLOWER, member.state().manifestState().voteStoreId())) {
                assertThat(vote.votedFor()).isEqualTo("somebody");
                assertThat(vote.term()).isEqualTo(9);
            }
        }
    }

    /** A member with a few writes of its own, and a vote. */
    private static String begin(Environment machine, OperationGenerator generator) throws IOException {
        try (MemberStore member = MemberStore.open(machine, FOLLOWER)) {
            write(member, new ModelStore(), generator, 20);
            member.state().checkpoint();
            write(member, new ModelStore(), generator, 5);
            try (VoteFile vote = VoteFile.open(
                    machine.files(), FOLLOWER, member.state().manifestState().voteStoreId())) {
                vote.save(9, "somebody");
            }
            return member.store().nodeId();
        }
    }

    @Test
    void aCheckpointTakesThePlaceOfTheStoreAndNameAndVoteStay() throws Exception {
        Seeds.forEach(ShippedCheckpointTest.class, "aCheckpointTakesThePlaceOfTheStoreAndNameAndVoteStay", 4, seed -> {
            RandomGenerator random = Seeds.random(seed);
            OperationGenerator generator = new OperationGenerator(random, 150, 20_000);
            Environment machine = SimulatedEnvironment.create(seed).environment();
            String nodeId = begin(machine, generator);
            ModelStore model = new ModelStore();
            try (MemberStore leader = MemberStore.open(machine, LEADER)) {
                write(leader, model, generator, 300);
                leader.state().checkpoint();
                leader.state().awaitMerged();
                write(leader, model, generator, random.nextInt(40));
                ship(machine, leader, FOLLOWER);
                check(machine, model, model.revision(), leader.state().appliedIndex(), nodeId);
                write(leader, model, generator, 100);
                assertThat(leader.contents()).isEqualTo(MemberStore.contents(model, model.revision()));
                ship(machine, leader, FOLLOWER);
                check(machine, model, model.revision(), leader.state().appliedIndex(), nodeId);
            }
        });
    }

    @Test
    void whatTheStoreHasOfItsOwnIsNotFetchedAgain() throws Exception {
        Environment machine = SimulatedEnvironment.create(1).environment();
        begin(machine, new OperationGenerator(Seeds.random(1), 150, 20_000));
        try (MemberStore leader = MemberStore.open(machine, LEADER)) {
            for (int i = 0;
                    i < 100;
                    i++) { // No key twice, so that nothing is collected, whatever runs in the background.
                leader.write(new WriteBatch().put(new byte[] {(byte) i}, new byte[10_000]), 3);
            }
            ship(machine, leader, FOLLOWER);
            MemberStore.open(machine, FOLLOWER).close();
            leader.write(new WriteBatch().put(new byte[] {1, 1}, new byte[10_000]), 3);
            leader.state().checkpoint();
            try (OutgoingCheckpoint outgoing = leader.state().sendCheckpoint();
                    IncomingCheckpoint incoming =
                            new IncomingCheckpoint(machine.files(), FOLLOWER, outgoing.contents())) {
                List<String> there = machine.files().list(FOLLOWER);
                long missing = outgoing.contents().files().stream()
                        .filter(file -> !there.contains(file.name().toString()))
                        .mapToLong(ShippedFile::sizeBytes)
                        .sum();
                assertThat(missing).isPositive().isLessThan(outgoing.contents().sizeBytes() / 2);
                assertThat(fetch(outgoing, incoming)).isEqualTo(missing);
                incoming.install();
            }
            try (MemberStore follower = MemberStore.open(machine, FOLLOWER)) {
                assertThat(follower.contents()).isEqualTo(leader.contents());
            }
        }
    }

    @Test
    void aFileThatTheStoreHasDamagedIsFetchedAndReplaced() throws Exception {
        SimulatedEnvironment simulated = SimulatedEnvironment.create(2);
        Environment machine = simulated.environment();
        OperationGenerator generator = new OperationGenerator(Seeds.random(2), 150, 20_000);
        begin(machine, generator);
        ModelStore model = new ModelStore();
        try (MemberStore leader = MemberStore.open(machine, LEADER)) {
            write(leader, model, generator, 300);
            ship(machine, leader, FOLLOWER);
            for (String name : machine.files().list(FOLLOWER)) {
                if (name.endsWith(".table")) {
                    damage(simulated, FOLLOWER.resolve(name));
                }
            }
            write(leader, model, generator, 2);
            assertThat(ship(machine, leader, FOLLOWER)).isPositive();
            try (MemberStore follower = MemberStore.open(machine, FOLLOWER)) {
                assertThat(follower.contents()).isEqualTo(leader.contents());
                follower.write(new WriteBatch().put(new byte[1], new byte[1]), 4);
                follower.state().checkpoint();
            }
        }
    }

    /** Replaces a file by one with a bit that is another: other names of the file keep the right one. */
    private static void damage(SimulatedEnvironment machine, Path file) throws IOException {
        byte[] bytes;
        try (var opened = machine.files().openForRead(file)) {
            var all = java.nio.ByteBuffer.allocate((int) opened.size());
            opened.read(all, 0);
            bytes = all.array();
        }
        bytes[bytes.length / 3] ^= 4;
        machine.files().disk().replace(file, bytes);
    }

    @Test
    void whatComesDamagedIsRefusedAndCanBeFetchedAgain() throws Exception {
        Environment machine = SimulatedEnvironment.create(3).environment();
        OperationGenerator generator = new OperationGenerator(Seeds.random(3), 60, 20_000);
        begin(machine, generator);
        ModelStore model = new ModelStore();
        try (MemberStore leader = MemberStore.open(machine, LEADER)) {
            for (int i = 0; i < 100 && leader.state().manifestState().values().isEmpty(); i++) {
                write(leader, model, generator, 50);
                leader.state().checkpoint();
                leader.state().awaitMerged();
                leader.state().log().truncatePrefix(leader.state().appliedIndex());
            }
            write(leader, model, generator, 20);
            leader.state().checkpoint();
            int kinds = 0;
            try (OutgoingCheckpoint outgoing = leader.state().sendCheckpoint();
                    IncomingCheckpoint incoming =
                            new IncomingCheckpoint(machine.files(), FOLLOWER, outgoing.contents())) {
                for (ShippedFile file : outgoing.contents().files()) {
                    kinds |= 1 << file.name().kind().code();
                    byte[] whole = outgoing.read(file.name(), 0, (int) file.sizeBytes());
                    byte[] damaged = whole.clone();
                    damaged[Seeds.random(file.sizeBytes()).nextInt(whole.length)] ^= 16;
                    assertThat(incoming.has(file)).isFalse();
                    assertThat(incoming.begin(file)).isZero();
                    incoming.write(file, 0, ByteBuffer.wrap(damaged));
                    assertThatThrownBy(() -> incoming.complete(file)).isInstanceOf(CorruptionException.class);
                    assertThat(incoming.has(file)).isFalse();
                    assertThat(incoming.begin(file)).isZero();
                    incoming.write(file, 0, ByteBuffer.wrap(whole));
                    incoming.complete(file);
                }
                incoming.install();
            }
            assertThat(kinds).as("tables, segments of the log and of values").isEqualTo(1 << 1 | 1 << 2 | 1 << 5);
            try (MemberStore follower = MemberStore.open(machine, FOLLOWER)) {
                assertThat(follower.contents()).isEqualTo(leader.contents());
            }
        }
    }

    @Test
    void fetchingGoesOnWhereItEndedAndAHoleInIsNoticed() throws Exception {
        SimulatedEnvironment simulated = SimulatedEnvironment.create(4);
        OperationGenerator generator = new OperationGenerator(Seeds.random(4), 150, 20_000);
        Environment machine = simulated.environment(); // One for both: their origins differ.
        begin(machine, generator);
        ModelStore model = new ModelStore();
        try (MemberStore leader = MemberStore.open(machine, LEADER)) {
            write(leader, model, generator, 300);
            leader.state().checkpoint();
            SimulatedFileSystem files = simulated.files();
            try (OutgoingCheckpoint outgoing = leader.state().sendCheckpoint()) {
                ShippedCheckpoint contents = outgoing.contents();
                ShippedFile half = contents.files().stream()
                        .filter(file -> file.sizeBytes() > 40_000)
                        .findFirst()
                        .orElseThrow();
                ShippedFile whole = contents.files().stream()
                        .filter(file -> !file.equals(half))
                        .findFirst()
                        .orElseThrow();
                try (IncomingCheckpoint incoming = new IncomingCheckpoint(files, FOLLOWER, contents)) {
                    incoming.begin(whole);
                    incoming.write(whole, 0, ByteBuffer.wrap(outgoing.read(whole.name(), 0, (int) whole.sizeBytes())));
                    incoming.complete(whole);
                    incoming.begin(half);
                    incoming.write(half, 0, ByteBuffer.wrap(outgoing.read(half.name(), 0, 20_000)));
                }
                SimulatedFileSystem killed =
                        new SimulatedFileSystem(files.disk().copy());
                try (IncomingCheckpoint incoming = new IncomingCheckpoint(killed, FOLLOWER, contents)) {
                    assertThat(incoming.has(whole)).isTrue();
                    assertThat(incoming.begin(half)).isEqualTo(20_000);
                    assertThat(fetch(outgoing, incoming)).isEqualTo(contents.sizeBytes() - whole.sizeBytes() - 20_000);
                    incoming.install();
                }
                check(simulated.with(killed).environment(), model, model.revision(), model.revision(), nodeId(killed));

                SimulatedFileSystem cut = new SimulatedFileSystem(
                        files.disk().afterPowerCut(Seeds.random(5), CrashMode.NAMES_WITHOUT_BYTES));
                try (IncomingCheckpoint incoming = new IncomingCheckpoint(cut, FOLLOWER, contents)) {
                    assertThat(incoming.has(whole)).isTrue();
                    assertThatThrownBy(() -> fetch(outgoing, incoming)).isInstanceOf(CorruptionException.class);
                    fetch(outgoing, incoming);
                    incoming.install();
                }
                check(simulated.with(cut).environment(), model, model.revision(), model.revision(), nodeId(cut));
            }
        }
    }

    private static String nodeId(SimulatedFileSystem files) {
        try (MemberStore member =
                MemberStore.open(SimulatedEnvironment.on(files, 1).environment(), FOLLOWER)) {
            return member.store().nodeId();
        }
    }

    @Test
    void whatIsSentStaysWhateverTheStoreDoesAndIsRemovedAtTheStart() throws Exception {
        SimulatedEnvironment simulated = SimulatedEnvironment.create(5);
        Environment machine = simulated.environment();
        OperationGenerator generator = new OperationGenerator(Seeds.random(5), 60, 20_000);
        String nodeId = begin(machine, generator);
        ModelStore model = new ModelStore();
        try (MemberStore leader = MemberStore.open(machine, LEADER)) {
            write(leader, model, generator, 150);
            leader.state().checkpoint();
            OutgoingCheckpoint outgoing = leader.state().sendCheckpoint();
            long revision = model.revision();
            int gone = 0;
            for (int i = 0; i < 30 && gone < 3; i++) {
                write(leader, model, generator, 50);
                leader.state().checkpoint();
                leader.state().awaitMerged();
                leader.state().log().truncatePrefix(leader.state().appliedIndex());
                List<String> names = machine.files().list(LEADER);
                gone = (int) outgoing.contents().files().stream()
                        .filter(file -> !names.contains(file.name().toString()))
                        .count();
            }
            assertThat(gone).as("files that the store has dropped meanwhile").isGreaterThanOrEqualTo(3);
            try (IncomingCheckpoint incoming = new IncomingCheckpoint(machine.files(), FOLLOWER, outgoing.contents())) {
                fetch(outgoing, incoming);
                incoming.install();
            }
            check(machine, model, revision, revision, nodeId);
            assertThat(machine.files().list(LEADER)).contains("outgoing");
        }
        try (MemberStore leader = MemberStore.open(machine, LEADER)) {
            assertThat(machine.files().list(LEADER)).doesNotContain("outgoing");
            assertThat(leader.contents()).isEqualTo(MemberStore.contents(model, model.revision()));
        }
    }

    /** A machine on which all of a checkpoint is fetched and not installed. */
    private record Fetched(
            SimulatedDisk disk, ShippedCheckpoint contents, ModelStore model, List<String> before, String nodeId) {

        static Fetched create(long seed) throws IOException {
            SimulatedEnvironment simulated = SimulatedEnvironment.create(seed);
            Environment machine = simulated.environment();
            OperationGenerator generator = new OperationGenerator(Seeds.random(seed), 60, 9_000);
            String nodeId = begin(machine, generator);
            List<String> before;
            try (MemberStore follower = MemberStore.open(machine, FOLLOWER)) {
                before = follower.contents();
            }
            ModelStore model = new ModelStore();
            try (MemberStore leader = MemberStore.open(machine, LEADER)) {
                write(leader, model, generator, 80);
                leader.state().checkpoint();
                leader.state().awaitMerged();
                try (OutgoingCheckpoint outgoing = leader.state().sendCheckpoint();
                        IncomingCheckpoint incoming =
                                new IncomingCheckpoint(machine.files(), FOLLOWER, outgoing.contents())) {
                    fetch(outgoing, incoming);
                    return new Fetched(simulated.files().disk().copy(), outgoing.contents(), model, before, nodeId);
                }
            }
        }

        /** The store of before or the new one is there, and what is not installed can be, without anything being fetched. */
        void check(SimulatedDisk left) {
            SimulatedEnvironment simulated = SimulatedEnvironment.on(new SimulatedFileSystem(left), 8);
            Environment machine = simulated.environment();
            try {
                boolean installed;
                try (MemberStore member = MemberStore.open(machine, FOLLOWER)) {
                    installed = member.store().revision() == model.revision();
                    assertThat(member.contents())
                            .isEqualTo(installed ? MemberStore.contents(model, model.revision()) : before);
                    assertThat(member.store().nodeId()).isEqualTo(nodeId);
                }
                if (!installed) {
                    try (IncomingCheckpoint incoming = new IncomingCheckpoint(machine.files(), FOLLOWER, contents)) {
                        for (ShippedFile file : contents.files()) {
                            assertThat(incoming.has(file)).as("%s", file).isTrue();
                        }
                        incoming.install();
                    }
                } else {
                    IncomingCheckpoint.remove(machine.files(), FOLLOWER);
                }
                ShippedCheckpointTest.check(machine, model, model.revision(), contents.index(), nodeId);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    private record Image(String call, SimulatedDisk disk) {}

    @Test
    void theStoreIsThatOfBeforeOrTheNewOneWhereverTheMachineStops() throws Exception {
        Fetched fetched = Fetched.create(6);
        SimulatedFileSystem files = new SimulatedFileSystem(fetched.disk().copy());
        List<Image> images = new ArrayList<>();
        files.watch(call -> {
            if (CallKind.CHANGES.contains(call.kind())) {
                images.add(new Image(call.toString(), files.disk().copy()));
            }
        });
        new IncomingCheckpoint(files, FOLLOWER, fetched.contents()).install();
        files.watch(call -> {});
        images.add(new Image("the end", files.disk().copy()));
        assertThat(images).hasSizeGreaterThan(20);
        CrashMode[] modes = CrashMode.values();
        for (Image image : images) {
            CrashAtEveryCallTest.attempt(
                    "killed before " + image.call(),
                    () -> fetched.check(image.disk().copy()));
            for (int i = 0; i < modes.length; i++) {
                SimulatedDisk left = image.disk().afterPowerCut(Seeds.random(i), modes[i]);
                CrashAtEveryCallTest.attempt(
                        "power cut before " + image.call() + ", " + modes[i], () -> fetched.check(left));
            }
        }
    }

    @Test
    void theStoreIsThatOfBeforeOrTheNewOneWhicheverCallFails() throws Exception {
        Fetched fetched = Fetched.create(7);
        int calls = 0;
        for (boolean failed = true; failed; calls++) {
            int nth = calls + 1;
            SimulatedFileSystem files = new SimulatedFileSystem(fetched.disk().copy());
            files.faults().failOnce(call -> CallKind.CHANGES.contains(call.kind()), nth, FaultPlan::inputOutputError);
            IncomingCheckpoint incoming = null;
            try {
                incoming = new IncomingCheckpoint(files, FOLLOWER, fetched.contents());
                incoming.install();
                failed = files.faults().crashed();
            } catch (IOException expected) {
                failed = true;
            }
            if (incoming != null) {
                incoming.close();
            }
            files.faults().heal();
            CrashAtEveryCallTest.attempt(
                    "at call " + nth, () -> fetched.check(files.disk().copy()));
        }
        assertThat(calls).isGreaterThan(20);
    }

    @Test
    void aCheckpointCoversALogByTermAndIndex() throws Exception {
        Environment machine = SimulatedEnvironment.create(8).environment();
        try (MemberStore leader = MemberStore.open(machine, LEADER)) {
            write(leader, new ModelStore(), new OperationGenerator(Seeds.random(8), 10, 100), 10);
            leader.state().checkpoint();
            try (OutgoingCheckpoint outgoing = leader.state().sendCheckpoint()) {
                ShippedCheckpoint contents = outgoing.contents();
                assertThat(contents.covers(10, 3)).isTrue();
                assertThat(contents.covers(11, 3)).isFalse();
                assertThat(contents.covers(11, 2)).isTrue();
                assertThat(contents.covers(9, 4)).isFalse();
            }
        }
    }

    @Test
    void aMemberThatIsGivenUpIsAnotherOneAfterwardsOrCannotBeOpenedWhereverTheMachineStops() throws Exception {
        SimulatedEnvironment simulated = SimulatedEnvironment.create(9);
        Environment machine = simulated.environment();
        String nodeId = begin(machine, new OperationGenerator(Seeds.random(9), 60, 9_000));
        List<String> before;
        try (MemberStore follower = MemberStore.open(machine, FOLLOWER)) {
            before = follower.contents();
        }
        List<Image> images = new ArrayList<>();
        simulated.files().watch(call -> {
            if (CallKind.CHANGES.contains(call.kind())) {
                images.add(new Image(call.toString(), simulated.files().disk().copy()));
            }
        });
        StateMachine.renewMember(machine, FOLLOWER, () -> new Founding("follower", 77, false));
        simulated.files().watch(call -> {});
        images.add(new Image("the end", simulated.files().disk().copy()));
        assertThat(images).hasSizeGreaterThan(12);
        CrashMode[] modes = CrashMode.values();
        for (int i = 0; i < images.size(); i++) {
            Image image = images.get(i);
            SimulatedDisk killed = image.disk().copy();
            CrashAtEveryCallTest.attempt("killed before " + image.call(), () -> checkGivenUp(killed, nodeId, before));
            SimulatedDisk cut = image.disk().afterPowerCut(Seeds.random(i), modes[i % modes.length]);
            CrashAtEveryCallTest.attempt("power cut before " + image.call(), () -> checkGivenUp(cut, nodeId, before));
        }
        checkGivenUp(images.getLast().disk(), "none", List.of());
    }

    /** Where the former member can still take part it is all there, with its vote; and it can be given up once more. */
    private static void checkGivenUp(SimulatedDisk left, String nodeId, List<String> before) {
        Environment machine =
                SimulatedEnvironment.on(new SimulatedFileSystem(left), 10).environment();
        try {
            try (MemberStore member = MemberStore.open(machine, FOLLOWER);
                    VoteFile vote = VoteFile.open(
                            machine.files(),
                            FOLLOWER,
                            member.state().manifestState().voteStoreId())) {
                boolean former = member.store().nodeId().equals(nodeId);
                assertThat(member.contents()).isEqualTo(former ? before : List.of());
                assertThat(vote.votedFor()).isEqualTo(former ? "somebody" : null);
                assertThat(vote.term()).isEqualTo(former ? 9 : 0);
            } catch (CorruptionException | NoSuchFileException withoutVote) {
                assertThat(withoutVote.getMessage()).contains("vote");
            }
            StateMachine.renewMember(machine, FOLLOWER, () -> new Founding("follower", 77, false));
            try (MemberStore member = MemberStore.open(machine, FOLLOWER)) {
                assertThat(member.contents()).isEmpty();
                assertThat(member.store().nodeId()).startsWith("follower:").isNotEqualTo(nodeId);
                awaitTidy(machine.files(), member);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
