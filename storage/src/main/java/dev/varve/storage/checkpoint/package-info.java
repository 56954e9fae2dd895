/**
 * The manifest: which files make up the store, and up to where the log is covered by tables.
 *
 * <p>{@link dev.varve.storage.checkpoint.Manifest} is an append-only file of checksummed
 * {@link dev.varve.storage.checkpoint.ManifestEdit}s; each counts once it is synced. What they add up to is a
 * {@link dev.varve.storage.checkpoint.ManifestState}. Every flush is a checkpoint: one edit adds the table and moves the place
 * from which the log is replayed when the store is opened.
 *
 * <p>Invariants: a file is durable, with its name, before an edit names it; an edit that drops a file is synced before the file
 * is removed; a checkpoint never lies beyond what this node's log has on its device.
 *
 * <p>Threads: a manifest may be used from any thread; edits are made one at a time.
 */
@NullMarked
package dev.varve.storage.checkpoint;

import org.jspecify.annotations.NullMarked;
