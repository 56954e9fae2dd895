package dev.varve.cli;

import dev.varve.client.VarveClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Stores several values at once. */
@Command(
        name = "batch",
        description = {
            "Stores all members of a JSON object, {\"key\":\"value\",...}, atomically: all of them or none.",
            "Keys and values are text; 'import' takes any bytes, but one entry at a time."
        })
final class BatchCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Parameters(
            paramLabel = "FILE",
            arity = "0..1",
            defaultValue = "-",
            description = "The file with the object; - (the default) is standard input.")
    private String file = "-";

    BatchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        byte[] object = file.equals("-") ? console.in().readAllBytes() : Files.readAllBytes(Path.of(file));
        try (VarveClient client = connection.connect()) {
            client.putBatch(object);
        }
        return ExitCode.OK;
    }
}
