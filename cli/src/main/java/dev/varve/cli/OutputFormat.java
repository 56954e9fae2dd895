package dev.varve.cli;

/** How an answer is printed. */
public enum OutputFormat {
    /** For programs. */
    JSON,
    /** For people: columns, long values shortened, control characters escaped. */
    TABLE,
    /** The bytes as they are. */
    RAW
}
