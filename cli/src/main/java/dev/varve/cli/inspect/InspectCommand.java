package dev.varve.cli.inspect;

import dev.varve.cli.Console;
import dev.varve.cli.ExitCode;
import dev.varve.cli.Failure;
import dev.varve.cli.Sizes;
import dev.varve.cli.Usage;
import dev.varve.client.Keys;
import dev.varve.storage.checkpoint.Checkpoint;
import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.checkpoint.ManifestEdit;
import dev.varve.storage.checkpoint.ManifestState;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.index.RangeTombstones;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.ValueSegmentInfo;
import dev.varve.storage.log.ValueSegmentScanner;
import dev.varve.storage.log.VoteFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what is in the files of a store. */
@Command(
        name = "inspect",
        description = {
            "Shows what is in a store's files: of a directory its manifest with segments and tables; of a segment of the"
                    + " log its records; of a value segment its values; of a table its entries; of a manifest what it"
                    + " adds up to.",
            "Changes nothing. 'verify' tells whether all of it is whole.",
            "Exit code 1: what was to be shown is damaged; each place is named by file and offset."
        })
public final class InspectCommand implements Callable<Integer> {

    private final Console console;

    @Parameters(paramLabel = "PATH", description = "The directory of a store, or one of its files.")
    private Path path = Path.of("");

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "100",
            description = "At most so many records or entries. Default: ${DEFAULT-VALUE}.")
    private long limit;

    public InspectCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (limit < 1) {
            throw new Usage("--limit must be at least 1.");
        }
        if (Files.isDirectory(path)) {
            try (StoreFiles store = StoreFiles.open(path)) {
                showState(store.manifestName(), store.scanManifest());
            }
            return ExitCode.OK;
        }
        if (!Files.exists(path)) {
            throw new Failure("There is no file or directory " + path + ".");
        }
        FileName name = FileName.parse(String.valueOf(path.getFileName()))
                .orElseThrow(() -> new Failure("The name of " + path + " is not that of a store's file."));
        Path parent = path.toAbsolutePath().getParent();
        Findings findings = new Findings();
        try (StoreFile file = StoreFiles.open(parent == null ? path : parent, name, null)) {
            FileHeader header = StoreFiles.header(file, name);
            console.println("file      " + name + ", " + Sizes.show(file.size()) + ", of store " + header.storeId());
            switch (name.kind()) {
                case LOG -> showSegment(file, name, findings);
                case TABLE -> showTable(file, name, findings);
                case VALUES -> showValues(file, name, findings);
                case MANIFEST -> showState(name, Manifest.scan(file, name));
                case VOTE -> showVote(VoteFile.read(file), name, findings);
            }
        }
        for (Findings.Damage damage : findings.damages()) {
            console.println("DAMAGED   " + damage);
        }
        return findings.damageCount() == 0 ? ExitCode.OK : ExitCode.FAILED;
    }

    private void showState(FileName name, Manifest.Scan scan) throws IOException {
        ManifestState state = scan.state();
        ManifestEdit.Identity identity = state.identity();
        console.println("store     " + state.storeId() + ", incarnation " + identity.incarnation() + ", node "
                + identity.nodeId() + ", founded " + time(identity.createdMicros()));
        console.println("manifest  " + name + ", " + scan.number() + " records"
                + (scan.torn() ? ", behind them an edit that was never synced" : "")
                + (scan.flipped() >= 0 ? ", of which the one at offset " + scan.flipped() + " has a flipped bit" : ""));
        Checkpoint checkpoint = state.checkpoint();
        if (checkpoint != null) {
            console.println(String.format(
                    Locale.ROOT,
                    "tables    hold the log up to entry %d (term %d, revision %d), which ends at %s offset %d",
                    checkpoint.appliedIndex(),
                    checkpoint.appliedTerm(),
                    checkpoint.revision(),
                    new FileName(FileKind.LOG, checkpoint.segmentId()),
                    checkpoint.offset()));
        }
        ManifestEdit.LogBegins begins = state.logBegins();
        if (begins != null) {
            console.println("log       begins with entry " + begins.index() + " at "
                    + new FileName(FileKind.LOG, begins.segmentId()) + " offset " + begins.offset());
        }
        ManifestEdit.Closed closed = state.closed();
        console.println(
                closed == null
                        ? "closed    no: the log is read to its end when the store is opened"
                        : "closed    in order, at " + new FileName(FileKind.LOG, closed.segmentId()) + " offset "
                                + closed.offset());
        for (long id : state.segments()) {
            console.println("segment   " + new FileName(FileKind.LOG, id));
        }
        for (ValueSegmentInfo info : state.values()) {
            console.println(
                    "values    " + new FileName(FileKind.VALUES, info.id()) + "  " + Sizes.show(info.sizeBytes()));
        }
        for (TableInfo table : state.tables()) {
            console.println(String.format(
                    Locale.ROOT,
                    "table     %s  level %d, %s, %,d entries (%,d tombstones), %,d range tombstones, revisions %d to %d, keys %s to %s",
                    new FileName(FileKind.TABLE, table.id()),
                    state.level(table.id()),
                    Sizes.show(table.sizeBytes()),
                    table.entries(),
                    table.tombstones(),
                    table.rangeTombstones(),
                    table.minRevision(),
                    table.maxRevision(),
                    key(table.smallestKey()),
                    key(table.largestKey())));
        }
    }

    private void showSegment(StoreFile file, FileName name, Findings findings) throws IOException {
        SegmentScan scan = new SegmentScan(file, name);
        long shown = 0;
        while (shown < limit && scan.next()) {
            RecordHeader header = scan.header();
            shown++;
            console.println(String.format(
                    Locale.ROOT,
                    "%10d  %-13s index %d, term %d, revision %d, %s, %d bytes, durable to %d",
                    scan.recordOffset(),
                    header.type(),
                    header.index(),
                    header.term(),
                    header.firstRevision(),
                    time(header.timeMicros()),
                    header.length(),
                    header.durableOffset()));
            if (header.type().isEntry()) {
                showFrames(scan.frames());
            }
        }
        if (shown == limit) {
            return;
        }
        if (scan.sealed()) {
            console.println("sealed; the log goes on in " + new FileName(FileKind.LOG, scan.successor()));
            return;
        }
        long behind = scan.provenBehind();
        console.println(
                "no record at offset " + scan.offset() + (behind < 0 ? ": only zeroes follow" : ": " + scan.trouble()));
        long proven = Math.max(behind, scan.durable());
        if (proven > scan.offset()) {
            findings.damage(
                    name.toString(),
                    scan.offset(),
                    scan.trouble() + ", although the log had been durable up to offset " + proven);
        }
    }

    private void showValues(StoreFile file, FileName name, Findings findings) throws IOException {
        try {
            showValues(new ValueSegmentScanner(file, name));
        } catch (CorruptionException e) {
            findings.damage(e);
        }
    }

    private void showValues(ValueSegmentScanner scan) throws IOException {
        for (long shown = 0; shown < limit && scan.next(); shown++) {
            FrameCursor frame = scan.frame();
            console.println(String.format(
                    Locale.ROOT,
                    "%10d  %s, %d bytes%s",
                    scan.frameOffset(),
                    key(IndexKey.of(frame.keyspace(), frame.key())),
                    frame.originalLength(),
                    frame.codec() == Frames.NO_CODEC ? "" : ", compressed to " + frame.valueLength()));
        }
    }

    private void showFrames(FrameCursor frame) throws IOException {
        while (frame.next()) {
            String kind = switch (frame.kind()) {
                case FrameKind.PUT -> "put";
                case FrameKind.DELETE -> "delete";
                case FrameKind.RANGE_DELETE -> "delete range";
                case FrameKind.REQUEST -> "request";
                default -> "kind " + Byte.toUnsignedInt(frame.kind());
            };
            String what = frame.kind() == FrameKind.RANGE_DELETE
                    ? range(IndexKey.of(frame.keyspace(), frame.key()), end(frame))
                    : key(IndexKey.of(frame.keyspace(), frame.key())) + ", " + frame.valueLength() + " bytes";
            console.println(
                    String.format(Locale.ROOT, "            %s %-6s %s", frame.first() ? "+" : " ", kind, what));
        }
    }

    private static byte[] end(FrameCursor frame) {
        return frame.valueLength() == 0
                ? IndexKey.endOf(frame.keyspace())
                : IndexKey.of(frame.keyspace(), frame.value());
    }

    private static String range(byte[] start, byte[] end) {
        int keyspace = IndexKey.keyspace(start);
        String from = start.length == IndexKey.prefixLength(keyspace) ? "the first key" : key(start);
        return "from " + from + " to "
                + (Arrays.equals(end, IndexKey.endOf(keyspace)) ? "the last key" : "below " + key(end));
    }

    private void showTable(StoreFile file, FileName name, Findings findings) throws IOException {
        TableScan table = new TableScan(file, name, findings);
        console.println(String.format(
                Locale.ROOT,
                "table     %,d entries, %d levels of index, meta blocks %s",
                table.footer().entries(),
                table.footer().indexLevels(),
                table.metaBlocks()));
        for (long segment : table.segments()) {
            console.println("points to segment " + id(segment));
        }
        for (RangeTombstones.Fragment fragment : table.rangeTombstones().fragments()) {
            console.println("removed " + range(fragment.start(), fragment.end()) + " @"
                    + Arrays.toString(fragment.revisions()));
        }
        long[] shown = new long[1];
        table.walk(entry -> {
            console.println(String.format(
                    Locale.ROOT,
                    "%s @%d  %s",
                    key(entry.indexKey()),
                    entry.revision(),
                    switch (entry.kind()) {
                        case EntryKind.POINTER ->
                            entry.valueLength() + " bytes at segment " + id(entry.segmentId()) + " offset "
                                    + entry.offset()
                                    + (entry.codec() == Frames.NO_CODEC
                                            ? ""
                                            : ", compressed to " + entry.storedLength());
                        case EntryKind.INLINE -> entry.valueLength() + " bytes, inline";
                        default -> "removed";
                    }));
            return ++shown[0] < limit;
        });
    }

    private void showVote(VoteFile.Content vote, FileName name, Findings findings) throws IOException {
        console.println(
                "vote      term " + vote.term() + ", for " + (vote.votedFor() == null ? "nobody" : vote.votedFor()));
        if (vote.validCopies() < 2) {
            findings.damage(name.toString(), 0, "one of the two copies is damaged");
        }
    }

    /** The id of a segment of which the table does not say whether it is one of the log. */
    private static String id(long segment) {
        return String.format(Locale.ROOT, "%016x", segment);
    }

    private static String key(byte[] indexKey) {
        if (indexKey.length == 0) {
            return "nothing";
        }
        int keyspace = IndexKey.keyspace(indexKey);
        String key = Keys.show(IndexKey.key(indexKey, indexKey.length));
        return keyspace == 0 ? key : "keyspace " + keyspace + " " + key;
    }

    private static String time(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString();
    }
}
