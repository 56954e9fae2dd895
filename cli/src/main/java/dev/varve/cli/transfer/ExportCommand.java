package dev.varve.cli.transfer;

import dev.varve.cli.ConnectionOptions;
import dev.varve.cli.Console;
import dev.varve.cli.ExitCode;
import dev.varve.cli.Failure;
import dev.varve.cli.KeyOptions;
import dev.varve.cli.Progress;
import dev.varve.cli.RangeOptions;
import dev.varve.cli.Sizes;
import dev.varve.cli.Usage;
import dev.varve.client.EntryJson;
import dev.varve.client.VarveClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Brings entries from the store into files. */
@Command(
        name = "export",
        description = {
            "Writes entries, in the order of their keys, as NDJSON, or as files of a directory or zip file, each under"
                    + " its key as path.",
            "A key that is no safe path (absolute, with '..', or not UTF-8 in a zip file) is passed over and named, and"
                    + " the exit code is 1; NDJSON takes every key."
        })
public final class ExportCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private KeyOptions keys = new KeyOptions();

    @Mixin
    private RangeOptions range = new RangeOptions();

    @Parameters(
            index = "0",
            paramLabel = "TARGET",
            description = "A directory (existing, or ending in /), a .zip file, a .ndjson file, or - for NDJSON on"
                    + " standard output.")
    private String target = "";

    @Option(names = "--start", paramLabel = "KEY", description = "The first key, inclusive.")
    private @Nullable String start;

    @Option(names = "--end", paramLabel = "KEY", description = "The last key, inclusive.")
    private @Nullable String end;

    @Option(names = "--strip-prefix", description = "Take --prefix off the paths: the way back from 'import --prefix'.")
    private boolean stripPrefix;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "ndjson, dir or zip, where the name of the target does not tell.")
    private @Nullable TransferFormat format;

    @Option(names = "--overwrite", description = "Replace files that are there.")
    private boolean overwrite;

    @Option(
            names = "--wait",
            paramLabel = "DURATION",
            defaultValue = "60s",
            description = "How long the server may be away before the export gives up. Default: ${DEFAULT-VALUE}.")
    private Duration wait = Duration.ZERO;

    public ExportCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        byte[] strip = new byte[0];
        if (stripPrefix) {
            if (range.prefix() == null) {
                throw new Usage("--strip-prefix needs --prefix.");
            }
            strip = keys.decode(range.prefix());
        }
        long started = console.ticker().nanos();
        Progress progress = Progress.start(console, "export", -1, " MiB", 1 << 20);
        Exporter exporter;
        try (VarveClient client = connection.connect();
                Sink sink = open();
                progress) {
            exporter = new Exporter(client, new Outage(wait, console.ticker(), progress::say), progress, strip);
            try {
                exporter.run(range.query(keys, start, end), sink);
                sink.finish();
            } catch (IOException | RuntimeException e) {
                progress.say(
                        sink.keepsParts()
                                ? howToGoOn(exporter)
                                : "The file " + target + " was not written. Give the same command again.");
                throw e;
            }
        }
        report(exporter, (console.ticker().nanos() - started) / 1e9);
        return exporter.refused() == 0 ? ExitCode.OK : ExitCode.FAILED;
    }

    private Sink open() throws IOException {
        Path path = Path.of(target);
        boolean isDirectory = !target.equals("-") && Files.isDirectory(path);
        TransferFormat chosen = TransferFormat.of(target, isDirectory, format);
        if (target.equals("-")) {
            if (chosen != TransferFormat.NDJSON) {
                throw new Usage("Only ndjson goes to standard output.");
            }
            return NdjsonSink.stream(console.out());
        }
        if (chosen == TransferFormat.DIR) {
            if (isDirectory && !overwrite && range.after() == null && !isEmpty(path)) {
                throw new Failure("The directory " + target + " is not empty. --overwrite replaces files of it.");
            }
            return new DirectorySink(path, overwrite || range.after() != null);
        }
        if (isDirectory) {
            throw new Failure("There is a directory " + target + "; name a file, or --format dir.");
        }
        if (Files.exists(path) && !overwrite) {
            throw new Failure("The file " + target + " is there already. --overwrite replaces it.");
        }
        PartFile file = PartFile.create(path);
        return chosen == TransferFormat.ZIP ? new ZipSink(file) : NdjsonSink.file(file);
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.findAny().isEmpty();
        }
    }

    private static String howToGoOn(Exporter exporter) {
        byte[] last = exporter.lastKey();
        if (last == null) {
            return "Nothing was exported.";
        }
        String text = EntryJson.utf8(last);
        boolean plain = text != null && text.chars().noneMatch(c -> c < ' ' || c == '\'' || c == 0x7F);
        return exporter.written() + " entries were exported. To export the rest (from a later state), add "
                + (plain
                        ? "--after '" + text + "'"
                        : "--key-encoding hex --after " + HexFormat.of().formatHex(last))
                + ".";
    }

    private void report(Exporter exporter, double seconds) {
        console.say("Exported %d entries, %s, in %.1f s%s%s"
                .formatted(
                        exporter.written(),
                        Sizes.show(exporter.writtenBytes()),
                        seconds,
                        exporter.refused() == 0 ? "" : ", " + exporter.refused() + " were passed over",
                        exporter.snapshots() == 1
                                ? ""
                                : ", from " + exporter.snapshots() + " states of the store, as the server was away"));
    }
}
