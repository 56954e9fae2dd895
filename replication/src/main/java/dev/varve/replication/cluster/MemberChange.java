package dev.varve.replication.cluster;

import org.jspecify.annotations.Nullable;

/** A change of a cluster's members, or of who leads it. The numbers stand in messages and never change. */
public enum MemberChange {
    /** A node may join: it becomes a member that votes as soon as it asks and has caught up. */
    ADD(1),
    /** A node is a member no longer, and does not become one again until it is added. */
    REMOVE(2),
    /** Another node leads: a certain one, or the one that has most of the log. */
    TRANSFER(3),
    /** A node may join as a learner: it becomes a member that does not vote as soon as it asks. */
    ADD_LEARNER(4),
    /** A learner votes from now on. */
    PROMOTE(5);

    private final int number;

    MemberChange(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    static @Nullable MemberChange of(int number) {
        for (MemberChange change : values()) {
            if (change.number == number) {
                return change;
            }
        }
        return null;
    }
}
