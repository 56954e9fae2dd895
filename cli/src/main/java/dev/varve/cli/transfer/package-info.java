/**
 * {@code varve import} and {@code varve export}: entries between a server and files.
 *
 * <p>A {@link dev.varve.cli.transfer.Source} lists what is to be imported in an order that stays the same from run to run;
 * the {@link dev.varve.cli.transfer.Importer} sends it, several entries at once, and notes in the
 * {@link dev.varve.cli.transfer.Journal} which the server has acknowledged. An import that was interrupted skips those.
 * For the other direction the {@link dev.varve.cli.transfer.Exporter} reads one range and hands its entries to a
 * {@link dev.varve.cli.transfer.Sink}.
 *
 * <p>Both outlive a restart of the server: a put is repeated until it is acknowledged (which does no harm, as it is the
 * same put), a range is read on behind its last key.
 */
@NullMarked
package dev.varve.cli.transfer;

import org.jspecify.annotations.NullMarked;
