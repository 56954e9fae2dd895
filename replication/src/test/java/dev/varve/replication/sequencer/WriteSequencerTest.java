package dev.varve.replication.sequencer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.Durability;
import dev.varve.storage.Entry;
import dev.varve.storage.KeyRange;
import dev.varve.storage.PreparedWrite;
import dev.varve.storage.StoreException;
import dev.varve.storage.WriteBatch;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class WriteSequencerTest {

    private static final byte[] A = "a".getBytes(UTF_8);
    private static final byte[] B = "b".getBytes(UTF_8);
    private static final byte[] C = "c".getBytes(UTF_8);
    private static final byte[] ONE = "1".getBytes(UTF_8);
    private static final byte[] TWO = "2".getBytes(UTF_8);
    private final StoreException full = new StoreException(StoreException.Kind.DISK_FULL, "no space");

    private final FakeLog log = new FakeLog();
    private final ManualExecutor coldReads = new ManualExecutor();
    private WriteSequencer sequencer = new WriteSequencer(log, log, coldReads, SequencerLimits.defaults());

    @AfterEach
    void nothingIsLeftInFlight() {
        while (coldReads.size() > 0 || log.reportFailure() || log.apply() || log.report()) {
            coldReads.runAll();
        }
        SequencerStats stats = sequencer.stats();
        assertThat(stats).isEqualTo(new SequencerStats(0, 0, 0, 0, stats.coldReads()));
    }

    @Test
    void aPlainPutIsProposedWithoutARead() {
        log.setCold(A, true);
        Answer put = submit(Command.put(A, ONE));
        assertThat(log.pending()).isEqualTo(1);
        assertThat(put.given).isFalse();
        log.commitAll();
        assertThat(put.committed).isEqualTo(1);
        assertThat(sequencer.stats().coldReads()).isZero();
    }

    @Test
    void aKeyThatBecomesWarmBetweenTwoLookUpsIsDecidedWithoutARead() {
        log.setColdOnce(A);
        Answer delete = submit(Command.deleteExisting(A));
        assertThat(delete.failedCondition).isInstanceOf(Condition.Exists.class);
        Answer behind = submit(Command.put(A, ONE));
        log.commitAll();
        assertThat(behind.committed).isEqualTo(1);
    }

    @Test
    void aConditionIsDecidedByTheAppliedState() {
        long revision = log.preload(A, ONE);
        Answer delete = submit(Command.deleteExisting(B));
        assertThat(delete.failedCondition).isInstanceOf(Condition.Exists.class);
        assertThat(delete.currentRevision).isZero();
        Answer create = submit(Command.putIfAbsent(A, TWO));
        assertThat(create.currentRevision).isEqualTo(revision);
        Answer stale = submit(Command.putIfRevision(A, TWO, revision + 1));
        assertThat(stale.currentRevision).isEqualTo(revision);
        assertThat(log.pending()).isZero();
        Answer replace = submit(Command.putIfRevision(A, TWO, revision));
        log.commitAll();
        assertThat(replace.committed).isEqualTo(revision + 1);
    }

    @Test
    void aConditionIsDecidedByAPendingWrite() {
        submit(Command.put(A, ONE));
        Answer delete = submit(Command.deleteExisting(A));
        assertThat(log.pending())
                .as("both are proposed before either is committed")
                .isEqualTo(2);
        Answer create = submit(Command.putIfAbsent(A, TWO));
        assertThat(log.pending()).isEqualTo(3);
        log.commitAll();
        assertThat(List.of(delete.committed, create.committed)).containsExactly(2L, 3L);
        assertThat(log.applied(A)).isNotNull();
    }

    @Test
    void aConditionIsDecidedByAPendingRemovalOfItsRange() {
        log.preload(A, ONE);
        log.setCold(A, true);
        submit(Command.write(new WriteBatch().deleteRange(KeyRange.closed(A, B))));
        Answer delete = submit(Command.deleteExisting(A));
        Answer create = submit(Command.putIfAbsent(A, TWO));
        Answer again = submit(Command.putIfAbsent(A, ONE));
        assertThat(delete.given).as("it rests on what is not committed").isFalse();
        log.commitAll();
        assertThat(delete.currentRevision).isZero();
        assertThat(create.committed).isEqualTo(3);
        assertThat(again.currentRevision).isEqualTo(3);
        assertThat(sequencer.stats().coldReads()).isZero();
    }

    @Test
    void ofAPendingBatchTheLastChangeOfAKeyCountsWhetherItIsOfItsRangeOrItself() {
        submit(Command.write(new WriteBatch()
                .put(A, ONE)
                .put(C, ONE)
                .deleteRange(KeyRange.closed(A, B))
                .put(B, ONE)));
        List<Answer> answers = List.of(
                submit(Command.deleteExisting(A)),
                submit(Command.deleteExisting(B)),
                submit(Command.deleteExisting(C)));
        log.commitAll();
        assertThat(answers.get(0).currentRevision).isZero();
        assertThat(answers.get(0).failedCondition).isNotNull();
        assertThat(List.of(answers.get(1).committed, answers.get(2).committed)).containsExactly(2L, 3L);
    }

    @Test
    void theRemovalOfARangeWaitsBehindCommandsOnItsKeysAndThoseBehindIt() {
        log.preload(B, ONE);
        log.setCold(B, true);
        Answer first = submit(Command.putIfPresent(B, TWO));
        Answer removal = submit(Command.write(new WriteBatch().deleteRange(KeyRange.closed(A, C))));
        Answer behind = submit(Command.putIfAbsent(A, ONE));
        Answer narrower = submit(Command.write(new WriteBatch().deleteRange(KeyRange.closed(C, C))));
        assertThat(log.pending()).as("all wait for the read").isZero();
        Answer beyond = submit(Command.put(new byte[] {'d'}, ONE));
        assertThat(log.pending()).isEqualTo(1);
        coldReads.runAll();
        log.commitAll();
        assertThat(beyond.committed).isEqualTo(2);
        assertThat(List.of(first.committed, removal.committed, behind.committed, narrower.committed))
                .containsExactly(3L, 4L, 5L, 6L);
        assertThat(log.applied(B)).isNull();
        assertThat(log.applied(A)).isNotNull();
    }

    @Test
    void aRemovalThatWaitsFailsWhenTheEpochEnds() {
        log.setCold(B, true);
        submit(Command.putIfPresent(B, TWO));
        Answer removal = submit(Command.write(new WriteBatch().deleteRange(KeyRange.all())));
        Answer behind = submit(Command.put(A, ONE));
        sequencer.suspend(full);
        assertThat(List.of(removal.failure, behind.failure)).containsOnly(full);
        coldReads.runAll();
        sequencer.resume(log);
        assertThat(log.pending()).isZero();
    }

    @Test
    void aNegativeAnswerThatRestsOnAPendingPutWaitsForItsCommit() {
        submit(Command.put(A, ONE));
        Answer create = submit(Command.putIfAbsent(A, TWO));
        log.apply();
        assertThat(create.given).isFalse();
        log.report();
        assertThat(create.currentRevision).isEqualTo(1);
    }

    @Test
    void notFoundThatRestsOnAPendingDeleteWaitsForItsCommit() {
        log.preload(A, ONE);
        submit(Command.delete(A));
        Answer delete = submit(Command.deleteExisting(A));
        Answer revision = submit(Command.deleteIfRevision(A, 1));
        assertThat(List.of(delete.given, revision.given)).containsOnly(false);
        log.commitAll();
        assertThat(List.of(delete.currentRevision, revision.currentRevision)).containsOnly(0L);
    }

    @Test
    void aNegativeAnswerWaitsForEveryPendingWriteThatItRestsOn() {
        log.preload(B, ONE);
        submit(Command.put(A, ONE));
        Condition absentB = new Condition.Absent(B);
        Answer answer =
                submit(Command.writeIf(List.of(new Condition.Exists(A), absentB), new WriteBatch().put(C, ONE)));
        assertThat(answer.given)
                .as("that the first condition held is not certain yet")
                .isFalse();
        log.commitAll();
        assertThat(answer.failedCondition).isSameAs(absentB);
        assertThat(answer.currentRevision).isEqualTo(1);
    }

    @Test
    void aRevisionOrValueOfAPendingPutIsAwaited() {
        submit(Command.put(A, ONE));
        Answer byRevision = submit(Command.putIfRevision(A, TWO, 1));
        assertThat(log.pending()).isEqualTo(1);
        log.commitAll();
        assertThat(byRevision.committed).isEqualTo(2);
        submit(Command.put(A, ONE));
        Answer byValue = submit(Command.writeIf(List.of(new Condition.ValueIs(A, TWO)), new WriteBatch().delete(A)));
        log.commitAll();
        assertThat(byValue.currentRevision).isEqualTo(3);
    }

    @Test
    void aCommandThatWaitsHoldsUpItsKeysAndNoOthers() {
        log.setCold(A, true);
        Answer waiting = submit(Command.putIfAbsent(A, ONE));
        Answer behind = submit(Command.put(A, TWO));
        Answer other = submit(Command.put(B, ONE));
        log.commitAll();
        assertThat(other.committed).isEqualTo(1);
        assertThat(List.of(waiting.given, behind.given)).containsOnly(false);
        coldReads.runAll();
        log.commitAll();
        assertThat(waiting.committed).isEqualTo(2);
        assertThat(behind.committed).isEqualTo(3);
        assertThat(log.applied(A)).extracting(Entry::value).isEqualTo(TWO);
    }

    @Test
    void commandsOverTheSameKeysInOppositeOrderDoNotBlockEachOther() {
        log.setCold(A, true);
        log.setCold(B, true);
        Answer ab = submit(Command.writeIf(
                List.of(new Condition.Absent(A), new Condition.Absent(B)), new WriteBatch().put(B, ONE)));
        Answer ba = submit(Command.writeIf(
                List.of(new Condition.Exists(B), new Condition.Absent(A)), new WriteBatch().put(A, ONE)));
        coldReads.run(1);
        coldReads.run(0);
        log.commitAll();
        coldReads.runAll();
        log.commitAll();
        assertThat(List.of(ab.committed, ba.committed)).containsExactly(1L, 2L);
    }

    @Test
    void aFailedWriteFailsTheAnswersThatRestOnIt() {
        submit(Command.put(A, ONE));
        Answer negative = submit(Command.putIfAbsent(A, TWO));
        Answer positive = submit(Command.deleteExisting(A));
        log.fail(full, false);
        log.reportFailures();
        assertThat(negative.failure).isSameAs(full);
        assertThat(positive.failure).isSameAs(full);
        Answer later = submit(Command.deleteExisting(A));
        assertThat(later.currentRevision).as("the failed put is forgotten").isZero();
    }

    /** Otherwise the log could accept a write that was decided by the failed one. */
    @Test
    void theCallbackOfAFailureWaitsForADecisionInProgress() throws InterruptedException {
        log.preload(B, ONE);
        submit(Command.put(A, ONE));
        log.fail(full, false);
        Thread committer = new Thread(log::reportFailure);
        log.underLock = () -> {
            log.underLock = () -> {};
            committer.start();
            while (committer.getState() != Thread.State.WAITING && committer.isAlive()) {
                Thread.onSpinWait();
            }
        };
        Answer restsOnFailure = submit(
                Command.writeIf(List.of(new Condition.Exists(A), new Condition.Exists(B)), new WriteBatch().delete(B)));
        committer.join();
        log.commitAll();
        assertThat(restsOnFailure.failure).isSameAs(full);
        assertThat(log.applied(B)).isNotNull();
    }

    @Test
    void whoOnlyWaitedForAFailedWriteIsDecidedWithoutIt() {
        long revision = log.preload(A, ONE);
        submit(Command.put(A, TWO));
        Answer byRevision = submit(Command.putIfRevision(A, TWO, revision + 1));
        log.fail(full, false);
        log.reportFailure();
        assertThat(byRevision.currentRevision).isEqualTo(revision);
    }

    @Test
    void aRefusedWriteLeavesThePendingOneBeforeItInTheOverlay() {
        submit(Command.put(A, ONE));
        log.refuseNext = full;
        Answer refused = submit(Command.delete(A));
        assertThat(refused.failure).isSameAs(full);
        Answer create = submit(Command.putIfAbsent(A, TWO));
        assertThat(create.given).isFalse();
        log.commitAll();
        assertThat(create.currentRevision).isEqualTo(1);
    }

    @Test
    void aReadThatFailsFailsItsCommandAndLetsTheNextOneGo() {
        log.setCold(A, true);
        StoreException damage = new StoreException(StoreException.Kind.CORRUPTION, "bad block");
        log.readFailure = damage;
        Answer waiting = submit(Command.putIfAbsent(A, ONE));
        Answer behind = submit(Command.put(A, TWO));
        coldReads.runAll();
        log.commitAll();
        assertThat(waiting.failure).isSameAs(damage);
        assertThat(behind.committed).isEqualTo(1);
    }

    @Test
    void aRejectedReadFailsItsCommandAsOverloaded() {
        log.setCold(A, true);
        coldReads.rejects = true;
        assertThat(submit(Command.putIfAbsent(A, ONE)).failure)
                .extracting(StoreException::kind)
                .isEqualTo(StoreException.Kind.OVERLOADED);
    }

    @Test
    void beyondEitherLimitCommandsAreRefused() {
        sequencer = new WriteSequencer(log, log, coldReads, new SequencerLimits(2, 10, 3));
        Answer large = submit(Command.put(A, new byte[20]));
        assertThat(submit(Command.put(B, ONE)).failure)
                .hasMessageContaining("1 writes with 21 bytes")
                .hasMessageContaining("limits are 2 writes and 10 bytes");
        log.commitAll();
        assertThat(large.committed).as("a single command is never too large").isEqualTo(1);
        submit(Command.put(A, ONE));
        submit(Command.put(A, ONE));
        assertThat(submit(Command.put(A, ONE)).failure)
                .extracting(StoreException::kind)
                .isEqualTo(StoreException.Kind.OVERLOADED);
        log.commitAll();
        Answer again = submit(Command.put(A, ONE));
        log.commitAll();
        assertThat(again.committed).isEqualTo(4);
    }

    @Test
    void aWriteIsEncodedWithoutTheLock() {
        log.whilePreparing = () -> {
            CompletableFuture<SequencerStats> needsTheLock = CompletableFuture.supplyAsync(sequencer::stats);
            assertThat(needsTheLock).succeedsWithin(Duration.ofSeconds(30));
        };
        Answer put = submit(Command.put(A, ONE));
        log.commitAll();
        assertThat(put.committed).isEqualTo(1);
    }

    @Test
    void aWriteThatIsNeverTakenFailsAtOnceWhateverItsConditionsSay() {
        log.neverTaken = new StoreException(StoreException.Kind.TOO_LARGE, "too large");
        assertThat(submit(Command.put(A, ONE)).failure).isSameAs(log.neverTaken);
        assertThat(submit(Command.deleteExisting(A)).failure).isSameAs(log.neverTaken);
    }

    @Test
    void aWriteThatWasEncodedInTheEpochBeforeIsProposedToTheLogOfThisOne() {
        log.whilePreparing = () -> {
            log.whilePreparing = () -> {};
            sequencer.suspend(full);
            sequencer.resume((batch, note, durability, callback) -> log.prepare(batch, note, durability, callback));
        };
        Proposer before = (batch, note, durability, callback) -> {
            PreparedWrite ignored = log.prepare(batch, note, durability, callback);
            return () -> {
                throw new AssertionError("proposed to the log of an earlier epoch: " + ignored);
            };
        };
        sequencer = new WriteSequencer(log, before, coldReads, SequencerLimits.defaults());
        Answer put = submit(Command.put(A, ONE));
        log.commitAll();
        assertThat(put.committed).isEqualTo(1);
    }

    @Test
    void noValueIsReadForAConditionThatTheRevisionDecides() {
        long revision = log.preload(A, ONE);
        for (boolean cold : new boolean[] {false, true}) {
            log.setCold(A, cold);
            Answer create = submit(Command.putIfAbsent(A, TWO));
            Answer stale = submit(Command.putIfRevision(A, TWO, revision + 1));
            Answer there = submit(Command.writeIf(
                    List.of(new Condition.Exists(A), new Condition.Absent(A)), new WriteBatch().delete(A)));
            coldReads.runAll();
            assertThat(List.of(create.currentRevision, stale.currentRevision, there.currentRevision))
                    .containsOnly(revision);
        }
        assertThat(log.valueReads).isZero();
        submit(Command.writeIf(List.of(new Condition.ValueIs(A, TWO)), new WriteBatch().delete(A)));
        assertThat(log.valueReads).isPositive();
    }

    @Test
    void suspendingFailsWhatIsNotProposedAndNothingElse() {
        StoreException notLeading = new StoreException(StoreException.Kind.CLOSED, "not leading");
        log.setCold(B, true);
        Answer proposed = submit(Command.put(A, ONE));
        Answer follower = submit(Command.putIfAbsent(A, TWO));
        Answer cold = submit(Command.deleteExisting(B));
        Answer behind = submit(Command.put(B, ONE));
        Answer awaiting = submit(Command.putIfRevision(A, TWO, 1));
        sequencer.suspend(notLeading);
        Answer refused = submit(Command.put(C, ONE));
        assertThat(List.of(cold.failure, behind.failure, awaiting.failure, refused.failure))
                .containsOnly(notLeading);
        log.commitAll();
        coldReads.runAll();
        assertThat(proposed.committed).isEqualTo(1);
        assertThat(follower.currentRevision).isEqualTo(1);
        sequencer.resume(log);
        Answer delete = submit(Command.deleteExisting(A));
        log.commitAll();
        assertThat(delete.committed).isEqualTo(2);
    }

    @Test
    void onlyASuspendedSequencerIsResumed() {
        assertThatThrownBy(() -> sequencer.resume(log)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aCallbackMaySubmit() {
        Answer second = new Answer();
        Answer first = new Answer();
        first.then = () -> sequencer.submit(Command.putIfRevision(A, TWO, 1), Durability.MAJORITY, second);
        sequencer.submit(Command.put(A, ONE), Durability.MAJORITY, first);
        log.commitAll();
        assertThat(second.committed).isEqualTo(2);
    }

    @Test
    void aCallbackThatThrowsHarmsNoOther() {
        Answer put = new Answer();
        put.then = () -> {
            throw new IllegalArgumentException("a bug in the caller");
        };
        sequencer.submit(Command.put(A, ONE), Durability.MAJORITY, put);
        Answer follower = submit(Command.putIfAbsent(A, ONE));
        log.commitAll();
        assertThat(follower.currentRevision).isEqualTo(1);
    }

    private Answer submit(Command command) {
        Answer answer = new Answer();
        sequencer.submit(command, Durability.MAJORITY, answer);
        return answer;
    }
}
