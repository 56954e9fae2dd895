package dev.varve.replication;

import org.jspecify.annotations.Nullable;

/** A write that was not acknowledged. */
public final class ProposalException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What is known of the write. */
    public enum Outcome {
        /** It was not and will not be applied: this node does not lead, or no longer does. */
        NOT_LEADER,
        /** It was not and will not be applied: too much is under way; try again later. */
        OVERLOADED,
        /** It may have been applied, or may yet be. */
        UNKNOWN
    }

    private final Outcome outcome;
    private final @Nullable String leader;

    public ProposalException(Outcome outcome, @Nullable String leader, String message) {
        super(message);
        this.outcome = outcome;
        this.leader = leader;
    }

    /** What is known of the write. */
    public Outcome outcome() {
        return outcome;
    }

    /** The name of the node that leads, if this one knows. */
    public @Nullable String leader() {
        return leader;
    }
}
