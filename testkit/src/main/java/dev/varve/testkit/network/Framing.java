package dev.varve.testkit.network;

/** What a proxy knows of the bytes that it passes on. */
public enum Framing {
    /** Nothing. */
    NONE,
    /** A frame begins with its length as a little-endian u32, which does not count itself. */
    LENGTH_PREFIXED
}
