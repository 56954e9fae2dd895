package dev.varve.storage.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Readers look into frames that are given to other blocks all the time. */
@Timeout(60)
class BlockCacheRaceTest {

    private static final int FRAMES = 4;
    private static final int BLOCKS = 40;
    private static final int READERS = 3;
    private static final int BLOCKS_ADDED = 400_000;

    private final BlockCache cache = new BlockCache((long) FRAMES * BlockCache.FRAME_BYTES);
    private final AtomicBoolean done = new AtomicBoolean();
    private final AtomicLong read = new AtomicLong();
    private final AtomicLong foreign = new AtomicLong();

    /** Every word of a block says which block it is; blocks differ in length. */
    private static ByteBuffer block(long offset) {
        int words = 1 + (int) (offset * 12);
        ByteBuffer block = ByteBuffer.allocate(8 * words).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < words; i++) {
            block.putLong(offset);
        }
        return block.flip();
    }

    private boolean isBlock(long ticket, long offset) {
        ByteBuffer memory = cache.memory(BlockCache.chunkOf(ticket));
        int frame = BlockCache.frameOf(ticket);
        int length = cache.lengthOf(ticket);
        boolean same = length == block(offset).limit();
        for (int i = 0; i + 8 <= length; i += 8) {
            same &= memory.getLong(frame + i) == offset;
        }
        return same;
    }

    /** @param asks whether a reader asks, as it should, if its ticket still holds */
    private void read(boolean asks, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        while (!done.get()) {
            long offset = random.nextInt(BLOCKS);
            long ticket = cache.find(1, offset);
            if (ticket == BlockCache.NONE) {
                continue;
            }
            boolean same = isBlock(ticket, offset);
            if (!asks || cache.holds(ticket)) {
                read.incrementAndGet();
                foreign.addAndGet(same ? 0 : 1);
            }
        }
    }

    private void race(boolean asks) throws Exception {
        List<CompletableFuture<Void>> readers = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
            int seed = i;
            readers.add(CompletableFuture.runAsync(
                    () -> read(asks, seed), command -> Thread.ofPlatform().start(command)));
        }
        SplittableRandom random = new SplittableRandom(READERS);
        for (int i = 0; i < BLOCKS_ADDED || read.get() < 1000; i++) {
            long offset = random.nextInt(BLOCKS);
            cache.add(1, offset, block(offset));
        }
        done.set(true);
        for (CompletableFuture<Void> reader : readers) {
            reader.get();
        }
    }

    @Test
    void aReaderNeverTakesAnotherBlockForItsOwn() throws Exception {
        race(true);
        assertThat(foreign.get()).isZero();
    }

    /** Else the test above would prove nothing. */
    @Test
    void aReaderThatDoesNotAskIsSeenToTakeAnotherBlockForItsOwn() throws Exception {
        race(false);
        assertThat(foreign.get()).isPositive();
    }
}
