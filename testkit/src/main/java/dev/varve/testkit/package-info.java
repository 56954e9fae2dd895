/**
 * What tests share: simulated files and clock, a model of the store, seeds and golden files.
 *
 * <p>{@link dev.varve.testkit.SimulatedFileSystem} stands in for the disk. It knows of every file what is written and what
 * is synced, sector by sector, and of every directory which names are synced; so it can be killed, and its power can be
 * cut, between any two calls, and what the next start finds is one of the states that a real device could have been left
 * in. A {@link dev.varve.testkit.FaultPlan} makes calls fail, tear, lie, or stop the machine.
 *
 * <pre>{@code
 * SimulatedEnvironment machine = SimulatedEnvironment.create(seed);
 * try (Store store = Store.open(directory, options, machine.environment())) {
 *     machine.files().faults().failOnce(FaultPlan.kinds(Set.of(CallKind.SYNC)), 3, FaultPlan::inputOutputError);
 *     ...
 * }
 * SimulatedFileSystem next = machine.files().afterPowerCut(random, CrashMode.HALF_LOST);
 * }</pre>
 *
 * <p>{@link dev.varve.testkit.ModelStore} is the store as it should be: a sorted map that keeps its history.
 *
 * <p>Everything random follows from a seed ({@link dev.varve.testkit.Seeds}); a test that fails prints the command that
 * repeats it.
 *
 * <p>Threads: what is shared with a store is thread-safe; models and generators belong to one thread.
 */
@NullMarked
package dev.varve.testkit;

import org.jspecify.annotations.NullMarked;
