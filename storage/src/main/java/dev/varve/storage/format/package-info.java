/**
 * The shapes of the bytes on disk, as pure code: no file is opened here.
 *
 * <p>All integers are little-endian; all that is trusted is covered by a CRC32C ({@link dev.varve.storage.format.Checksum}).
 * Every file begins with a {@link dev.varve.storage.format.FileHeader}. The log is made of records
 * ({@link dev.varve.storage.format.RecordHeader}) that hold frames ({@link dev.varve.storage.format.Frames}); tables are made of
 * blocks ({@link dev.varve.storage.format.BlockBuilder}). Names of files are built and parsed by {@link dev.varve.storage.format.FileName} alone.
 * The grammar of each file stands in {@code docs/formats}.
 *
 * <p>Readers never trust a length before a checksum has vouched for it, or bound it by the bytes that are there. What does
 * not fit is a {@link dev.varve.storage.format.CorruptionException} or {@link dev.varve.storage.format.UnsupportedVersionException}
 * that names file and offset.
 *
 * <p>Threads: everything here is either immutable or confined to its caller.
 */
@NullMarked
package dev.varve.storage.format;

import org.jspecify.annotations.NullMarked;
