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
import dev.varve.storage.io.Environment;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
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

    /** The commands by name, in the order of the help. */
    private static final SequencedMap<String, Function<Console, Object>> COMMANDS = new LinkedHashMap<>();

    static {
        COMMANDS.put("server", ServeCommand::new);
        COMMANDS.put("put", PutCommand::new);
        COMMANDS.put("get", GetCommand::new);
        COMMANDS.put("range", RangeCommand::new);
        COMMANDS.put("del", DeleteCommand::new);
        COMMANDS.put("batch", BatchCommand::new);
        COMMANDS.put("import", ImportCommand::new);
        COMMANDS.put("export", ExportCommand::new);
        COMMANDS.put("status", StatusCommand::new);
        COMMANDS.put("cluster", ClusterCommand::with);
        COMMANDS.put("dev-cluster", DevClusterCommand::new);
        COMMANDS.put("inspect", InspectCommand::new);
        COMMANDS.put("verify", VerifyCommand::new);
        COMMANDS.put("scrub", ScrubCommand::new);
        COMMANDS.put("bench", BenchCommand::new);
        COMMANDS.put("completion", CompletionCommand::new);
    }

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private Main() {}

    public static void main(String[] args) {
        if (args.length > 0 && args[0].equals("server")) {
            // To link the system's functions takes as long as to read the command line: another core does it meanwhile.
            Thread.ofPlatform().daemon().name("varve-link").start(Environment::system);
        }
        System.exit(execute(Console.system(), args));
    }

    /** Runs one command line and returns its exit code. */
    static int execute(Console console, String... args) {
        // Only the command that is named, since to describe them all takes longer than to start a server.
        Function<Console, Object> named = args.length == 0 ? null : COMMANDS.get(args[0]);
        int exitCode = commandLine(console, named == null ? COMMANDS : Map.of(args[0], named))
                .execute(args);
        try {
            console.out().flush();
        } catch (IOException e) {
            return failed(console, e);
        }
        return exitCode;
    }

    /** The program's commands, ready to parse. */
    static CommandLine commandLine(Console console) {
        return commandLine(console, COMMANDS);
    }

    private static CommandLine commandLine(Console console, Map<String, Function<Console, Object>> commands) {
        CommandLine root = new CommandLine(new Main());
        commands.forEach((name, command) -> root.addSubcommand(name, command.apply(console)));
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
