package dev.varve.testkit;

import dev.varve.storage.Store;
import dev.varve.storage.state.RangeItem;
import dev.varve.storage.state.RangeReader;
import dev.varve.storage.state.RepairSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Another store with the same contents, as the source of a repair. Gives few rows at a time. */
final class ReplicaOfTest implements RepairSource {

    private static final int ROWS = 3;

    private final Store store;
    private final long revision;

    private final AtomicInteger given;

    ReplicaOfTest(Store store) {
        this(store, new AtomicInteger());
    }

    /** @param given counts the rows that it gives */
    ReplicaOfTest(Store store, AtomicInteger given) {
        this.store = store;
        this.revision = store.state().openSnapshot();
        this.given = given;
    }

    @Override
    public long revision() {
        return revision;
    }

    @Override
    public List<Row> rows(byte[] start, byte[] end) throws IOException {
        List<Row> rows = new ArrayList<>();
        try (RangeReader range = store.state().range(start, end, true, revision)) {
            for (RangeItem item = range.next(); item != null && rows.size() < ROWS; item = range.next()) {
                rows.add(row(item));
            }
        }
        given.addAndGet(rows.size());
        return rows;
    }

    private static Row row(RangeItem item) {
        return new Row(item.indexKey(), item.revision(), item.entry().checksum(), item.value());
    }

    @Override
    public void close() {
        store.state().releaseSnapshot(revision);
    }
}
