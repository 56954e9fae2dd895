package dev.varve.cli.inspect;

import dev.varve.storage.KeyRange;
import dev.varve.storage.checkpoint.Checkpoint;
import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.checkpoint.ManifestEdit;
import dev.varve.storage.checkpoint.ManifestState;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.index.RangeTombstones;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.ValueSegmentInfo;
import dev.varve.storage.log.ValueSegmentScanner;
import dev.varve.storage.log.VoteFile;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Verifies a store: every checksum of every file, the chain of the log, and every pointer. For one thread, once. */
final class Verification implements AutoCloseable {

    /** What was verified. */
    static final class Counts {
        long segments;
        long valueSegments;
        long values;
        long records;
        long writes;
        long tables;
        long entries;
        long rangeTombstones;
        long pointers;
        long bytes;
    }

    /** Where a segment's records end, and how. */
    private record End(
            SegmentScan scan, boolean used, @Nullable Long successor) {}

    private final StoreFiles store;
    private final Findings findings;
    private final LongConsumer progress;
    private final Counts counts = new Counts();
    private final Map<Long, StoreFile> segments = new HashMap<>();
    private final Set<Long> valueIds = new HashSet<>();

    /**
     * A verification.
     *
     * @param progress is told of bytes that have been verified
     */
    Verification(StoreFiles store, Findings findings, LongConsumer progress) {
        this.store = store;
        this.findings = findings;
        this.progress = progress;
    }

    Counts run(Manifest.Scan manifest) throws IOException {
        ManifestState state = manifest.state();
        if (manifest.torn()) {
            findings.note(store.manifestName() + ": an edit at offset " + manifest.end()
                    + " was never synced; it will be cut when the store is opened");
        }
        if (manifest.flipped() >= 0) {
            findings.damage(
                    store.manifestName().toString(),
                    manifest.flipped(),
                    "a bit of the edit that begins here has flipped; it will be put right when the store is opened");
        }
        passed(manifest.end());
        verifyLog(state);
        for (ValueSegmentInfo info : state.values()) {
            verifyValues(state, info);
        }
        for (TableInfo table : state.tables()) {
            verifyTable(state, table);
        }
        verifyVote(state);
        noteStrangers(state);
        return counts;
    }

    private void passed(long bytes) {
        counts.bytes += bytes;
        progress.accept(bytes);
    }

    // ------------------------------------------------------------------------------------------------ the log

    private void verifyLog(ManifestState state) throws IOException {
        Map<Long, End> ends = new HashMap<>();
        for (long id : state.segments()) {
            FileName name = new FileName(FileKind.LOG, id);
            try {
                StoreFile file = store.open(name, state.storeId());
                segments.put(id, file);
                counts.segments++;
                ends.put(id, scan(file, name));
            } catch (CorruptionException e) {
                findings.damage(e);
            } catch (IOException e) {
                findings.unreadable(name.toString(), e);
            }
        }
        Set<Long> successors = new HashSet<>(); // Of the log as it is read: what stands before it may have gaps.
        List<Long> read = behindBegin(state);
        for (long id : read) {
            End end = ends.get(id);
            if (end != null && end.successor() != null) {
                successors.add(end.successor());
            }
        }
        for (Map.Entry<Long, End> entry : ends.entrySet()) {
            End end = entry.getValue();
            if (end.successor() == null) {
                // One that the log never reached was made ready by an earlier process and left empty.
                boolean begins = state.checkpoint() != null && entry.getKey().equals(read.getFirst());
                boolean reached = begins || end.used() || successors.contains(entry.getKey());
                boolean goesOn = reached && laterSegmentIsUsed(state, ends, entry.getKey());
                checkTail(state, new FileName(FileKind.LOG, entry.getKey()), end.scan(), goesOn);
            }
        }
        for (long successor : successors) {
            if (!state.segments().contains(successor)) {
                findings.damage(
                        new FileName(FileKind.LOG, successor).toString(), 0, "the log goes on here, but it is missing");
            }
        }
    }

    /** The segments from the one on in which the log begins; those before are kept for their values only. */
    private static List<Long> behindBegin(ManifestState state) {
        Checkpoint checkpoint = state.checkpoint();
        ManifestEdit.LogBegins begins = state.logBegins();
        if (checkpoint == null) {
            return state.segments();
        }
        int first = state.segments().indexOf(begins == null ? checkpoint.segmentId() : begins.segmentId());
        return state.segments().subList(Math.max(0, first), state.segments().size());
    }

    private End scan(StoreFile file, FileName name) throws IOException {
        SegmentScan scan = new SegmentScan(file, name);
        int last = 0;
        boolean used = false;
        long nextIndex = -1;
        long nextRevision = -1;
        while (scan.next()) {
            RecordHeader header = scan.header();
            counts.records++;
            used = true;
            int writes = 0;
            FrameCursor frames = scan.frames();
            while (frames.next()) {
                writes += frames.first() ? 1 : 0;
            }
            if (header.type().isEntry()) {
                if (nextIndex >= 0 && (header.index() != nextIndex || header.firstRevision() != nextRevision)) {
                    findings.damage(
                            name.toString(),
                            scan.recordOffset(),
                            "entry " + header.index() + " with revision " + header.firstRevision()
                                    + " stands where entry " + nextIndex + " with revision " + nextRevision
                                    + " should stand");
                }
                nextIndex = header.index() + 1;
                nextRevision = header.firstRevision() + writes;
                counts.writes += header.type() == RecordType.WRITES ? writes : 0;
            } else if (header.type() == RecordType.TRUNCATION || header.type() == RecordType.RESET) {
                nextIndex = header.index() + 1;
                nextRevision = header.firstRevision();
            }
            passed(scan.offset() - last);
            last = scan.offset();
        }
        passed(file.size() - last);
        return new End(scan, used, scan.sealed() ? (Long) scan.successor() : null);
    }

    /** Whether a segment that was made after this one holds records: then this one should have been sealed. */
    private static boolean laterSegmentIsUsed(ManifestState state, Map<Long, End> ends, long id) {
        boolean later = false;
        for (long other : state.segments()) {
            End end = ends.get(other);
            if (later && end != null && end.used()) {
                return true;
            }
            later |= other == id;
        }
        return false;
    }

    /** Decides whether what follows the last record of a segment without a seal is damage or an unsynced tail. */
    private void checkTail(ManifestState state, FileName name, SegmentScan scan, boolean goesOn) throws IOException {
        StoreFile file = segments.get(name.id());
        if (file == null) {
            return;
        }
        FileHeader header = StoreFiles.header(file, name);
        if (file.size() < header.preallocatedBytes()) {
            findings.damage(
                    name.toString(),
                    file.size(),
                    "the file has been cut: it should have " + header.preallocatedBytes() + " bytes");
            return;
        }
        long behind = scan.provenBehind();
        long proven = Math.max(Math.max(behind, scan.durable()), provenByManifest(state, name.id()));
        if (goesOn) {
            findings.damage(name.toString(), scan.offset(), scan.trouble() + ", although a later segment is in use");
        } else if (scan.offset() < proven) {
            findings.damage(
                    name.toString(),
                    scan.offset(),
                    scan.trouble() + ", although the log had been durable up to offset " + proven);
        } else if (behind >= 0) {
            findings.note(name + ": what follows offset " + scan.offset()
                    + " was never synced; it will be cut when the store is opened");
        }
    }

    private static long provenByManifest(ManifestState state, long segmentId) {
        long proven = 0;
        Checkpoint checkpoint = state.checkpoint();
        if (checkpoint != null && checkpoint.segmentId() == segmentId) {
            proven = checkpoint.offset();
        }
        ManifestEdit.Closed closed = state.closed();
        if (closed != null && closed.segmentId() == segmentId) {
            proven = Math.max(proven, closed.offset());
        }
        return proven;
    }

    // ------------------------------------------------------------------------------------------------ values

    private void verifyValues(ManifestState state, ValueSegmentInfo info) throws IOException {
        valueIds.add(info.id());
        FileName name = new FileName(FileKind.VALUES, info.id());
        try {
            StoreFile file = store.open(name, state.storeId());
            segments.put(info.id(), file);
            counts.valueSegments++;
            if (file.size() != info.sizeBytes()) {
                throw new CorruptionException(
                        name.toString(),
                        file.size(),
                        "it has " + file.size() + " bytes and should have " + info.sizeBytes());
            }
            ValueSegmentScanner scan = new ValueSegmentScanner(file, name);
            long last = 0;
            while (scan.next()) {
                counts.values++;
                scan.frame().originalValue();
                passed(scan.offset() - last);
                last = scan.offset();
            }
            passed(file.size() - last);
        } catch (CorruptionException e) {
            findings.damage(e);
        } catch (IOException e) {
            findings.unreadable(name.toString(), e);
        }
    }

    // ------------------------------------------------------------------------------------------------ tables

    private void verifyTable(ManifestState state, TableInfo info) throws IOException {
        FileName name = new FileName(FileKind.TABLE, info.id());
        try (StoreFile file = store.open(name, state.storeId())) {
            counts.tables++;
            if (file.size() != info.sizeBytes()) {
                findings.damage(
                        name.toString(),
                        file.size(),
                        "it has " + file.size() + " bytes and should have " + info.sizeBytes());
            }
            TableScan table = new TableScan(file, name, findings);
            verifyRanges(info, name, table.rangeTombstones());
            long total = file.size();
            long expected = Math.max(1, table.footer().entries());
            long[] tombstones = new long[1];
            long[] shown = new long[1];
            table.walk(entry -> {
                counts.entries++;
                tombstones[0] += entry.kind() == EntryKind.TOMBSTONE ? 1 : 0;
                checkAgainst(info, name, entry);
                if (entry.kind() == EntryKind.POINTER) {
                    checkPointer(state, name, entry);
                }
                long done = (long) ((double) total * Math.min(1.0, (double) table.entries() / expected));
                passed(done - shown[0]);
                shown[0] = done;
                return true;
            });
            passed(total - shown[0]);
            if (table.entries() == info.entries() && tombstones[0] != info.tombstones()) {
                findings.damage(
                        name.toString(),
                        0,
                        "it has " + tombstones[0] + " tombstones and should have " + info.tombstones());
            }
        } catch (CorruptionException e) {
            findings.damage(e);
        } catch (IOException e) {
            findings.unreadable(name.toString(), e);
        }
    }

    private void verifyRanges(TableInfo info, FileName name, RangeTombstones ranges) {
        counts.rangeTombstones += ranges.count();
        if (ranges.count() != info.rangeTombstones()) {
            findings.damage(
                    name.toString(),
                    0,
                    "it has " + ranges.count() + " range tombstones and should have " + info.rangeTombstones());
        }
        for (RangeTombstones.Fragment fragment : ranges.fragments()) {
            byte[] beyondLargest = KeyRange.successor(info.largestKey());
            if (Arrays.compareUnsigned(fragment.start(), info.smallestKey()) < 0
                    || Arrays.compareUnsigned(fragment.end(), beyondLargest) > 0
                    || fragment.revisions()[0] > info.maxRevision()
                    || fragment.revisions()[fragment.revisions().length - 1] < info.minRevision()) {
                findings.damage(
                        name.toString(), 0, "a range tombstone lies outside what the manifest says of the table");
            }
        }
    }

    private void checkAgainst(TableInfo info, FileName name, TableScan.Entry entry) {
        byte[] key = entry.indexKey();
        if (entry.revision() < info.minRevision()
                || entry.revision() > info.maxRevision()
                || Arrays.compareUnsigned(key, info.smallestKey()) < 0
                || Arrays.compareUnsigned(key, info.largestKey()) > 0) {
            findings.damage(name.toString(), 0, "an entry lies outside what the manifest says of the table");
        }
    }

    private void checkPointer(ManifestState state, FileName table, TableScan.Entry entry) throws IOException {
        counts.pointers++;
        boolean moved = valueIds.contains(entry.segmentId());
        FileName segment = new FileName(moved ? FileKind.VALUES : FileKind.LOG, entry.segmentId());
        StoreFile file = segments.get(entry.segmentId());
        if (file == null) {
            if (!moved && !state.segments().contains(entry.segmentId())) {
                findings.damage(table.toString(), 0, "it points to " + segment + ", which the store does not have");
            }
            return; // A segment that could not be opened has been named once.
        }
        byte[] key = IndexKey.key(entry.indexKey(), entry.indexKey().length);
        long length = (long) Frames.HEADER_BYTES + Frames.extraBytes(entry.codec()) + key.length + entry.storedLength();
        try {
            if (length > file.size()) {
                throw new CorruptionException(segment.toString(), entry.offset(), "a value reaches beyond the file");
            }
            FrameCursor frame = SegmentScan.frame(file, segment, entry.offset(), (int) length);
            if (!Arrays.equals(frame.key(), key)
                    || frame.keyspace() != IndexKey.keyspace(entry.indexKey())
                    || frame.codec() != entry.codec()
                    || logged(frame) != entry.checksum()) {
                throw new CorruptionException(
                        segment.toString(), entry.offset(), "here stands another value than the one of " + table);
            }
        } catch (CorruptionException e) {
            findings.damage(e.file(), e.offset(), e.reason() + " (a key of " + table + " points here)");
        }
    }

    /** The plain checksum that a frame had when it was logged, before its value was compressed. */
    private static int logged(FrameCursor frame) throws IOException {
        if (frame.codec() == Frames.NO_CODEC) {
            return frame.plainChecksum();
        }
        return new FrameEncoder(Frames.HEADER_BYTES + frame.keyLength() + frame.originalLength())
                .add(frame.kind(), frame.first(), frame.keyspace(), frame.key(), frame.originalValue())
                .payload()
                .getInt(0);
    }

    // ------------------------------------------------------------------------------------------------ the rest

    private void verifyVote(ManifestState state) throws IOException {
        if (store.found(FileKind.VOTE).isEmpty()) {
            return;
        }
        FileName name = new FileName(FileKind.VOTE, VoteFile.ID);
        try (StoreFile file = store.open(name, state.voteStoreId())) {
            if (VoteFile.read(file).validCopies() < 2) {
                findings.damage(
                        name.toString(),
                        0,
                        "one of its two copies is damaged; the other one is valid and mends it when the store is opened");
            }
        } catch (CorruptionException e) {
            findings.damage(e);
        } catch (IOException e) {
            findings.unreadable(name.toString(), e);
        }
    }

    private void noteStrangers(ManifestState state) {
        for (String name : store.names()) {
            FileName parsed = FileName.parse(name).orElse(null);
            boolean known = name.equals(FileName.LOCK)
                    || name.equals(FileName.INCOMING)
                    || name.equals(FileName.OUTGOING)
                    || (parsed != null
                            && switch (parsed.kind()) {
                                case LOG -> state.segments().contains(parsed.id());
                                case VALUES -> state.values().stream().anyMatch(info -> info.id() == parsed.id());
                                case TABLE -> state.tables().stream().anyMatch(table -> table.id() == parsed.id());
                                case MANIFEST -> parsed.equals(store.manifestName());
                                case VOTE -> true;
                            });
            if (!known) {
                findings.note(name + ": the manifest does not know this file");
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (StoreFile file : segments.values()) {
            file.close();
        }
    }
}
