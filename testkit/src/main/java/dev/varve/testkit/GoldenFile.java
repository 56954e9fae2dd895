package dev.varve.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A text that is kept beside the tests and compared with what a test gives. {@code -Dgolden.rewrite=true} writes it anew;
 * look at the difference before you commit it.
 */
public final class GoldenFile {

    private static final Path DIRECTORY = Path.of("src/test/resources/golden");

    private GoldenFile() {}

    /** Fails if the text is not that of the file. */
    public static void compare(String name, String text) throws IOException {
        Path file = DIRECTORY.resolve(name);
        if (Boolean.getBoolean("golden.rewrite")) {
            Files.createDirectories(DIRECTORY);
            Files.writeString(file, text);
            return;
        }
        String expected = Files.exists(file) ? Files.readString(file) : "";
        if (!expected.equals(text)) {
            throw new AssertionError(file + " says\n" + expected + "\nbut this run gives\n" + text
                    + "\nIf that is meant, run again with -Dgolden.rewrite=true");
        }
    }
}
