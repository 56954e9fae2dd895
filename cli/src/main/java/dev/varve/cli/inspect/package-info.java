/**
 * {@code varve inspect} and {@code varve verify}: what looks into a store's files without a server, and never changes them.
 *
 * <p>{@link dev.varve.cli.inspect.StoreFiles} finds the files of a directory by its manifest;
 * {@link dev.varve.cli.inspect.SegmentScan} walks over the records of a log segment and
 * {@link dev.varve.cli.inspect.TableScan} over the blocks and entries of a table. Both are readers of their own, written
 * after the documents of the formats and not after the engine's readers, so that a checker does not share the engine's
 * mistakes; and unlike those they go on behind a damaged place, to name them all.
 *
 * <p>{@link dev.varve.cli.inspect.Verification} puts the pieces together: every checksum of every file, the chain of the
 * log, and for each pointer of each table the frame that it points to. What it finds goes to
 * {@link dev.varve.cli.inspect.Findings}.
 */
@NullMarked
package dev.varve.cli.inspect;

import org.jspecify.annotations.NullMarked;
