/**
 * Chaos: a cluster of real processes to which everything happens that may happen to one, while clients go on, and a judgement of what they saw.
 *
 * <p>{@link dev.varve.systemtests.chaos.ChaosClient}s draw operations on the components of a {@link dev.varve.systemtests.chaos.Keyspace} and
 * send them by a {@link dev.varve.systemtests.chaos.StoreClient}. The {@link dev.varve.systemtests.chaos.Nemesis} goes on in rounds: one or two
 * {@link dev.varve.systemtests.chaos.Fault}s, then peace until writing goes on. The {@link dev.varve.systemtests.chaos.Judge} reads a component once more when it
 * is done with, and gives its calls to the checker of the test kit. The {@link dev.varve.systemtests.chaos.Timeline} holds what is drawn in the end.
 *
 * <p>Threads: a virtual thread for each client, one for the nemesis and one more for a second fault, one for the judge.
 */
@NullMarked
package dev.varve.systemtests.chaos;

import org.jspecify.annotations.NullMarked;
