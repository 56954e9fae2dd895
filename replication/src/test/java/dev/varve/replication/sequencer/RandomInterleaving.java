package dev.varve.replication.sequencer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.replication.sequencer.SequencerModel.Issued;
import dev.varve.storage.Durability;
import dev.varve.storage.Entry;
import dev.varve.storage.KeyRange;
import dev.varve.storage.PreparedWrite;
import dev.varve.storage.StoreException;
import dev.varve.storage.WriteBatch;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * One run of the sequencer in which a seeded generator decides what happens next: a command arrives, a write becomes
 * visible, is reported, fails with all behind it, a cold read ends, leadership is lost. Other things also happen in the
 * midst of a read, of a callback, and of the calls under the lock.
 */
final class RandomInterleaving {

    /** How a command ended. */
    enum Ending {
        COMMITTED,
        CONDITION_FAILED,
        FAILED
    }

    private static final int KEYS = 4;
    private static final byte[][] VALUES = {{1}, {2}};

    private final Random random;
    private final ExecutorService committer;
    private final FakeLog log = new FakeLog();
    private final ManualExecutor coldReads = new ManualExecutor();
    private final WriteSequencer sequencer;
    private final List<Issued> history = new ArrayList<>();
    private final boolean mayFail;
    private int depth;
    private boolean suspended;
    private int epoch;

    RandomInterleaving(long seed, ExecutorService committer) {
        this.random = new Random(seed);
        this.committer = committer;
        boolean tight = chance(10);
        this.sequencer = new WriteSequencer(
                log, logOfThisEpoch(), coldReads, tight ? new SequencerLimits(6, 100, 1) : SequencerLimits.defaults());
        this.mayFail = chance(70);
        log.underLock = this::underLock;
        log.whileReading = this::inTheMidst;
    }

    /** Runs some steps, lets everything end, and checks all answers. */
    Map<Ending, Integer> run() {
        int steps = 50 + random.nextInt(250);
        for (int i = 0; i < steps; i++) {
            step();
        }
        settle();
        new SequencerModel().check(history);
        SequencerModel.checkLogged(history, log);
        SequencerStats stats = sequencer.stats();
        assertThat(stats).isEqualTo(new SequencerStats(0, 0, 0, 0, stats.coldReads()));
        return endings();
    }

    private void step() {
        int dice = random.nextInt(100);
        if (dice < 40) {
            issue();
        } else if (dice < 58) {
            log.apply();
        } else if (dice < 76) {
            log.report();
        } else if (dice < 88) {
            endRead();
        } else if (dice < 94) {
            switch (random.nextInt(3)) {
                case 0 -> log.setCold(key(), true);
                case 1 -> log.setCold(key(), false);
                default -> log.setColdOnce(key());
            }
        } else if (dice < 97) {
            log.reportFailure();
        } else if (mayFail) {
            disturb();
        }
    }

    private void disturb() {
        switch (random.nextInt(8)) {
            case 0 -> log.fail(new StoreException(StoreException.Kind.DISK_FULL, "no space"), false);
            case 1 -> log.fail(new StoreException(StoreException.Kind.LOG_FAILED, "broken"), chance(5));
            case 2 -> log.refuseNext = new StoreException(StoreException.Kind.OVERLOADED, "not now");
            case 3 -> coldReads.rejects = !coldReads.rejects;
            case 4 ->
                log.readFailure =
                        log.readFailure == null ? new StoreException(StoreException.Kind.IO, "unreadable") : null;
            case 5 -> loseLeadership();
            default -> {}
        }
    }

    /** The log of the old term ends some way, while commands arrive, before the next one begins. */
    private void loseLeadership() {
        if (suspended || depth > 0) {
            return;
        }
        suspended = true;
        sequencer.suspend(new StoreException(StoreException.Kind.CLOSED, "not leading"));
        epoch++;
        issue();
        while (chance(60) && log.apply()) {
            issue();
            endRead();
        }
        log.fail(new StoreException(StoreException.Kind.LOG_FAILED, "the term has ended"), false);
        while (log.report() || log.reportFailure()) {
            issue();
        }
        endRead();
        suspended = false;
        sequencer.resume(logOfThisEpoch());
    }

    private Proposer logOfThisEpoch() {
        int bound = epoch;
        return (batch, note, durability, callback) -> {
            PreparedWrite write = log.prepare(batch, note, durability, callback);
            return () -> {
                assertThat(suspended).as("proposed while suspended").isFalse();
                assertThat(bound).as("proposed to the log of an earlier epoch").isEqualTo(epoch);
                write.submit();
            };
        };
    }

    private void endRead() {
        if (coldReads.size() > 0) {
            coldReads.run(random.nextInt(coldReads.size()));
        }
    }

    /** Under the lock the log goes on: writes become visible, and the committing thread reports, which never waits. */
    private void underLock() {
        while (chance(15)) {
            log.apply();
        }
        if (chance(15)) {
            try {
                depth += 100;
                committer.submit(log::report).get(20, TimeUnit.SECONDS);
                depth -= 100;
            } catch (Exception e) {
                throw new AssertionError("the committing thread had to wait for the lock", e);
            }
        }
    }

    /** Where no lock is held anything may happen, as by another thread. */
    private void inTheMidst() {
        if (depth < 3) {
            depth++;
            while (chance(30)) {
                step();
            }
            depth--;
        }
    }

    private void issue() {
        Issued issued = new Issued(command());
        issued.answer.then = () -> {
            issued.visibleAtAnswer = log.revision();
            inTheMidst();
        };
        history.add(issued);
        sequencer.submit(issued.command, chance(50) ? Durability.MAJORITY : Durability.ACCEPTED, issued.answer);
    }

    private Command command() {
        byte[] key = key();
        byte[] value = VALUES[random.nextInt(VALUES.length)];
        return switch (random.nextInt(10)) {
            case 9 -> Command.write(new WriteBatch().deleteRange(range()));
            case 0, 1 -> Command.put(key, value);
            case 2 -> Command.delete(key);
            case 3 -> Command.putIfAbsent(key, value);
            case 4 -> Command.deleteExisting(key);
            case 5 -> Command.putIfRevision(key, value, likelyRevision(key));
            default -> Command.writeIf(conditions(), effects());
        };
    }

    private List<Condition> conditions() {
        List<Condition> conditions = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            byte[] key = key();
            conditions.add(
                    switch (random.nextInt(4)) {
                        case 0 -> new Condition.Exists(key);
                        case 1 -> new Condition.Absent(key);
                        case 2 -> new Condition.RevisionIs(key, likelyRevision(key));
                        default -> new Condition.ValueIs(key, VALUES[random.nextInt(VALUES.length)]);
                    });
        }
        return conditions;
    }

    private WriteBatch effects() {
        WriteBatch effects = new WriteBatch();
        for (int i = random.nextInt(3); i >= 0; i--) {
            switch (random.nextInt(5)) {
                case 0, 1 -> effects.put(key(), VALUES[random.nextInt(VALUES.length)]);
                case 2, 3 -> effects.delete(key());
                default -> effects.deleteRange(range());
            }
        }
        return effects;
    }

    /** The revision that the key has, or that one of the pending writes will have. */
    private long likelyRevision(byte[] key) {
        Entry entry = log.applied(key);
        return entry == null || random.nextBoolean() ? log.revision() + 1 + random.nextInt(3) : entry.revision();
    }

    private KeyRange range() {
        return chance(20) ? KeyRange.atLeast(key()) : KeyRange.closed(key(), key());
    }

    private byte[] key() {
        return new byte[] {(byte) random.nextInt(KEYS)};
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    /** Lets everything that is in flight end; if the sequencer hangs, commands stay without an answer. */
    private void settle() {
        coldReads.rejects = false;
        boolean more = true;
        while (more) {
            more = log.apply() || log.report() || log.reportFailure();
            if (coldReads.size() > 0) {
                endRead();
                more = true;
            }
        }
    }

    private Map<Ending, Integer> endings() {
        Map<Ending, Integer> endings = new EnumMap<>(Ending.class);
        for (Issued issued : history) {
            Ending ending = issued.answer.failure != null
                    ? Ending.FAILED
                    : issued.answer.failedCondition != null ? Ending.CONDITION_FAILED : Ending.COMMITTED;
            endings.merge(ending, 1, Integer::sum);
        }
        return endings;
    }
}
