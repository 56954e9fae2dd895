package dev.varve.storage.log;

/**
 * A place in the log within this process, packed into a {@code long}: the segment's number (not its id) in the high half,
 * the offset in the file in the low half. Positions in different segments compare like their segments' numbers.
 */
public final class LogPosition {

    private LogPosition() {}

    /** Packs a position. */
    public static long of(int segmentNumber, int offset) {
        return ((long) segmentNumber << 32) | Integer.toUnsignedLong(offset);
    }

    /** The number of the segment: see {@link Segment#number}. */
    public static int segmentNumber(long position) {
        return (int) (position >>> 32);
    }

    /** The offset in the segment's file, in bytes. */
    public static int offset(long position) {
        return (int) position;
    }
}
