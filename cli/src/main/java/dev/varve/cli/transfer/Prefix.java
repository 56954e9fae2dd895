package dev.varve.cli.transfer;

import java.util.Arrays;

/** Bytes in front of keys. */
final class Prefix {
    private Prefix() {}

    /** The key with the prefix before it. */
    static byte[] add(byte[] prefix, byte[] key) {
        byte[] whole = Arrays.copyOf(prefix, prefix.length + key.length);
        System.arraycopy(key, 0, whole, prefix.length, key.length);
        return whole;
    }

    /** The key without its first bytes. */
    static byte[] strip(byte[] prefix, byte[] key) {
        return Arrays.copyOfRange(key, prefix.length, key.length);
    }
}
