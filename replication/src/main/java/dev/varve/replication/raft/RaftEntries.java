package dev.varve.replication.raft;

import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.LogId;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.RaftConfiguration;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.format.UnsupportedVersionException;
import dev.varve.storage.log.LogEntry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Translates entries between JRaft and our log.
 *
 * <p>The data of JRaft's entry is the cluster time in microseconds (u64, little-endian) and our frames with plain checksums.
 * JRaft makes the other kinds of entries itself and gives them no time: they take that of the entry before them, on every
 * node the same.
 */
public final class RaftEntries {

    /** Bytes of the time in front of the frames. */
    public static final int TIME_BYTES = 8;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);

    private RaftEntries() {}

    /**
     * The data of an entry that holds client writes.
     *
     * @param writes the frames of each, from 0 to the limit
     */
    public static ByteBuffer data(long timeMicros, List<ByteBuffer> writes) {
        int bytes = writes.stream().mapToInt(ByteBuffer::limit).sum();
        ByteBuffer data = ByteBuffer.allocate(TIME_BYTES + bytes).order(ByteOrder.LITTLE_ENDIAN);
        data.putLong(timeMicros);
        writes.forEach(frames -> data.put(frames.duplicate().position(0)));
        return data.flip();
    }

    /** An entry that holds client writes, from the data of JRaft's. */
    static LogEntry writes(long index, long term, long firstRevision, ByteBuffer data) {
        ByteBuffer bytes = data.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.limit() < TIME_BYTES) {
            throw new IllegalArgumentException(
                    "entry " + index + " has no room for its time: " + bytes.limit() + " bytes");
        }
        ByteBuffer frames = bytes.slice(TIME_BYTES, bytes.limit() - TIME_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return new LogEntry(RecordType.WRITES, index, term, bytes.getLong(0), firstRevision, frames);
    }

    /**
     * JRaft's entry as ours, without its revision, which the log gives it.
     *
     * @param previousMicros time of the entry before it
     */
    static LogEntry toLog(com.alipay.sofa.jraft.entity.LogEntry entry, long previousMicros) {
        long index = entry.getId().getIndex();
        long term = entry.getId().getTerm();
        return switch (entry.getType()) {
            case ENTRY_TYPE_DATA -> writes(index, term, 0, entry.getData());
            case ENTRY_TYPE_NO_OP -> new LogEntry(RecordType.NO_OP, index, term, previousMicros, 0, NOTHING);
            case ENTRY_TYPE_CONFIGURATION ->
                new LogEntry(
                        RecordType.CONFIGURATION,
                        index,
                        term,
                        previousMicros,
                        0,
                        Configurations.of(entry).toFrame().payload());
            case ENTRY_TYPE_UNKNOWN -> throw new IllegalArgumentException("entry " + index + " is of no known type");
        };
    }

    /** Our entry as JRaft's. */
    static com.alipay.sofa.jraft.entity.LogEntry toRaft(LogEntry entry)
            throws CorruptionException, UnsupportedVersionException {
        com.alipay.sofa.jraft.entity.LogEntry raft = new com.alipay.sofa.jraft.entity.LogEntry();
        raft.setId(new LogId(entry.index(), entry.term()));
        switch (entry.type()) {
            case WRITES -> {
                raft.setType(EntryType.ENTRY_TYPE_DATA);
                raft.setData(data(entry.timeMicros(), List.of(entry.payload())));
            }
            case NO_OP -> raft.setType(EntryType.ENTRY_TYPE_NO_OP);
            case CONFIGURATION -> {
                raft.setType(EntryType.ENTRY_TYPE_CONFIGURATION);
                Configurations.set(raft, RaftConfiguration.fromFrame(entry.payload()));
            }
            case TRUNCATION, RESET, SEAL, DURABLE ->
                throw new CorruptionException("the log", 0, "a record of type " + entry.type() + " has no index");
        }
        return raft;
    }
}
