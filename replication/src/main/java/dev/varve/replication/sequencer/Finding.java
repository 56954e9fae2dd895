package dev.varve.replication.sequencer;

import dev.varve.storage.Entry;
import dev.varve.storage.Lookup;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What was found of a condition. Without the value: many may wait, and values are large.
 *
 * @param holds whether the condition holds
 * @param revision the revision of its key, 0 if there is no such key
 * @param row what is remembered of a request, which is short; null for all other conditions
 */
@SuppressWarnings("ArrayRecordComponent") // It is never compared.
record Finding(boolean holds, long revision, byte @Nullable [] row) {

    Finding(boolean holds, long revision) {
        this(holds, revision, null);
    }

    /** Looks at the state without waiting for the disk; null if the answer needs it. */
    static @Nullable Finding lookUp(Condition condition, StateReader state) {
        return switch (condition) {
            case Condition.OnRevision onRevision -> {
                OptionalLong revision = state.lookupRevision(onRevision.key());
                yield revision.isEmpty() ? null : of(onRevision, revision.getAsLong());
            }
            case Condition.Unanswered unanswered -> {
                Lookup found = state.lookupNote(unanswered.key());
                yield found.state() == Lookup.State.COLD ? null : of(unanswered, found.entry());
            }
            case Condition.ValueIs valueIs -> {
                Lookup found = state.lookup(valueIs.key());
                yield found.state() == Lookup.State.COLD ? null : of(valueIs, found.entry());
            }
        };
    }

    /** Reads the state, from the disk if need be. */
    static Finding read(Condition condition, StateReader state) {
        return switch (condition) {
            case Condition.OnRevision onRevision -> of(onRevision, state.revision(onRevision.key()));
            case Condition.Unanswered unanswered -> of(unanswered, state.note(unanswered.key()));
            case Condition.ValueIs valueIs -> of(valueIs, state.entry(valueIs.key()));
        };
    }

    private static Finding of(Condition.OnRevision condition, long revision) {
        return new Finding(condition.holds(revision), revision);
    }

    private static Finding of(Condition.Unanswered condition, @Nullable Entry entry) {
        byte[] row = entry == null ? null : entry.value();
        return new Finding(condition.holds(row), entry == null ? 0 : entry.revision(), row);
    }

    private static Finding of(Condition.ValueIs condition, @Nullable Entry entry) {
        return new Finding(condition.holds(entry), entry == null ? 0 : entry.revision());
    }
}
