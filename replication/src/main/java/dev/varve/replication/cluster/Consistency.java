package dev.varve.replication.cluster;

/** How new what a read sees must be. */
public enum Consistency {
    /** All that was acknowledged before the read began, whoever asked for it: the leader asks a majority whether it still leads. */
    LINEARIZABLE,
    /** The same as long as no clock runs much faster than another: the leader trusts the lease that its last round gave it. */
    LEASE,
    /** What this node happens to have. */
    STALE
}
