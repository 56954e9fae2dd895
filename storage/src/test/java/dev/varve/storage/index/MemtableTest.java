package dev.varve.storage.index;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemtableTest {

    private final MemorySegment memory = Arena.ofAuto().allocate(1 << 20, 8);
    private final Memtable memtable = new Memtable(memory, new byte[0]);

    private static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    private static boolean put(Memtable target, String key, long revision, String value) {
        byte[] indexKey = bytes(key);
        byte[] inline = bytes(value);
        return target.add(
                indexKey,
                indexKey.length,
                EntryKind.INLINE,
                revision,
                revision,
                (int) revision,
                inline.length,
                ByteBuffer.wrap(inline),
                0);
    }

    private void put(String key, long revision, String value) {
        assertThat(put(memtable, key, revision, value)).isTrue();
    }

    private static String text(IndexCursor cursor) throws IOException {
        String key = new String(cursor.keyBytes(), 0, cursor.keyLength(), ISO_8859_1);
        byte[] value = requireNonNull(cursor.entry().value());
        return key + "@" + cursor.revision() + "=" + new String(value, ISO_8859_1);
    }

    private static List<String> ascending(Memtable memtable) throws IOException {
        List<String> all = new ArrayList<>();
        IndexCursor cursor = memtable.cursor();
        for (boolean found = cursor.seek(null); found; found = cursor.next()) {
            all.add(text(cursor));
        }
        return all;
    }

    private static List<String> descending(Memtable memtable) throws IOException {
        List<String> all = new ArrayList<>();
        IndexCursor cursor = memtable.cursor();
        for (boolean found = cursor.seekBefore(null); found; found = cursor.previous()) {
            all.add(text(cursor));
        }
        return all;
    }

    private String get(String key, long maxRevision) {
        IndexEntry entry = memtable.get(bytes(key), maxRevision);
        return entry == null ? "nothing" : new String(requireNonNull(entry.value()), ISO_8859_1);
    }

    @ParameterizedTest
    @CsvSource({
        "'\0', ''",
        "'\0a common beginning ', ''",
        "'\0a common beginning ', '\0a common beginning 1'",
        "'\0a common beginning ', '\0a common beginning that none of them has'",
        "'\7', '\0072'",
        "'\7', '\7\7'",
        "'\7', '\6'"
    })
    void keysThatWereFetchedComeToStandWhereOthersWould(String prefix, String usual) throws IOException {
        Random random = new Random(5);
        Memtable memtable = new Memtable(memory, bytes(usual));
        Memtable unfetched = new Memtable(Arena.ofAuto().allocate(1 << 20, 8), new byte[0]);
        for (int revision = 1; revision < 4_000; ) {
            int count = 1 + random.nextInt(random.nextBoolean() ? 2 : Memtable.EXPECTED_MAX);
            List<String> keys = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                keys.add(prefix + random.nextInt(3_000));
                memtable.expect(i, bytes(keys.get(i)), keys.get(i).length());
            }
            if (random.nextInt(4) > 0) {
                memtable.fetch(count);
            }
            keys.removeIf(key -> random.nextInt(4) == 0);
            if (random.nextInt(4) == 0) {
                keys.add(random.nextInt(keys.size() + 1), prefix + random.nextInt(3_000));
            }
            for (String key : keys) {
                put(memtable, key, revision, "v" + revision);
                put(unfetched, key, revision, "v" + revision);
                revision++;
            }
        }
        assertThat(ascending(memtable)).isEqualTo(ascending(unfetched));
        assertThat(descending(memtable)).isEqualTo(ascending(unfetched).reversed());
    }

    /** It takes less than a second, or, if each key passes those before it one by one, many minutes. */
    @Test
    @Timeout(60)
    void fetchedKeysWithACommonBeginningAreNotPassedOneByOne() {
        Random random = new Random(7);
        Memtable large = new Memtable(Arena.ofAuto().allocate(64 << 20, 8), new byte[0]);
        for (int i = 0; i < 300_000; i += Memtable.EXPECTED_MAX) {
            List<String> keys = new ArrayList<>();
            for (int number = 0; number < Memtable.EXPECTED_MAX; number++) {
                keys.add("\0a common beginning " + random.nextInt());
                large.expect(number, bytes(keys.get(number)), keys.get(number).length());
            }
            large.fetch(Memtable.EXPECTED_MAX);
            for (String key : keys) {
                assertThat(put(large, key, i + 1, "")).isTrue();
            }
        }
        assertThat(large.entries()).isEqualTo(300_000);
    }

    @Test
    void anEmptyOneHasNothing() throws IOException {
        assertThat(memtable.get(bytes("k"), Long.MAX_VALUE)).isNull();
        assertThat(ascending(memtable)).isEmpty();
        assertThat(descending(memtable)).isEmpty();
        assertThat(memtable.cursor().seek(bytes("k"))).isFalse();
        assertThat(memtable.cursor().seekBefore(bytes("k"))).isFalse();
        assertThat(memtable.entries()).isZero();
    }

    @Test
    void versionsOfAKeyStandNewestFirst() throws IOException {
        put("b", 5, "five");
        put("a", 4, "four");
        put("b", 9, "nine");
        put("b", 7, "seven");
        assertThat(ascending(memtable)).containsExactly("a@4=four", "b@9=nine", "b@7=seven", "b@5=five");
        assertThat(descending(memtable)).containsExactly("b@5=five", "b@7=seven", "b@9=nine", "a@4=four");
        assertThat(memtable.entries()).isEqualTo(4);
    }

    @Test
    void aReadSeesTheNewestVersionUpToItsRevision() {
        put("b", 5, "five");
        put("b", 9, "nine");
        put("c", 1, "one");
        assertThat(get("b", 4)).isEqualTo("nothing");
        assertThat(get("b", 5)).isEqualTo("five");
        assertThat(get("b", 8)).isEqualTo("five");
        assertThat(get("b", 9)).isEqualTo("nine");
        assertThat(get("b", Long.MAX_VALUE)).isEqualTo("nine");
        assertThat(get("a", Long.MAX_VALUE)).isEqualTo("nothing");
        assertThat(get("bb", Long.MAX_VALUE)).isEqualTo("nothing");
    }

    @Test
    void ofTheSameKeyAndRevisionTheLastAddedCountsInBothDirections() throws IOException {
        put("a", 1, "before");
        put("b", 5, "first");
        put("b", 5, "second");
        put("b", 5, "third");
        put("c", 1, "behind");
        assertThat(get("b", 5)).isEqualTo("third");
        List<String> all = ascending(memtable);
        assertThat(all).containsExactly("a@1=before", "b@5=third", "b@5=second", "b@5=first", "c@1=behind");
        Collections.reverse(all);
        assertThat(descending(memtable)).isEqualTo(all);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "a", "aaaaaaa", "aaaaaaaa", "aaaaaaaa\0", "aaaaaaaaab", "aab", "0", "\u0080", "\u00ff\u00ff"
            })
    void keysThatShareTheirFirstEightBytesAreToldApartWhateverPrefixIsUsual(String usual) throws IOException {
        Memtable memtable = new Memtable(memory, bytes(usual));
        List<String> keys = new ArrayList<>(List.of(
                "a",
                "a\0",
                "a\0\0\0\0\0\0\0",
                "a\0\0\0\0\0\0\0\0",
                "aaaaaaa",
                "aaaaaaaa",
                "aaaaaaaa\0",
                "aaaaaaaa\u007f",
                "aaaaaaaa\u0080",
                "aaaaaaaa\u00ff",
                "aaaaaaaaa",
                "aaaaaaaaab",
                "\u0080",
                "\u00ff".repeat(8),
                "\u00ff".repeat(9)));
        Collections.shuffle(keys, new Random(1));
        for (int i = 0; i < keys.size(); i++) {
            assertThat(put(memtable, keys.get(i), i, keys.get(i))).isTrue();
        }
        List<String> sorted = new ArrayList<>(keys);
        sorted.sort((a, b) -> Arrays.compareUnsigned(bytes(a), bytes(b)));
        assertThat(ascending(memtable))
                .containsExactlyElementsOf(sorted.stream()
                        .map(key -> key + "@" + keys.indexOf(key) + "=" + key)
                        .toList());
        for (String key : keys) {
            IndexEntry entry = requireNonNull(memtable.get(bytes(key), Long.MAX_VALUE));
            assertThat(entry.value()).isEqualTo(bytes(key));
        }
    }

    @Test
    void whatMostKeysBeginWithIsToldOnceThereAreEnoughOfThem() {
        Memtable memtable = new Memtable(memory, bytes("expected"));
        for (int i = 0; i < 15; i++) {
            put(memtable, "user:%04d".formatted(i), 1, "");
        }
        assertThat(memtable.usualPrefix()).isEqualTo(bytes("expected"));
        for (int i = 15; i < 1000; i++) {
            put(memtable, (i % 8 == 0 ? "account:%04d" : i % 8 == 1 ? "visit:%04d" : "user:%04d").formatted(i), 1, "");
        }
        assertThat(memtable.usualPrefix()).isEqualTo(bytes("user:0"));
    }

    @Test
    void manyVersionsOfOneKeyHaveItForAPrefix() {
        for (int revision = 1; revision <= 16; revision++) {
            put("counter", revision, "");
        }
        assertThat(memtable.usualPrefix()).isEqualTo(bytes("counter"));
    }

    @ParameterizedTest
    @CsvSource({
        "user:0002, user:0001",
        "user:00, user:",
        "user:, user",
        "usert, users",
        "user, use",
        "use, us",
        "us, bccount",
        "bccount, account",
        "z, y",
        "y, users"
    })
    void linksTellKeysApartBehindTheUsualPrefixAndWhereTheyDifferFromIt(String greater, String less) {
        Memtable memtable = new Memtable(memory, bytes("user:"));
        assertThat(memtable.digest(bytes(greater), greater.length()))
                .isGreaterThan(memtable.digest(bytes(less), less.length()));
    }

    @Test
    void aCursorIsPlacedAtOrBeforeAnyKey() throws IOException {
        for (int i = 0; i < 1000; i += 2) {
            put("%03d".formatted(i * 7 % 1000), 1, "old");
            put("%03d".formatted(i * 7 % 1000), 2, "new");
        }
        IndexCursor cursor = memtable.cursor();
        for (int i = 0; i < 999; i++) {
            byte[] key = bytes("%03d".formatted(i));
            assertThat(cursor.seek(key)).isEqualTo(i <= 998);
            assertThat(text(cursor)).isEqualTo("%03d@2=new".formatted(i + i % 2));
            assertThat(cursor.seekBefore(key)).isEqualTo(i > 0);
            if (i > 0) {
                assertThat(text(cursor)).isEqualTo("%03d@1=old".formatted((i - 1) / 2 * 2));
            }
        }
        assertThat(cursor.seek(bytes("999"))).isFalse();
        assertThat(cursor.seekBefore(bytes("999"))).isTrue();
        assertThat(text(cursor)).isEqualTo("998@1=old");
        assertThat(cursor.next()).isFalse();
    }

    @Test
    void aCursorTurnsRound() throws IOException {
        for (String key : List.of("a", "b", "c")) {
            put(key, 1, "x");
        }
        IndexCursor cursor = memtable.cursor();
        assertThat(cursor.seek(bytes("b"))).isTrue();
        assertThat(cursor.previous()).isTrue();
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.next()).isTrue();
        assertThat(text(cursor)).isEqualTo("c@1=x");
        assertThat(cursor.previous()).isTrue();
        assertThat(text(cursor)).isEqualTo("b@1=x");
    }

    @Test
    void keysAndValuesMayBeEmptyOrLarge() {
        byte[] key = new byte[65_538];
        Arrays.fill(key, (byte) 0xff);
        byte[] value = new byte[300_000];
        Arrays.fill(value, (byte) 7);
        put("", 1, "");
        assertThat(memtable.add(
                        key, key.length, EntryKind.INLINE, 2, 0, 0, value.length - 5, ByteBuffer.wrap(value), 5))
                .isTrue();
        assertThat(get("", 1)).isEmpty();
        IndexEntry large = requireNonNull(memtable.get(key, 2));
        assertThat(large.value()).hasSize(value.length - 5).containsOnly(7);
    }

    @Test
    void anInlineValueIsTakenFromItsPlaceInTheBuffer() {
        ByteBuffer frames = ByteBuffer.wrap(bytes("....value....")).position(2).limit(3);
        byte[] key = bytes("k");
        assertThat(memtable.add(key, 1, EntryKind.INLINE, 1, 0, 0, 5, frames, 4))
                .isTrue();
        assertThat(get("k", 1)).isEqualTo("value");
        assertThat(frames.position()).isEqualTo(2);
        assertThat(frames.limit()).isEqualTo(3);
    }

    @Test
    void aPointerIsKeptAndItsValueIsNot() {
        byte[] key = bytes("key and more");
        long used = memtable.usedBytes();
        assertThat(memtable.add(key, 3, EntryKind.POINTER, 6, (1L << 32) + 120, 0xCAFE_BABE, 1 << 30, null, 0))
                .isTrue();
        assertThat(memtable.get(bytes("key"), 9))
                .isEqualTo(new IndexEntry(EntryKind.POINTER, 6, (1L << 32) + 120, 1 << 30, 0xCAFE_BABE, null));
        assertThat(memtable.usedBytes() - used).isLessThan(256);
    }

    @Test
    void aTombstoneHidesWhatIsOlder() {
        byte[] key = bytes("k");
        put("k", 1, "value");
        assertThat(memtable.add(key, 1, EntryKind.TOMBSTONE, 2, 0, 0, 0, null, 0))
                .isTrue();
        assertThat(requireNonNull(memtable.get(key, 2)).isTombstone()).isTrue();
        assertThat(get("k", 1)).isEqualTo("value");
    }

    @Test
    void whatDoesNotFitChangesNothing() throws IOException {
        Memtable small = new Memtable(Arena.ofAuto().allocate(4 << 10, 8), new byte[0]);
        int added = 0;
        while (put(small, "key%03d".formatted(added), 1, "value")) {
            added++;
        }
        assertThat(added).isBetween(40, 70);
        List<String> before = ascending(small);
        long used = small.usedBytes();
        assertThat(put(small, "key000", 9, "v".repeat(100))).isFalse();
        assertThat(small.entries()).isEqualTo(added);
        assertThat(small.usedBytes()).isEqualTo(used).isLessThanOrEqualTo(4 << 10);
        assertThat(ascending(small)).isEqualTo(before).hasSize(added);
    }

    @Test
    void memoryIsUsedAgain() throws IOException {
        for (int i = 0; i < 1000; i++) {
            put("key" + i, i, "value" + i);
        }
        Memtable next = new Memtable(memtable.memory(), new byte[0]);
        assertThat(ascending(next)).isEmpty();
        for (int i = 0; i < 500; i++) {
            assertThat(put(next, "%03d".formatted(499 - i), 1, "v")).isTrue();
        }
        assertThat(ascending(next)).hasSize(500).isSorted();
        assertThat(next.entries()).isEqualTo(500);
    }

    @Test
    void keysOfAllKeyspacesAndLengthsStandInOrder() throws IOException {
        Random random = new Random(5);
        TreeMap<byte[], Long> expected = new TreeMap<>(Arrays::compareUnsigned);
        for (long revision = 1; revision <= 3_000; revision++) {
            byte[] key = new byte[random.nextInt(12)];
            for (int i = 0; i < key.length; i++) {
                key[i] = (byte) (random.nextInt(3) - 1);
            }
            byte[] indexKey = IndexKey.of(random.nextBoolean() ? random.nextInt(5) : 126 + random.nextInt(300), key);
            assertThat(memtable.add(indexKey, indexKey.length, EntryKind.TOMBSTONE, revision, 0, 0, 0, null, 0))
                    .isTrue();
            expected.put(indexKey, revision);
        }
        List<byte[]> keys = new ArrayList<>();
        IndexCursor cursor = memtable.cursor();
        for (boolean found = cursor.seek(null); found; found = cursor.next()) {
            byte[] key = Arrays.copyOf(cursor.keyBytes(), cursor.keyLength());
            if (keys.isEmpty() || !Arrays.equals(keys.getLast(), key)) {
                keys.add(key);
            }
        }
        assertThat(keys).containsExactlyElementsOf(expected.keySet());
        expected.forEach((key, revision) -> assertThat(memtable.get(key, Long.MAX_VALUE))
                .extracting("revision")
                .isEqualTo(revision));
    }

    @Test
    void whatAnEntryIsSaidToNeedSuffices() {
        byte[] value = new byte[100];
        for (int length = 4_000; length < 4_200; length++) {
            byte[] key = new byte[length];
            MemorySegment exact = Arena.ofAuto().allocate(Memtable.bytesFor(length, value.length), 8);
            assertThat(new Memtable(exact, new byte[0])
                            .add(key, length, EntryKind.INLINE, 1, 0, 0, value.length, ByteBuffer.wrap(value), 0))
                    .isTrue();
        }
    }

    @Test
    void aKeyThatIsNotThereIsMostlyRecognisedByItsHash() {
        Memtable large = new Memtable(Arena.ofAuto().allocate(1 << 20, 8), new byte[0]);
        int taken = 0;
        for (int i = 0; i < 5_000; i++) {
            byte[] key = bytes("key" + i);
            assertThat(large.add(key, key.length, EntryKind.TOMBSTONE, 1, 0, 0, 0, null, 0))
                    .isTrue();
            assertThat(large.mayContain(BloomFilter.hash(key, key.length))).isTrue();
            byte[] absent = bytes("absent" + i);
            taken += large.mayContain(BloomFilter.hash(absent, absent.length)) ? 1 : 0;
        }
        assertThat(taken).isLessThan(100);
    }

    @Test
    void rangeTombstonesAreTakenUntilTheyAreMany() {
        int taken = 0;
        while (memtable.addRangeTombstone(
                new byte[] {0, (byte) (taken >> 8), (byte) taken}, new byte[] {1}, 1 + taken)) {
            taken++;
        }
        assertThat(taken).as("each reaches over all after it").isBetween(100, 200);
        assertThat(memtable.rangeTombstones().covering(new byte[] {0, 0, 5}, 3, Long.MAX_VALUE))
                .isEqualTo(6);
    }

    @Test
    void anEmptyMemtableTakesARangeTombstoneHoweverLongItsKeys() {
        Memtable small = new Memtable(Arena.ofAuto().allocate(8 << 10, 8), new byte[0]);
        byte[] start = new byte[6 << 10];
        assertThat(small.addRangeTombstone(start, new byte[] {1}, 1)).isTrue();
        assertThat(small.addRangeTombstone(start, new byte[] {1}, 2)).isFalse();
        assertThat(small.rangeTombstones().count()).isEqualTo(1);
    }

    @Test
    void aSampleHasEveryPartOfTheKeysAndNoneTwice() {
        for (int i = 0; i < 5_000; i++) {
            put(String.format("%04d", i * 7 % 2_500), i + 1, "");
        }
        List<String> sample = memtable.sample(100).stream()
                .map(key -> new String(key, ISO_8859_1))
                .toList();
        assertThat(sample).hasSizeBetween(100, 1_600).isSorted().doesNotHaveDuplicates();
        assertThat(sample)
                .filteredOn(key -> key.compareTo("1250") < 0)
                .hasSizeBetween(sample.size() / 3, sample.size() * 2 / 3);
        assertThat(memtable.sample(10_000)).as("all there are").hasSize(2_500);
        assertThat(new Memtable(Arena.ofAuto().allocate(4096, 8), new byte[0]).sample(100))
                .isEmpty();
    }
}
