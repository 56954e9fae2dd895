package dev.varve.storage.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The first 64 bytes of every file.
 *
 * <pre>
 *  0  u64  magic "VARVE\r\n\x1a"
 *  8  u32  kind: see {@link FileKind}
 * 12  u16  version of the kind's format
 * 14  u16  oldest version whose readers may read this file
 * 16  u64  store id, high half
 * 24  u64  store id, low half
 * 32  u64  file id
 * 40  u64  size to which a log segment was preallocated before its first use; 0 in other files
 * 48  ...  zero
 * 60  u32  CRC32C of bytes 0 to 59
 * </pre>
 *
 * @param kind what the file is
 * @param storeId to which store it belongs
 * @param fileId its id, as in its name
 * @param preallocatedBytes size to which a log segment was preallocated; 0 in other files
 */
public record FileHeader(FileKind kind, StoreId storeId, long fileId, long preallocatedBytes) {

    /** Size in bytes. */
    public static final int BYTES = 64;

    private static final long MAGIC = 0x1a0a0d4556524156L;
    private static final int CRC = 60;

    /** The header of a file that is no log segment. */
    public FileHeader(FileKind kind, StoreId storeId, long fileId) {
        this(kind, storeId, fileId, 0);
    }

    /** The header as bytes, from position 0 to the limit. */
    public ByteBuffer encode() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(0, MAGIC)
                .putInt(8, kind.code())
                .putShort(12, (short) kind.version())
                .putShort(14, (short) kind.version())
                .putLong(16, storeId.high())
                .putLong(24, storeId.low())
                .putLong(32, fileId)
                .putLong(40, preallocatedBytes);
        return bytes.putInt(CRC, Checksum.of(bytes, 0, CRC));
    }

    /**
     * Reads a header and checks it.
     *
     * @param bytes the first bytes of the file, from index 0 to the limit
     * @param name the name of the file, which tells what the header must say
     * @throws CorruptionException if it is not a header, or not that of this file
     * @throws UnsupportedVersionException if the file is too new
     */
    public static FileHeader decode(ByteBuffer bytes, FileName name)
            throws CorruptionException, UnsupportedVersionException {
        String file = name.toString();
        ByteBuffer b = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        if (b.limit() < BYTES) {
            throw new CorruptionException(file, b.limit(), "the file ends within its header of " + BYTES + " bytes");
        }
        if (b.getLong(0) != MAGIC) {
            throw new CorruptionException(file, 0, "this is not a file of Varve (wrong magic number)");
        }
        if (b.getInt(CRC) != Checksum.of(b, 0, CRC)) {
            throw new CorruptionException(file, CRC, "the header's checksum does not match");
        }
        if (b.getInt(8) != name.kind().code() || b.getLong(32) != name.id()) {
            throw new CorruptionException(file, 8, "the header is that of another file");
        }
        int oldest = Short.toUnsignedInt(b.getShort(14));
        if (oldest > name.kind().version()) {
            throw new UnsupportedVersionException(file + " needs a newer Varve: its format is version "
                    + Short.toUnsignedInt(b.getShort(12)) + ", this program reads up to version "
                    + name.kind().version());
        }
        return new FileHeader(name.kind(), new StoreId(b.getLong(16), b.getLong(24)), name.id(), b.getLong(40));
    }

    /** Reads a header that must belong to the given store. */
    public static FileHeader check(ByteBuffer bytes, FileName name, StoreId expected)
            throws CorruptionException, UnsupportedVersionException {
        FileHeader header = decode(bytes, name);
        if (!header.storeId().equals(expected)) {
            throw new CorruptionException(
                    name.toString(), 16, "it belongs to store " + header.storeId() + ", not to " + expected);
        }
        return header;
    }
}
