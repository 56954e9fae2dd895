/**
 * A store under mixed load for as long as one likes, with restarts, every answer of which is checked.
 *
 * <p>{@link dev.varve.bench.soak.SoakBench} is the command. It starts a {@link dev.varve.bench.soak.SoakProcess}, in which
 * {@link dev.varve.bench.soak.Client}s write and read at a given rate, has it close and open the store now and then, and kills it now
 * and then. What must be in the store stands in a {@link dev.varve.bench.soak.Model}: a version a key, in a mapped file, so that it
 * outlives the process. Each second space, memory and latencies are sampled.
 */
@NullMarked
package dev.varve.bench.soak;

import org.jspecify.annotations.NullMarked;
