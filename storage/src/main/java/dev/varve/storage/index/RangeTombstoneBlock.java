package dev.varve.storage.index;

import dev.varve.storage.format.BlockBuilder;
import dev.varve.storage.format.BlockCursor;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.VarInt;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The meta block of a table's range tombstones: an entry for each fragment, with its start as the key.
 *
 * <pre>
 * payload := varint length of the end, end, varint revision, (varint difference)*
 * </pre>
 *
 * Revisions descend; each but the first is written as the difference to the one before it.
 */
public final class RangeTombstoneBlock {

    private RangeTombstoneBlock() {}

    /** Builds the block. */
    public static BlockBuilder encode(RangeTombstones ranges) {
        BlockBuilder block = new BlockBuilder();
        for (RangeTombstones.Fragment fragment : ranges.fragments()) {
            byte[] end = fragment.end();
            long[] revisions = fragment.revisions();
            ByteBuffer payload = ByteBuffer.allocate(5 + end.length + 10 * revisions.length);
            VarInt.put(payload, end.length);
            payload.put(end);
            VarInt.put(payload, revisions[0]);
            for (int i = 1; i < revisions.length; i++) {
                VarInt.put(payload, revisions[i - 1] - revisions[i]);
            }
            block.add(fragment.start(), fragment.start().length, payload.flip());
        }
        return block;
    }

    /**
     * Reads a block.
     *
     * @param block walks it from its first entry
     * @throws CorruptionException if it holds something else
     */
    public static RangeTombstones decode(BlockCursor block) throws CorruptionException {
        List<RangeTombstones.Fragment> fragments = new ArrayList<>();
        boolean found = block.first();
        if (!found) {
            return RangeTombstones.NONE;
        }
        try {
            for (; found; found = block.next()) {
                ByteBuffer payload = block.payload();
                byte[] end = new byte[VarInt.getInt(payload, payload.remaining())];
                payload.get(end);
                fragments.add(new RangeTombstones.Fragment(
                        Arrays.copyOf(block.keyBytes(), block.keyLength()), end, revisions(payload)));
            }
            return RangeTombstones.of(fragments);
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            throw block.damagedEntry(String.valueOf(e.getMessage()));
        }
    }

    private static long[] revisions(ByteBuffer payload) {
        long[] revisions = new long[payload.remaining()]; // Each takes at least a byte.
        int n = 0;
        while (payload.hasRemaining()) {
            long number = VarInt.get(payload);
            long revision = n == 0 ? number : revisions[n - 1] - number;
            if (revision <= 0 || number <= 0) {
                throw new IllegalArgumentException("the revisions of a range tombstone do not descend");
            }
            revisions[n++] = revision;
        }
        return Arrays.copyOf(revisions, n);
    }
}
