/**
 * The engine beside its peers, embedded: Varve, RocksDB with and without blob files, LMDB and MVStore.
 *
 * <p>{@link dev.varve.bench.engines.EngineBench} is the command. A round goes through every {@link dev.varve.bench.engines.Stage}, and
 * in each of them all {@link dev.varve.bench.engines.Contender}s take their turn, in a process of their own
 * ({@link dev.varve.bench.engines.StageProcess}) with the same heap, the same memory for caches and a new directory. A stage is one
 * store and the {@link dev.varve.bench.engines.Workload}s that are run on it, one behind the other. What is compared are ratios
 * within a round.
 *
 * <p>Keys and values are {@link dev.varve.bench.harness.Records}: every value that is read is compared in full with what was written,
 * and of every scan it is known which keys it has to give.
 */
@NullMarked
package dev.varve.bench.engines;

import org.jspecify.annotations.NullMarked;
