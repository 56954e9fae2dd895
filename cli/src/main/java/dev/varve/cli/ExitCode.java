package dev.varve.cli;

/** How the program ends. Scripts rely on the numbers: they never change. */
public final class ExitCode {
    /** Everything was done. */
    public static final int OK = 0;
    /** Something failed; standard error says what. */
    public static final int FAILED = 1;
    /** The command line, the environment or the configuration file is wrong. */
    public static final int USAGE = 2;
    /** A key that was asked for does not exist. */
    public static final int NOT_FOUND = 3;

    private ExitCode() {}
}
