package dev.varve.storage.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.IndexCursor;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.index.KeyStretch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What takes the place of lost entries: the other replica's, and tombstones over what must not come back from below. */
class RowsCursorTest {

    private static final long NEWEST = 50;

    private static byte[] key(int key) {
        return IndexKey.of(0, new byte[] {(byte) key});
    }

    private static RepairSource.Row row(int key, long revision) {
        byte[] value = {(byte) key, (byte) revision};
        int checksum = new FrameEncoder(16)
                .add(FrameKind.PUT, key % 2 == 0, 0, new byte[] {(byte) key}, value)
                .payload()
                .getInt(0);
        return new RepairSource.Row(key(key), revision, checksum, value);
    }

    /** Gives two rows at a time. */
    private record Replica(List<RepairSource.Row> held) implements RepairSource {
        @Override
        public long revision() {
            return 99;
        }

        @Override
        public List<Row> rows(byte[] start, byte[] end) {
            return held.stream()
                    .filter(row -> Arrays.compareUnsigned(row.indexKey(), start) >= 0
                            && Arrays.compareUnsigned(row.indexKey(), end) < 0)
                    .limit(2)
                    .toList();
        }

        @Override
        public void close() {}
    }

    /** Entries that stand in tables further below. */
    private static final class Below implements IndexCursor {

        private final List<byte[]> keys = new ArrayList<>();
        private final List<IndexEntry> entries = new ArrayList<>();
        private int at;

        Below with(int key, long revision, boolean tombstone) {
            keys.add(key(key));
            entries.add(new IndexEntry(
                    tombstone ? EntryKind.TOMBSTONE : EntryKind.INLINE,
                    revision,
                    0,
                    0,
                    0,
                    tombstone ? null : new byte[0]));
            return this;
        }

        @Override
        public boolean seek(byte @Nullable [] indexKey) {
            at = 0;
            while (at < keys.size() && indexKey != null && Arrays.compareUnsigned(keys.get(at), indexKey) < 0) {
                at++;
            }
            return at < keys.size();
        }

        @Override
        public boolean next() {
            return ++at < keys.size();
        }

        @Override
        public boolean seekBefore(byte @Nullable [] indexKey) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean previous() {
            throw new UnsupportedOperationException();
        }

        @Override
        public byte[] keyBytes() {
            return keys.get(at);
        }

        @Override
        public int keyLength() {
            return keys.get(at).length;
        }

        @Override
        public long revision() {
            return entries.get(at).revision();
        }

        @Override
        public IndexEntry entry() {
            return entries.get(at);
        }
    }

    private static List<String> shown(Replica replica, @Nullable Below below, KeyStretch... stretches)
            throws IOException {
        RowsCursor cursor = new RowsCursor(replica, List.of(stretches), below, NEWEST);
        List<String> shown = new ArrayList<>();
        for (boolean found = cursor.seek(null); found; found = cursor.next()) {
            String what = cursor.entry().isTombstone() ? "gone" : "value";
            shown.add(cursor.keyBytes()[1] + " " + what + " " + cursor.revision());
        }
        return shown;
    }

    @Test
    void theRowsOfTheReplicaAreShownThatTheLostTablesMayHaveHad() throws IOException {
        Replica replica = new Replica(List.of(row(1, 10), row(2, 20), row(3, NEWEST), row(4, NEWEST + 1), row(7, 5)));
        assertThat(shown(replica, null, new KeyStretch(key(1), key(6))))
                .containsExactly("1 value 10", "2 value 20", "3 value 50");
        assertThat(shown(replica, null, new KeyStretch(key(2), key(3)), new KeyStretch(key(7), key(8))))
                .containsExactly("2 value 20", "7 value 5");
    }

    @Test
    void whatTheReplicaDoesNotHoldDoesNotComeBackFromBelow() throws IOException {
        Replica replica = new Replica(List.of(row(2, 20), row(4, NEWEST + 1)));
        Below below = new Below()
                .with(0, 3, false) // Before the stretch.
                .with(1, 9, false)
                .with(1, 4, false)
                .with(2, 8, false) // The replica has a newer one.
                .with(3, 7, true) // Nothing to hide.
                .with(4, 6, false) // The replica has one that stands above.
                .with(5, NEWEST, false) // What hides it is newer than what was lost.
                .with(6, 2, false)
                .with(9, 1, false); // Behind the stretch.
        assertThat(shown(replica, below, new KeyStretch(key(1), key(7))))
                .containsExactly("1 gone 50", "2 value 20", "6 gone 50");
        assertThat(shown(
                        new Replica(List.of()), below, new KeyStretch(key(0), key(2)), new KeyStretch(key(9), key(10))))
                .containsExactly("0 gone 50", "1 gone 50", "9 gone 50");
    }

    @Test
    void aRowWithAnotherValueThanTheOneThatWasLoggedIsRefused() {
        RepairSource.Row right = row(1, 10);
        RepairSource.Row wrong =
                new RepairSource.Row(right.indexKey(), right.revision(), right.checksum(), new byte[] {1, 11});
        assertThatThrownBy(() -> shown(new Replica(List.of(wrong)), null, new KeyStretch(key(1), key(2))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("not the one that was logged");
    }
}
