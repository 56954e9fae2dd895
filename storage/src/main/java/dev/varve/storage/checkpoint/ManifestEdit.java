package dev.varve.storage.checkpoint;

import dev.varve.storage.format.StoreId;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.log.ValueSegmentInfo;

/** One change of what makes up the store. Several are made as one by appending them together. */
public sealed interface ManifestEdit {

    /**
     * What the store is; the first edit of every manifest.
     *
     * @param incarnation a new random positive number for every founding and restoring; revisions of different incarnations do
     *     not compare
     * @param origin the high half of the ids of the files that this node makes
     * @param createdMicros wall clock of the founding, in microseconds since 1970
     * @param nodeId the name of this node in its Raft group
     */
    record Identity(long incarnation, int origin, long createdMicros, String nodeId) implements ManifestEdit {}

    /**
     * The vote file names another store in its header: the one that stood in this directory before the present one took its place.
     * The vote is this node's, whatever it stores, and is not written anew.
     */
    record VoteBelongsTo(StoreId storeId) implements ManifestEdit {}

    /** All file ids with a count below this one have been drawn. */
    record FileCount(int next) implements ManifestEdit {}

    /** A segment of the log is ready and may have records from now on. */
    record SegmentCreated(long id) implements ManifestEdit {}

    /** A segment is no longer needed; its file may be removed. */
    record SegmentRemoved(long id) implements ManifestEdit {}

    /** A value segment has what tables point to. */
    record ValueSegmentAdded(ValueSegmentInfo segment) implements ManifestEdit {}

    /** No table points to a value segment any more; its file may be removed. */
    record ValueSegmentRemoved(long id) implements ManifestEdit {}

    /** A table is part of the index, in level 0. */
    record TableAdded(TableInfo table) implements ManifestEdit {}

    /** A table belongs to another level from now on. */
    record TableMoved(long id, int level) implements ManifestEdit {}

    /** A table is no longer part of the index; its file may be removed. */
    record TableRemoved(long id) implements ManifestEdit {}

    /** The tables hold everything up to here. */
    record Checkpointed(Checkpoint checkpoint) implements ManifestEdit {}

    /** The log was closed in order; it ends here and is on the device up to here. */
    record Closed(long segmentId, int offset) implements ManifestEdit {}

    /**
     * The first entry of the log that the Raft group may still ask for.
     *
     * @param index its index
     * @param revision revision of its first client write, or of the next one to come
     * @param segmentId the segment in which it stands, or will stand
     * @param offset where in that segment
     */
    record LogBegins(long index, long revision, long segmentId, int offset) implements ManifestEdit {}
}
