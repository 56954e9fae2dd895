package dev.varve.storage.log;

/**
 * Where a value stands since it was moved.
 *
 * @param position the {@link LogPosition} of its frame
 * @param codec how it is compressed there: see {@link dev.varve.storage.format.Frames}
 * @param storedLength its length there
 */
public record MovedValue(long position, int codec, int storedLength) {}
