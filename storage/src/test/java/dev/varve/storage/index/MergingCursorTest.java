package dev.varve.storage.index;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MergingCursorTest {

    /** A cursor over entries given as {@code key@revision}; the values name the source. */
    private static IndexCursor source(String name, List<String> entries) {
        Memtable memtable = new Memtable(Arena.ofAuto().allocate(1 << 20, 8), new byte[0]);
        for (String entry : entries) {
            int at = entry.indexOf('@');
            byte[] key = entry.substring(0, at).getBytes(US_ASCII);
            byte[] value = name.getBytes(US_ASCII);
            long revision = Long.parseLong(entry.substring(at + 1));
            memtable.add(key, key.length, EntryKind.INLINE, revision, 0, 0, value.length, ByteBuffer.wrap(value), 0);
        }
        return memtable.cursor();
    }

    private static String text(IndexCursor cursor) throws IOException {
        return new String(cursor.keyBytes(), 0, cursor.keyLength(), US_ASCII) + "@" + cursor.revision() + "="
                + new String(requireNonNull(cursor.entry().value()), US_ASCII);
    }

    private static List<String> ascending(IndexCursor cursor, String from) throws IOException {
        List<String> all = new ArrayList<>();
        for (boolean found = cursor.seek(from.getBytes(US_ASCII)); found; found = cursor.next()) {
            all.add(text(cursor));
        }
        return all;
    }

    private static List<String> descending(IndexCursor cursor, String below) throws IOException {
        List<String> all = new ArrayList<>();
        for (boolean found = cursor.seekBefore(below.getBytes(US_ASCII)); found; found = cursor.previous()) {
            all.add(text(cursor));
        }
        return all;
    }

    @Test
    void entriesOfAllSourcesComeInIndexOrder() throws IOException {
        IndexCursor merged = new MergingCursor(List.of(
                source("new", List.of("a@9", "c@8")),
                source("empty", List.of()),
                source("old", List.of("a@1", "b@2", "c@3", "d@4"))));
        assertThat(ascending(merged, ""))
                .containsExactly("a@9=new", "a@1=old", "b@2=old", "c@8=new", "c@3=old", "d@4=old");
        assertThat(descending(merged, "z"))
                .containsExactly("d@4=old", "c@3=old", "c@8=new", "b@2=old", "a@1=old", "a@9=new");
        assertThat(ascending(merged, "bb")).containsExactly("c@8=new", "c@3=old", "d@4=old");
        assertThat(descending(merged, "b")).containsExactly("a@1=old", "a@9=new");
    }

    @Test
    void ofTheSameKeyAndRevisionTheEarlierSourceComesFirstAndWhenDescendingLast() throws IOException {
        IndexCursor merged = new MergingCursor(
                List.of(source("x", List.of("k@5")), source("y", List.of("k@5")), source("z", List.of("k@5"))));
        assertThat(ascending(merged, "")).containsExactly("k@5=x", "k@5=y", "k@5=z");
        assertThat(descending(merged, "z")).containsExactly("k@5=z", "k@5=y", "k@5=x");
    }

    @Test
    void nothingIsFoundInNothing() throws IOException {
        IndexCursor merged = new MergingCursor(List.of(source("a", List.of()), source("b", List.of("k@1"))));
        assertThat(ascending(merged, "l")).isEmpty();
        assertThat(descending(merged, "k")).isEmpty();
    }

    @Test
    void itBehavesAsOneSortedListForAnyNumberOfSources() throws IOException {
        Random random = new Random(3);
        for (int sources = 1; sources <= 12; sources++) {
            List<IndexCursor> cursors = new ArrayList<>();
            List<String> model = new ArrayList<>();
            for (int i = 0; i < sources; i++) {
                List<String> entries = new ArrayList<>();
                for (int j = random.nextInt(30); j > 0; j--) {
                    String entry = "%02d@%d".formatted(random.nextInt(20), 100 * i + j);
                    entries.add(entry);
                    model.add(entry + "=s");
                }
                cursors.add(source("s", entries));
            }
            model.sort(Comparator.comparing((String entry) -> entry.substring(0, 2))
                    .thenComparing(
                            entry -> Long.parseLong(entry.substring(3, entry.indexOf('='))),
                            Comparator.reverseOrder()));
            IndexCursor merged = new MergingCursor(cursors);
            assertThat(ascending(merged, "")).isEqualTo(model);
            assertThat(descending(merged, "z")).isEqualTo(model.reversed());
        }
    }
}
