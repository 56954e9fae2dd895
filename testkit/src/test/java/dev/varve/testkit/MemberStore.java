package dev.varve.testkit;

import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.Store;
import dev.varve.storage.WriteBatch;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.io.Environment;
import dev.varve.storage.log.LogEntry;
import dev.varve.storage.state.Founding;
import dev.varve.storage.state.StateMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The store of a member of a group, and who writes to it in the place of the group. For one thread. */
final class MemberStore implements AutoCloseable {

    private static final long INCARNATION = 77;

    private final Store store;

    private MemberStore(Store store) {
        this.store = store;
    }

    static MemberStore open(Environment environment, Path directory) {
        String name = String.valueOf(directory.getFileName());
        return new MemberStore(
                Store.member(directory, Scenario.OPTIONS, environment, () -> new Founding(name, INCARNATION, false)));
    }

    Store store() {
        return store;
    }

    StateMachine state() {
        return store.state();
    }

    /** Logs and applies an entry with one client write. */
    void write(WriteBatch batch, long term) throws IOException {
        StateMachine state = store.state();
        long index = state.log().lastIndex() + 1;
        LogEntry entry = new LogEntry(
                RecordType.WRITES,
                index,
                term,
                index,
                state.visibleRevision() + 1,
                store.encode(batch).payload());
        long position = state.log().append(List.of(entry))[0];
        state.apply(entry, position);
        state.publish();
    }

    /** Everything that is in it, as text. */
    List<String> contents() {
        return CheckedStore.texts(CheckedStore.contents(store, Order.ASCENDING));
    }

    /** What a model says of a moment, as text. */
    static List<String> contents(ModelStore model, long revision) {
        return CheckedStore.texts(model.at(revision).range(KeyRange.all(), Order.ASCENDING));
    }

    @Override
    public void close() {
        store.close();
    }
}
