package dev.varve.storage.state;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.log.LogPosition;
import dev.varve.storage.log.SegmentSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RangeReaderTest {

    private static final int MISSING_SEGMENT = 99;
    private static final Applied THROUGH = new Applied(1, 1, 1, 0, 0, new byte[0], 0);

    private final VersionSet versions = new VersionSet(8 << 20, Levels.of(List.of(), Map.of()));
    private long now;
    private final SnapshotRegistry snapshots = new SnapshotRegistry(() -> now, 100);

    private static byte[] key(String text) {
        return IndexKey.of(0, text.getBytes(US_ASCII));
    }

    private static String number(int i) {
        return "%05d".formatted(i);
    }

    private void put(String key, long revision, String value) {
        byte[] bytes = value.getBytes(US_ASCII);
        add(key, EntryKind.INLINE, revision, 0, ByteBuffer.wrap(bytes));
    }

    private void delete(String key, long revision) {
        add(key, EntryKind.TOMBSTONE, revision, 0, ByteBuffer.allocate(0));
    }

    private void add(String key, byte kind, long revision, long position, ByteBuffer value) {
        byte[] indexKey = key(key);
        assertThat(versions.current()
                        .active()
                        .add(indexKey, indexKey.length, kind, revision, position, 0, value.limit(), value, 0))
                .isTrue();
    }

    private RangeReader reader(@Nullable String start, @Nullable String end, boolean ascending, long revision) {
        return new RangeReader(
                versions,
                new ValueFetcher(new ValueReader(new SegmentSet())),
                start == null ? null : key(start),
                end == null ? null : key(end),
                ascending,
                revision,
                snapshots);
    }

    private static List<String> rest(RangeReader reader) throws IOException {
        List<String> items = new ArrayList<>();
        for (RangeItem item = reader.next(); item != null; item = reader.next()) {
            items.add(new String(item.key(), US_ASCII) + "=" + new String(item.value(), US_ASCII));
        }
        assertThat(reader.next()).isNull();
        return items;
    }

    private List<String> ascending(@Nullable String start, @Nullable String end, long revision) throws IOException {
        return rest(reader(start, end, true, revision));
    }

    /** Checks that the other direction gives the same. */
    private List<String> both(@Nullable String start, @Nullable String end, long revision) throws IOException {
        List<String> ascending = ascending(start, end, revision);
        assertThat(rest(reader(start, end, false, revision)).reversed()).isEqualTo(ascending);
        return ascending;
    }

    /** How many items each chunk of a range has, after so many items have been asked for. */
    private List<Integer> chunks(boolean mapped, int asked) throws IOException {
        List<Integer> chunks = new ArrayList<>();
        RangeReader reader = new RangeReader(
                versions,
                items -> {
                    chunks.add(items.size());
                    return mapped;
                },
                null,
                null,
                true,
                1,
                snapshots);
        for (int i = 0; i < asked; i++) {
            reader.next();
        }
        return chunks;
    }

    @Test
    void littleIsReadAheadOfWhoAsksUnlessThereIsSomethingToWaitFor() throws IOException {
        for (int i = 0; i < 5_000; i++) {
            put(number(i), 1, "v");
        }
        assertThat(chunks(true, 1)).containsExactly(16);
        assertThat(chunks(true, 100)).containsExactly(16, 16, 16, 16, 16, 20);
        assertThat(chunks(true, 5_000)).contains(512).allMatch(size -> size <= 512);
        assertThat(chunks(false, 100)).containsExactly(16, 32, 64);
        assertThat(chunks(false, 5_000)).startsWith(16, 32, 64, 128, 256, 512, 512);
    }

    @Test
    void theStartBelongsToTheRangeAndTheEndDoesNot() throws IOException {
        for (String key : List.of("a", "b", "bb", "c")) {
            put(key, 1, "1");
        }
        assertThat(both(null, null, 1)).containsExactly("a=1", "b=1", "bb=1", "c=1");
        assertThat(both("b", "c", 1)).containsExactly("b=1", "bb=1");
        assertThat(both("ab", "bba", 1)).containsExactly("b=1", "bb=1");
        assertThat(both("d", null, 1)).isEmpty();
        assertThat(both(null, "a", 1)).isEmpty();
        assertThat(both("b", "b", 1)).isEmpty();
        assertThat(both("c", "a", 1)).isEmpty();
    }

    @Test
    void eachKeyShowsItsNewestVersionUpToTheRevision() throws IOException {
        put("a", 1, "old");
        put("a", 5, "new");
        put("b", 2, "old");
        delete("b", 4);
        put("b", 6, "new");
        delete("c", 1);
        put("d", 7, "new");
        assertThat(both(null, null, 0)).isEmpty();
        assertThat(both(null, null, 1)).containsExactly("a=old");
        assertThat(both(null, null, 3)).containsExactly("a=old", "b=old");
        assertThat(both(null, null, 4)).containsExactly("a=old");
        assertThat(both(null, null, 6)).containsExactly("a=new", "b=new");
        assertThat(both(null, null, Long.MAX_VALUE)).containsExactly("a=new", "b=new", "d=new");
    }

    @Test
    void ofTwoChangesOfAKeyByOneWriteTheLastCountsInBothDirections() throws IOException {
        put("k", 3, "first");
        put("k", 3, "last");
        assertThat(both(null, null, 3)).containsExactly("k=last");
        versions.freeze(THROUGH, 0);
        put("k", 3, "behind the freeze");
        assertThat(both(null, null, 3)).containsExactly("k=behind the freeze");
    }

    @Test
    void manyChunksGiveEachEntryOnce() throws IOException {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            put(number(i), 2, "v");
            put(number(i), 1, "old");
            if (i % 7 == 0) {
                delete(number(i), 3);
            } else {
                expected.add(number(i) + "=v");
            }
        }
        assertThat(both(null, null, 9)).isEqualTo(expected);
    }

    @Test
    void aLongRunOfTombstonesIsPassed() throws IOException {
        for (int i = 0; i < 3000; i++) {
            delete(number(i), 1);
        }
        put("before", 1, "1");
        put("0", 1, "1");
        assertThat(both(null, null, 9)).containsExactly("0=1", "before=1");
    }

    @Test
    void aChunkHoldsAQuarterOfAMebibyteOrOneLargerEntry() throws IOException {
        String large = "v".repeat(200_000);
        for (int i = 0; i < 6; i++) {
            put(number(i), 1, large);
        }
        for (boolean ascending : new boolean[] {true, false}) {
            RangeReader reader = reader(null, null, ascending, 1);
            List<Boolean> buffered = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                assertThat(reader.next()).isNotNull();
                buffered.add(reader.hasBuffered());
            }
            assertThat(buffered).containsExactly(true, false, true, false, true, true);
            assertThat(reader.next()).isNull();
            assertThat(reader.hasBuffered()).isTrue();
        }
    }

    @Test
    void itHoldsNoVersionBetweenTwoReadsAndGoesOnInTheNextOne() throws IOException {
        for (int i = 0; i < 200; i++) {
            put(number(i), 1, "v");
        }
        for (boolean ascending : new boolean[] {true, false}) {
            RangeReader reader = reader(null, null, ascending, 1);
            assertThat(reader.next()).isNotNull();
            Version before = versions.current();
            versions.freeze(THROUGH, 0);
            assertThat(before.unused()).isTrue();
            put(number(100), 2, "too new");
            assertThat(rest(reader)).hasSize(199).allMatch(item -> item.endsWith("=v"));
        }
    }

    @Test
    void whatCannotBeReadIsToldWhenItIsReachedAndEveryTimeItIsTriedAgain() throws IOException {
        for (int i = 0; i < 10; i++) {
            if (i == 6) {
                add(number(6), EntryKind.POINTER, 1, LogPosition.of(MISSING_SEGMENT, 64), ByteBuffer.allocate(0));
            } else {
                put(number(i), 1, "v");
            }
        }
        assertReadsUntilDamage(true, IntStream.range(0, 6));
        assertReadsUntilDamage(false, IntStream.range(7, 10).map(i -> 16 - i));
    }

    private void assertReadsUntilDamage(boolean ascending, IntStream numbers) throws IOException {
        RangeReader reader = reader(null, null, ascending, 1);
        for (int number : numbers.toArray()) {
            RangeItem item = requireNonNull(reader.next());
            assertThat(new String(item.key(), US_ASCII)).isEqualTo(number(number));
        }
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(reader::next).isInstanceOf(CorruptionException.class);
        }
    }

    @Test
    void aReaderThatIsTooOldGivesOutNothingMore() throws IOException {
        for (int i = 0; i < 100; i++) {
            put("k%02d".formatted(i), 1, "v");
        }
        snapshots.register(() -> 1);
        RangeReader reader = reader(null, null, true, 1);
        RangeItem first = requireNonNull(reader.next());
        assertThat(new String(first.key(), US_ASCII)).isEqualTo("k00");
        now += 101;
        assertThat(snapshots.revisions(() -> 2)).containsExactly(2);
        for (int i = 1; reader.hasBuffered(); i++) {
            RangeItem item = requireNonNull(reader.next()); // It had been read in time.
            assertThat(new String(item.key(), US_ASCII)).isEqualTo("k%02d".formatted(i));
        }
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(reader::next).isInstanceOf(SnapshotExpiredException.class);
        }
    }

    @Test
    void closingTellsOnceAndEndsIt() throws IOException {
        put("a", 1, "v");
        snapshots.register(() -> 1);
        snapshots.register(() -> 1);
        RangeReader reader = reader(null, null, true, 1);
        assertThat(reader.revision()).isEqualTo(1);
        assertThat(reader.hasBuffered()).isFalse();
        reader.close();
        reader.close();
        assertThat(snapshots.size()).isEqualTo(1);
        assertThatThrownBy(reader::next).isInstanceOf(IllegalStateException.class);
    }
}
