package dev.varve.cli;

import dev.varve.cli.bench.BenchCommand;
import dev.varve.cli.cluster.ClusterCommand;
import dev.varve.cli.cluster.DevClusterCommand;
import dev.varve.cli.inspect.InspectCommand;
import dev.varve.cli.inspect.VerifyCommand;
import dev.varve.cli.server.ServeCommand;
import dev.varve.cli.status.ScrubCommand;
import dev.varve.cli.status.StatusCommand;
import dev.varve.cli.transfer.ExportCommand;
import dev.varve.cli.transfer.ImportCommand;
import dev.varve.client.NotFoundException;
import dev.varve.client.VarveException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where the process begins: the root command, under which every other one stands. */
@Command(
        name = "varve",
        description = "A durable, ordered key/value store whose log is the database.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionProvider.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no such key.",
            "'varve COMMAND --help' tells more about each."
        })
public final class Main implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    private Main() {}

    public static void main(String[] args) {
        System.exit(execute(Console.system(), args));
    }

    /** Runs one command line and returns its exit code. */
    static int execute(Console console, String... args) {
        int exitCode = commandLine(console).execute(args);
        try {
            console.out().flush();
        } catch (IOException e) {
            return failed(console, e);
        }
        return exitCode;
    }

    /** The program's commands, ready to parse. */
    static CommandLine commandLine(Console console) {
        CommandLine root = new CommandLine(new Main())
                .addSubcommand(new ServeCommand(console))
                .addSubcommand(new PutCommand(console))
                .addSubcommand(new GetCommand(console))
                .addSubcommand(new RangeCommand(console))
                .addSubcommand(new DeleteCommand(console))
                .addSubcommand(new BatchCommand(console))
                .addSubcommand(new ImportCommand(console))
                .addSubcommand(new ExportCommand(console))
                .addSubcommand(new StatusCommand(console))
                .addSubcommand(ClusterCommand.with(console))
                .addSubcommand(new DevClusterCommand(console))
                .addSubcommand(new InspectCommand(console))
                .addSubcommand(new VerifyCommand(console))
                .addSubcommand(new ScrubCommand(console))
                .addSubcommand(new BenchCommand(console))
                .addSubcommand(new CompletionCommand(console));
        addHelp(root);
        return root.setCaseInsensitiveEnumValuesAllowed(true)
                .registerConverter(Duration.class, new Durations())
                .setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(console.err(), true, console.err().charset()))
                .setUsageHelpAutoWidth(true)
                .setExecutionExceptionHandler((exception, command, parsed) -> failed(console, exception));
    }

    private static void addHelp(CommandLine parent) {
        for (CommandLine command : parent.getSubcommands().values()) {
            command.getCommandSpec().mixinStandardHelpOptions(true);
            addHelp(command);
        }
    }

    /** Says what went wrong; a stack trace only where nobody has foreseen it. */
    private static int failed(Console console, Exception exception) {
        switch (exception) {
            case Usage usage -> {
                console.say("varve: " + usage.getMessage());
                return ExitCode.USAGE;
            }
            case NotFoundException missing -> {
                console.say("varve: " + missing.getMessage());
                return ExitCode.NOT_FOUND;
            }
            case VarveException failure -> console.say("varve: " + failure.getMessage());
            case Failure failure -> console.say("varve: " + failure.getMessage());
            case NoSuchFileException failure -> console.say("varve: There is no file " + failure.getFile() + ".");
            case AccessDeniedException failure ->
                console.say("varve: No permission to use the file " + failure.getFile() + ".");
            case IOException failure -> {
                // Whoever read our output has gone, as 'head' does: nobody is left to tell.
                if (!String.valueOf(failure.getMessage()).contains("Broken pipe")) {
                    console.say("varve: " + failure.getMessage());
                }
            }
            case UncheckedIOException failure -> console.say("varve: " + failure.getMessage());
            default -> {
                console.say("varve: This is a defect of the program; please report it with these lines:");
                exception.printStackTrace(console.err());
            }
        }
        return ExitCode.FAILED;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Missing command.");
    }
}
