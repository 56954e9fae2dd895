package dev.varve.cli.inspect;

import dev.varve.cli.Console;
import dev.varve.cli.ExitCode;
import dev.varve.cli.OutputFormat;
import dev.varve.cli.Progress;
import dev.varve.cli.Sizes;
import dev.varve.client.EntryJson;
import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.checkpoint.ManifestState;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.log.ValueSegmentInfo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;

/** Verifies a store that no server has open. */
@Command(
        name = "verify",
        description = {
            "Reads all files of a store that no server has open, and verifies every checksum, the chain of the log, and"
                    + " for each pointer the value it points to. Changes nothing.",
            "Exit code 1: something is damaged; each place is named by file and offset."
        })
public final class VerifyCommand implements Callable<Integer> {

    private final Console console;

    @Parameters(paramLabel = "DIR", description = "The directory of the store.")
    private Path directory = Path.of("");

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "table, json, or raw (only the damaged places). Default: ${DEFAULT-VALUE}.")
    private OutputFormat format = OutputFormat.TABLE;

    public VerifyCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        Findings findings = new Findings();
        Verification.Counts counts = new Verification.Counts();
        try (StoreFiles store = StoreFiles.open(directory)) {
            Manifest.Scan manifest = store.scanManifest();
            try (Progress progress =
                            Progress.start(console, "verify", bytes(store, manifest.state()), " MiB", 1 << 20);
                    Verification verification = new Verification(store, findings, progress::step)) {
                counts = verification.run(manifest);
            }
        } catch (CorruptionException e) {
            // The manifest itself: without it nobody knows which files there should be.
            findings.damage(e);
        }
        switch (format) {
            case TABLE -> printTable(counts, findings);
            case JSON -> console.println(json(counts, findings));
            case RAW -> {
                for (Findings.Damage damage : findings.damages()) {
                    console.println(damage.toString());
                }
            }
        }
        return findings.damageCount() == 0 ? ExitCode.OK : ExitCode.FAILED;
    }

    private static long bytes(StoreFiles store, ManifestState state) throws IOException {
        long bytes = store.size(store.manifestName());
        for (long id : state.segments()) {
            bytes += store.size(new FileName(FileKind.LOG, id));
        }
        for (ValueSegmentInfo info : state.values()) {
            bytes += info.sizeBytes();
        }
        for (TableInfo table : state.tables()) {
            bytes += table.sizeBytes();
        }
        return bytes;
    }

    private void printTable(Verification.Counts counts, Findings findings) throws IOException {
        console.println(String.format(
                Locale.ROOT,
                "log      %,d segments, %,d records, %,d writes",
                counts.segments,
                counts.records,
                counts.writes));
        if (counts.valueSegments > 0) {
            console.println(String.format(
                    Locale.ROOT, "values   %,d segments, %,d values", counts.valueSegments, counts.values));
        }
        console.println(String.format(
                Locale.ROOT,
                "tables   %,d, with %,d entries, of which %,d point to values, and %,d range tombstones",
                counts.tables,
                counts.entries,
                counts.pointers,
                counts.rangeTombstones));
        console.println("verified " + Sizes.show(counts.bytes));
        for (String note : findings.notes()) {
            console.println("note     " + note);
        }
        for (Findings.Damage damage : findings.damages()) {
            console.println("DAMAGED  " + damage);
        }
        console.println(
                findings.damageCount() == 0
                        ? "Everything is whole."
                        : findings.damageCount() + " places are damaged. Restore these files from a backup.");
    }

    private static String json(Verification.Counts counts, Findings findings) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = EntryJson.FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            json.writeBooleanProperty("whole", findings.damageCount() == 0);
            json.writeNumberProperty("segments", counts.segments);
            json.writeNumberProperty("records", counts.records);
            json.writeNumberProperty("writes", counts.writes);
            json.writeNumberProperty("valueSegments", counts.valueSegments);
            json.writeNumberProperty("values", counts.values);
            json.writeNumberProperty("tables", counts.tables);
            json.writeNumberProperty("entries", counts.entries);
            json.writeNumberProperty("pointers", counts.pointers);
            json.writeNumberProperty("rangeTombstones", counts.rangeTombstones);
            json.writeNumberProperty("bytes", counts.bytes);
            json.writeArrayPropertyStart("notes");
            findings.notes().forEach(json::writeString);
            json.writeEndArray();
            json.writeNumberProperty("damageCount", findings.damageCount());
            json.writeArrayPropertyStart("damages");
            for (Findings.Damage damage : findings.damages()) {
                json.writeStartObject();
                json.writeStringProperty("file", damage.file());
                json.writeNumberProperty("offset", damage.offset());
                json.writeStringProperty("reason", damage.reason());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
