package dev.varve.replication.sequencer;

import dev.varve.storage.StoreException;

/** Counts what is in flight against the limits. Confined to the lock of the sequencer. */
final class Admission {

    private final SequencerLimits limits;
    private int commands;
    private long bytes;

    Admission(SequencerLimits limits) {
        this.limits = limits;
    }

    /** Takes in a command, or returns false if that would be too much. */
    boolean enter(long sizeBytes) {
        boolean fits = commands < limits.maxCommands() && bytes + sizeBytes <= limits.maxBytes();
        if (commands > 0 && !fits) {
            return false;
        }
        commands++;
        bytes += sizeBytes;
        return true;
    }

    /** A command that was taken in has its answer. */
    void leave(long sizeBytes) {
        commands--;
        bytes -= sizeBytes;
    }

    int commands() {
        return commands;
    }

    long bytes() {
        return bytes;
    }

    /** What is told to a command that was not taken in. */
    StoreException overloaded() {
        return new StoreException(
                StoreException.Kind.OVERLOADED,
                commands + " writes with " + bytes + " bytes are in flight, the limits are " + limits.maxCommands()
                        + " writes and " + limits.maxBytes()
                        + " bytes; try again when some of them have been answered");
    }
}
