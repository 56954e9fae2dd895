package dev.varve.bench.harness;

import dev.varve.cli.Console;
import dev.varve.cli.ExitCode;
import dev.varve.cli.Failure;
import java.io.IOException;
import java.util.function.Function;
import picocli.CommandLine;

/** Runs the commands, all in the same way. */
public final class Commands {

    private Commands() {}

    /** Runs a command that picocli understands, and ends the process. */
    public static void main(Function<Console, Object> command, String[] args) throws IOException {
        Console console = Console.system();
        int exitCode = new CommandLine(command.apply(console))
                .setExecutionExceptionHandler((exception, line, parsed) -> failed(console, line, exception))
                .execute(args);
        console.out().flush();
        System.exit(exitCode);
    }

    private static int failed(Console console, CommandLine line, Exception exception) {
        if (exception instanceof Failure) {
            console.say(line.getCommandName() + ": " + exception.getMessage());
        } else {
            exception.printStackTrace(console.err());
        }
        return ExitCode.FAILED;
    }

    /** Checks the value of an option. */
    public static void bounds(String option, int value, int min, int max) {
        if (value < min || value > max) {
            throw new Failure(option + " is " + value + ", but must lie between " + min + " and " + max + ".");
        }
    }
}
