/**
 * What the commands that measure have in common: the programs that they start ({@link dev.varve.bench.harness.Processes}), the
 * machine ({@link dev.varve.bench.harness.Machine}), what was measured in rounds ({@link dev.varve.bench.harness.Results}), what is
 * aimed at ({@link dev.varve.bench.harness.Target}), and how it is told.
 *
 * <p>A figure is named by its {@link dev.varve.bench.harness.Series}: the workload, the contender, and what was measured of it.
 */
@NullMarked
package dev.varve.bench.harness;

import org.jspecify.annotations.NullMarked;
