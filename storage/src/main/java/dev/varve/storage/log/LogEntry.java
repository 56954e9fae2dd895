package dev.varve.storage.log;

import dev.varve.storage.format.RecordType;
import java.nio.ByteBuffer;

/**
 * An entry of the Raft log.
 *
 * @param type client writes, nothing, or a configuration
 * @param index its index
 * @param term its term
 * @param timeMicros cluster time at which its leader made it
 * @param firstRevision revision of the first client write in it; of the next one to come if it holds none
 * @param payload its frames with plain checksums, little-endian, from index 0 to the limit
 */
public record LogEntry(
        RecordType type, long index, long term, long timeMicros, long firstRevision, ByteBuffer payload) {}
