package dev.varve.replication.raft;

import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.LogId;
import com.alipay.sofa.jraft.entity.PeerId;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * An entry whose index and term are known, and that cannot be read. JRaft learns terms only by reading entries, and a term that
 * it cannot learn makes it throw with a lock in its hand, so that the node could not even be stopped. Whoever wants more than
 * index and term gets an exception.
 */
final class UnreadableEntry extends LogEntry {

    private final Exception cause;

    UnreadableEntry(long index, long term, Exception cause) {
        this.cause = cause;
        setId(new LogId(index, term));
    }

    private IllegalStateException unreadable() {
        return new IllegalStateException("entry " + getId().getIndex() + " of the log cannot be read", cause);
    }

    @Override
    public EntryType getType() {
        throw unreadable();
    }

    @Override
    public List<PeerId> getPeers() {
        throw unreadable();
    }

    @Override
    public ByteBuffer getData() {
        throw unreadable();
    }
}
