package dev.varve.storage;

/** How far a write has come when its answer is given. */
public enum Durability {
    /**
     * In the log and handed to the operating system, not yet forced to the device: survives the death of the process, not
     * a power cut. If a write that waits for the device is queued before it, it waits with it: writes become visible in order.
     */
    ACCEPTED,
    /** Forced to the device of this node (fdatasync). On one node this is all there is. */
    LEADER,
    /** Forced to the devices of a majority of the nodes; on a store without replicas the same as {@link #LEADER}. */
    MAJORITY
}
