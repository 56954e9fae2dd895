package dev.varve.cli.status;

import dev.varve.cli.ConnectionOptions;
import dev.varve.cli.Console;
import dev.varve.cli.ExitCode;
import dev.varve.cli.OutputFormat;
import dev.varve.cli.Sizes;
import dev.varve.client.VarveClient;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Has a server read all its files and verify every checksum. */
@Command(
        name = "scrub",
        description = {
            "Has a server read all its files and verify every checksum, and waits for that. It goes on serving. It does the same by itself"
                    + " every week.",
            "Exit code 1: something is damaged; each place is named by file and offset. In a cluster it is repaired from another node."
        })
public final class ScrubCommand implements Callable<Integer> {

    private static final Duration PAUSE = Duration.ofMillis(200);

    private final Console console;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description =
                    "table, json (the answer of /v1/admin/damage), or raw (only the damaged places). Default: ${DEFAULT-VALUE}.")
    private OutputFormat format = OutputFormat.TABLE;

    public ScrubCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        String page;
        DamageReport report;
        try (VarveClient client = connection.connect()) {
            client.change("POST", "/v1/admin/scrub");
            page = fetch(client);
            report = DamageReport.parse(page);
            while (report.running()) {
                LockSupport.parkNanos(PAUSE.toNanos());
                page = fetch(client);
                report = DamageReport.parse(page);
            }
        }
        switch (format) {
            case TABLE -> print(report);
            case JSON -> console.println(page.strip());
            case RAW -> {
                for (String damage : report.damages()) {
                    console.println(damage);
                }
            }
        }
        return report.damages().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
    }

    private static String fetch(VarveClient client) {
        return ConnectionOptions.page(client, "/v1/admin/damage");
    }

    private void print(DamageReport report) throws IOException {
        console.println(String.format(
                Locale.ROOT,
                "verified %,d files with %s; %,d damaged places found since the start, %,d repaired",
                report.files(),
                Sizes.show(report.bytes()),
                report.found(),
                report.repaired()));
        for (String damage : report.damages()) {
            console.println("DAMAGED  " + damage);
        }
    }
}
