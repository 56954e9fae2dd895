package dev.varve.storage.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The last 64 bytes of a table.
 *
 * <pre>
 *  0  u64  offset of the meta index
 *  8  u32  its length, trailer included
 * 12  u32  levels of the index: 1 if the root points to data blocks
 * 16  u64  offset of the index's root
 * 24  u32  its length, trailer included
 * 28  u32  zero
 * 32  u64  number of entries
 * 40  u64  size of the file
 * 48  u32  zero
 * 52  u32  CRC32C of bytes 0 to 51, salted with table id and offset of the footer
 * 56  u64  magic "VARVEEND"
 * </pre>
 *
 * @param meta the meta index: names of meta blocks and where they stand
 * @param indexLevels levels of the index
 * @param root the root of the index
 * @param entries number of entries
 */
public record TableFooter(BlockHandle meta, int indexLevels, BlockHandle root, long entries) {

    /** Size in bytes. */
    public static final int BYTES = 64;

    /** The meta block with the table's properties. */
    public static final String PROPERTIES = "properties";
    /** The meta block with the Bloom filter over the index keys. */
    public static final String BLOOM_FILTER = "filter.bloom";
    /** The meta block with the range tombstones; only in a table that has some. */
    public static final String RANGE_TOMBSTONES = "!range-tombstones";
    /** A reader that does not know a meta block whose name begins so must refuse the table. */
    public static final char CRITICAL = '!';

    private static final long MAGIC = 0x444e454556524156L;
    private static final int CRC = 52;
    private static final int MAX_LEVELS = 8;

    /** The footer as bytes, for the end of a file of this size. */
    public ByteBuffer encode(long tableId, long fileSize) {
        ByteBuffer b = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        b.putLong(0, meta.offset())
                .putInt(8, meta.length())
                .putInt(12, indexLevels)
                .putLong(16, root.offset())
                .putInt(24, root.length())
                .putLong(32, entries)
                .putLong(40, fileSize)
                .putLong(56, MAGIC);
        return b.putInt(CRC, Checksum.of(b, 0, CRC) ^ Checksum.salt(tableId, fileSize - BYTES));
    }

    /** Reads a footer from index 0; the file it ends has the given size. */
    public static TableFooter decode(ByteBuffer bytes, FileName name, long fileSize) throws CorruptionException {
        ByteBuffer b = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        long at = fileSize - BYTES;
        if (b.limit() < BYTES || b.getLong(56) != MAGIC) {
            throw new CorruptionException(name.toString(), at, "the table has no footer: it was not finished");
        }
        if (b.getInt(CRC) != (Checksum.of(b, 0, CRC) ^ Checksum.salt(name.id(), at)) || b.getLong(40) != fileSize) {
            throw new CorruptionException(name.toString(), at, "the footer's checksum or size does not match");
        }
        TableFooter footer = new TableFooter(
                new BlockHandle(b.getLong(0), b.getInt(8)),
                b.getInt(12),
                new BlockHandle(b.getLong(16), b.getInt(24)),
                b.getLong(32));
        if (!footer.meta.fits(at)
                || !footer.root.fits(at)
                || footer.indexLevels < 1
                || footer.indexLevels > MAX_LEVELS) {
            throw new CorruptionException(name.toString(), at, "the footer points outside the table");
        }
        return footer;
    }
}
