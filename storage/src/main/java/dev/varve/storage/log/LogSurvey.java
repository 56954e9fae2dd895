package dev.varve.storage.log;

import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.format.RecordType;
import java.util.Collections;
import java.util.NavigableSet;
import java.util.SortedSet;
import java.util.TreeSet;

/** What Raft wants to know of a whole log, gathered while the log is opened and read anyway. Not thread-safe. */
public final class LogSurvey {

    private final TermRuns terms = new TermRuns();
    private final NavigableSet<Long> configurations = new TreeSet<>();

    LogSurvey() {}

    /** Begins behind this index. */
    void begin(long lastIndex) {
        terms.reset(lastIndex);
    }

    /** The next record of the log. */
    void add(RecordHeader header) {
        long index = header.index();
        if (header.type().isEntry()) {
            terms.append(index, header.term());
            if (header.type() == RecordType.CONFIGURATION) {
                configurations.add(index);
            }
        } else if (header.type() == RecordType.TRUNCATION) {
            terms.truncateSuffix(index);
            configurations.tailSet(index, false).clear();
        } else if (header.type() == RecordType.RESET) {
            terms.reset(index);
            configurations.clear();
        }
    }

    /** The terms of the entries that were read. */
    public TermRuns terms() {
        return terms;
    }

    /** The indexes of the configuration entries that were read. */
    public SortedSet<Long> configurations() {
        return Collections.unmodifiableSortedSet(configurations);
    }
}
