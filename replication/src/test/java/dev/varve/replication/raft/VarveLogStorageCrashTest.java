package dev.varve.replication.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.entity.LogEntry;
import dev.varve.testkit.CallKind;
import dev.varve.testkit.CrashMode;
import dev.varve.testkit.FaultPlan;
import dev.varve.testkit.SimulatedFileSystem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The machine stops at every single call to the file system of a scenario that appends, rolls segments, truncates both ends,
 * uses indexes again and resets. What had returned is there afterwards; of what was under way, all, nothing, or the first part.
 */
@Timeout(120)
class VarveLogStorageCrashTest {

    private LogModel acknowledged = LogModel.EMPTY;
    private @Nullable LogModel underWay;
    private boolean lying;

    @Test
    void aKilledProcessLosesNothingThatReturned() throws IOException {
        crashEverywhere((crashed, n) -> crashed.killed(), 0);
    }

    @Test
    void aProcessKilledInTheMiddleOfAWriteLosesNothingThatReturned() throws IOException {
        crashEverywhere((crashed, n) -> crashed.killed(), 0.5);
    }

    @ParameterizedTest
    @EnumSource(CrashMode.class)
    void aPowerCutLosesNothingThatReturned(CrashMode mode) throws IOException {
        crashEverywhere((crashed, n) -> crashed.afterPowerCut(new Random(n), mode), 0.5);
    }

    /** The negative control: were nothing forced, this test would see it. */
    @Test
    void aDiskThatLiesAboutSyncsIsFoundOut() {
        lying = true;

        assertThatThrownBy(() -> crashEverywhere(
                        (crashed, n) -> crashed.afterPowerCut(new Random(n), CrashMode.FORGET_UNSYNCED), 0.5))
                .isInstanceOfAny(AssertionError.class, IOException.class);
    }

    /** Makes the file system that the next start finds. */
    private interface Aftermath {
        SimulatedFileSystem of(SimulatedFileSystem crashed, long n);
    }

    private void crashEverywhere(Aftermath aftermath, double writtenShare) throws IOException {
        for (long n = 1; ; n++) {
            acknowledged = LogModel.EMPTY;
            underWay = null;
            LogFiles files = new LogFiles(new SimulatedFileSystem());
            if (lying) {
                files.files.faults().lieAboutSyncs();
            }
            files.files.faults().crashAt(FaultPlan.kinds(CallKind.CHANGES), n, writtenShare);
            boolean finished = run(files);
            if (finished && !files.files.faults().crashed()) {
                assertThat(n).as("calls that were crashed at").isGreaterThan(60);
                return;
            }
            files.files = aftermath.of(files.files, n);
            check(files, n);
        }
    }

    /** Runs the scenario; false if the machine stopped in it. */
    private boolean run(LogFiles files) {
        Random random = new Random(11);
        LogFiles.Open open;
        try {
            open = files.open();
        } catch (IOException e) {
            return false;
        }
        VarveLogStorage log = open.storage();
        boolean done = append(log, random, 1, 20)
                && append(log, random, 1, 40)
                && truncateSuffix(log, 45)
                && append(log, random, 3, 30)
                && truncatePrefix(files, log, 20)
                && append(log, random, 3, 1)
                && truncateSuffix(log, 19)
                && append(log, random, 4, 25)
                && reset(files, log, 100)
                && append(log, random, 6, 30);
        try {
            open.close();
        } catch (IOException e) {
            return false;
        }
        return done;
    }

    private boolean append(VarveLogStorage log, Random random, long term, int count) {
        List<LogEntry> entries = acknowledged.someEntries(random, term, count);
        underWay = acknowledged.append(entries);
        return finished(log.appendEntries(new ArrayList<>(entries)) == count);
    }

    private boolean truncateSuffix(VarveLogStorage log, long lastKept) {
        underWay = acknowledged.truncateSuffix(lastKept);
        return finished(log.truncateSuffix(lastKept));
    }

    private boolean truncatePrefix(LogFiles files, VarveLogStorage log, long firstKept) {
        underWay = acknowledged.truncatePrefix(firstKept);
        boolean done = finished(log.truncatePrefix(firstKept));
        files.firstIndex = acknowledged.first();
        return done;
    }

    private boolean reset(LogFiles files, VarveLogStorage log, long next) {
        underWay = acknowledged.reset(next);
        boolean done = finished(log.reset(next));
        if (done) {
            files.firstIndex = next;
        }
        return done;
    }

    private boolean finished(boolean done) {
        if (done && underWay != null) {
            acknowledged = underWay;
            underWay = null;
        }
        return done;
    }

    private void check(LogFiles files, long n) throws IOException {
        LogModel found;
        try (LogFiles.Open open = files.open()) {
            LogModel matched = match(open.storage());
            assertThat(matched)
                    .as(
                            "crash at call %s: %s; after what was under way it would be: %s",
                            n,
                            acknowledged.difference(open.storage()),
                            underWay == null ? "nothing" : underWay.difference(open.storage()))
                    .isNotNull();
            found = Objects.requireNonNull(matched);
            // The log goes on from what was found.
            List<LogEntry> more = found.someEntries(new Random(n), 9, 5);
            assertThat(open.storage().appendEntries(new ArrayList<>(more))).isEqualTo(5);
            found = found.append(more);
            files.firstIndex = found.first();
        }
        try (LogFiles.Open open = files.open()) {
            assertThat(found.difference(open.storage()))
                    .as("crash at call %s, opened twice", n)
                    .isEmpty();
        }
    }

    /** Which of the possible states the log is in, or null. */
    private @Nullable LogModel match(VarveLogStorage log) {
        List<LogModel> possible = new ArrayList<>(List.of(acknowledged));
        if (underWay != null) {
            possible.add(underWay);
            boolean append = underWay.first() == acknowledged.first();
            for (long last = acknowledged.last() + 1; append && last < underWay.last(); last++) {
                possible.add(underWay.truncateSuffix(last));
            }
        }
        return possible.stream()
                .filter(model -> model.difference(log).isEmpty())
                .findFirst()
                .orElse(null);
    }
}
