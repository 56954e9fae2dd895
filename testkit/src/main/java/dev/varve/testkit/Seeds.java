package dev.varve.testkit;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;

/**
 * The seeds of a random test. Without further ado a test runs a few fixed ones, so that a build is repeatable;
 * {@code -Dvarve.seeds=N} runs N fresh ones, {@code -Dvarve.seed=S} runs exactly this one.
 */
public final class Seeds {

    /** What a test does with a seed. */
    @FunctionalInterface
    public interface Body {
        void run(long seed) throws Exception;
    }

    private Seeds() {}

    /**
     * Runs a body for each seed, and says of one that fails how to repeat it.
     *
     * @param test the class of the test, for the command that repeats it
     * @param method the method of the test
     * @param usual how many seeds an ordinary build runs
     */
    public static void forEach(Class<?> test, String method, int usual, Body body) {
        Long only = Long.getLong("varve.seed");
        Integer fresh = Integer.getInteger("varve.seeds");
        LongStream seeds = only != null
                ? LongStream.of(only)
                : fresh != null
                        ? new SplittableRandom().longs(fresh).map(seed -> seed >>> 1)
                        : LongStream.rangeClosed(1, usual);
        seeds.forEach(seed -> run(test, method, seed, body));
    }

    static void run(Class<?> test, String method, long seed, Body body) {
        try {
            body.run(seed);
        } catch (Exception | AssertionError | SimulatedCrash e) {
            throw new AssertionError(
                    "failed with seed " + seed + ": " + e.getMessage() + "\nrepeat it with\n  "
                            + command(test, method, seed),
                    e);
        }
    }

    private static String command(Class<?> test, String method, long seed) {
        return "mvn -B -ntp -pl testkit -am test -Dsurefire.failIfNoSpecifiedTests=false -Dtest=" + test.getSimpleName()
                + "#" + method + " -Dvarve.seed=" + seed;
    }

    /** The random numbers of a seed. */
    public static RandomGenerator random(long seed) {
        return new SplittableRandom(seed);
    }
}
