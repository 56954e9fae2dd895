/**
 * Tests of the whole program with real processes, disks and signals.
 *
 * <p>{@link dev.varve.systemtests.Program} is the command line of the launcher, {@link dev.varve.systemtests.ServerProcess}
 * a server that can be killed and started again. Tests never assert how long something takes, only that it happens; where
 * a time is wanted, the long form of the test measures it and prints it.
 */
@NullMarked
package dev.varve.systemtests;

import org.jspecify.annotations.NullMarked;
