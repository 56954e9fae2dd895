package dev.varve.cli.transfer;

import dev.varve.cli.ConnectionOptions;
import dev.varve.cli.Console;
import dev.varve.cli.ExitCode;
import dev.varve.cli.Failure;
import dev.varve.cli.Progress;
import dev.varve.cli.Sizes;
import dev.varve.cli.Usage;
import dev.varve.client.PercentEncoding;
import dev.varve.client.VarveClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Brings entries from files into the store. */
@Command(
        name = "import",
        description = {
            "Stores every line of an NDJSON file ({\"key\":..,\"value\":..}, or key64 and value64 in base64), or every"
                    + " file of a directory or zip file, its path the key.",
            "An import that was interrupted resumes where it was when the same command is given again: a journal holds"
                    + " what the server has acknowledged. Each entry is a put of its own, and one whose outcome is"
                    + " unknown is put again."
        })
public final class ImportCommand implements Callable<Integer> {

    private static final int PARALLEL_MAX = 1024;

    private final Console console;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Parameters(
            paramLabel = "SOURCE",
            description = "A directory, a zip file, an NDJSON file, or - for NDJSON on standard" + " input.")
    private String source = "";

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "ndjson, dir or zip, where the name of the source does not tell.")
    private @Nullable TransferFormat format;

    @Option(names = "--prefix", paramLabel = "PREFIX", defaultValue = "", description = "Put this before every key.")
    private String prefix = "";

    @Option(
            names = "--parallel",
            paramLabel = "N",
            defaultValue = "64",
            description = "Entries in flight. Default: ${DEFAULT-VALUE}.")
    private int parallel;

    @Option(
            names = "--resume",
            paramLabel = "FILE",
            description = {
                "The journal. Default: a file below XDG_STATE_HOME (~/.local/state) named after source, prefix and URL;",
                "none for standard input, whose lines must be the same again."
            })
    private @Nullable Path resume;

    @Option(names = "--restart", description = "Import everything, whatever the journal holds.")
    private boolean restart;

    @Option(
            names = "--wait",
            paramLabel = "DURATION",
            defaultValue = "60s",
            description = "How long the server may be away before the import gives up. Default: ${DEFAULT-VALUE}.")
    private Duration wait = Duration.ZERO;

    @Option(names = "--keep-going", description = "Pass over entries that the server refuses, and exit with 1.")
    private boolean keepGoing;

    public ImportCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (parallel < 1 || parallel > PARALLEL_MAX) {
            throw new Usage("--parallel is " + parallel + ", but must lie between 1 and " + PARALLEL_MAX + ".");
        }
        try (Source items = open();
                Journal journal = Journal.open(journalFile(), fingerprint(items), restart, console.ticker());
                VarveClient client = connection.connect()) {
            return run(items, journal, client);
        }
    }

    /** The source, and under which keys it is stored. */
    private String fingerprint(Source items) {
        return items.fingerprint()
                + (prefix.isEmpty()
                        ? ""
                        : ", prefix " + PercentEncoding.encode(prefix.getBytes(StandardCharsets.UTF_8)));
    }

    private Source open() throws IOException {
        byte[] prefixBytes = prefix.getBytes(StandardCharsets.UTF_8);
        if (source.equals("-")) {
            if (format != null && format != TransferFormat.NDJSON) {
                throw new Usage("Standard input is read as ndjson only.");
            }
            return NdjsonSource.stream(console.in(), prefixBytes);
        }
        Path path = Path.of(source);
        if (!Files.exists(path)) {
            throw new Failure("There is no file or directory " + source + ".");
        }
        return switch (TransferFormat.of(source, Files.isDirectory(path), format)) {
            case NDJSON -> NdjsonSource.file(path, prefixBytes);
            case ZIP -> new ZipSource(path, prefixBytes);
            case DIR -> {
                DirectorySource directory = new DirectorySource(path, prefixBytes);
                if (directory.others() > 0) {
                    console.say("Passing over " + directory.others() + " links and special files.");
                }
                yield directory;
            }
        };
    }

    private int run(Source items, Journal journal, VarveClient client) throws IOException {
        console.say("Importing " + source + " into " + connection.url() + ", journal " + journal.file()
                + (journal.count() == 0 ? "" : ", which holds " + journal.count() + " entries already"));
        long started = console.ticker().nanos();
        Importer.Result result;
        Progress progress = Progress.start(console, "import", items.bytes(), " MiB", 1 << 20);
        try (progress) {
            Outage outage = new Outage(wait, console.ticker(), progress::say);
            result = new Importer(client, journal, outage, progress, parallel, keepGoing).run(items);
        } catch (IOException | RuntimeException e) {
            journal.close();
            console.say(journal.count() + " entries are acknowledged. Give the same command again to go on"
                    + (source.equals("-") ? ", with --resume " + journal.file() : "") + ".");
            throw e;
        }
        double seconds = (console.ticker().nanos() - started) / 1e9;
        console.say("Imported %d entries, %s, in %.1f s (%.0f entries/s)%s%s"
                .formatted(
                        result.sent(),
                        Sizes.show(result.sentBytes()),
                        seconds,
                        result.sent() / seconds,
                        result.skipped() == 0 ? "" : ", " + result.skipped() + " were there from an earlier run",
                        result.refused() == 0 ? "" : ", " + result.refused() + " were refused"));
        journal.delete();
        return result.refused() == 0 ? ExitCode.OK : ExitCode.FAILED;
    }

    private Path journalFile() throws IOException {
        if (resume != null) {
            return resume;
        }
        if (source.equals("-")) {
            return Files.createTempFile("varve-import-", ".journal");
        }
        String stateHome = console.environment().get("XDG_STATE_HOME");
        Path directory = stateHome == null || stateHome.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".local", "state")
                : Path.of(stateHome);
        String what = Path.of(source).toRealPath().toUri() + "\n" + prefix + "\n" + connection.url();
        return directory.resolve("varve").resolve("import-" + digest(what) + ".journal");
    }

    private static String digest(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(Arrays.copyOf(hash, 8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
