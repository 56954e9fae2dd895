package dev.varve.storage.log;

/**
 * Where the log stands behind some record: what the next one must follow.
 *
 * @param lastIndex index of the last entry
 * @param lastTerm its term
 * @param nextRevision revision that the next client write takes
 * @param timeMicros cluster time of the last record
 */
public record LogState(long lastIndex, long lastTerm, long nextRevision, long timeMicros) {}
