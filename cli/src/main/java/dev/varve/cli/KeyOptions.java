package dev.varve.cli;

import picocli.CommandLine.Option;

/** The option of every command that takes keys. */
public final class KeyOptions {

    @Option(
            names = "--key-encoding",
            paramLabel = "ENCODING",
            defaultValue = "utf8",
            description = "How keys are written here: utf8, hex or base64. Default: ${DEFAULT-VALUE}.")
    private KeyEncoding encoding = KeyEncoding.UTF8;

    /** The bytes of a key that was given. */
    public byte[] decode(String text) {
        return encoding.decode(text);
    }
}
