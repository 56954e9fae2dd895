package dev.varve.storage;

/**
 * A key with its value as of some revision.
 *
 * @param key the key; the caller may keep it
 * @param value the stored bytes; the caller may keep them
 * @param revision the revision of the client write that set this value
 */
public record Entry(byte[] key, byte[] value, long revision) {}
