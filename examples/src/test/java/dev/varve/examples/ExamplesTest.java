package dev.varve.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples do what they say. */
class ExamplesTest {

    @TempDir
    Path directory;

    private String output(BiConsumer<Path, PrintStream> example) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        example.accept(directory.resolve("store"), new PrintStream(bytes, true, UTF_8));
        return bytes.toString(UTF_8);
    }

    @Test
    void firstStepsFindsWhatItWrote() {
        assertThat(output(FirstSteps::run)).isEqualToNormalizingNewlines("""
                pluto: not a planet
                planet/3/earth: 12756 km
                planet/4/mars: 6792 km
                """);
    }

    @Test
    void inboxShowsTheNewestMessages() {
        assertThat(output(Inbox::run)).isEqualToNormalizingNewlines("""
                before: 5, now: 6
                newest: [one more, message 5 to Ada]
                imported: 3
                """);
    }
}
