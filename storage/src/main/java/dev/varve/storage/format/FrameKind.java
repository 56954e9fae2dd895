package dev.varve.storage.format;

/**
 * What a frame is. Codes never change. A code with the high bit set is <em>critical</em>: a reader that does not know it must
 * refuse the log, since skipping it would lose a change; an unknown code without it may be skipped.
 */
public final class FrameKind {

    /** Sets a key. */
    public static final byte PUT = (byte) 0x81;
    /** Removes a key. */
    public static final byte DELETE = (byte) 0x82;
    /**
     * Removes all keys of the frame's keyspace from its key (inclusive) to its value (exclusive; an empty value is no bound): those that
     * earlier client writes set, none that this one sets. Nothing if the key is not below the value.
     */
    public static final byte RANGE_DELETE = (byte) 0x83;
    /** A part of a value too large for one record; the key is the chunk's id. Reserved. */
    public static final byte CHUNK = (byte) 0x84;
    /** Bytes that the log does not interpret: a Raft configuration. */
    public static final byte OPAQUE = (byte) 0x85;
    /** The request id of the client write that it begins; the key is the id, the value its fingerprint. Reserved. */
    public static final byte REQUEST = 0x06;

    private FrameKind() {}

    /** True if a frame of this kind must neither be skipped nor can be applied by this version. */
    public static boolean isUnsupported(byte kind) {
        return kind < 0 && kind != PUT && kind != DELETE && kind != RANGE_DELETE && kind != OPAQUE;
    }
}
