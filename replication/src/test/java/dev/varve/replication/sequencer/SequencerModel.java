package dev.varve.replication.sequencer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.Entry;
import dev.varve.storage.Mutation;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the sequencer must be indistinguishable from: one command after the other, in the order of their arrival, on a map.
 *
 * <p>Commands that share no key may take effect in another order, but then neither can tell; those that share one keep the
 * order of arrival. So one execution in that order must give every answer that was given.
 */
final class SequencerModel {

    /** A command with its answer, and the revision up to which the log was visible when the answer was given. */
    static final class Issued {
        final Command command;
        final Answer answer = new Answer();
        long visibleAtAnswer = -1;

        Issued(Command command) {
            this.command = command;
        }
    }

    private final TreeMap<byte[], Entry> state = new TreeMap<>(Arrays::compareUnsigned);
    private final TreeMap<byte[], Long> lastWrite = new TreeMap<>(Arrays::compareUnsigned);

    /** Repeats all commands, in order of arrival, and checks every answer. */
    void check(List<Issued> history) {
        for (int i = 0; i < history.size(); i++) {
            Issued issued = history.get(i);
            String name = "command " + i + " of " + history.size() + " (" + issued.answer + ")";
            assertThat(issued.answer.given).as(name).isTrue();
            if (issued.answer.failedCondition != null) {
                checkNegative(issued, name);
            } else if (issued.answer.failure == null) {
                checkCommitted(issued, name);
            }
        }
    }

    /** Checks that exactly those commands that were answered so are in the log, and under the revision that they were told. */
    static void checkLogged(List<Issued> history, FakeLog log) {
        for (Issued issued : history) {
            Long logged = log.revisionOf(issued.command.effects());
            assertThat(logged == null ? -1 : logged)
                    .as(issued.answer.toString())
                    .isEqualTo(issued.answer.committed);
        }
    }

    private void checkNegative(Issued issued, String name) {
        for (Condition condition : issued.command.conditions()) {
            Entry current = state.get(condition.key());
            long written = lastWrite.getOrDefault(condition.key(), 0L);
            assertThat(written)
                    .as(name + ": it rests on a write that was not committed")
                    .isLessThanOrEqualTo(issued.visibleAtAnswer);
            if (!holds(condition, current)) {
                assertThat(issued.answer.failedCondition).as(name).isSameAs(condition);
                assertThat(issued.answer.currentRevision).as(name).isEqualTo(revision(current));
                return;
            }
        }
        throw new AssertionError(name + ": all conditions hold");
    }

    private void checkCommitted(Issued issued, String name) {
        for (Condition condition : issued.command.conditions()) {
            assertThat(holds(condition, state.get(condition.key())))
                    .as(name + ": " + condition)
                    .isTrue();
        }
        long revision = issued.answer.committed;
        assertThat(revision).as(name + ": answered before its commit").isLessThanOrEqualTo(issued.visibleAtAnswer);
        for (Mutation mutation : issued.command.effects().mutations()) {
            switch (mutation) {
                case Mutation.Put put -> {
                    checkWritten(put.key(), revision, name);
                    state.put(put.key(), new Entry(put.key(), put.value(), revision));
                }
                case Mutation.Delete delete -> {
                    checkWritten(delete.key(), revision, name);
                    state.remove(delete.key());
                }
                case Mutation.DeleteRange delete -> {
                    for (byte[] key : List.copyOf(lastWrite.keySet())) {
                        if (delete.range().contains(key)) {
                            checkWritten(key, revision, name);
                        }
                    }
                    state.keySet().removeIf(delete.range()::contains);
                }
            }
        }
    }

    private void checkWritten(byte[] key, long revision, String name) {
        assertThat(lastWrite.getOrDefault(key, 0L))
                .as(name + ": overtook an earlier write to its key")
                .isLessThanOrEqualTo(revision);
        lastWrite.put(key, revision);
    }

    private static boolean holds(Condition condition, @Nullable Entry current) {
        return switch (condition) {
            case Condition.OnRevision onRevision -> onRevision.holds(revision(current));
            case Condition.ValueIs valueIs -> valueIs.holds(current);
            case Condition.Unanswered _ -> throw new AssertionError("the sequencer adds this condition itself");
        };
    }

    private static long revision(@Nullable Entry entry) {
        return entry == null ? 0 : entry.revision();
    }
}
