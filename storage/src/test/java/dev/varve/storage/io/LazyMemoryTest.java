package dev.varve.storage.io;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class LazyMemoryTest {

    private static final long BYTES = (3 << 20) + 5;

    @Test
    void itIsZeroAlignedAndOfTheSizeThatWasAskedFor() {
        MemorySegment memory = LazyMemory.allocate(BYTES);
        assertThat(memory.byteSize()).isEqualTo(BYTES);
        assertThat(memory.address() % 8).isZero();
        assertThat(memory.mismatch(Arena.ofAuto().allocate(BYTES)))
                .as("all zero")
                .isEqualTo(-1);
        memory.set(ValueLayout.JAVA_BYTE, BYTES - 1, (byte) 7);
        assertThat(memory.get(ValueLayout.JAVA_BYTE, BYTES - 1)).isEqualTo((byte) 7);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void whatIsDiscardedIsTheSystemsAgain() {
        MemorySegment memory = LazyMemory.allocate(3 << 20);
        memory.fill((byte) 7);
        LazyMemory.discard(memory);
        assertThat(memory.mismatch(Arena.ofAuto().allocate(3 << 20)))
                .as("all zero")
                .isEqualTo(-1);
    }

    @Test
    void whatDoesNotEndWithAPageIsLeftAlone() {
        MemorySegment memory = LazyMemory.allocate(BYTES);
        memory.fill((byte) 7);
        LazyMemory.discard(memory);
        assertThat(memory.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 7);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void whatTheSystemRefusesIsNothing() {
        LinuxCalls calls = requireNonNull(LinuxCalls.instance());
        try (Arena arena = Arena.ofConfined()) {
            assertThat(calls.mapMemory(1L << 60, arena)).isNull();
        }
    }
}
