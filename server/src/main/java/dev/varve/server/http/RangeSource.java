package dev.varve.server.http;

import dev.varve.protocol.EntriesJson;
import dev.varve.storage.Cursor;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Store;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A range as a JSON array, read as of one revision while it is written. Opens its cursor with the first piece, because that
 * may wait for the disk.
 */
final class RangeSource implements BodySource {

    private final Store store;
    private final KeyRange range;
    private final EntriesJson json = new EntriesJson();
    private @Nullable Cursor cursor;
    private long entriesLeft;
    private boolean ended;

    RangeSource(Store store, KeyRange range, long limit) {
        this.store = store;
        this.range = range;
        this.entriesLeft = limit;
    }

    @Override
    public boolean fill(ByteBuffer out) {
        Cursor entries = cursor;
        if (entries == null) {
            entries = store.range(range);
            cursor = entries;
            json.beginArray();
        }
        while (json.drain(out)) {
            if (ended) {
                return true;
            }
            if (entriesLeft > 0 && entries.next()) {
                entriesLeft--;
                json.entry(entries.key(), entries.value());
            } else {
                json.endArray();
                ended = true;
            }
        }
        return false;
    }

    @Override
    public long revision() {
        return cursor == null ? 0 : cursor.snapshotRevision();
    }

    @Override
    public void close() {
        if (cursor != null) {
            cursor.close();
        }
    }
}
