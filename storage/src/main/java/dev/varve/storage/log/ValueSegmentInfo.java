package dev.varve.storage.log;

/**
 * What the manifest keeps of a value segment.
 *
 * @param id its id
 * @param sizeBytes size of its file
 * @param originalBytes how long its frames would be if no value in them were compressed
 */
public record ValueSegmentInfo(long id, long sizeBytes, long originalBytes) {}
