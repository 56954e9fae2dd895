package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.ScrubStatus;
import dev.varve.storage.StoreException;
import dev.varve.storage.WriteBatch;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileName;
import dev.varve.storage.log.LogEntry;
import dev.varve.storage.state.StateMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Records of a member's log are damaged, and the log begins behind them from then on: wherever that is cut off, or whichever call fails, the store is
 * whole or refuses to open, as it did before, and when it is done the store opens and its log goes on.
 */
class LeftLogTest {

    private static final Path DIRECTORY = Path.of("/machines/member");
    private static final int WRITES = 60;
    private static final int CALLS = 25;

    private final ModelStore model = new ModelStore();
    private final SimulatedEnvironment machine = SimulatedEnvironment.create(1);

    /** A member whose log has a damaged record in front, which nothing but the log needs. */
    private MemberStore damaged() throws IOException {
        MemberStore member = MemberStore.open(machine.environment(), DIRECTORY);
        OperationGenerator generator = new OperationGenerator(Seeds.random(1), 150, 2_000);
        for (int i = 0; i < WRITES; i++) {
            WriteBatch batch = generator.batch();
            model.write(batch);
            member.write(batch, 3);
            if (i == WRITES / 2) {
                member.state().checkpoint();
            }
        }
        String log = member.state().log().activeSegment().name().toString();
        machine.files().disk().flipBit(DIRECTORY.resolve(log), 8L * (FileHeader.BYTES + 20));
        assertThat(member.store().scrub().damages())
                .extracting(ScrubStatus.Damage::file)
                .containsExactly(log);
        assertThatThrownBy(() -> open(machine.files().disk().copy()).close())
                .as("the record is needed")
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CORRUPTION));
        return member;
    }

    /** With all that is in the log applied. */
    private static MemberStore open(SimulatedDisk disk) throws IOException {
        MemberStore member = MemberStore.open(
                SimulatedEnvironment.on(new SimulatedFileSystem(disk), 1).environment(), DIRECTORY);
        StateMachine state = member.state();
        for (long next = state.appliedIndex() + 1; next <= state.log().lastIndex(); next++) {
            LogEntry entry = Objects.requireNonNull(state.log().entry(next));
            state.apply(entry, state.log().position(next));
            state.publish();
        }
        return member;
    }

    /** What a node does with the help of Raft. */
    private static void leave(MemberStore member) throws IOException {
        Set<Long> damaged = Set.of(
                FileName.parse(member.store().scrubStatus().damages().getFirst().file())
                        .orElseThrow()
                        .id());
        member.state().log().seal(damaged);
        member.state().checkpoint();
        member.state().log().truncatePrefix(member.state().appliedIndex() + 1);
        member.state().repairer().repair(least -> {
            throw new IOException("all values can be read");
        });
    }

    /** The store has everything and takes more; or, if that may be, it refuses to open because of the damage. */
    private boolean opens(SimulatedDisk disk) throws IOException {
        ModelStore expected = model.copy();
        try (MemberStore member = open(disk)) {
            assertThat(member.contents()).isEqualTo(MemberStore.contents(expected, expected.revision()));
            assertThat(member.state().log().lastIndex()).isEqualTo(WRITES);
            WriteBatch more = new WriteBatch().put(new byte[] {1}, new byte[3_000]);
            expected.write(more);
            member.write(more, 4);
        } catch (StoreException e) {
            assertThat(e.kind()).as(e.toString()).isEqualTo(StoreException.Kind.CORRUPTION);
            return false;
        }
        try (MemberStore member = open(disk)) {
            assertThat(member.contents()).isEqualTo(MemberStore.contents(expected, expected.revision()));
            assertThat(member.store().scrub().damages()).isEmpty();
        }
        return true;
    }

    /** That it was closed says that all of it had been durable. */
    @Test
    void theLastRecordOfALogThatWasClosedIsNotCutWhenItIsDamaged() throws IOException {
        String log;
        int last;
        try (MemberStore member = MemberStore.open(machine.environment(), DIRECTORY)) {
            member.write(new WriteBatch().put(new byte[] {1}, new byte[100]), 3);
            log = member.state().log().activeSegment().name().toString();
            last = member.state().log().activeSegment().end() - 50;
        }
        machine.files().disk().flipBit(DIRECTORY.resolve(log), 8L * last);
        assertThatThrownBy(() -> open(machine.files().disk()).close())
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CORRUPTION));
    }

    @Test
    void theLogIsLeftBehindWhereverThatIsCutOff() throws IOException {
        List<SimulatedDisk> images = new ArrayList<>();
        try (MemberStore member = damaged()) {
            machine.files().watch(call -> images.add(machine.files().disk().copy()));
            leave(member);
            machine.files().watch(call -> {});
            images.add(machine.files().disk().copy());
            assertThat(member.store().scrub().damages()).isEmpty();
            assertThat(member.store().scrubStatus().repaired()).isEqualTo(1);
            assertThat(member.contents()).isEqualTo(MemberStore.contents(model, model.revision()));
        }
        assertThat(images).hasSizeGreaterThan(10);
        RandomGenerator random = Seeds.random(1);
        int opened = 0;
        for (SimulatedDisk image : images) {
            for (CrashMode mode : CrashMode.values()) {
                opened += opens(image.afterPowerCut(random, mode)) ? 1 : 0;
            }
            opened += opens(image.copy()) ? 1 : 0;
        }
        for (CrashMode mode : CrashMode.values()) {
            assertThat(opens(images.getLast().afterPowerCut(random, mode)))
                    .as(mode.toString())
                    .isTrue();
        }
        System.out.printf("%d images of a log that is left behind, %d states opened%n", images.size(), opened);
    }

    @Test
    void theLogIsLeftBehindWhicheverCallFails() throws IOException {
        int failed = 0;
        for (int call = 1; call <= CALLS; call++) {
            LeftLogTest attempt = new LeftLogTest();
            try (MemberStore member = attempt.damaged()) {
                attempt.machine
                        .files()
                        .faults()
                        .failOnce(FaultPlan.kinds(CallKind.CHANGES), call, FaultPlan::inputOutputError);
                try {
                    leave(member);
                } catch (IOException e) {
                    failed++;
                }
                attempt.machine.files().faults().heal();
            }
            attempt.opens(attempt.machine.files().disk().afterPowerCut(Seeds.random(call), CrashMode.HALF_LOST));
            attempt.opens(attempt.machine.files().disk().copy());
        }
        assertThat(failed).isGreaterThan(5);
    }
}
