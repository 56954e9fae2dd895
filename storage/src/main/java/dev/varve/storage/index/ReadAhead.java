package dev.varve.storage.index;

import dev.varve.storage.format.BlockBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Reads the data blocks of a table one after another in large pieces, past the cache: for who reads all of it once. Not thread-safe. */
final class ReadAhead {

    private static final int PIECE_BYTES = 256 << 10;

    private final BlockFile file;
    private ByteBuffer piece = ByteBuffer.allocate(0);
    private final ByteBuffer spare = ByteBuffer.allocate(BlockCache.FRAME_BYTES);
    private long pieceOffset;

    ReadAhead(BlockFile file) {
        this.file = file;
    }

    /** The block at an offset; valid until the next call. */
    ByteBuffer block(long offset, int length) throws IOException {
        if (offset < pieceOffset || offset + length > pieceOffset + piece.limit()) {
            fill(offset, length);
        }
        ByteBuffer block = piece.slice((int) (offset - pieceOffset), length);
        return BlockBuilder.open(block, file.name(), offset, spare);
    }

    private void fill(long offset, int length) throws IOException {
        int wanted = (int) Math.max(length, Math.min(PIECE_BYTES, file.sizeBytes() - offset));
        if (piece.capacity() < wanted) {
            piece = ByteBuffer.allocate(wanted).order(ByteOrder.LITTLE_ENDIAN);
        }
        piece.clear().limit(wanted);
        file.file().read(piece, offset);
        piece.flip();
        pieceOffset = offset;
        if (piece.limit() < length) {
            throw file.damaged(offset, "the file ends within it");
        }
    }
}
