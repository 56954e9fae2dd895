package dev.varve.cli;

import dev.varve.client.KeyValue;
import dev.varve.client.Keys;
import dev.varve.client.VarveClient;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints one value. */
@Command(
        name = "get",
        description = "Prints the value of a key, byte by byte as it was stored. Exit code 3: there is no such key.")
final class GetCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private KeyOptions keys = new KeyOptions();

    @Parameters(paramLabel = "KEY", description = "The key.")
    private String key = "";

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "raw",
            description = "raw, json or table. Default: ${DEFAULT-VALUE}.")
    private OutputFormat format = OutputFormat.RAW;

    GetCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        byte[] keyBytes = keys.decode(key);
        byte[] value;
        try (VarveClient client = connection.connect()) {
            value = client.get(keyBytes);
        }
        if (value == null) {
            console.say("varve: There is no key " + Keys.show(keyBytes) + ".");
            return ExitCode.NOT_FOUND;
        }
        if (format == OutputFormat.RAW) {
            console.out().write(value);
        } else {
            EntryPrinter.single(console, format, new KeyValue(keyBytes, value));
        }
        return ExitCode.OK;
    }
}
