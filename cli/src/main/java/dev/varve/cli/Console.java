package dev.varve.cli;

import dev.varve.storage.io.Ticker;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/**
 * What the program shares with the shell that started it. Answers go to {@code out} as bytes, everything said to people
 * about them goes to {@code err}.
 *
 * @param in standard input
 * @param out standard output, buffered; the program flushes it at its end
 * @param err standard error
 * @param terminal whether people read standard error, so that bars may move on it
 * @param environment the environment variables
 * @param ticker measures how long things take
 */
public record Console(
        InputStream in,
        OutputStream out,
        PrintStream err,
        boolean terminal,
        Map<String, String> environment,
        Ticker ticker) {

    private static final int BUFFER_BYTES = 64 << 10;

    /** The process's own. */
    public static Console system() {
        // Not System.out: it keeps failures to itself, and a full disk must not pass for a complete answer.
        OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), BUFFER_BYTES);
        return new Console(System.in, out, System.err, errorIsTerminal(), System.getenv(), Ticker.system());
    }

    /** Prints one line to standard output, in UTF-8. */
    public void println(String line) throws IOException {
        out.write(line.getBytes(StandardCharsets.UTF_8));
        out.write('\n');
    }

    /** Says one line to people. */
    public void say(String line) {
        err.println(line);
    }

    private static boolean errorIsTerminal() {
        Path descriptor = Path.of("/proc/self/fd/2");
        if (Files.isSymbolicLink(descriptor)) {
            try {
                String target = Files.readSymbolicLink(descriptor).toString();
                return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
            } catch (IOException unreadable) {
                return false;
            }
        }
        return Objects.requireNonNull(System.console()).isTerminal();
    }
}
