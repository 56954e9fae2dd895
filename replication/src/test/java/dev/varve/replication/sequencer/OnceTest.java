package dev.varve.replication.sequencer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.Durability;
import dev.varve.storage.Entry;
import dev.varve.storage.KeyRange;
import dev.varve.storage.StoreException;
import dev.varve.storage.WriteBatch;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Commands with names take effect once. */
final class OnceTest {

    private static final byte[] A = "a".getBytes(UTF_8);
    private static final byte[] ONE = "1".getBytes(UTF_8);
    private static final byte[] TWO = "2".getBytes(UTF_8);
    private static final long HOUR = RequestNote.GENERATION_MICROS;
    private static final int LIMIT = 3;

    private final StoreException lost = new StoreException(StoreException.Kind.OUTCOME_UNKNOWN, "the term ended");
    private final FakeLog log = new FakeLog();
    private final ManualExecutor coldReads = new ManualExecutor();
    private final WriteSequencer sequencer =
            new WriteSequencer(log, log, coldReads, new SequencerLimits(1000, 1 << 20, LIMIT));

    @BeforeEach
    void timeGoesOn() {
        log.timeMicros = 400_000 * HOUR;
    }

    @AfterEach
    void nothingIsLeftInFlight() {
        while (coldReads.size() > 0 || log.reportFailure() || log.apply() || log.report()) {
            coldReads.runAll();
        }
        SequencerStats stats = sequencer.stats();
        assertThat(stats).isEqualTo(new SequencerStats(0, 0, 0, 0, stats.coldReads()));
    }

    private Answer submit(Command command) {
        Answer answer = new Answer();
        sequencer.submit(command, Durability.MAJORITY, answer);
        return answer;
    }

    private static Command named(String key, Command command) {
        return command.named(RequestId.ofClient(key.getBytes(UTF_8), command));
    }

    private static StoreException.Kind kind(Answer answer) {
        return Objects.requireNonNull(answer.failure).kind();
    }

    private String value() {
        return new String(Objects.requireNonNull(log.applied(A)).value(), UTF_8);
    }

    @Test
    void aRepetitionGetsTheAnswerOfTheFirstAndChangesNothing() {
        Answer first = submit(named("k", Command.put(A, ONE)));
        log.commitAll();
        submit(Command.put(A, TWO));
        log.commitAll();

        Answer again = submit(named("k", Command.put(A, ONE)));

        assertThat(again.committed).isEqualTo(first.committed);
        assertThat(value()).isEqualTo("2");
    }

    @Test
    void aRepetitionOfWhatIsOnItsWayWaitsForItAndGetsItsAnswer() {
        Answer first = submit(named("k", Command.put(A, ONE)));
        Answer again = submit(named("k", Command.put(A, ONE)));
        Answer later = submit(Command.put(A, TWO));
        assertThat(again.given).isFalse();
        log.commitAll();

        assertThat(again.committed).isEqualTo(first.committed);
        assertThat(later.committed).isEqualTo(first.committed + 1);
        assertThat(value()).isEqualTo("2");
    }

    @Test
    void aRepetitionOfWhatFailedIsDecidedAfresh() {
        Answer first = submit(named("k", Command.put(A, ONE)));
        log.fail(lost, false);
        log.reportFailures();
        Answer again = submit(named("k", Command.put(A, ONE)));
        log.commitAll();

        assertThat(first.failure).isSameAs(lost);
        assertThat(again.committed).isPositive();
    }

    @Test
    void aRepetitionIsKnownInALaterEpoch() {
        Answer first = submit(named("k", Command.put(A, ONE)));
        log.commitAll();
        sequencer.suspend(new StoreException(StoreException.Kind.NO_LEADER, "not I"));
        sequencer.resume(log);

        assertThat(submit(named("k", Command.put(A, ONE))).committed).isEqualTo(first.committed);
        assertThat(log.pending()).isZero();
    }

    @Test
    void aRefusalIsRememberedWhateverHappensAfterwards() {
        Answer first = submit(named("k", Command.deleteExisting(A)));
        log.commitAll();
        assertThat(first.failedCondition).isInstanceOf(Condition.Exists.class);
        submit(Command.put(A, ONE));
        log.commitAll();

        Answer again = submit(named("k", Command.deleteExisting(A)));

        assertThat(again.failedCondition).isInstanceOf(Condition.Exists.class);
        assertThat(again.currentRevision).isZero();
        assertThat(value()).isEqualTo("1");
    }

    @Test
    void aRefusalThatIsRememberedRestsOnWhatIsCommitted() {
        Answer put = submit(Command.put(A, ONE));
        Answer refused = submit(named("k", Command.putIfAbsent(A, TWO)));
        assertThat(refused.given).isFalse();
        log.commitAll();

        assertThat(refused.currentRevision).isEqualTo(put.committed);
        assertThat(submit(named("k", Command.putIfAbsent(A, TWO))).currentRevision)
                .isEqualTo(put.committed);
    }

    @Test
    void anotherRequestUnderTheSameKeyIsRefused() {
        submit(named("k", Command.put(A, ONE)));
        Answer pending = submit(named("k", Command.put(A, TWO)));
        log.commitAll();
        Answer committed = submit(named("k", Command.deleteExisting(A)));

        assertThat(kind(pending)).isEqualTo(StoreException.Kind.REQUEST_REUSED);
        assertThat(kind(committed)).isEqualTo(StoreException.Kind.REQUEST_REUSED);
        assertThat(value()).isEqualTo("1");
    }

    @Test
    void whatIsRememberedMayHaveToBeReadFromTheDisk() {
        Answer first = submit(named("k", Command.put(A, ONE)));
        log.commitAll();
        log.coldNotes = true;

        Answer again = submit(named("k", Command.put(A, ONE)));
        Answer fresh = submit(named("new", Command.put(A, TWO)));
        assertThat(again.given).isFalse();
        coldReads.runAll();
        log.commitAll();

        assertThat(again.committed).isEqualTo(first.committed);
        assertThat(fresh.committed).isEqualTo(first.committed + 1);
    }

    @Test
    void aRequestIsRememberedForAnHourAndForgottenAfterTwo() {
        Answer first = submit(named("k", Command.put(A, ONE)));
        log.commitAll();
        log.timeMicros += HOUR;
        assertThat(submit(named("k", Command.put(A, ONE))).committed).isEqualTo(first.committed);

        log.timeMicros += HOUR;
        submit(named("other", Command.put(A, TWO)));
        log.commitAll();

        assertThat(log.countNotes(RequestNote.bound(0, 0), RequestNote.bound(Integer.MAX_VALUE, 0)))
                .as("rows that are left")
                .isEqualTo(1);
    }

    @Test
    void aFullTableRefusesAndForgetsNothing() {
        for (int i = 0; i < LIMIT; i++) {
            submit(named("k" + i, Command.put(A, ONE)));
        }
        Answer refused = submit(named("one more", Command.put(A, TWO)));
        log.commitAll();

        assertThat(kind(refused)).isEqualTo(StoreException.Kind.REQUEST_TABLE_FULL);
        assertThat(submit(named("k0", Command.put(A, ONE))).committed).isEqualTo(1);
        Answer unnamed = submit(Command.put(A, TWO));
        log.commitAll();
        assertThat(unnamed.committed).isEqualTo(LIMIT + 1);
    }

    @Test
    void theRowsOfEarlierEpochsCount() {
        for (int i = 0; i < LIMIT; i++) {
            submit(named("k" + i, Command.put(A, ONE)));
        }
        coldReads.runAll();
        log.commitAll();
        sequencer.suspend(new StoreException(StoreException.Kind.NO_LEADER, "not I"));
        sequencer.resume(log);
        submit(named("before they are counted", Command.put(A, ONE)));
        coldReads.runAll();

        assertThat(submit(named("one more", Command.put(A, TWO))).failure).isNotNull();
    }

    @Test
    void aSlotOfANodeRemembersItsLastCommandOnly() {
        Command put = Command.put(A, ONE);
        Answer first = submit(put.named(RequestId.ofNode(7, 0, 1)));
        Answer next = submit(Command.put(A, TWO).named(RequestId.ofNode(7, 0, 2)));
        log.commitAll();

        Answer delayed = submit(put.named(RequestId.ofNode(7, 0, 1)));
        Answer again = submit(Command.put(A, TWO).named(RequestId.ofNode(7, 0, 2)));

        assertThat(first.committed).isEqualTo(1);
        assertThat(kind(delayed)).isEqualTo(StoreException.Kind.OUTCOME_UNKNOWN);
        assertThat(again.committed).isEqualTo(next.committed);
        assertThat(value()).isEqualTo("2");
    }

    @Test
    void aNodesCommandThatWasRefusedChangesNothingWhenItComesAgain() {
        Command delete = Command.deleteExisting(A).named(RequestId.ofNode(7, 0, 1));
        Answer refused = submit(delete);
        log.commitAll();
        submit(Command.put(A, ONE));
        log.commitAll();

        Answer again = submit(delete);
        log.commitAll();

        assertThat(refused.failedCondition).isInstanceOf(Condition.Exists.class);
        assertThat(again.failedCondition).isInstanceOf(Condition.Exists.class);
        assertThat(value()).isEqualTo("1");
    }

    @Test
    void aNamedCommandMayRestOnAPutThatIsOnItsWay() {
        submit(Command.put(A, ONE));
        submit(named("k", Command.deleteExisting(A)));
        assertThat(log.pending()).isEqualTo(2);
        log.commitAll();

        assertThat(log.applied(A)).isNull();
    }

    @Test
    void aNamedCommandMayRemoveARange() {
        submit(Command.put(A, ONE));
        Command all = Command.write(new WriteBatch().deleteRange(KeyRange.all()).put(A, TWO));
        Answer first = submit(named("k", all));
        Answer again = submit(named("k", all));
        log.commitAll();
        Entry left = log.applied(A);

        assertThat(again.committed).isEqualTo(first.committed);
        assertThat(left).isNotNull();
    }
}
