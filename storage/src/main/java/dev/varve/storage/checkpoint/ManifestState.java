package dev.varve.storage.checkpoint;

import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.index.TableInfo;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the edits of a manifest add up to. Immutable.
 *
 * @param storeId the store's identity
 * @param identity what it is
 * @param nextFileCount above the count of every file of this node that an edit has named
 * @param segments ids of the log's segments, in the order of their creation
 * @param tables the tables, oldest first
 * @param checkpoint up to where they hold the log; null until the log has been begun
 * @param closed where the log was closed in order, if that was the last thing that happened
 * @param logBegins where the log begins for Raft; null if nothing was said
 */
public record ManifestState(
        StoreId storeId,
        ManifestEdit.Identity identity,
        int nextFileCount,
        List<Long> segments,
        List<TableInfo> tables,
        @Nullable Checkpoint checkpoint,
        ManifestEdit.@Nullable Closed closed,
        ManifestEdit.@Nullable LogBegins logBegins) {

    /** A store that has just been founded. */
    static ManifestState founded(StoreId storeId, ManifestEdit.Identity identity) {
        return new ManifestState(storeId, identity, 1, List.of(), List.of(), null, null, null);
    }

    /** The state after an edit. */
    ManifestState after(ManifestEdit edit) {
        return switch (edit) {
            case ManifestEdit.Identity changed -> with(changed, nextFileCount, segments, tables, checkpoint, null);
            case ManifestEdit.FileCount count ->
                with(identity, Math.max(nextFileCount, count.next()), segments, tables, checkpoint, null);
            case ManifestEdit.SegmentCreated created ->
                with(identity, countAfter(created.id()), plus(segments, created.id()), tables, checkpoint, null);
            case ManifestEdit.SegmentRemoved removed ->
                with(identity, nextFileCount, minus(segments, removed.id()), tables, checkpoint, null);
            case ManifestEdit.TableAdded added ->
                with(identity, countAfter(added.table().id()), segments, plus(tables, added.table()), checkpoint, null);
            case ManifestEdit.TableRemoved removed ->
                with(
                        identity,
                        nextFileCount,
                        segments,
                        tables.stream()
                                .filter(table -> table.id() != removed.id())
                                .toList(),
                        checkpoint,
                        null);
            case ManifestEdit.Checkpointed made ->
                with(identity, nextFileCount, segments, tables, made.checkpoint(), null);
            case ManifestEdit.Closed end -> with(identity, nextFileCount, segments, tables, checkpoint, end);
            case ManifestEdit.LogBegins begin ->
                new ManifestState(storeId, identity, nextFileCount, segments, tables, checkpoint, null, begin);
        };
    }

    /** The next file count once this id has been named. */
    private int countAfter(long id) {
        return FileName.origin(id) == identity.origin()
                ? Math.max(nextFileCount, FileName.count(id) + 1)
                : nextFileCount;
    }

    private ManifestState with(
            ManifestEdit.Identity newIdentity,
            int newCount,
            List<Long> newSegments,
            List<TableInfo> newTables,
            @Nullable Checkpoint newCheckpoint,
            ManifestEdit.@Nullable Closed newClosed) {
        return new ManifestState(
                storeId, newIdentity, newCount, newSegments, newTables, newCheckpoint, newClosed, logBegins);
    }

    private static <T> List<T> plus(List<T> list, T item) {
        List<T> longer = new ArrayList<>(list);
        longer.add(item);
        return List.copyOf(longer);
    }

    private static List<Long> minus(List<Long> list, long item) {
        return list.stream().filter(other -> other != item).toList();
    }

    /** The edits that make up this state, for a new manifest. */
    List<ManifestEdit> edits() {
        List<ManifestEdit> edits = new ArrayList<>();
        edits.add(identity);
        edits.add(new ManifestEdit.FileCount(nextFileCount));
        segments.forEach(id -> edits.add(new ManifestEdit.SegmentCreated(id)));
        tables.forEach(table -> edits.add(new ManifestEdit.TableAdded(table)));
        if (checkpoint != null) {
            edits.add(new ManifestEdit.Checkpointed(checkpoint));
        }
        if (logBegins != null) {
            edits.add(logBegins);
        }
        if (closed != null) {
            edits.add(closed);
        }
        return edits;
    }
}
