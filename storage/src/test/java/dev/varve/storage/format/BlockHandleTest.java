package dev.varve.storage.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class BlockHandleTest {

    @Test
    void whatIsWrittenIsRead() {
        for (BlockHandle handle : new BlockHandle[] {
            new BlockHandle(0, 0), new BlockHandle(64, 4096), new BlockHandle(Long.MAX_VALUE, Integer.MAX_VALUE)
        }) {
            ByteBuffer bytes = ByteBuffer.allocate(16);
            handle.put(bytes);
            assertThat(BlockHandle.get(bytes.flip())).isEqualTo(handle);
            assertThat(bytes.hasRemaining()).isFalse();
        }
    }

    @Test
    void aLengthBeyondAnIntIsRefused() {
        ByteBuffer bytes = ByteBuffer.allocate(16);
        VarInt.put(bytes, 64);
        VarInt.put(bytes, 1L << 31);
        assertThatThrownBy(() -> BlockHandle.get(bytes.flip())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aBlockLiesBehindTheHeaderAndBeforeTheEnd() {
        assertThat(new BlockHandle(64, 36).fits(100)).isTrue();
        assertThat(new BlockHandle(64, 37).fits(100)).isFalse();
        assertThat(new BlockHandle(63, 10).fits(100)).isFalse();
        assertThat(new BlockHandle(64, BlockBuilder.TRAILER_BYTES).fits(100)).isTrue();
        assertThat(new BlockHandle(64, BlockBuilder.TRAILER_BYTES - 1).fits(100))
                .isFalse();
        assertThat(new BlockHandle(-1, 10).fits(100)).isFalse();
        assertThat(new BlockHandle(Long.MAX_VALUE, Integer.MAX_VALUE).fits(100)).isFalse();
    }
}
