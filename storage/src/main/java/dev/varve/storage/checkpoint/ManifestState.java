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
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
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
                Stream.concat(sent.segments.stream(), Stream.of(logSegment)).toList(),
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
        return Manifest.add(null, storeId, edits, source, 0).state();
    }

    /** The level of a table. */
    public int level(long tableId) {
        return levels.getOrDefault(tableId, 0);
    }

    /** The state after some edits. */
    ManifestState after(List<ManifestEdit> edits) {
        Sum sum = new Sum(this);
        edits.forEach(sum::add);
        return sum.state();
    }

    /** What edits add up to, one after the other. Not thread-safe. */
    static final class Sum {

        private final StoreId storeId;
        private ManifestEdit.Identity identity;
        private int nextFileCount;
        private final Set<Long> segments;
        private final Map<Long, ValueSegmentInfo> values = new LinkedHashMap<>();
        private final Map<Long, TableInfo> tables = new LinkedHashMap<>();
        private final Map<Long, Integer> levels;
        private @Nullable Checkpoint checkpoint;
        private ManifestEdit.@Nullable Closed closed;
        private ManifestEdit.@Nullable LogBegins logBegins;
        private StoreId voteStoreId;

        Sum(ManifestState begin) {
            this.storeId = begin.storeId;
            this.identity = begin.identity;
            this.nextFileCount = begin.nextFileCount;
            this.segments = new LinkedHashSet<>(begin.segments);
            begin.values.forEach(segment -> values.put(segment.id(), segment));
            begin.tables.forEach(table -> tables.put(table.id(), table));
            this.levels = new HashMap<>(begin.levels);
            this.checkpoint = begin.checkpoint;
            this.closed = begin.closed;
            this.logBegins = begin.logBegins;
            this.voteStoreId = begin.voteStoreId;
        }

        /** Adds an edit. Whatever happens after the log was closed, it is no longer closed. */
        void add(ManifestEdit edit) {
            closed = null;
            switch (edit) {
                case ManifestEdit.VoteBelongsTo vote -> voteStoreId = vote.storeId();
                case ManifestEdit.Identity changed -> identity = changed;
                case ManifestEdit.FileCount count -> nextFileCount = Math.max(nextFileCount, count.next());
                case ManifestEdit.SegmentCreated created -> {
                    segments.add(created.id());
                    named(created.id());
                }
                case ManifestEdit.SegmentRemoved removed -> segments.remove(removed.id());
                case ManifestEdit.ValueSegmentAdded added -> {
                    values.put(added.segment().id(), added.segment());
                    named(added.segment().id());
                }
                case ManifestEdit.ValueSegmentRemoved removed -> values.remove(removed.id());
                case ManifestEdit.TableAdded added -> {
                    tables.put(added.table().id(), added.table());
                    named(added.table().id());
                }
                case ManifestEdit.TableMoved moved -> move(moved.id(), moved.level());
                case ManifestEdit.TableRemoved removed -> {
                    tables.remove(removed.id());
                    levels.remove(removed.id());
                }
                case ManifestEdit.Checkpointed made -> checkpoint = made.checkpoint();
                case ManifestEdit.Closed end -> closed = end;
                case ManifestEdit.LogBegins begin -> logBegins = begin;
            }
        }

        private void named(long id) {
            if (FileName.origin(id) == identity.origin()) {
                nextFileCount = Math.max(nextFileCount, FileName.count(id) + 1);
            }
        }

        private void move(long id, int level) {
            if (level == 0) {
                levels.remove(id);
            } else {
                levels.put(id, level);
            }
        }

        ManifestState state() {
            return new ManifestState(
                    storeId,
                    identity,
                    nextFileCount,
                    List.copyOf(segments),
                    List.copyOf(values.values()),
                    List.copyOf(tables.values()),
                    Map.copyOf(levels),
                    checkpoint,
                    closed,
                    logBegins,
                    voteStoreId);
        }
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
