package dev.varve.storage.log;

/** Told of what the log does, for measurements. */
@FunctionalInterface
public interface LogListener {

    /**
     * A segment was forced.
     *
     * @param nanos how long it took
     * @param writes how many client writes the commit covered
     * @param bytes how many bytes of log it covered
     */
    void forced(long nanos, int writes, long bytes);
}
