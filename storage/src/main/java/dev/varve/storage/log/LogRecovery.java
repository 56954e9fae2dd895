package dev.varve.storage.log;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.format.UnsupportedVersionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads the log from a known place to its end when a store is opened, and decides what stands there.
 *
 * <p>Segments are chained: a seal names its successor. Behind the last valid record of the last segment there is one of three
 * things:
 * <ul>
 *   <li>zeroes to the end of the file: the log ends here;
 *   <li>anything else, and nothing proves that it had been durable: the unsynced tail of a process that died or a machine that
 *       lost power (any sectors of the last group may be missing, with valid records behind the hole). It is cut;
 *   <li>damage to what had been durable, because a record further behind says so, or a later segment is in use, or the
 *       manifest says so. Nothing is cut; a {@link CorruptionException} names the place.
 * </ul>
 *
 * <p>A segment whose tail was cut is sealed there and not appended to, so that a valid record behind the cut can never be taken
 * for the continuation of what is written later.
 */
final class LogRecovery {

    private final int group;
    private final SegmentSet segments;
    private final EntryIndex entries;
    private final Log.Replay sink;
    private LogState state;
    private final Set<Long> visited = new HashSet<>();
    private long firstIndex;
    private long records;

    LogRecovery(int group, SegmentSet segments, EntryIndex entries, LogState before, Log.Replay sink) {
        this.group = group;
        this.segments = segments;
        this.entries = entries;
        this.state = before;
        this.firstIndex = before.lastIndex() + 1;
        this.sink = sink;
    }

    /**
     * Where the log ends.
     *
     * @param segment its last segment
     * @param state where it stands there
     * @param torn true if something other than zeroes follows, which must be cut
     * @param doubtful where the bytes begin, in this segment and the one before it, of which nothing proves that they are on the
     *     device
     */
    record End(Segment segment, LogState state, boolean torn, List<Doubt> doubtful) {}

    /** Bytes up to a segment's end of which nothing proves that they are on the device. */
    record Doubt(Segment segment, int from) {}

    /** Tells whether a segment may be sealed and used although it is not the last: see {@link #run}. */
    @FunctionalInterface
    interface Proof {
        /** Up to which offset the segment is known to have been durable; {@link Integer#MAX_VALUE} if it had a used successor. */
        int durableOffset(Segment segment) throws IOException;
    }

    /**
     * Reads from the given place to the end.
     *
     * @param proof what is known from elsewhere of the durability of the last segment
     */
    End run(Segment first, int offset, Proof proof) throws IOException, UnsupportedVersionException {
        Segment segment = first;
        int from = offset;
        List<Doubt> doubtful = new ArrayList<>();
        while (true) {
            visited.add(segment.id());
            LogScanner scanner = new LogScanner(segment, from);
            int proven = from;
            if (scanner.next()) {
                doubtful.clear(); // A segment is used only once the one before it is on the device.
                do {
                    proven = Math.max(proven, scanner.header().durableOffset());
                    accept(segment, scanner);
                } while (scanner.next());
            }
            segment.written(scanner.offset());
            if (proven < scanner.offset()) {
                doubtful.add(new Doubt(segment, proven));
            }
            if (!scanner.sealed()) {
                boolean torn = !scanner.onlyZeroesFollow();
                checkTail(segment, scanner, torn, proof);
                return new End(segment, state, torn, doubtful);
            }
            segment.forced(scanner.offset());
            segment.seal();
            segment = successor(segment, scanner);
            from = segment.end();
        }
    }

    /** Ids of the segments that were read. */
    Set<Long> visited() {
        return visited;
    }

    /** The lowest index that can be read. */
    long firstIndex() {
        return firstIndex;
    }

    /** How many records were read. */
    long records() {
        return records;
    }

    private void accept(Segment segment, LogScanner scanner) throws IOException {
        RecordHeader header = scanner.header();
        records++;
        if (header.group() != group) {
            throw new UnsupportedVersionException(segment.name() + " needs a newer Varve: at offset "
                    + scanner.recordOffset() + " stands a record of Raft group " + header.group());
        }
        long position = LogPosition.of(segment.number(), scanner.recordOffset());
        if (header.type().isEntry()) {
            checkFollows(segment, scanner, header);
            entries.add(header.index(), position);
            long next = header.firstRevision() + writes(scanner.payload());
            state = new LogState(header.index(), header.term(), next, header.timeMicros());
            sink.entry(header, position, scanner.payload());
        } else if (header.type() == RecordType.TRUNCATION || header.type() == RecordType.RESET) {
            if (header.type() == RecordType.RESET) {
                entries.truncateSuffix(0);
                firstIndex = header.index() + 1;
            } else {
                entries.truncateSuffix(header.index());
            }
            state = new LogState(header.index(), header.term(), header.firstRevision(), header.timeMicros());
        }
    }

    private void checkFollows(Segment segment, LogScanner scanner, RecordHeader header) throws CorruptionException {
        boolean revisionFits = header.firstRevision() == state.nextRevision();
        if (header.index() != state.lastIndex() + 1 || !revisionFits) {
            throw new CorruptionException(
                    segment.name().toString(),
                    scanner.recordOffset(),
                    "entry " + header.index() + " with revision " + header.firstRevision() + " stands where entry "
                            + (state.lastIndex() + 1) + " with revision " + state.nextRevision() + " should stand");
        }
    }

    private static int writes(ByteBuffer payload) throws IOException {
        FrameCursor cursor = FrameCursor.trusted(payload);
        int writes = 0;
        while (cursor.next()) {
            writes += cursor.first() ? 1 : 0;
        }
        return writes;
    }

    private Segment successor(Segment segment, LogScanner scanner) throws IOException {
        FrameCursor cursor = FrameCursor.trusted(scanner.payload());
        if (!cursor.next() || cursor.valueLength() != Long.BYTES) {
            throw new CorruptionException(
                    segment.name().toString(), scanner.recordOffset(), "the seal does not name a successor");
        }
        long id = ByteBuffer.wrap(cursor.value()).order(ByteOrder.LITTLE_ENDIAN).getLong();
        Segment successor = segments.find(id);
        if (successor == null) {
            throw new CorruptionException(
                    segment.name().toString(),
                    scanner.recordOffset(),
                    "the log goes on in " + new FileName(FileKind.LOG, id) + ", which is missing");
        }
        return successor;
    }

    private static void checkTail(Segment segment, LogScanner scanner, boolean torn, Proof proof) throws IOException {
        if (segment.file().size() < segment.capacity()) {
            throw new CorruptionException(
                    segment.name().toString(),
                    segment.file().size(),
                    "the file has been cut: it should have " + segment.capacity()
                            + " bytes. Nothing was changed. Restore this file from a backup or another replica");
        }
        int proven = proof.durableOffset(segment);
        if (torn) {
            proven = Math.max(proven, scanner.durabilityProvenBehind());
        }
        if (scanner.offset() < proven) {
            throw new CorruptionException(
                    segment.name().toString(),
                    scanner.offset(),
                    scanner.trouble() + ", although the log had been durable "
                            + (proven == Integer.MAX_VALUE ? "to its end" : "up to offset " + proven)
                            + ". Nothing was cut. Restore this file from a backup or another replica");
        }
    }
}
