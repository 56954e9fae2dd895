package dev.varve.systemtests.chaos;

import java.util.random.RandomGenerator;

/** Something bad that happens to a node and ends again. */
@FunctionalInterface
interface Fault {

    /**
     * Does it, and undoes it.
     *
     * @param target the node that it happens to
     * @param holdNanos how long it lasts
     * @return what is to be said of it besides its kind and its target, or nothing
     */
    String strike(String target, long holdNanos, RandomGenerator random) throws Exception;
}
