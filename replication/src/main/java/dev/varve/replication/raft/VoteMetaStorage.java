package dev.varve.replication.raft;

import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.entity.EnumOutter.ErrorType;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.error.RaftException;
import com.alipay.sofa.jraft.option.RaftMetaStorageOptions;
import com.alipay.sofa.jraft.storage.RaftMetaStorage;
import dev.varve.storage.log.VoteFile;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Term and vote are in the store's vote file, durable when a call returns. A vote that cannot be kept is not given, and ends
 * the node. Called by JRaft under the lock of its node. The file belongs to the node's owner, who closes it.
 */
final class VoteMetaStorage implements RaftMetaStorage {

    private static final Logger logger = LoggerFactory.getLogger(VoteMetaStorage.class);

    private final VoteFile file;
    private @Nullable NodeImpl node;

    VoteMetaStorage(VoteFile file) {
        this.file = file;
    }

    @Override
    public boolean init(RaftMetaStorageOptions options) {
        node = options.getNode();
        return true;
    }

    @Override
    public void shutdown() {}

    @Override
    public long getTerm() {
        return file.term();
    }

    @Override
    public PeerId getVotedFor() {
        String candidate = file.votedFor();
        PeerId peer = candidate == null ? PeerId.emptyPeer() : PeerId.parsePeer(candidate);
        if (peer == null) {
            throw new IllegalStateException("the vote file names a candidate that is no peer: " + candidate);
        }
        return peer;
    }

    @Override
    public boolean setTerm(long term) {
        return save(term, file.votedFor());
    }

    @Override
    public boolean setVotedFor(PeerId candidate) {
        return save(file.term(), name(candidate));
    }

    @Override
    public boolean setTermAndVotedFor(long term, PeerId candidate) {
        return save(term, name(candidate));
    }

    private static @Nullable String name(PeerId candidate) {
        return candidate.isEmpty() ? null : candidate.toString();
    }

    @SuppressWarnings("CatchingUnchecked") // Whatever goes wrong, the vote was not kept and must not be given.
    private boolean save(long term, @Nullable String candidate) {
        try {
            file.save(term, candidate);
            return true;
        } catch (Throwable e) {
            logger.error("the vote in term {} cannot be kept; the node stops", term, e);
            report(e);
            return false;
        }
    }

    private void report(Throwable cause) {
        if (node != null) {
            RaftException error = new RaftException(ErrorType.ERROR_TYPE_META);
            error.getStatus().setError(RaftError.EIO, "the vote file cannot be written: %s", cause);
            node.onError(error);
        }
    }
}
