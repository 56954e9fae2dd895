package dev.varve.cli;

import dev.varve.storage.io.Ticker;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Runs command lines in this process, and keeps what they print. */
public final class Shell {

    /** The variables that commands see. */
    public final Map<String, String> environment = new HashMap<>();

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private byte[] input = new byte[0];

    public Shell input(byte[] bytes) {
        input = bytes;
        return this;
    }

    /** Runs a command and returns its exit code. */
    public int run(String... arguments) {
        out.reset();
        err.reset();
        Console console = new Console(
                new ByteArrayInputStream(input),
                out,
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                environment,
                Ticker.system());
        return Main.execute(console, arguments);
    }

    public byte[] outBytes() {
        return out.toByteArray();
    }

    public String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    public String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
