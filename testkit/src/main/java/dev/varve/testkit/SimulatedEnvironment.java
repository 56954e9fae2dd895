package dev.varve.testkit;

import dev.varve.storage.io.Environment;
import java.time.Instant;
import java.util.Random;

/**
 * The surroundings of a simulated store: files, clock and random numbers that follow from one seed.
 *
 * @param files the files
 * @param clock the time
 * @param seed from which the store's random numbers follow
 */
public record SimulatedEnvironment(SimulatedFileSystem files, SimulatedClock clock, long seed) {

    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

    /** An empty disk. */
    public static SimulatedEnvironment create(long seed) {
        return on(new SimulatedFileSystem(), seed);
    }

    /** These files. */
    public static SimulatedEnvironment on(SimulatedFileSystem files, long seed) {
        return new SimulatedEnvironment(files, new SimulatedClock(BEGIN), seed);
    }

    /** The same with other files, as after a crash; the clock goes on. */
    public SimulatedEnvironment with(SimulatedFileSystem next) {
        return new SimulatedEnvironment(next, clock, seed + 1);
    }

    /** What a store is opened with. */
    public Environment environment() {
        return new Environment(files, clock, clock, new Random(seed));
    }
}
