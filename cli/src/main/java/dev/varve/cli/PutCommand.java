package dev.varve.cli;

import dev.varve.client.VarveClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Stores one value. */
@Command(
        name = "put",
        description = {
            "Stores a value under a key, durably.",
            "The value is the second argument, a file, or standard input if neither is given."
        })
final class PutCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private KeyOptions keys = new KeyOptions();

    @Parameters(index = "0", paramLabel = "KEY", description = "The key.")
    private String key = "";

    @Parameters(index = "1", paramLabel = "VALUE", arity = "0..1", description = "The value, as text.")
    private @Nullable String value;

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE",
            description = "Read the value from this file; - is standard input.")
    private @Nullable Path file;

    PutCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (value != null && file != null) {
            throw new Usage("Give the value or --file, not both.");
        }
        byte[] keyBytes = keys.decode(key);
        byte[] bytes = valueBytes();
        try (VarveClient client = connection.connect()) {
            client.put(keyBytes, bytes);
        }
        return ExitCode.OK;
    }

    private byte[] valueBytes() throws IOException {
        if (value != null) {
            return value.getBytes(StandardCharsets.UTF_8);
        }
        return file == null || file.toString().equals("-") ? console.in().readAllBytes() : Files.readAllBytes(file);
    }
}
