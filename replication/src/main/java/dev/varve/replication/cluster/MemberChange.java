package dev.varve.replication.cluster;

import org.jspecify.annotations.Nullable;

/** A change of a cluster's members, or of who leads it. The numbers stand in messages and never change. */
public enum MemberChange {
    /** A node may join: it becomes a member as soon as it asks and has caught up. */
    ADD(1),
    /** A node is a member no longer. */
    REMOVE(2),
    /** Another node leads: a certain one, or the one that has most of the log. */
    TRANSFER(3);

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
