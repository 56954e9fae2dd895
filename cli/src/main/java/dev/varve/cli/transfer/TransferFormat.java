package dev.varve.cli.transfer;

import dev.varve.cli.Usage;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The forms in which entries are kept outside a store. */
enum TransferFormat {
    /** One JSON object a line. */
    NDJSON,
    /** A file for each entry, its path the key. */
    DIR,
    /** The same inside a zip file. */
    ZIP;

    /**
     * The form that a name suggests.
     *
     * @param place a path, or - for a standard stream
     * @param isDirectory whether there is a directory of this name
     * @param chosen what the user said; null to derive it
     */
    static TransferFormat of(String place, boolean isDirectory, @Nullable TransferFormat chosen) {
        if (chosen != null) {
            return chosen;
        }
        String name = place.toLowerCase(Locale.ROOT);
        if (isDirectory || name.endsWith("/")) {
            return DIR;
        }
        if (name.endsWith(".zip") || name.endsWith(".jar")) {
            return ZIP;
        }
        if (name.equals("-") || name.endsWith(".ndjson") || name.endsWith(".jsonl") || name.endsWith(".json")) {
            return NDJSON;
        }
        throw new Usage("The name " + place + " does not tell the format: add --format ndjson, dir or zip.");
    }
}
