package dev.varve.storage.log;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.format.UnsupportedVersionException;
import dev.varve.storage.io.Trouble;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
 * for the continuation of what is written later. On a full disk, which has no space for another segment, zeroes are written over it for the same
 * reason.
 */
final class LogRecovery {

    private static final Logger logger = LoggerFactory.getLogger(LogRecovery.class);

    private static final int CLEAR_BYTES = 1 << 20;

    private final LogConfig config;
    private final SegmentSet segments;
    private final SegmentAllocator allocator;
    private final EntryIndex entries;
    private final Log.Replay sink;
    private final Set<Long> visited = new HashSet<>();
    private final LogSurvey survey = new LogSurvey();
    private LogState state = new LogState(0, 0, 1, 0);
    private long firstIndex;
    private long records;

    /**
     * @param segments an empty set, to be filled
     * @param allocator makes a segment if one is needed
     * @param entries an empty index, to be filled
     * @param sink takes the entries
     */
    LogRecovery(
            LogConfig config, SegmentSet segments, SegmentAllocator allocator, EntryIndex entries, Log.Replay sink) {
        this.config = config;
        this.segments = segments;
        this.allocator = allocator;
        this.entries = entries;
        this.sink = sink;
    }

    /**
     * What was found.
     *
     * @param active the segment in which the log goes on
     * @param state where it ends
     * @param firstIndex the lowest index that can be read
     * @param records how many records were read
     * @param cutBytes how many bytes of an unsynced tail were cut
     * @param visited ids of the segments that were read
     * @param survey what was read
     * @param unused segments that hold nothing and never will: to be removed
     */
    record Recovered(
            Segment active,
            LogState state,
            long firstIndex,
            long records,
            long cutBytes,
            Set<Long> visited,
            LogSurvey survey,
            List<Segment> unused) {}

    /** Where reading ended. */
    private record End(Segment segment, boolean torn, List<Doubt> doubtful) {}

    /** Bytes up to a segment's end of which nothing proves that they are on the device. */
    private record Doubt(Segment segment, int from) {}

    /**
     * Opens the segments, reads the log to its end, and mends the end.
     *
     * @throws CorruptionException if what had been durable is damaged; then nothing has been changed
     */
    Recovered recover(Log.Start start) throws IOException {
        SegmentOpener opener = new SegmentOpener(config.files(), config.directory(), config.storeId());
        for (SegmentOpener.Opened opened : opener.log(start.segmentIds())) {
            segments.add(new SegmentAllocator.Fresh(opened.id(), opened.file(), opened.preallocatedBytes()));
        }
        state = start.before();
        firstIndex = state.lastIndex() + 1;
        survey.begin(state.lastIndex());
        if (start.segmentId() == 0) {
            List<Segment> unused = segments.ofLog();
            for (Segment segment : unused) {
                checkEmpty(segment);
            }
            Segment active = segments.add(allocator.create(config.segmentBytes()));
            return new Recovered(active, state, firstIndex, 0, 0, Set.of(), survey, unused);
        }
        Segment first = segments.find(start.segmentId());
        if (first == null) {
            throw new CorruptionException(
                    new FileName(FileKind.LOG, start.segmentId()).toString(),
                    0,
                    "the log begins in this segment, which is missing");
        }
        End end = read(first, start);
        List<Segment> unused = unused(start);
        for (Segment segment : segments.ofLog()) {
            if (!visited.contains(segment.id())
                    && !unused.contains(segment)
                    && !(segment.file() instanceof DamagedFile)) {
                segment.finish((int) segment.file().size()); // What stands before the place where reading began.
            }
        }
        for (Doubt doubt : end.doubtful()) {
            doubt.segment().forceAgain(doubt.from());
        }
        Segment active = end.segment();
        long cutBytes = 0;
        if (end.torn()) {
            cutBytes = active.file().size() - active.end();
            active = cutTail(active);
        }
        return new Recovered(active, state, firstIndex, records, cutBytes, Set.copyOf(visited), survey, unused);
    }

    /** Before the first checkpoint no segment has a record; one that does shows that the manifest has lost what it said. */
    private static void checkEmpty(Segment segment) throws IOException {
        if (inUse(segment)) {
            throw new CorruptionException(
                    segment.name().toString(),
                    FileHeader.BYTES,
                    "it is in use, but the manifest knows of no checkpoint: the manifest has been cut");
        }
    }

    private static boolean inUse(Segment segment) throws IOException {
        return !(segment.file() instanceof DamagedFile) && new LogScanner(segment, FileHeader.BYTES).next();
    }

    /** Segments that an earlier process had made ready and that the log never reached. */
    private List<Segment> unused(Log.Start start) {
        return segments.ofLog().stream()
                .filter(segment -> segment.id() == start.segmentId() || isLater(segment, start.segmentId()))
                .filter(segment -> !visited.contains(segment.id()))
                .toList();
    }

    /** True if this node made the segment after the one with the given id. */
    private static boolean isLater(Segment segment, long id) {
        return FileName.origin(segment.id()) == FileName.origin(id)
                && Integer.compareUnsigned(FileName.count(segment.id()), FileName.count(id)) > 0;
    }

    private End read(Segment first, Log.Start start) throws IOException {
        Segment segment = first;
        int from = start.offset();
        List<Doubt> doubtful = new ArrayList<>();
        while (true) {
            visited.add(segment.id());
            LogScanner scanner = new LogScanner(segment, from).readingAhead();
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
                checkTail(segment, scanner, torn, proof(segment, start));
                return new End(segment, torn, doubtful);
            }
            segment.forced(scanner.offset());
            segment.seal();
            segment = successor(segment, scanner);
            from = segment.end();
        }
    }

    private void accept(Segment segment, LogScanner scanner) throws IOException {
        RecordHeader header = scanner.header();
        records++;
        if (header.group() != config.group()) {
            throw new UnsupportedVersionException(segment.name() + " needs a newer Varve: at offset "
                    + scanner.recordOffset() + " stands a record of Raft group " + header.group());
        }
        long position = LogPosition.of(segment.number(), scanner.recordOffset());
        if (header.type().isEntry()) {
            checkFollows(segment, scanner, header);
        }
        survey.add(header);
        if (header.type().isEntry()) {
            entries.add(header.index(), position);
            long next = header.firstRevision() + scanner.writes();
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

    /** Up to where manifest and later segments prove the segment in which the log ends to have been durable. */
    private int proof(Segment end, Log.Start start) throws IOException {
        for (Segment segment : segments.ofLog()) {
            if (isLater(segment, end.id()) && inUse(segment)) {
                return Integer.MAX_VALUE; // A segment is used only once the one before it is on the device.
            }
        }
        return end.id() == start.durableSegmentId() ? start.durableOffset() : 0;
    }

    private static void checkTail(Segment segment, LogScanner scanner, boolean torn, int provenElsewhere)
            throws IOException {
        int proven = torn ? Math.max(provenElsewhere, scanner.durabilityProvenBehind()) : provenElsewhere;
        if (scanner.offset() < proven) {
            throw new CorruptionException(
                    segment.name().toString(),
                    scanner.offset(),
                    scanner.trouble() + ", although the log had been durable "
                            + (proven == Integer.MAX_VALUE ? "to its end" : "up to offset " + proven)
                            + ". Nothing was cut. Restore this file from a backup or another replica");
        }
        long size = segment.file().size();
        if (size < segment.capacity()) {
            throw new CorruptionException(
                    segment.name().toString(),
                    scanner.offset(),
                    scanner.trouble() + ", and the file ends at offset " + size
                            + " without a seal: it has been cut, or its end is damaged. Nothing was changed. Restore this file"
                            + " from a backup or another replica");
        }
    }

    /**
     * Seals a segment behind its last valid record, cuts what follows, and goes on in a new one; where the disk has no space for one, clears what
     * follows and goes on in the same.
     */
    private Segment cutTail(Segment torn) throws IOException {
        Segment successor;
        try {
            successor = segments.add(allocator.create(config.segmentBytes()));
        } catch (IOException e) {
            if (!Trouble.isDiskFull(e) || allocator.isPrepared()) { // Then it is the manifest that lacks space.
                throw e;
            }
            clearTail(torn);
            return torn;
        }
        ByteBuffer seal = ByteBuffer.allocate(LogWriter.SEAL_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        RecordHeader header = new RecordHeader(
                LogWriter.SEAL_BYTES,
                config.group(),
                RecordType.SEAL,
                state.lastIndex(),
                state.lastTerm(),
                state.timeMicros(),
                state.nextRevision(),
                torn.end(),
                1);
        LogWriter.encode(seal, header, LogWriter.sealFrame(successor.id()), torn.id(), torn.end());
        logger.warn(
                "{}: cut an unsynced tail at offset {}: it was never acknowledged as durable", torn.name(), torn.end());
        int newEnd = torn.end() + LogWriter.SEAL_BYTES;
        torn.file().write(seal.flip(), torn.end());
        torn.file().sync();
        torn.file().truncate(newEnd);
        torn.file().sync();
        torn.written(newEnd);
        torn.forced(newEnd);
        torn.seal();
        return successor;
    }

    /** Writes zeroes over what follows the last valid record, for which there is space, so that none of it is ever taken for what is written later. */
    private static void clearTail(Segment torn) throws IOException {
        long size = torn.file().size();
        ByteBuffer zeroes = ByteBuffer.allocateDirect(CLEAR_BYTES);
        for (long at = torn.file().nextData(torn.end()); at < size; ) {
            zeroes.clear().limit((int) Math.min(CLEAR_BYTES, size - at));
            torn.file().write(zeroes, at);
            at = torn.file().nextData(at + zeroes.limit());
        }
        torn.file().sync();
        torn.forced(torn.end());
        logger.warn(
                "{}: cleared an unsynced tail from offset {} on: it was never acknowledged as durable. The disk is too full for another segment",
                torn.name(),
                torn.end());
    }
}
