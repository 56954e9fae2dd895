package dev.varve.replication.raft;

import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.option.SnapshotCopierOptions;
import com.alipay.sofa.jraft.storage.SnapshotStorage;
import com.alipay.sofa.jraft.storage.SnapshotThrottle;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotCopier;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotReader;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotWriter;
import com.google.protobuf.Message;
import dev.varve.storage.checkpoint.Checkpoint;
import dev.varve.storage.format.RaftConfiguration;
import dev.varve.storage.state.StateMachine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * JRaft's snapshots, of which there are none: the state is in the store, and what is durable of it is the last checkpoint in
 * the manifest. To "save a snapshot" is to make a checkpoint, upon which JRaft truncates the log; to "load" one is to say
 * which checkpoint the store was opened at.
 *
 * <p>A snapshot is not sent by JRaft. A follower whose entries the leader no longer has refuses the offer, and fetches a checkpoint by
 * itself; JRaft offers again until the node has been started on that.
 */
final class CheckpointSnapshots implements SnapshotStorage {

    private static final String URI = "varve://checkpoint";

    private final StateMachine state;
    private final Runnable onBehind;

    /** @param onBehind told when the leader no longer has the entries that this node needs; again and again */
    CheckpointSnapshots(StateMachine state, Runnable onBehind) {
        this.state = state;
        this.onBehind = onBehind;
    }

    @Override
    public boolean init(@Nullable Void nothing) {
        return true;
    }

    @Override
    public void shutdown() {}

    @Override
    public boolean setFilterBeforeCopyRemote() {
        return true;
    }

    @Override
    public void setSnapshotThrottle(SnapshotThrottle throttle) {}

    @Override
    public SnapshotWriter create() {
        return new Writer();
    }

    /** The last checkpoint, or null if there is none. */
    @Override
    public @Nullable SnapshotReader open() {
        Checkpoint checkpoint = state.lastCheckpoint();
        if (checkpoint.appliedIndex() == 0) {
            return null;
        }
        try {
            RaftConfiguration members = RaftConfiguration.fromFrame(
                    ByteBuffer.wrap(checkpoint.configuration()).order(ByteOrder.LITTLE_ENDIAN));
            return new Reader(
                    Configurations.snapshotMeta(members, checkpoint.appliedIndex(), checkpoint.appliedTerm()));
        } catch (IOException e) {
            throw new IllegalStateException(
                    "the members in the checkpoint at " + checkpoint.appliedIndex() + " cannot be read", e);
        }
    }

    @Override
    public @Nullable SnapshotReader copyFrom(String uri, SnapshotCopierOptions options) {
        return null;
    }

    @Override
    public SnapshotCopier startToCopyFrom(String uri, SnapshotCopierOptions options) {
        onBehind.run();
        return new Refusal();
    }

    /** Writes nothing: the manifest has it all. */
    private static final class Writer extends SnapshotWriter {

        @Override
        public boolean init(@Nullable Void nothing) {
            return true;
        }

        @Override
        public void shutdown() {}

        @Override
        public boolean saveMeta(SnapshotMeta meta) {
            return true;
        }

        @Override
        public boolean addFile(String name, @Nullable Message meta) {
            return true;
        }

        @Override
        public boolean removeFile(String name) {
            return true;
        }

        @Override
        public void close(boolean keepDataOnError) {}

        @Override
        public void close() {}

        @Override
        public String getPath() {
            return URI;
        }

        @Override
        public Set<String> listFiles() {
            return Set.of();
        }

        @Override
        public @Nullable Message getFileMeta(String name) {
            return null;
        }
    }

    /** A checkpoint. */
    private static final class Reader extends SnapshotReader {

        private final SnapshotMeta meta;

        Reader(SnapshotMeta meta) {
            this.meta = meta;
        }

        @Override
        public boolean init(@Nullable Void nothing) {
            return true;
        }

        @Override
        public void shutdown() {}

        @Override
        public SnapshotMeta load() {
            return meta;
        }

        @Override
        public String generateURIForCopy() {
            return URI;
        }

        @Override
        public void close() {}

        @Override
        public String getPath() {
            return URI;
        }

        @Override
        public Set<String> listFiles() {
            return Set.of();
        }

        @Override
        public @Nullable Message getFileMeta(String name) {
            return null;
        }
    }

    /** The follower's answer to a leader that offers a snapshot. */
    private static final class Refusal extends SnapshotCopier {

        Refusal() {
            setError(RaftError.EBUSY, "the node fetches a checkpoint by itself");
        }

        @Override
        public void cancel() {}

        @Override
        public void join() {}

        @Override
        public void start() {}

        @Override
        public @Nullable SnapshotReader getReader() {
            return null;
        }

        @Override
        public void close() {}
    }
}
