package dev.varve.storage.state;

import dev.varve.storage.checkpoint.ManifestState;
import dev.varve.storage.format.FileName;
import java.util.List;

/**
 * A checkpoint as one member of a group sends it to another.
 *
 * @param state what its manifest would say; see {@link ManifestState#shipped}
 * @param files the files that it is made of: tables, value segments, and segments of the log to which tables point
 */
public record ShippedCheckpoint(ManifestState state, List<ShippedFile> files) {

    public ShippedCheckpoint {
        files = List.copyOf(files);
    }

    /** A file that never changes, and so is the same wherever one of its name is found. */
    public record ShippedFile(FileName name, long sizeBytes) {}

    /** Bytes of all files together. */
    public long sizeBytes() {
        return files.stream().mapToLong(ShippedFile::sizeBytes).sum();
    }

    /** Index of the last entry that is in it. */
    public long index() {
        return state.madeCheckpoint().appliedIndex();
    }

    /**
     * True if it holds all that a member may have acknowledged whose log ends with this entry: then it may take the place of the member's
     * store, and the member still votes. That is the order by which Raft compares logs (Raft, section 5.4.1): an entry
     * of a later term shows that what was committed in earlier terms stands before it.
     */
    public boolean covers(long lastIndex, long lastTerm) {
        long term = state.madeCheckpoint().appliedTerm();
        return term > lastTerm || (term == lastTerm && index() >= lastIndex);
    }
}
