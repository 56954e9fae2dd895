package dev.varve.storage;

/** In which order a cursor walks. */
public enum Order {
    /** By unsigned bytes, smallest key first. */
    ASCENDING,
    /** Largest key first. */
    DESCENDING
}
