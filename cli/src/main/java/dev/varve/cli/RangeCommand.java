package dev.varve.cli;

import dev.varve.client.KeyValue;
import dev.varve.client.RangeQuery;
import dev.varve.client.RangeReader;
import dev.varve.client.VarveClient;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists entries. */
@Command(
        name = "range",
        description = {
            "Lists entries in the order of their keys' bytes, from one consistent snapshot.",
            "Without bounds: all of them. 'export' writes them to files."
        })
final class RangeCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private KeyOptions keys = new KeyOptions();

    @Mixin
    private RangeOptions range = new RangeOptions();

    @Parameters(index = "0", paramLabel = "START", arity = "0..1", description = "The first key, inclusive.")
    private @Nullable String start;

    @Parameters(index = "1", paramLabel = "END", arity = "0..1", description = "The last key, inclusive.")
    private @Nullable String end;

    @Option(names = "--limit", paramLabel = "N", description = "At most so many entries.")
    private long limit;

    @Option(names = "--keys-only", description = "Leave the values out.")
    private boolean keysOnly;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = {
                "table, json (an array as the server gives it) or raw (key, tab, value, line end, byte by byte).",
                "Default: ${DEFAULT-VALUE}."
            })
    private OutputFormat format = OutputFormat.TABLE;

    RangeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (limit < 0) {
            throw new Usage("--limit must not be negative.");
        }
        RangeQuery query = range.query(keys, start, end).withLimit(limit);
        try (VarveClient client = connection.connect();
                RangeReader reader = client.range(query)) {
            EntryPrinter printer = EntryPrinter.of(console, format, keysOnly);
            for (KeyValue entry = reader.next(); entry != null; entry = reader.next()) {
                printer.print(entry);
            }
            printer.close();
        }
        return ExitCode.OK;
    }
}
