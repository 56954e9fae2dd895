package dev.varve.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StoreOptionsTest {

    private static final StoreOptions DEFAULTS = StoreOptions.defaults();

    /** Each option with its least and its greatest value, as documented, and how it is set. */
    static Stream<Arguments> bounds() {
        return Stream.of(
                option("maxKeyBytes", 1, 65_535, n -> DEFAULTS.withMaxKeyBytes((int) n)),
                option("maxValueBytes", 1, 64 << 20, n -> DEFAULTS.withMaxValueBytes((int) n)),
                option("maxBatchBytes", 1, 64 << 20, n -> DEFAULTS.withMaxBatchBytes((int) n)),
                option("segmentBytes", 256 << 10, 1 << 30, n -> DEFAULTS.withSegmentBytes((int) n)),
                option("memtableBytes", 64 << 10, 1 << 30, n -> DEFAULTS.withMemtableBytes((int) n)),
                option("checkpointBytes", 64 << 10, 1L << 40, n -> DEFAULTS.withCheckpoint(n, 1000)),
                option(
                        "checkpointRecords",
                        100,
                        Integer.MAX_VALUE,
                        n -> DEFAULTS.withCheckpoint(DEFAULTS.checkpointBytes(), (int) n)),
                option("inlineValueBytes", 0, 4096, n -> DEFAULTS.withInlineValueBytes((int) n)),
                option("maxPendingBytes", 64 << 10, 1 << 30, n -> DEFAULTS.withMaxPendingBytes((int) n)),
                option("cacheBytes", 0, 1L << 40, n -> DEFAULTS.withCacheBytes(n)));
    }

    private static Arguments option(String name, long least, long greatest, LongFunction<StoreOptions> with) {
        return Arguments.of(name, least, greatest, with);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bounds")
    void anOptionIsCheckedAndNamed(String name, long least, long greatest, LongFunction<StoreOptions> with)
            throws ReflectiveOperationException {
        for (long value : new long[] {least, greatest}) {
            StoreOptions options = with.apply(value);
            assertThat(((Number) StoreOptions.class.getMethod(name).invoke(options)).longValue())
                    .isEqualTo(value);
        }
        assertRefused(name, least - 1, least, greatest, with);
        assertRefused(name, greatest + 1, least, greatest, with);
    }

    private static void assertRefused(
            String name, long value, long least, long greatest, LongFunction<StoreOptions> with) {
        if (value > Integer.MAX_VALUE && greatest <= Integer.MAX_VALUE) {
            return; // Beyond an int.
        }
        assertThatThrownBy(() -> with.apply(value))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.INVALID_ARGUMENT))
                .hasMessage(name + " is " + value + ", but must lie between " + least + " and " + greatest);
    }

    @Test
    void theDefaultsAreThoseOfTheDocument() {
        assertThat(DEFAULTS)
                .isEqualTo(new StoreOptions(
                        4 << 10,
                        8 << 20,
                        8 << 20,
                        64 << 20,
                        32 << 20,
                        32 << 20,
                        100_000,
                        256,
                        16 << 20,
                        64 << 20,
                        Duration.ofHours(1)));
    }

    @Test
    void memoryIsDividedWithoutARest() {
        for (long bytes : new long[] {1 << 20, 10_000_000, 128 << 20, 1L << 30, 1L << 35}) {
            StoreOptions options = DEFAULTS.withMemory(bytes);
            assertThat(3L * options.memtableBytes() + options.maxPendingBytes() + options.cacheBytes())
                    .isEqualTo(bytes);
            assertThat(options.memtableBytes()).isLessThanOrEqualTo(DEFAULTS.memtableBytes());
            assertThat(options.maxPendingBytes()).isLessThanOrEqualTo(DEFAULTS.maxPendingBytes());
            assertThat(options.cacheBytes()).isGreaterThanOrEqualTo(bytes / 2);
        }
        assertThat(DEFAULTS.withMemory(128 << 20))
                .isEqualTo(DEFAULTS.withMemtableBytes(16 << 20).withCacheBytes(64 << 20));
    }

    @Test
    void eachWithChangesOneOptionOnly() {
        StoreOptions all = new StoreOptions(1, 2, 3, 300_000, 70_000, 80_000, 200, 9, 90_000, 5, Duration.ofDays(2));
        StoreOptions stepByStep = DEFAULTS.withSnapshotAge(Duration.ofDays(2))
                .withCacheBytes(5)
                .withMaxPendingBytes(90_000)
                .withInlineValueBytes(9)
                .withCheckpoint(80_000, 200)
                .withMemtableBytes(70_000)
                .withSegmentBytes(300_000)
                .withMaxBatchBytes(3)
                .withMaxValueBytes(2)
                .withMaxKeyBytes(1);
        assertThat(stepByStep).isEqualTo(all);
    }
}
