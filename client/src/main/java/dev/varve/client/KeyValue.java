package dev.varve.client;

/**
 * A key and its value. The arrays are not copied: whoever holds the record shares them.
 *
 * @param key the key, at least one byte
 * @param value the value, possibly empty
 */
public record KeyValue(byte[] key, byte[] value) {}
