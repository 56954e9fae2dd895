package dev.varve.storage.checkpoint;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.format.UnsupportedVersionException;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.log.ValueSegmentInfo;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the edits of a manifest add up to. Immutable.
 *
 * @param storeId the store's identity
 * @param identity what it is
 * @param nextFileCount above the count of every file of this node that an edit has named
 * @param segments ids of the log's segments, in the order of their creation
 * @param values the value segments, in the order in which they were added
 * @param tables the tables, oldest first
 * @param levels the level of each table that is not in level 0, by its id
 * @param checkpoint up to where they hold the log; null until the log has been begun
 * @param closed where the log was closed in order, if that was the last thing that happened
 * @param logBegins where the log begins for Raft; null if nothing was said
 * @param voteStoreId the store that the vote file names in its header
 */
public record ManifestState(
        StoreId storeId,
        ManifestEdit.Identity identity,
        int nextFileCount,
        List<Long> segments,
        List<ValueSegmentInfo> values,
        List<TableInfo> tables,
        Map<Long, Integer> levels,
        @Nullable Checkpoint checkpoint,
        ManifestEdit.@Nullable Closed closed,
        ManifestEdit.@Nullable LogBegins logBegins,
        StoreId voteStoreId) {

    /** A store that has just been founded. */
    static ManifestState founded(StoreId storeId, ManifestEdit.Identity identity) {
        return new ManifestState(
                storeId, identity, 1, List.of(), List.of(), List.of(), Map.of(), null, null, null, storeId);
    }

    /**
     * What this store is made of, as a store of its own.
     *
     * @param copyIdentity what the copy is; its origin must be new, and two of its file ids must have been drawn: manifest and log
     * @param copySegments its log
     * @param copyCheckpoint where in its log the tables end
     * @param copyClosed where its log ends
     */
    public ManifestState copied(
            ManifestEdit.Identity copyIdentity,
            List<Long> copySegments,
            Checkpoint copyCheckpoint,
            ManifestEdit.Closed copyClosed) {
        return new ManifestState(
                storeId,
                copyIdentity,
                3,
                copySegments,
                values,
                tables,
                levels,
                copyCheckpoint,
                copyClosed,
                null,
                storeId);
    }

    /**
     * What another member of the group sends of its store: its tables at its last checkpoint, and the segments to which they point.
     *
     * @throws IllegalStateException if there is no checkpoint yet
     */
    public ManifestState shipped() {
        Set<Long> referenced = new HashSet<>();
        tables.forEach(table -> referenced.addAll(table.segmentBytes().keySet()));
        return new ManifestState(
                storeId,
                identity,
                nextFileCount,
                segments.stream().filter(referenced::contains).toList(),
                values,
                tables,
                levels,
                madeCheckpoint(),
                null,
                null,
                storeId);
    }

    /**
     * The store of this member made of what another one has sent: who it is, and how it voted, stays. Its log begins anew behind the
     * checkpoint, in an empty segment; what came as segments of the log are segments of values here.
     *
     * @param sent what was {@link #shipped}
     * @param logSegment the empty segment, whose id this member has drawn last
     */
    public ManifestState replacedBy(ManifestState sent, long logSegment) {
        Checkpoint there = sent.madeCheckpoint();
        Checkpoint here = new Checkpoint(
                there.appliedIndex(),
                there.appliedTerm(),
                there.revision(),
                there.timeMicros(),
                logSegment,
                FileHeader.BYTES,
                there.configuration(),
                there.configurationIndex());
        ManifestEdit.LogBegins begins = new ManifestEdit.LogBegins(
                there.appliedIndex() + 1, there.revision() + 1, logSegment, FileHeader.BYTES);
        return new ManifestState(
                sent.storeId,
                identity,
                FileName.count(logSegment) + 1,
                plus(sent.segments, logSegment),
                sent.values,
                sent.tables,
                sent.levels,
                here,
                null,
                begins,
                voteStoreId);
    }

    /**
     * The last checkpoint.
     *
     * @throws IllegalStateException if there is none yet
     */
    public Checkpoint madeCheckpoint() {
        if (checkpoint == null) {
            throw new IllegalStateException("there is no checkpoint yet");
        }
        return checkpoint;
    }

    /** The edits that make it up, as they stand in a manifest; to be read by {@link #decode}. */
    public ByteBuffer encode() {
        return ManifestCodec.encode(edits());
    }

    /**
     * Reads edits that make up a state.
     *
     * @param source where they come from, for messages
     * @throws CorruptionException if they do not
     */
    public static ManifestState decode(StoreId storeId, ByteBuffer edits, FileName source)
            throws CorruptionException, UnsupportedVersionException {
        return Manifest.apply(null, storeId, edits, source, 0);
    }

    /** The level of a table. */
    public int level(long tableId) {
        return levels.getOrDefault(tableId, 0);
    }

    /** The state after an edit. Whatever happens after the log was closed, it is no longer closed. */
    ManifestState after(ManifestEdit edit) {
        return switch (edit) {
            case ManifestEdit.VoteBelongsTo vote ->
                new ManifestState(
                        storeId,
                        identity,
                        nextFileCount,
                        segments,
                        values,
                        tables,
                        levels,
                        checkpoint,
                        null,
                        logBegins,
                        vote.storeId());
            case ManifestEdit.Identity changed ->
                with(changed, nextFileCount, segments, values, tables, levels, checkpoint, null, logBegins);
            case ManifestEdit.FileCount count ->
                with(
                        identity,
                        Math.max(nextFileCount, count.next()),
                        segments,
                        values,
                        tables,
                        levels,
                        checkpoint,
                        null,
                        logBegins);
            case ManifestEdit.SegmentCreated created ->
                withFiles(countAfter(created.id()), plus(segments, created.id()), values, tables, levels);
            case ManifestEdit.SegmentRemoved removed ->
                withFiles(nextFileCount, minus(segments, removed.id()), values, tables, levels);
            case ManifestEdit.ValueSegmentAdded added ->
                withFiles(countAfter(added.segment().id()), segments, plus(values, added.segment()), tables, levels);
            case ManifestEdit.ValueSegmentRemoved removed ->
                withFiles(
                        nextFileCount,
                        segments,
                        values.stream()
                                .filter(segment -> segment.id() != removed.id())
                                .toList(),
                        tables,
                        levels);
            case ManifestEdit.TableAdded added ->
                withFiles(countAfter(added.table().id()), segments, values, plus(tables, added.table()), levels);
            case ManifestEdit.TableMoved moved ->
                withFiles(nextFileCount, segments, values, tables, moved(moved.id(), moved.level()));
            case ManifestEdit.TableRemoved removed ->
                withFiles(
                        nextFileCount,
                        segments,
                        values,
                        tables.stream()
                                .filter(table -> table.id() != removed.id())
                                .toList(),
                        moved(removed.id(), 0));
            case ManifestEdit.Checkpointed made ->
                with(identity, nextFileCount, segments, values, tables, levels, made.checkpoint(), null, logBegins);
            case ManifestEdit.Closed end ->
                with(identity, nextFileCount, segments, values, tables, levels, checkpoint, end, logBegins);
            case ManifestEdit.LogBegins begin ->
                with(identity, nextFileCount, segments, values, tables, levels, checkpoint, null, begin);
        };
    }

    /** The next file count once this id has been named. */
    private int countAfter(long id) {
        return FileName.origin(id) == identity.origin()
                ? Math.max(nextFileCount, FileName.count(id) + 1)
                : nextFileCount;
    }

    private ManifestState withFiles(
            int newCount,
            List<Long> newSegments,
            List<ValueSegmentInfo> newValues,
            List<TableInfo> newTables,
            Map<Long, Integer> newLevels) {
        return with(identity, newCount, newSegments, newValues, newTables, newLevels, checkpoint, null, logBegins);
    }

    private ManifestState with(
            ManifestEdit.Identity newIdentity,
            int newCount,
            List<Long> newSegments,
            List<ValueSegmentInfo> newValues,
            List<TableInfo> newTables,
            Map<Long, Integer> newLevels,
            @Nullable Checkpoint newCheckpoint,
            ManifestEdit.@Nullable Closed newClosed,
            ManifestEdit.@Nullable LogBegins newLogBegins) {
        return new ManifestState(
                storeId,
                newIdentity,
                newCount,
                newSegments,
                newValues,
                newTables,
                newLevels,
                newCheckpoint,
                newClosed,
                newLogBegins,
                voteStoreId);
    }

    private Map<Long, Integer> moved(long id, int level) {
        Map<Long, Integer> changed = new HashMap<>(levels);
        if (level == 0) {
            changed.remove(id);
        } else {
            changed.put(id, level);
        }
        return Map.copyOf(changed);
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
        if (!voteStoreId.equals(storeId)) {
            edits.add(new ManifestEdit.VoteBelongsTo(voteStoreId));
        }
        edits.add(new ManifestEdit.FileCount(nextFileCount));
        segments.forEach(id -> edits.add(new ManifestEdit.SegmentCreated(id)));
        values.forEach(segment -> edits.add(new ManifestEdit.ValueSegmentAdded(segment)));
        for (TableInfo table : tables) {
            edits.add(new ManifestEdit.TableAdded(table));
            if (level(table.id()) > 0) {
                edits.add(new ManifestEdit.TableMoved(table.id(), level(table.id())));
            }
        }
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
