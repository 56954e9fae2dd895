package dev.varve.cli;

/** A command that was given something wrong: shown as one line, and the program ends with {@link ExitCode#USAGE}. */
public final class Usage extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Usage(String message) {
        super(message);
    }
}
