package dev.varve.storage.state;

import dev.varve.storage.format.RecordType;

/**
 * What is applied, without its payload.
 *
 * @param type client writes, nothing, or a configuration
 * @param index its index
 * @param term its term
 * @param timeMicros its cluster time
 * @param firstRevision revision of its first client write; of the next one to come if it holds none
 */
public record EntryHead(RecordType type, long index, long term, long timeMicros, long firstRevision) {}
