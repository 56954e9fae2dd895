package dev.varve.cli;

import dev.varve.client.Keys;
import dev.varve.client.NotFoundException;
import dev.varve.client.VarveClient;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Removes keys. */
@Command(
        name = "del",
        description = {
            "Removes keys, durably, one after the other.",
            "Exit code 3: at least one did not exist; the others are removed."
        })
final class DeleteCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private KeyOptions keys = new KeyOptions();

    @Parameters(paramLabel = "KEY", arity = "1..*", description = "The keys.")
    private List<String> names = List.of();

    DeleteCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        List<byte[]> decoded = names.stream().map(keys::decode).toList();
        int exitCode = ExitCode.OK;
        try (VarveClient client = connection.connect()) {
            for (byte[] key : decoded) {
                try {
                    client.delete(key);
                } catch (NotFoundException missing) {
                    console.say("varve: There is no key " + Keys.show(key) + ".");
                    exitCode = ExitCode.NOT_FOUND;
                }
            }
        }
        return exitCode;
    }
}
