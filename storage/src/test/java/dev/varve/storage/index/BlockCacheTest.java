package dev.varve.storage.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class BlockCacheTest {

    private static final int FRAMES = 100;

    private final BlockCache cache = new BlockCache((long) FRAMES * BlockCache.FRAME_BYTES);

    private void add(long file, long offset, int length) {
        ByteBuffer block = ByteBuffer.allocate(length + 10).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < length; i++) {
            block.put(5 + i, (byte) (file + offset));
        }
        cache.add(file, offset, block.limit(5 + length).position(5));
    }

    /** Looks for a block and checks what is in its frame. */
    private boolean has(long file, long offset) {
        long ticket = cache.find(file, offset);
        if (ticket == BlockCache.NONE) {
            return false;
        }
        ByteBuffer memory = cache.memory(BlockCache.chunkOf(ticket));
        int frame = BlockCache.frameOf(ticket);
        for (int i = 0; i < cache.lengthOf(ticket); i++) {
            assertThat(memory.get(frame + i)).isEqualTo((byte) (file + offset));
        }
        assertThat(cache.holds(ticket)).isTrue();
        return true;
    }

    private int found(long file, int from, int to) {
        int found = 0;
        for (int offset = from; offset < to; offset++) {
            found += has(file, offset) ? 1 : 0;
        }
        return found;
    }

    @Test
    void aBlockIsFoundByFileAndOffset() {
        add(1, 64, 100);
        add(2, 64, 4096);
        add(1, 200, 0);
        assertThat(has(1, 64)).isTrue();
        assertThat(has(2, 64)).isTrue();
        assertThat(has(1, 200)).isTrue();
        assertThat(has(2, 200)).isFalse();
        assertThat(cache.lengthOf(cache.find(1, 64))).isEqualTo(100);
        assertThat(cache.lengthOf(cache.find(2, 64))).isEqualTo(4096);
        BlockCache.Figures figures = cache.figures();
        assertThat(figures.hits()).isEqualTo(5);
        assertThat(figures.misses()).isEqualTo(1);
        assertThat(figures.bytes()).isEqualTo(4196);
        assertThat(figures.capacityBytes()).isEqualTo(FRAMES * 4096);
    }

    @Test
    void aBlockThatIsThereIsNotKeptTwice() {
        add(1, 64, 100);
        add(1, 64, 100);
        assertThat(cache.figures().bytes()).isEqualTo(100);
    }

    @Test
    void whatDoesNotFitAFrameIsNotKept() {
        add(1, 64, BlockCache.FRAME_BYTES + 1);
        assertThat(has(1, 64)).isFalse();
    }

    @Test
    void aCacheWithoutAFrameKeepsNothing() {
        BlockCache none = new BlockCache(BlockCache.FRAME_BYTES - 1);
        none.add(1, 64, ByteBuffer.allocate(10));
        assertThat(none.find(1, 64)).isEqualTo(BlockCache.NONE);
    }

    @Test
    void aCacheOfOneFrameKeepsTheLastBlock() {
        BlockCache one = new BlockCache(BlockCache.FRAME_BYTES);
        for (int offset = 0; offset < 10; offset++) {
            one.add(1, offset, ByteBuffer.allocate(10));
            assertThat(one.find(1, offset)).isNotEqualTo(BlockCache.NONE);
        }
        assertThat(one.find(1, 8)).isEqualTo(BlockCache.NONE);
    }

    @Test
    void itHoldsAsManyBlocksAsItHasFrames() {
        for (int offset = 0; offset < 10 * FRAMES; offset++) {
            add(1, offset, 50);
        }
        assertThat(found(1, 0, 10 * FRAMES)).isEqualTo(FRAMES);
        assertThat(cache.figures().bytes()).isEqualTo(50 * FRAMES);
    }

    @Test
    void aTicketDoesNotHoldOnceItsFrameHasAnotherBlock() {
        add(1, 0, 10);
        long ticket = cache.find(1, 0);
        for (int offset = 1; cache.find(1, 0) != BlockCache.NONE; offset++) {
            assertThat(cache.holds(ticket)).isTrue();
            cache.forget(1); // Else each question whether it is there would count as a use.
            add(1, offset, 10);
        }
        assertThat(cache.holds(ticket)).isFalse();
    }

    @Test
    void aScanDoesNotDropWhatIsReadOverAndOver() {
        int hot = FRAMES / 2;
        for (int round = 0; round < 4; round++) {
            for (int offset = 0; offset < hot; offset++) {
                if (!has(1, offset)) {
                    add(1, offset, 50);
                }
            }
        }
        for (int offset = 0; offset < 50 * FRAMES; offset++) {
            assertThat(has(2, offset)).isFalse();
            add(2, offset, 50);
        }
        assertThat(found(1, 0, hot)).isEqualTo(hot);
    }

    @Test
    void aBlockThatComesBackSoonIsKept() {
        for (int offset = 0; offset < FRAMES + 1; offset++) {
            add(1, offset, 50);
        }
        assertThat(has(1, 0)).isFalse();
        add(1, 0, 50);
        for (int offset = 0; offset < 20 * FRAMES; offset++) {
            add(2, offset, 50);
        }
        assertThat(has(1, 0)).isTrue();
    }

    @Test
    void theBlocksOfATableThatIsGoneMakeRoom() {
        for (int round = 0; round < 4; round++) {
            for (int offset = 0; offset < FRAMES; offset++) {
                if (!has(1, offset)) {
                    add(1, offset, 50);
                }
            }
        }
        cache.forget(1);
        for (int offset = 0; offset < FRAMES; offset++) {
            add(2, offset, 50);
            has(2, offset);
            has(2, offset);
        }
        assertThat(found(1, 0, FRAMES)).isZero();
    }
}
