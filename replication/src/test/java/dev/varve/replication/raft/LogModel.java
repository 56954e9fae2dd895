package dev.varve.replication.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.LogId;
import com.alipay.sofa.jraft.entity.PeerId;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What a Raft log must hold, as a list. */
record LogModel(long first, List<LogEntry> entries) {

    static final LogModel EMPTY = new LogModel(1, List.of());

    long last() {
        return first + entries.size() - 1;
    }

    long lastTerm() {
        return entries.isEmpty() ? 0 : entries.getLast().getId().getTerm();
    }

    LogModel append(List<LogEntry> more) {
        List<LogEntry> all = new ArrayList<>(entries);
        all.addAll(more);
        return new LogModel(first, all);
    }

    LogModel truncateSuffix(long lastKept) {
        return new LogModel(first, entries.subList(0, (int) (lastKept + 1 - first)));
    }

    LogModel truncatePrefix(long firstKept) {
        return firstKept > last() + 1
                ? new LogModel(firstKept, List.of())
                : new LogModel(firstKept, entries.subList((int) (firstKept - first), entries.size()));
    }

    LogModel reset(long next) {
        return new LogModel(next, List.of());
    }

    /** What differs between the log and this, or an empty string. */
    String difference(VarveLogStorage log) {
        if (log.getFirstLogIndex() != first || log.getLastLogIndex() != last()) {
            return "entries " + log.getFirstLogIndex() + " to " + log.getLastLogIndex() + " rather than " + first
                    + " to " + last();
        }
        for (LogEntry expected : entries) {
            LogEntry actual = log.getEntry(expected.getId().getIndex());
            if (actual == null || !describe(expected).equals(describe(actual))) {
                return "entry " + (actual == null ? "null" : describe(actual)) + " rather than " + describe(expected);
            }
        }
        return "";
    }

    void assertIs(VarveLogStorage log) {
        assertThat(difference(log)).isEmpty();
        assertThat(log.getEntry(first - 1)).isNull();
        assertThat(log.getEntry(last() + 1)).isNull();
    }

    private static String describe(LogEntry entry) {
        return entry.getId() + " " + entry.getType() + " " + members(entry.getPeers()) + " "
                + members(entry.getOldPeers()) + " " + members(entry.getLearners()) + " "
                + members(entry.getOldLearners()) + " "
                + (entry.getData() == null
                        ? ""
                        : entry.getData().hashCode() + "/" + entry.getData().remaining());
    }

    /** JRaft means the same by null and by an empty list. */
    private static List<PeerId> members(@Nullable List<PeerId> peers) {
        return peers == null ? List.of() : peers;
    }

    /** A random batch that may follow this log: all kinds of entries, terms that never go back. */
    List<LogEntry> someEntries(RandomGenerator random, long atLeastTerm, int count) {
        List<LogEntry> batch = new ArrayList<>();
        long term = Math.max(atLeastTerm, Math.max(1, lastTerm()));
        for (int i = 0; i < count; i++) {
            term += random.nextInt(10) == 0 ? 1 : 0;
            batch.add(someEntry(random, last() + 1 + i, term));
        }
        return batch;
    }

    private static LogEntry someEntry(RandomGenerator random, long index, long term) {
        return switch (random.nextInt(8)) {
            case 0 -> entry(EntryType.ENTRY_TYPE_NO_OP, index, term);
            case 1 -> configuration(index, term, random.nextBoolean());
            default -> {
                byte[] value = new byte[random.nextInt(8) == 0 ? random.nextInt(3000) : random.nextInt(100)];
                random.nextBytes(value);
                yield data(index, term, "key" + random.nextInt(100), value);
            }
        };
    }

    static LogEntry entry(EntryType type, long index, long term) {
        LogEntry entry = new LogEntry(type);
        entry.setId(new LogId(index, term));
        return entry;
    }

    /** A put; its time follows from its index, so that times do not go back. */
    static LogEntry data(long index, long term, String key, byte[] value) {
        LogEntry entry = entry(EntryType.ENTRY_TYPE_DATA, index, term);
        FrameEncoder frames =
                new FrameEncoder(64).add(FrameKind.PUT, true, Frames.USER, key.getBytes(StandardCharsets.UTF_8), value);
        entry.setData(RaftEntries.data(1_000_000 + 1000 * term + index, List.of(frames.payload())));
        return entry;
    }

    static LogEntry configuration(long index, long term, boolean joint) {
        LogEntry entry = entry(EntryType.ENTRY_TYPE_CONFIGURATION, index, term);
        entry.setPeers(List.of(new PeerId("a", 0), new PeerId("b", 0), new PeerId("c", 0)));
        entry.setLearners(List.of(new PeerId("d", 0)));
        if (joint) {
            entry.setOldPeers(List.of(new PeerId("a", 0)));
            entry.setOldLearners(List.of());
        }
        return entry;
    }
}
