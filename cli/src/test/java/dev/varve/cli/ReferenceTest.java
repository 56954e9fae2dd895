package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** Keeps docs/reference/cli.md in step with the commands; {@code -Dgolden.rewrite} writes it anew. */
class ReferenceTest {

    private static final Path DOCUMENT = Path.of("..", "docs", "reference", "cli.md");
    private static final String MARK = "<!-- From here on generated from the commands: mvn -pl cli -am verify"
            + " -Dtest=ReferenceTest -Dgolden.rewrite -->\n";
    private static final int WIDTH_CHARS = 100;

    private static String generated() {
        StringBuilder text = new StringBuilder(MARK);
        CommandLine root = Main.commandLine(Console.system());
        describe(root, "varve ", text);
        return text.toString();
    }

    private static void describe(CommandLine parent, String prefix, StringBuilder text) {
        parent.getSubcommands().forEach((name, command) -> {
            command.setUsageHelpAutoWidth(false).setUsageHelpWidth(WIDTH_CHARS);
            text.append("\n## ").append(prefix).append(name).append("\n\n```\n");
            command.getUsageMessage(Ansi.OFF)
                    .lines()
                    .forEach(line -> text.append(line.stripTrailing()).append('\n'));
            text.append("```\n");
            describe(command, prefix + name + " ", text);
        });
    }

    @Test
    void theDocumentSaysWhatEveryCommandTakes() throws IOException {
        String document = Files.readString(DOCUMENT);
        int mark = document.indexOf(MARK);
        assertThat(mark).as("the mark in " + DOCUMENT).isPositive();
        if (System.getProperty("golden.rewrite") != null) {
            Files.writeString(DOCUMENT, document.substring(0, mark) + generated());
        } else {
            assertThat(document.substring(mark)).isEqualTo(generated());
        }
    }

    @Test
    void everyOptionIsDescribed() {
        Main.commandLine(Console.system())
                .getSubcommands()
                .forEach((name, command) -> command.getCommandSpec()
                        .options()
                        .forEach(option -> assertThat(String.join(" ", option.description()))
                                .as(name + " " + option.longestName())
                                .hasSizeGreaterThan(10)
                                .endsWith(".")));
    }
}
