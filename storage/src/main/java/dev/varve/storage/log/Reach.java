package dev.varve.storage.log;

/** How far a read of a value may go. */
public enum Reach {
    /** What the operating system has in memory, without ever waiting: for threads that must not. */
    MEMORY,
    /** What is mapped. A page that is not there waits for the device. */
    MAPPING,
    /** The device. */
    DEVICE
}
